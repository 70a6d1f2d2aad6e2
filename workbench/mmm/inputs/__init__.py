"""What a fit is made of: the panel on the model's scales, priors, lift tests."""
