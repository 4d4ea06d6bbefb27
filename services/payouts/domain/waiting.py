"""How long prepared batches have waited for their release: where the bands end in which the back office counts and
filters them."""

AGE_LIMITS_DAYS = (2, 7, 30)
"""Two days: prepared before a week-end. A week: another batch would have been due. A month: partners have been promised
their money sooner. The same steps as for the other queues, so that an agent with several roles reads one scale."""
