"""How long contestations have waited for the Caf: where the bands end in which the back office counts and filters
them."""

AGE_LIMITS_DAYS = (2, 7, 30)
"""Two days: what has just come in. A week: until a decision, the partner's line is paid as it stands. A month: a family
waits for money that its pass lacks. The same steps as for applications, so that an instructor reads one scale."""
