"""Models of purchases, spend and subscriptions: compact likelihoods, fitted by maximum likelihood."""
