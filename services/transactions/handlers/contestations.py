"""When a transaction is disputed after its day: opened by the club or the family, decided by the Caf, settled as a
correction on the partner's next payout."""

from typing import Any

from services.chassis.ages import Ages
from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.transactions import messages, seals
from services.transactions.domain import ledger, refusals
from services.transactions.domain.states import ContestationState, TransactionState
from services.transactions.domain.waiting import AGE_LIMITS_DAYS
from services.transactions.handlers import pages, receipts
from services.transactions.handlers.desk import desk_of
from services.transactions.handlers.scans import movement_rows
from services.transactions.models import Contestation
from services.transactions.repository import contestations, passes, seasons, transactions
from services.transactions.repository.cursors import ById

_PAGE = 50
AGES = Ages(*AGE_LIMITS_DAYS)
_CANCELLED_BY_CLUB = "Le partenaire a annulé la transaction lui-même, le jour même."


def contest_own(uow: UnitOfWork, *, number: str, reason: str) -> dict[str, Any]:
    """By the club, once the day is over. Raises TransactionUnknown, ContestNotOpen, AlreadyContested or
    AlreadyCancelled."""
    desk = desk_of(uow.actor)
    row = transactions.by_number(uow.connection, number, structure_id=desk.structure_id, lock=True)
    if row is None or desk.establishment_id not in (None, row["establishment_id"]):
        raise refusals.TransactionUnknown
    if row["state"] == TransactionState.RECORDED and row["recorded_on"] == uow.today:
        raise refusals.ContestNotOpen
    return open_one(uow, row, opened_by="structure", reason=reason)


def open_one(uow: UnitOfWork, row: dict[str, Any], *, opened_by: str, reason: str) -> dict[str, Any]:
    """Open the contestation of a transaction whose row is locked. Raises AlreadyCancelled or AlreadyContested."""
    if row["state"] == TransactionState.CANCELLED:
        raise refusals.AlreadyCancelled
    if contestations.of_transaction(uow.connection, row["transaction_id"]):
        raise refusals.AlreadyContested
    contestation_id = new_id()
    contestations.add(
        uow.connection,
        {
            "contestation_id": contestation_id,
            "transaction_id": row["transaction_id"],
            "opened_by": opened_by,
            "opened_at": uow.now,
            "reason_sealed": _seal(reason, "reason_sealed", contestation_id),
            "state": ContestationState.OPEN,
        },
    )
    contestations.mark(uow.connection, row["transaction_id"], contested=True)
    uow.publish(
        messages.ContestationOpened,
        contestation_id=contestation_id,
        transaction_id=row["transaction_id"],
        number=row["number"],
        structure_id=row["structure_id"],
        opened_by=opened_by,
        opened_at=uow.now.isoformat(),
    )
    uow.audit("contestation:open", contestation_id, structure_id=row["structure_id"], opened_by=opened_by)
    return receipts.transaction(row | {"contested": True, "contestation": ContestationState.OPEN}, uow.today)


def _seal(words: str, column: str, contestation_id: str) -> str:
    return seals.vault.seal(words, table="contestations", column=column, row_id=contestation_id)


def _open(sealed: str | None, column: str, contestation_id: str) -> str | None:
    if sealed is None:
        return None
    return seals.vault.open(sealed, table="contestations", column=column, row_id=contestation_id)


def every(uow: UnitOfWork, *, state: str | None, age: str | None = None, cursor: str | None) -> dict[str, Any]:
    """One page, oldest first. `age`: the code of a band."""
    after = pages.place(ById, cursor)
    waited = AGES.within(age, Contestation.opened_at, uow.now)
    rows = contestations.page(uow.connection, state, waited, after.row_id if after else None, _PAGE + 1)
    return {
        "items": [_told(uow, row) for row in rows[:_PAGE]],
        "next_cursor": pages.following(rows, _PAGE, lambda row: ById(row["contestation_id"])),
        "ages": AGES.shown(),
    }


def one(uow: UnitOfWork, contestation_id: str) -> dict[str, Any]:
    """Raises ContestationUnknown."""
    return _told(uow, _known(uow, contestation_id))


def _known(uow: UnitOfWork, contestation_id: str, *, lock: bool = False) -> dict[str, Any]:
    row = contestations.by_id(uow.connection, contestation_id, lock=lock)
    if row is None:
        raise refusals.ContestationUnknown
    return row


def _told(uow: UnitOfWork, row: dict[str, Any]) -> dict[str, Any]:
    contestation_id = row["contestation_id"]
    of = transactions.by_id(uow.connection, row["transaction_id"])
    return {
        "contestation_id": contestation_id,
        "number": of["number"],
        "transaction": receipts.transaction(of, uow.today),
        "opened_by": row["opened_by"],
        "opened_at": row["opened_at"],
        "reason": _open(row["reason_sealed"], "reason_sealed", contestation_id),
        "state": row["state"],
        "decided_at": row["decided_at"],
        "decision": _open(row["decision_sealed"], "decision_sealed", contestation_id),
        "correction_cents": row["correction_cents"],
    }


