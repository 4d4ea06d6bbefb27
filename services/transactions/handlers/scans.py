"""Debiting a pass: the hot path. One transaction: facts read under lock, rules in `domain.scans`, one write.

A single scan and a batch of offline ones go the same way; in a batch each is judged alone, in order.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.transactions import figures, messages, seals
from services.transactions.domain import codes, ledger, refusals, scans
from services.transactions.domain.days import paris_day
from services.transactions.domain.refusals import Refusal
from services.transactions.domain.states import TransactionState
from services.transactions.handlers import receipts
from services.transactions.handlers.desk import Desk, desk_of, establishment_for
from services.transactions.repository import scans as repository
from services.transactions.repository import transactions
from services.transactions.repository.scans import Decided, Facts, Found

_NOT_STORED = frozenset({"validation_failed", "not_allowed", "idempotency_key_reused", "idempotency_in_progress"})


@dataclass(frozen=True)
class Scan:
    """One debit that is asked for, with exactly one of ``qr`` and ``code``."""

    idempotency_key: str
    amount_cents: int
    qr: str | None = None
    code: str | None = None
    establishment_id: str | None = None
    confirm_duplicate: bool = False
    scanned_at: datetime | None = None

    @property
    def asked(self) -> str:
        """Digest of what is asked for. A confirmation doesn't make it another demand, nor does the way it came."""
        shown = f"qr:{self.qr.strip()}" if self.qr else f"code:{_typed(self.code or '')}"
        what = "\0".join(("record", shown, str(self.amount_cents), self.establishment_id or ""))
        return hashlib.sha256(what.encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What became of one scan: a receipt or a refusal."""

    idempotency_key: str
    transaction: dict[str, Any] | None = None
    refusal: Refusal | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Shown:
    """The pass that a scan points to, if it can be read: by QR or by typed code."""

    qr: codes.Shown | None = None
    code_print: str | None = None


def _typed(code: str) -> str:
    try:
        return codes.read_code(code)
    except codes.Unreadable:
        return code


def read_shown(qr: str | None, code: str | None) -> Shown:
    """Check the signature of a QR or the check character of a code; an unreadable one points to nothing."""
    try:
        if qr:
            return Shown(qr=seals.read_qr(qr))
        return Shown(code_print=seals.code_print(codes.read_code(code or "")))
    except (refusals.PassUnknown, codes.Unreadable):
        return Shown()


def find(facts: Facts, shown: Shown) -> tuple[Found, int]:
    """The pass and the rotation that was shown. Raises PassUnknown."""
    if shown.qr and shown.qr.qr_id in facts.by_qr:
        return facts.by_qr[shown.qr.qr_id], shown.qr.rotation
    if shown.code_print and shown.code_print in facts.by_code:
        return facts.by_code[shown.code_print]
    raise refusals.PassUnknown


def read_facts(uow: UnitOfWork, desk: Desk, shown: Sequence[Shown], keys: Sequence[str], *, lock: bool) -> Facts:
    """The facts of all shown passes at once."""
    return repository.read(
        uow.connection,
        structure_id=desk.structure_id,
        caller=desk.caller,
        keys=keys,
        qr_ids=[one.qr.qr_id for one in shown if one.qr],
        code_prints=[one.code_print for one in shown if one.code_print],
        lock=lock,
    )


def check_pass(uow: UnitOfWork, *, qr: str | None, code: str | None) -> dict[str, Any]:
    """What a desk may know of a pass before debiting it. Raises PartnerInactive or PassUnknown."""
    desk, shown = desk_of(uow.actor), read_shown(qr, code)
    facts = read_facts(uow, desk, [shown], [], lock=False)
    if not facts.active_on(uow.today):
        raise refusals.PartnerInactive
    found, rotation = find(facts, shown)
    reason = _why_not(found, rotation, desk, uow)
    revoked = reason is not None and reason.code == refusals.PassRevoked.code
    return {
        "usable": reason is None,
        "reason": reason.code if reason else None,
        "scheme": found.season.scheme,
        "season": found.season.name,
        "valid_until": found.season.ends_on,
        "balance_cents": 0 if revoked else found.balance_cents,
        "beneficiary": None if revoked else seals.beneficiary(found.identity_sealed, found.beneficiary_id),
    }


def _why_not(found: Found, rotation: int, desk: Desk, uow: UnitOfWork) -> Refusal | None:
    try:
        scans.check_pass_shown(found, rotation, uow.today)
    except Refusal as refusal:
        return refusal
    if found.balance_cents > 0:
        return None
    return scans.empty_pass(found, desk.structure_id) or refusals.InsufficientBalance(balance_cents=0)


def record_transaction(uow: UnitOfWork, **arguments: Any) -> dict[str, Any]:
    """Debit one pass. Refusals are remembered under the key, and raised again when the key comes again."""
    scan = Scan(**arguments)
    (outcome,) = record(uow, [scan])
    if outcome.refusal is not None:
        raise uow.keep(outcome.refusal)
    return {"replayed": outcome.replayed, "transaction": outcome.transaction}


def record(uow: UnitOfWork, asked: Sequence[Scan]) -> list[Outcome]:
    """Judge each scan and write all that was decided. Raises IdempotencyInProgress."""
    desk = desk_of(uow.actor)
    shown = [read_shown(scan.qr, scan.code) for scan in asked]
    facts = read_facts(uow, desk, shown, [scan.idempotency_key for scan in asked], lock=True)
    if facts.busy:
        raise refusals.IdempotencyInProgress
    recorder = _Recorder(uow, desk, facts)
    outcomes = [recorder.judge(scan, one) for scan, one in zip(asked, shown, strict=True)]
    if recorder.decided.keys:
        recorder.decided.events, recorder.decided.journal = uow.hand_over()
        uow.conclude(*repository.storing(recorder.decided))
    figures.scans_judged((outcome.replayed, outcome.refusal) for outcome in outcomes)
    return outcomes


class _Recorder:
    """Judges scans one after the other and gathers what is to be written."""

    def __init__(self, uow: UnitOfWork, desk: Desk, facts: Facts):
        self._uow, self._desk, self._facts = uow, desk, facts
        self._numbers = iter(facts.numbers)
        self._done: dict[str, tuple[str, Outcome]] = {}
        self.decided = Decided()

    def judge(self, scan: Scan, shown: Shown) -> Outcome:
        """The outcome of one scan: replayed, recorded or refused."""
        try:
            earlier = self._earlier(scan)
            if earlier is not None:
                return earlier
            outcome = self._debit(scan, shown)
        except Refusal as refusal:
            outcome = Outcome(scan.idempotency_key, refusal=refusal)
        if outcome.refusal is None or outcome.refusal.code not in _NOT_STORED:
            self._remember(scan, outcome)
        return outcome

    def _earlier(self, scan: Scan) -> Outcome | None:
        """The stored answer, if the key has been here. Raises IdempotencyKeyReused."""
        if scan.idempotency_key in self._done:
            asked, outcome = self._done[scan.idempotency_key]
            if asked != scan.asked:
                raise refusals.IdempotencyKeyReused
            return replace(outcome, replayed=True)
        stored = self._facts.keys.get(scan.idempotency_key)
        if stored is None or _now_confirmed(stored, scan):
            return None
        return replay(self._uow, stored, scan.asked)

    def _debit(self, scan: Scan, shown: Shown) -> Outcome:
        uow, desk = self._uow, self._desk
        if not self._facts.active_on(uow.today):
            raise refusals.PartnerInactive
        establishment_id, establishment_name = establishment_for(desk, self._facts, scan.establishment_id)
        found, rotation = find(self._facts, shown)
        if scan.scanned_at is not None:
            scans.check_offline(scan.scanned_at, uow.now)
        ask = scans.Ask(desk.structure_id, rotation, scan.amount_cents, uow.now, uow.today, scan.confirm_duplicate)
        scans.check_debit(found, ask)
        row = self._row(scan, found, establishment_id)
        self._write(row, found)
        told = row | self._names(found, establishment_name)
        return Outcome(scan.idempotency_key, transaction=receipts.receipt(told, uow.today))

    def _row(self, scan: Scan, found: Found, establishment_id: str | None) -> dict[str, Any]:
        uow, desk = self._uow, self._desk
        on = paris_day(uow.now)
        return {
            "transaction_id": new_id(),
            "number": f"T{on:%y}{next(self._numbers):08d}",
            "pass_id": found.pass_id,
            "season_id": found.season.season_id,
            "beneficiary_id": found.beneficiary_id,
            "structure_id": desk.structure_id,
            "establishment_id": establishment_id,
            "amount_cents": scan.amount_cents,
            "balance_after_cents": found.balance_cents - scan.amount_cents,
            "state": TransactionState.RECORDED,
            "contested": False,
            "origin": "offline" if scan.scanned_at else desk.origin,
            "operator_id": desk.operator_id,
            "terminal_id": desk.terminal_id,
            "recorded_at": uow.now,
            "recorded_on": on,
            "scanned_at": scan.scanned_at,
            "cancelled_at": None,
            "locked_on": None,
            "payout_id": None,
            "slip_number": None,
        }

    def _names(self, found: Found, establishment_name: str | None) -> dict[str, Any]:
        partner = self._facts.partner or {}
        return {
            "scheme": found.season.scheme,
            "season": found.season.name,
            "identity_sealed": found.identity_sealed,
            "structure_name": partner.get("name"),
            "partner_number": partner.get("partner_number"),
            "establishment_name": establishment_name,
        }

    def _write(self, row: dict[str, Any], found: Found) -> None:
        """Remember the debit: in the facts, for the scans that follow; in what will be stored; in the announcements."""
        uow, transaction_id = self._uow, row["transaction_id"]
        found.debit(scans.Use(row["number"], row["structure_id"], row["amount_cents"], uow.now))
        self.decided.transactions.append(row)
        self.decided.entries += movement_rows(
            ledger.Kind.DEBIT,
            ledger.move((ledger.PASS, found.pass_id), (ledger.PARTNER, row["structure_id"]), row["amount_cents"]),
            transaction_id,
            uow.now,
        )
        if found.debit_mails:
            self.decided.notices.append({"kind": "debit", "pass_id": found.pass_id, "transaction_id": transaction_id})
        uow.publish(
            messages.TransactionRecorded,
            transaction_id=transaction_id,
            number=row["number"],
            structure_id=row["structure_id"],
            establishment_id=row["establishment_id"],
            amount_cents=row["amount_cents"],
            recorded_at=uow.now.isoformat(),
            scheme=found.season.scheme,
        )
        uow.audit("transaction:record", transaction_id, amount_cents=row["amount_cents"])

    def _remember(self, scan: Scan, outcome: Outcome) -> None:
        self._done[scan.idempotency_key] = (scan.asked, outcome)
        self.decided.keys.append(key_row(self._uow, self._desk, scan.idempotency_key, "record", scan.asked, outcome))


def _now_confirmed(stored: dict[str, Any], scan: Scan) -> bool:
    """A suspected duplicate that the desk now confirms under the same key is judged afresh."""
    suspected = stored["refusal_code"] == refusals.DuplicateSuspected.code
    return suspected and scan.confirm_duplicate and stored["asked"] == scan.asked


def movement_rows(
    kind: ledger.Kind, entries: Sequence[ledger.Entry], subject_id: str, at: datetime
) -> list[dict[str, Any]]:
    """The ledger's rows of one movement."""
    movement_id = new_id()
    return [
        {"movement_id": movement_id, "kind": kind, "subject_id": subject_id, "at": at, **vars(entry)}
        for entry in entries
    ]


def key_row(uow: UnitOfWork, desk: Desk, key: str, act: str, asked: str, outcome: Outcome) -> dict[str, Any]:
    """What a key came to, as a row: no name of a child in it."""
    return {
        "structure_id": desk.structure_id,
        "caller": desk.caller,
        "key": key,
        "act": act,
        "asked": asked,
        "transaction_id": outcome.transaction["transaction_id"] if outcome.transaction else None,
        "balance_cents": outcome.transaction["balance_cents"] if outcome.transaction else None,
        "refusal_code": outcome.refusal.code if outcome.refusal else None,
        "refusal_fields": outcome.refusal.fields if outcome.refusal else None,
        "at": uow.now,
    }


class Replayed(Refusal):
    """A stored refusal, given again under its own code."""

    def __init__(self, code: str, fields: dict[str, Any]):
        super().__init__(**fields)
        self.code = code
        self.fields = fields | {"replayed": True}


def replay(uow: UnitOfWork, stored: dict[str, Any], asked: str | None) -> Outcome:
    """The stored outcome of a key (``asked`` None: whatever was asked). Raises IdempotencyKeyReused."""
    if asked is not None and stored["asked"] != asked:
        raise refusals.IdempotencyKeyReused
    if stored["refusal_code"]:
        refusal = Replayed(stored["refusal_code"], stored["refusal_fields"] or {})
        return Outcome(stored["key"], refusal=refusal, replayed=True)
    row = transactions.by_id(uow.connection, stored["transaction_id"])
    told = receipts.first_answer(row, uow.today, stored["act"], stored["balance_cents"])
    return Outcome(stored["key"], transaction=told, replayed=True)
