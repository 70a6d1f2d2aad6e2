"""The family of forms: several models of the same panel, weighed by how well they foresee weeks that they have not seen."""
