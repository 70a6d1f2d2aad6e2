"""Results made readable: the house style, report blocks, PDF and HTML."""
