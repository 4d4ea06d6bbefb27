"""Use cases, one function per command or event, each taking a unit of work."""
