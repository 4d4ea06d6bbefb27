"""Use cases: one function per command or event.

Those that take a unit of work are one transaction. Those that take the database and the call span several,
because
a hash is computed or an SMS is sent in between, which never happens inside a transaction.
"""
