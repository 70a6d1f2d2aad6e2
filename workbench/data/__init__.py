"""Tables in: sources, canonical schemas, validation, the week calendar and the sample company."""
