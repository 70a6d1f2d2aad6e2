"""What to do when things come other than planned: plans made ahead, in which order to cut and to add, and when to act."""
