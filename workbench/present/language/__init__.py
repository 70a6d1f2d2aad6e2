"""Reports in another language than English: a catalogue of sentences with blanks, and how that language writes numbers and dates."""
