"""The queries of the transactions service, by subject."""
