"""What waits too long is recalled: whom, after how long, how often. Configuration is this one table."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Waiting(StrEnum):
    ACTIVATION = "activation"  # a person who never used the provisional password
    SIGNATURE = "signature"  # the representative should sign the convention
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
    Waiting.CORRECTION: Rule(timedelta(days=7), timedelta(days=14), 3),
    Waiting.REVIEW: Rule(timedelta(days=10), timedelta(days=10), 6),
    Waiting.COUNTER_SIGNATURE: Rule(timedelta(days=5), timedelta(days=5), 12),
    Waiting.BANK_ACCOUNT: Rule(timedelta(days=3), timedelta(days=5), 12),
}


def next_reminder(kind: Waiting, since: datetime, reminded: int) -> datetime | None:
    """When the next reminder is due after `reminded` earlier ones; None when there were enough."""
    rule = RULES[kind]
    if reminded >= rule.times:
        return None
    return since + rule.first + rule.again * reminded
