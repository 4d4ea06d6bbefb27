"""Use cases of partners, one module per subject."""
