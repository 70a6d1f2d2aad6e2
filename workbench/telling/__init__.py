"""Telling people what happened: what is told to whom, kept until it is delivered, without data of persons."""
