"""How long conventions have waited for a signature: where the bands end in which the back office counts and filters
them."""

AGE_LIMITS_DAYS = (2, 7, 30)
"""Two days: signed yesterday or over a week-end. A week: signatories are reminded after five days. A month: a partner
who is approved and can't scan yet is kept from a twelfth of the convention's year; what is older comes first. The same
steps as for applications, so that an agent with both roles reads one scale."""
