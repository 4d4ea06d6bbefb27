"""How long changes of the legal representative have waited for the Caf: where the bands end in which the back office
counts and filters them."""

AGE_LIMITS_DAYS = (2, 7, 30)
"""Two days: what has just come in. A week, a month: nobody may sign for the structure meanwhile, if who represented it
is gone. The same steps as for applications, so that an instructor reads one scale."""
