"""Seasons: dates, budget, and who gets how much. Parameters of the Caf, never constants here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.transactions.domain.days import age_on
from services.transactions.domain.refusals import ValidationFailed

YEARS = range(2000, 3000)
"""A slip of the pen beyond them would reach where instants end."""


@dataclass(frozen=True)
class AmountRule:
    """``amount_cents`` for children of these ages and family quotients; bounds included, None is no bound."""

    amount_cents: int
    min_age: int | None = None
    max_age: int | None = None
    min_quotient: int | None = None
    max_quotient: int | None = None

    def fits(self, age: int, quotient: int | None) -> bool:
        """A rule with a bound on the quotient needs to know the quotient."""
        if not _within(age, self.min_age, self.max_age):
            return False
        if self.min_quotient is None and self.max_quotient is None:
            return True
        return quotient is not None and _within(quotient, self.min_quotient, self.max_quotient)

    def meets(self, other: "AmountRule") -> bool:
        """Whether some child would fit both."""
        return _overlap(self.min_age, self.max_age, other.min_age, other.max_age) and _overlap(
            self.min_quotient, self.max_quotient, other.min_quotient, other.max_quotient
        )


def _within(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _overlap(low: int | None, high: int | None, other_low: int | None, other_high: int | None) -> bool:
    return (high is None or other_low is None or other_low <= high) and (
        other_high is None or low is None or low <= other_high
    )


def amount_for(rules: Sequence[AmountRule], birth_on: date, age_day: date, quotient: int | None) -> int | None:
    """The amount of the rule that fits the child, or None if the child isn't eligible."""
    age = age_on(birth_on, age_day)
    return next((rule.amount_cents for rule in rules if rule.fits(age, quotient)), None)


def check_rules(rules: Sequence[AmountRule]) -> None:
    """At least one rule, each with a positive amount and ordered bounds, no two for one child.
    Raises ValidationFailed."""
    problems = [] if rules else ["Ajoutez au moins une règle de montant."]
    for position, rule in enumerate(rules, start=1):
        problems += [f"Règle {position} : {problem}" for problem in _problems(rule)]
        problems += [
            f"Les règles {position} et {later} se recouvrent : un même enfant aurait deux montants."
            for later, other in enumerate(rules[position:], start=position + 1)
            if rule.meets(other)
        ]
    if problems:
        raise ValidationFailed(amount_rules=problems)


def _problems(rule: AmountRule) -> list[str]:
    found = [] if rule.amount_cents > 0 else ["le montant doit être positif."]
    if not _ordered(rule.min_age, rule.max_age):
        found.append("l’âge minimal dépasse l’âge maximal.")
    if not _ordered(rule.min_quotient, rule.max_quotient):
        found.append("le quotient minimal dépasse le quotient maximal.")
    return found


def _ordered(low: int | None, high: int | None) -> bool:
    return low is None or high is None or low <= high


def check_dates(starts_on: date, ends_on: date) -> None:
    """Raises ValidationFailed unless the season ends after it starts, in years that a calendar of today knows."""
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day.year not in YEARS:
            raise ValidationFailed(**{name: [f"L’année doit être comprise entre {YEARS[0]} et {YEARS[-1]}."]})
    if ends_on < starts_on:
        raise ValidationFailed(ends_on=["La fin de la campagne doit suivre son début."])
