"""Who a visitor is: nobody in particular, one who knows the password, whom a proxy names, or whom JupyterHub names."""
