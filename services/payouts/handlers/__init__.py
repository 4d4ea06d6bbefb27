"""Use cases of payouts: one function per command or event, taking a unit of work."""
