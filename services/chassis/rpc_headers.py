"""The headers of a call that are ours."""

TOKEN = "psl-token"  # noqa: S105 - the name of a header
DEADLINE = "psl-deadline"
TRACE = "psl-trace"
