"""JupyterLab's "Create Notebook Job", run as `workbench run` runs: needs the extra `lab-jobs`, and nothing else imports it."""
