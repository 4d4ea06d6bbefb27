"""Who stands at the desk: the structure, establishment and person or device behind a call."""

from dataclasses import dataclass

from services.chassis.actor import Actor
from services.transactions.domain.refusals import NotAllowed, ValidationFailed
from services.transactions.repository.scans import Facts

TODAY_ONLY = frozenset({"cashier", "terminal"})
WIDER = frozenset({"legal_representative", "manager", "accountant"})


@dataclass(frozen=True)
class Desk:
    """Whose keys and transactions a call may see. ``establishment_id``: the only one it may use, if limited."""

    structure_id: str
    caller: str
    establishment_id: str | None
    operator_id: str | None
    terminal_id: str | None
    today_only: bool

    @property
    def origin(self) -> str:
        return "terminal" if self.terminal_id else "web"


def desk_of(actor: Actor) -> Desk:
    """Read the actor's token. Raises NotAllowed if no structure was chosen."""
    structure_id = actor.scope.get("structure_id")
    terminal_id = actor.scope.get("terminal_id")
    caller = terminal_id or actor.account_id
    if not structure_id or not caller:
        raise NotAllowed
    return Desk(
        structure_id=structure_id,
        caller=caller,
        establishment_id=actor.scope.get("establishment_id"),
        operator_id=None if terminal_id else actor.account_id,
        terminal_id=terminal_id,
        today_only=actor.has(*TODAY_ONLY) and not actor.has(*WIDER),
    )


def establishment_for(desk: Desk, facts: Facts, wanted: str | None) -> tuple[str | None, str | None]:
    """Id and name of the establishment of a debit: the one asked for, else the one the caller is limited to, else the
    seat. Raises NotAllowed or ValidationFailed."""
    if desk.establishment_id and wanted not in (None, desk.establishment_id):
        raise NotAllowed
    known = {row["establishment_id"]: row["name"] for row in facts.establishments}
    chosen = wanted or desk.establishment_id
    if chosen is None:
        chosen = next((row["establishment_id"] for row in facts.establishments if row["is_seat"]), None)
    elif chosen not in known:
        raise ValidationFailed(establishment_id=["Cet établissement n’est pas ouvert dans votre structure."])
    return chosen, known.get(chosen) if chosen else None
