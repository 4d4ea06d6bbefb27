"""What waits for an agent, for the Caf's home: counts on the tiles and by age, and since when the oldest has waited. A
service that is away leaves its part out, and the page says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import url_for

from gateway.access import Viewer
from gateway.clients.base import AgeBand
from gateway.clients.conventions import CafConventionsClient
from gateway.clients.partners import ReviewClient
from gateway.clients.partners_life import BankAccountClient
from gateway.clients.transactions import CafTransactionsClient
from services.chassis.refusals import Refused, Unavailable

log = structlog.get_logger("gateway")

APPLICATIONS, CONVENTIONS, BANK_ACCOUNTS = "caf_applications.index", "caf_conventions.index", "caf_bank_accounts.index"
CONTESTATIONS = "caf_contestations.index"
BY_AGE: dict[str, tuple[str, dict[str, str]]] = {
    APPLICATIONS: ("age", {"assigned_to": "me_or_nobody"}),
    CONVENTIONS: ("anciennete", {}),
}
"""How the queue's address names the age, and what else narrows it to what is counted here."""


@dataclass(frozen=True)
class Aged:
    """How many of a queue have waited for so long, and where they are listed."""

    band: AgeBand
    url: str


@dataclass
class Waiting:
    """`counts`, `oldest` (an instant) and `ages` by endpoint; `figures` are whole numbers by name; `incomplete`: a
    service was away."""

    counts: dict[str, int] = field(default_factory=dict)
    oldest: dict[str, str] = field(default_factory=dict)
    ages: dict[str, list[Aged]] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)
    incomplete: bool = False

    def add(self, endpoint: str, count: int, oldest: str | None = None) -> None:
        self.counts[endpoint] = count
        if oldest and count:
            self.oldest[endpoint] = oldest

    def add_ages(self, endpoint: str, bands: Sequence[AgeBand]) -> None:
        """The oldest first: they are what to do next."""
        if any(band["count"] for band in bands):
            self.ages[endpoint] = [Aged(band, _list_of(endpoint, band["code"])) for band in reversed(bands)]


def _list_of(endpoint: str, age: str) -> str:
    name, narrowed = BY_AGE[endpoint]
    asked: dict[str, Any] = {**narrowed, name: age}
    return url_for(endpoint, **asked)


def waiting_for(who: Viewer) -> Waiting:
    """What waits for this agent, by the roles held."""
    waiting = Waiting()
    if who.may("instructor"):
        _applications(waiting)
        accounts = _asked(waiting, BankAccountClient().bank_accounts_to_verify)
        if accounts is not None:
            waiting.add(BANK_ACCOUNTS, len(accounts))
        contested = _asked(waiting, CafTransactionsClient().contestations_waiting)
        if contested is not None:
            waiting.add(CONTESTATIONS, contested["open"], contested["oldest_opened_at"])
    if who.may("signatory"):
        _conventions(waiting)
    return waiting


def _applications(waiting: Waiting) -> None:
    counts: Mapping[str, Any] | None = _asked(waiting, ReviewClient().application_counts)
    if counts is None:
        return
    waiting.add(APPLICATIONS, counts["to_take"] + counts["mine"], counts["oldest_waiting_since"])
    waiting.add_ages(APPLICATIONS, counts.get("ages", []))
    names = ("to_take", "mine", "in_review", "correction_requested")
    waiting.figures |= {name: counts[name] for name in names}


def _conventions(waiting: Waiting) -> None:
    counts: Mapping[str, Any] | None = _asked(waiting, CafConventionsClient().convention_counts)
    if counts is None:
        return
    waiting.add(CONVENTIONS, counts["to_countersign"], counts["oldest_to_countersign_at"])
    waiting.add_ages(CONVENTIONS, counts.get("ages", []))
    names = ("to_countersign", "awaiting_approval", "awaiting_partner", "ending_soon")
    waiting.figures |= {name: counts[name] for name in names}


def _asked(waiting: Waiting, ask: Callable[[], Any]) -> Any | None:
    """What a service answers, or None when it refuses or is away."""
    try:
        return ask()
    except Refused as refused:
        log.info("home_part_refused", code=refused.code)
    except Unavailable:
        waiting.incomplete = True
    return None
