"""Publishing: which runs stakeholders see, and the server that shows them apps and reports."""
