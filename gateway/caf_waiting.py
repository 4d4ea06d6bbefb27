"""What waits for an agent, for the Caf's home: counts on the tiles, and since when the oldest has waited. A service
that is away leaves its part out, and the page says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.access import Viewer
from gateway.clients.conventions import CafConventionsClient
from gateway.clients.partners import ReviewClient
from gateway.clients.partners_life import BankAccountClient
from gateway.clients.transactions import CafTransactionsClient
from services.chassis.refusals import Refused, Unavailable

log = structlog.get_logger("gateway")

APPLICATIONS, CONVENTIONS, BANK_ACCOUNTS = "caf_applications.index", "caf_conventions.index", "caf_bank_accounts.index"
CONTESTATIONS = "caf_contestations.index"


@dataclass
class Waiting:
    """`counts` and `oldest` (an instant) by endpoint; `figures` are whole numbers by name; `incomplete`: a service
    was away."""

    counts: dict[str, int] = field(default_factory=dict)
    oldest: dict[str, str] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)
    incomplete: bool = False

    def add(self, endpoint: str, count: int, oldest: str | None = None) -> None:
        self.counts[endpoint] = count
        if oldest and count:
            self.oldest[endpoint] = oldest


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
    names = ("to_take", "mine", "in_review", "correction_requested")
    waiting.figures |= {name: counts[name] for name in names}


def _conventions(waiting: Waiting) -> None:
    counts: Mapping[str, Any] | None = _asked(waiting, CafConventionsClient().convention_counts)
    if counts is None:
        return
    waiting.add(CONVENTIONS, counts["to_countersign"], counts["oldest_to_countersign_at"])
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
