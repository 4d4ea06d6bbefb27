"""The headers of a call that are ours."""

TOKEN = "psl-token"  # noqa: S105 - the name of a header
DEADLINE = "psl-deadline"
TRACE = "psl-trace"
ACCEPT_BY = "psl-accept-by"
"""Unix seconds until which the caller waits to be told that somebody has taken the call in hand."""
