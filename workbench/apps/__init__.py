"""Live apps over saved results."""
