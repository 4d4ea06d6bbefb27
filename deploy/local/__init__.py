"""A whole platform on one machine: everything as child processes of one runner."""
