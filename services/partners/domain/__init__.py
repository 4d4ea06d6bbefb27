"""The rules of partners. Standard library only; one module per subject."""
