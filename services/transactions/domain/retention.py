"""How long families are known by name (DOMAIN, «Money, time, privacy»; CNIL, «durées de conservation»)."""

from datetime import date, timedelta

AFTER_THE_SEASON = timedelta(days=2 * 366)
"""A claim for aid or for its repayment lapses after two years (code de la sécurité sociale, L. 553-1): until then a
payment must be explained with the child's name. What accounting law keeps for ten years — transactions, amounts, the
ledger — names nobody."""


def families_known_until(today: date) -> date:
    """Families whose last season ended before this day are forgotten."""
    return today - AFTER_THE_SEASON


IMPORTED_FILE = timedelta(days=60)
"""The file of an import, from its beginning: until then a refused line is corrected and imported again. Afterwards the
passes say all that is needed of it."""
REPORT = timedelta(days=1)
"""A report of refused lines, made when it is asked for and made again when it is asked for again."""
DRAWN_PASS = timedelta(days=30)
"""A pass as PDF or PNG: as long as a mail may wait for its way out, and drawn anew afterwards."""
