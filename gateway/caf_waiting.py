"""What waits for an agent, for the Caf's home and the menu: every queue of the roles held, how many, since when, and
how many by age. A service that is away leaves its part out, and the page says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from flask import url_for

from gateway.access import Viewer
from gateway.clients import base
from gateway.clients.base import AgeBand
from gateway.clients.conventions import CafConventionsClient
from gateway.clients.identity import DelegatesClient
from gateway.clients.partners import ReviewClient
from gateway.clients.partners_life import AssistanceClient, BankAccountClient
from gateway.clients.payouts import BatchesClient
from gateway.clients.transactions import CafTransactionsClient
from gateway.translation import N_
from services.chassis.refusals import Refused, Unavailable

log = structlog.get_logger("gateway")
Told = TypeVar("Told")

APPLICATIONS, CONVENTIONS, BATCHES = "caf_applications.index", "caf_conventions.index", "caf_payouts.index"


@dataclass(frozen=True)
class Kind:
    """One kind of queue. `endpoint` and `narrowed`: the address of its list, holding just what is counted; `age`: how
    that address names an age band."""

    label: str
    endpoint: str
    age: str = "age"
    narrowed: tuple[tuple[str, str], ...] = ()

    def address(self, **more: Any) -> str:
        return url_for(self.endpoint, **(dict(self.narrowed) | more))


MINE = ("assigned_to", "me_or_nobody")
TO_REVIEW = Kind(N_("Demandes à instruire"), APPLICATIONS, narrowed=(MINE,))
CORRECTED = Kind(N_("dont corrections reçues"), APPLICATIONS, narrowed=(MINE, ("state", "corrected")))
TO_COUNTERSIGN = Kind(N_("Conventions à contresigner"), CONVENTIONS, "anciennete")
TO_RELEASE = Kind(N_("Lots à libérer"), BATCHES, "anciennete", (("etat", "a_liberer"),))
BANK_ACCOUNTS = Kind(N_("Comptes bancaires à vérifier"), "caf_bank_accounts.index")
TRANSFERS = Kind(N_("Changements de représentant légal"), "caf_representatives.index", "anciennete")
CONTESTATIONS = Kind(N_("Contestations à trancher"), "caf_contestations.index")
ASSISTANCE = Kind(N_("Demandes d’assistance à traiter"), "caf_assistance.index", narrowed=(MINE,))


@dataclass(frozen=True)
class Aged:
    """How many of a queue have waited for so long, and where they are listed."""

    band: AgeBand
    url: str


@dataclass(frozen=True)
class Queue:
    """One queue in which something waits; `since`: an instant; `ages`: the oldest band first, it is what to do next."""

    label: str
    url: str
    count: int
    since: str | None
    ages: list[Aged]


@dataclass(frozen=True)
class Figure:
    """A whole number with its name, and the list that it counts, if there is one."""

    label: str
    value: int
    url: str | None = None


@dataclass
class Waiting:
    """`counts` by endpoint are the menu's; `incomplete`: a service was away."""

    counts: dict[str, int] = field(default_factory=dict)
    queues: list[Queue] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    incomplete: bool = False

    def add(self, kind: Kind, told: base.Waiting) -> None:
        """A queue; what is a part of another one comes after it and counts there."""
        self.counts.setdefault(kind.endpoint, told["count"])
        if told["count"]:
            ages = [Aged(band, kind.address(**{kind.age: band["code"]})) for band in reversed(told["ages"])]
            self.queues.append(Queue(kind.label, kind.address(), told["count"], told["since"], ages))


def waiting_for(who: Viewer) -> Waiting:
    """What waits for this agent, by the roles held."""
    waiting = Waiting()
    if who.may("instructor"):
        _applications(waiting)
    if who.may("signatory"):
        _conventions(waiting)
    if who.may("preparer", "releaser"):
        _batches(waiting, who)
    if who.may("instructor"):
        _ask(waiting, BANK_ACCOUNTS, BankAccountClient().bank_accounts_waiting)
    if who.may("instructor", "administrator"):
        _ask(waiting, TRANSFERS, DelegatesClient().transfers_waiting)
    if who.may("instructor"):
        _ask(waiting, CONTESTATIONS, CafTransactionsClient().contestations_waiting)
        _ask(waiting, ASSISTANCE, AssistanceClient().requests_waiting)
    return waiting


def _applications(waiting: Waiting) -> None:
    counts = _asked(waiting, ReviewClient().application_counts)
    if counts is None:
        return
    waiting.add(TO_REVIEW, counts["waiting"])
    waiting.add(CORRECTED, counts["corrected"])
    waiting.figures += [
        Figure(N_("Demandes à prendre"), counts["to_take"], url_for(APPLICATIONS, assigned_to="nobody")),
        Figure(N_("Entre mes mains"), counts["mine"], url_for(APPLICATIONS, assigned_to="me")),
        Figure(N_("En cours d’instruction"), counts["in_review"]),
        Figure(
            N_("Corrections demandées"),
            counts["correction_requested"],
            url_for(APPLICATIONS, state="correction_requested"),
        ),
    ]


def _conventions(waiting: Waiting) -> None:
    counts = _asked(waiting, CafConventionsClient().convention_counts)
    if counts is None:
        return
    waiting.add(TO_COUNTERSIGN, counts["waiting"])
    waiting.figures += [
        Figure(N_("Signées, demande à instruire"), counts["awaiting_approval"]),
        Figure(N_("Chez le partenaire, à signer"), counts["awaiting_partner"], url_for(CONVENTIONS, etat="prepared")),
        Figure(N_("À renouveler sous 60 jours"), counts["ending_soon"]),
    ]


def _batches(waiting: Waiting, who: Viewer) -> None:
    counts = _asked(waiting, BatchesClient().batches_waiting)
    if counts is None:
        return
    if who.may("releaser"):
        waiting.add(TO_RELEASE, counts["to_release"])
    if who.may("preparer"):
        url = url_for("caf_payouts.preview")
        waiting.figures.append(Figure(N_("Partenaires à rembourser"), counts["to_prepare"], url))


def _ask(waiting: Waiting, kind: Kind, ask: Callable[[], base.Waiting]) -> None:
    told = _asked(waiting, ask)
    if told is not None:
        waiting.add(kind, told)


def _asked(waiting: Waiting, ask: Callable[[], Told]) -> Told | None:
    """What a service answers, or None when it refuses or is away."""
    try:
        return ask()
    except Refused as refused:
        log.info("home_part_refused", code=refused.code)
    except Unavailable:
        waiting.incomplete = True
    return None
