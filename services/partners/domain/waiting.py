"""How long applications, bank accounts and requests have waited for the Caf: where the bands end in which the back
office counts and filters them."""

AGE_LIMITS_DAYS = (2, 7, 30)
"""Two days: what has just come in, a week-end between; of a bank account the two days in which nobody may decide. A
week: the pace at which an instructor's queue is worked off, before the reminder after ten days. A month: half of the
two months after which the silence of an administration counts as its decision (Code des relations entre le public et
l'administration, L231-1); what is older comes first."""