def decide(
    uow: UnitOfWork, *, contestation_id: str, accepted: bool, decision: str, amount_cents: int | None
) -> dict[str, Any]:
    """The Caf's decision, once and for all. Raises ContestationUnknown, AlreadyDecided or ValidationFailed."""
    of = transactions.by_id(uow.connection, _known(uow, contestation_id)["transaction_id"], lock=True)
    row = _known(uow, contestation_id, lock=True)
    if row["state"] != ContestationState.OPEN:
        raise refusals.AlreadyDecided
    correction_cents = _correct(uow, row, of, amount_cents) if accepted else 0
    state = ContestationState.ACCEPTED if accepted else ContestationState.REJECTED
    _settle(uow, row, state, decision, uow.actor.account_id)
    _tell(uow, row, of, accepted=accepted, correction_cents=correction_cents)
    uow.audit("contestation:decide", contestation_id, structure_id=of["structure_id"], accepted=accepted)
    return one(uow, contestation_id)


def _settle(
    uow: UnitOfWork, row: dict[str, Any], state: ContestationState, decision: str, decided_by: str | None
) -> None:
    contestation_id = row["contestation_id"]
    contestations.change(
        uow.connection,
        contestation_id,
        state=state,
        decided_at=uow.now,
        decided_by=decided_by,
        decision_sealed=_seal(decision, "decision_sealed", contestation_id),
    )
    contestations.mark(uow.connection, row["transaction_id"], contested=False)


def _tell(uow: UnitOfWork, row: dict[str, Any], of: dict[str, Any], *, accepted: bool, correction_cents: int) -> None:
    """The structure hears of it from identity; the family by a mail, if it asked or gets money back."""
    uow.publish(
        messages.ContestationDecided,
        contestation_id=row["contestation_id"],
        transaction_id=of["transaction_id"],
        number=of["number"],
        structure_id=of["structure_id"],
        accepted=accepted,
        correction_cents=correction_cents,
        decided_at=uow.now.isoformat(),
    )
    if accepted or row["opened_by"] == "family":
        passes.add_notice(uow.connection, "contestation_decided", of["pass_id"], of["transaction_id"])


def settle_by_cancelling(uow: UnitOfWork, transaction_id: str) -> None:
    """The club undid the contested transaction itself: nothing is left for the Caf to decide."""
    row = contestations.of_transaction(uow.connection, transaction_id)
    if row is not None and row["state"] == ContestationState.OPEN:
        _settle(uow, row, ContestationState.ACCEPTED, _CANCELLED_BY_CLUB, None)


def decision_of(uow: UnitOfWork, transaction_id: str) -> dict[str, Any] | None:
    """What was decided on a transaction, in the Caf's words, for those whom it concerns."""
    row = contestations.of_transaction(uow.connection, transaction_id)
    if row is None or row["state"] == ContestationState.OPEN:
        return None
    return {
        "state": row["state"],
        "opened_by": row["opened_by"],
        "decided_at": row["decided_at"],
        "decision": _open(row["decision_sealed"], "decision_sealed", row["contestation_id"]),
        "correction_cents": row["correction_cents"],
    }


def waiting(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home: how many are open, since when, and by age."""
    is_open = Contestation.state == ContestationState.OPEN
    return AGES.waiting(uow.connection.execute, Contestation.opened_at, uow.now, is_open)


def _correct(uow: UnitOfWork, row: dict[str, Any], of: dict[str, Any], amount_cents: int | None) -> int:
    """Take the amount back from the partner, and give it back to the pass, or to the budget if the pass is over;
    returns the signed cents of the correction. Raises AlreadyCancelled or ValidationFailed."""
    if of["state"] == TransactionState.CANCELLED:
        raise refusals.AlreadyCancelled
    cents = of["amount_cents"] if amount_cents is None else amount_cents
    if cents > of["amount_cents"]:
        raise refusals.ValidationFailed(amount_cents=["Pas plus que le montant de la transaction."])
    correction_id = new_id()
    contestations.add_correction(
        uow.connection,
        {
            "correction_id": correction_id,
            "contestation_id": row["contestation_id"],
            "transaction_id": of["transaction_id"],
            "structure_id": of["structure_id"],
            "amount_cents": -cents,
            "accepted_at": uow.now,
        },
    )
    entries = ledger.move((ledger.PARTNER, of["structure_id"]), _give_back(uow, of, cents), cents)
    passes.add_entries(uow.connection, movement_rows(ledger.Kind.CORRECTION, entries, correction_id, uow.now))
    uow.publish(
        messages.CorrectionAccepted,
        correction_id=correction_id,
        transaction_id=of["transaction_id"],
        number=of["number"],
        structure_id=of["structure_id"],
        amount_cents=-cents,
        reason="contestation",
        accepted_at=uow.now.isoformat(),
    )
    return -cents


def _give_back(uow: UnitOfWork, of: dict[str, Any], cents: int) -> tuple[str, str]:
    """The account that the money goes back to."""
    found = passes.by_id(uow.connection, of["pass_id"], lock=True)
    assert found is not None
    if found["cancelled_at"] or found["season_state"] == "closed":
        seasons.commit_budget(uow.connection, of["season_id"], -cents)
        return ledger.BUDGET, of["season_id"]
    passes.give_back(uow.connection, of["pass_id"], cents)
    return ledger.PASS, of["pass_id"]
