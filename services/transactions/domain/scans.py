"""May this pass be debited, here, now, by this much? Pure decisions on facts that the caller has read under lock."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.transactions.domain import refusals
from services.transactions.domain.refusals import Refusal

DUPLICATE_WITHIN = timedelta(seconds=120)
"""A second identical debit this soon is more often a second tap than a second child (INTERFACES)."""
OFFLINE_FOR = timedelta(hours=72)
"""How old a scan made without network may be when it arrives (INTERFACES)."""
CLOCK_SKEW = timedelta(minutes=10)
"""How far ahead of ours a phone's clock may run."""
LARGEST_AMOUNT_CENTS = 1_000_000
LARGEST_BATCH = 500


@dataclass(frozen=True)
class Season:
    """The season of a pass. ``state``: draft, open or closed."""

    season_id: str
    scheme: str
    name: str
    state: str
    starts_on: date
    ends_on: date

    def usable_on(self, day: date) -> bool:
        """Whether passes of this season may be used on ``day``; first and last day included."""
        return self.state == "open" and self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class Use:
    """A debit that still stands (cancelled ones are no use)."""

    number: str
    structure_id: str
    amount_cents: int
    recorded_at: datetime


@dataclass
class Pass:
    """A pass as read under lock; `debit` keeps it true through a batch that uses it more than once."""

    pass_id: str
    rotation: int
    cancelled: bool
    balance_cents: int
    season: Season
    uses: list[Use] = field(default_factory=list)  # the latest one, and those of the last two minutes

    @property
    def last_use(self) -> Use | None:
        return max(self.uses, key=lambda use: use.recorded_at, default=None)

    def debit(self, use: Use) -> None:
        self.balance_cents -= use.amount_cents
        self.uses.append(use)


@dataclass(frozen=True)
class Ask:
    """What the desk asks for. ``rotation``: of the QR or code that was shown."""

    structure_id: str
    rotation: int
    amount_cents: int
    at: datetime
    today: date
    confirm_duplicate: bool = False


def check_pass_shown(found: Pass, rotation: int, today: date) -> None:
    """Whether the pass can be used at all today. Raises PassRevoked or SeasonClosed."""
    if found.cancelled or rotation != found.rotation:
        raise refusals.PassRevoked
    if not found.season.usable_on(today):
        raise refusals.SeasonClosed


def check_debit(found: Pass, ask: Ask) -> None:
    """Whether the debit may be made. Raises PassRevoked, SeasonClosed, AlreadyUsedHere, AlreadyUsedElsewhere,
    InsufficientBalance or DuplicateSuspected."""
    check_pass_shown(found, ask.rotation, ask.today)
    if found.balance_cents < ask.amount_cents:
        raise empty_pass(found, ask.structure_id) or refusals.InsufficientBalance(balance_cents=found.balance_cents)
    if not ask.confirm_duplicate:
        _check_duplicate(found, ask)


def empty_pass(found: Pass, structure_id: str) -> Refusal | None:
    """The reason why nothing is left, if nothing is: used up here, or at another partner."""
    if found.balance_cents > 0 or found.last_use is None:
        return None
    here = found.last_use.structure_id == structure_id
    return refusals.AlreadyUsedHere() if here else refusals.AlreadyUsedElsewhere()


def _check_duplicate(found: Pass, ask: Ask) -> None:
    for use in found.uses:
        same = use.structure_id == ask.structure_id and use.amount_cents == ask.amount_cents
        if same and ask.at - use.recorded_at < DUPLICATE_WITHIN:
            raise refusals.DuplicateSuspected(number=use.number, recorded_at=use.recorded_at.isoformat())


def check_offline(scanned_at: datetime, now: datetime) -> None:
    """Whether a scan made without network may still be taken. Raises ScanTooOld, or ValidationFailed for one from
    the future."""
    if scanned_at > now + CLOCK_SKEW:
        raise refusals.ValidationFailed(scanned_at=["L’heure du scan est dans le futur : vérifiez l’horloge."])
    if now - scanned_at > OFFLINE_FOR:
        raise refusals.ScanTooOld(scanned_at=scanned_at.isoformat())
