"""What waits too long is recalled: whom, after how long, how often. An operator may change the table's numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Waiting(StrEnum):
    ACTIVATION = "activation"  # a person who never used the provisional password
    SIGNATURE = "signature"  # the representative should sign the convention
    RENEWAL = "renewal"  # the same, before the term of the one in force
    CORRECTION = "correction"  # the partner should correct the application
    REVIEW = "review"  # instructors should look at an application
    COUNTER_SIGNATURE = "counter_signature"  # signatories should sign
    BANK_ACCOUNT = "bank_account"  # instructors should verify a new IBAN


@dataclass(frozen=True)
class Rule:
    """First reminder after `first`, then every `again`, `times` at most."""

    first: timedelta
    again: timedelta
    times: int


RULES: dict[Waiting, Rule] = {
    Waiting.ACTIVATION: Rule(timedelta(days=7), timedelta(days=5), 2),
    Waiting.SIGNATURE: Rule(timedelta(days=7), timedelta(days=14), 3),
    Waiting.RENEWAL: Rule(timedelta(days=14), timedelta(days=14), 4),  # offered 60 days ahead: the last at 4 days
    Waiting.CORRECTION: Rule(timedelta(days=7), timedelta(days=14), 3),
    Waiting.REVIEW: Rule(timedelta(days=10), timedelta(days=10), 6),
    Waiting.COUNTER_SIGNATURE: Rule(timedelta(days=5), timedelta(days=5), 12),
    Waiting.BANK_ACCOUNT: Rule(timedelta(days=3), timedelta(days=5), 12),
}


_WRITTEN = re.compile(r"(?P<kind>\w+)=(?P<first>\d{1,3})/(?P<again>\d{1,3})x(?P<times>\d{1,2})", re.ASCII)


def rules(written: str) -> dict[Waiting, Rule]:
    """The table with an operator's numbers: «review=10/10x6 signature=3/7x0» recalls a review after 10 days and then
    every 10, 6 times at most, and never a signature. What isn't named stays. Raises ValueError, which says what."""
    found = dict(RULES)
    for part in written.split():
        match = _WRITTEN.fullmatch(part)
        if match is None or match["kind"] not in set(Waiting):
            raise ValueError(f"{part!r} is not a reminder: {'|'.join(Waiting)}=DAYS/DAYSxTIMES")
        days = timedelta(days=int(match["first"])), timedelta(days=int(match["again"]))
        found[Waiting(match["kind"])] = Rule(*days, int(match["times"]))
    return found


def next_reminder(
    kind: Waiting, since: datetime, reminded: int, table: Mapping[Waiting, Rule] = RULES
) -> datetime | None:
    """When the next reminder is due after `reminded` earlier ones; None when there were enough."""
    rule = table[kind]
    if reminded >= rule.times:
        return None
    return since + rule.first + rule.again * reminded
