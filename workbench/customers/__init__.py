"""What all analyses of customers share: who may be used for what, which orders are purchases, what is known on a day."""
