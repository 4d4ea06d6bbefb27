"""«Coordonnées bancaires»: a changed IBAN is a new version; the old one stays in force until an agent verified it."""

from typing import Any

from sqlalchemy import and_, select

from services.chassis import uploads
from services.chassis.actor import verify_proof
from services.chassis.ages import Ages
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.partners import checks, messages, repository, secrets
from services.partners.domain import bank_account as rules
from services.partners.domain.bank_account import BankAccountState
from services.partners.domain.identifiers import masked_iban
from services.partners.domain.refusals import BankAccountUnknown, SameBankAccount, ValidationFailed
from services.partners.domain.waiting import AGE_LIMITS_DAYS
from services.partners.handlers.documents import READ, ibans_read
from services.partners.handlers.profile import own_structure
from services.partners.models import BankAccount, Structure

AGES = Ages(*AGE_LIMITS_DAYS)


def own_bank_accounts(uow: UnitOfWork) -> dict[str, Any]:
    """The versions of the caller's structure, the latest first. Never the whole number."""
    structure = own_structure(uow)
    return {"items": [view(row) for row in repository.bank_accounts(uow.session, structure.structure_id)]}


def view(row: BankAccount) -> dict[str, Any]:
    return {
        "bank_account_id": row.bank_account_id,
        "structure_id": row.structure_id,
        "version": row.version,
        "state": row.state,
        "iban_masked": row.iban_masked,
        "bic": row.bic,
        "bank_name": row.bank_name,
        "holder": row.holder,
        "submitted_at": row.submitted_at,
        "decided_at": row.decided_at,
        "verifiable_from": rules.verifiable_from(row.submitted_at, first=row.version == 1),
        "reason": row.reason,
        "has_document": row.rib_sha256 is not None,
    }


def submit_bank_account(database: BoundDatabase, call: Any, store: FileStore) -> dict[str, Any]:
    """A new version, told to both addresses. Refuses `step_up_required`, `validation_failed`, `same_bank_account` and
    what `services.chassis.uploads` refuses."""
    given = call.arguments
    verify_proof(given["proof"], call.actor, rules.STEP_UP)
    checked_iban = _iban(given["iban"])
    with database.unit_of_work(call) as uow:
        _check_other(uow, own_structure(uow).structure_id, checked_iban.iban)
    document = uploads.check(store, given["incoming_id"], READ)
    with database.unit_of_work(call) as uow:
        structure = own_structure(uow, lock=True)
        _check_other(uow, structure.structure_id, checked_iban.iban)
        row = _new_version(uow, structure, checked_iban, given["holder"].strip())
        row.rib_sha256, row.rib_media_type = document.sha256, document.media_type
        row.rib_filename, row.rib_ibans_read = given["filename"], ibans_read(document)
        uow.session.add(row)
        uow.session.flush()
        uow.audit("bank_account:submit", row.bank_account_id, structure_id=row.structure_id, version=row.version)
        uow.publish(
            messages.BankAccountSubmitted,
            structure_id=row.structure_id,
            bank_account_id=row.bank_account_id,
            version=row.version,
            in_force_not_before=rules.verifiable_from(row.submitted_at, first=False),
        )
        return view(row)


def _iban(typed: str) -> checks.CheckedIban:
    try:
        return checks.iban(typed)
    except checks.Wrong as wrong:
        raise ValidationFailed({"iban": [str(wrong)]}) from None


def _check_other(uow: UnitOfWork, structure_id: str, iban: str) -> None:
    fingerprint = secrets.iban_fingerprint(iban)
    for row in repository.bank_accounts(uow.session, structure_id):
        waits_or_holds = row.state in (BankAccountState.VERIFIED, BankAccountState.SUBMITTED)
        if waits_or_holds and row.iban_fingerprint == fingerprint:
            raise SameBankAccount()


def _new_version(uow: UnitOfWork, structure: Structure, checked: checks.CheckedIban, holder: str) -> BankAccount:
    earlier = repository.bank_accounts(uow.session, structure.structure_id)
    for row in earlier:
        if row.state == BankAccountState.SUBMITTED:
            row.state = rules.after(row.state, "replace").value
    bank_account_id = new_id()
    return BankAccount(
        bank_account_id=bank_account_id,
        structure_id=structure.structure_id,
        version=earlier[0].version + 1 if earlier else 1,
        state=BankAccountState.SUBMITTED.value,
        iban_sealed=secrets.seal_iban(checked.iban, "bank_accounts", bank_account_id),
        iban_fingerprint=secrets.iban_fingerprint(checked.iban),
        iban_masked=masked_iban(checked.iban),
        bic=checked.bic,
        bank_name=checked.bank_name,
        holder=holder,
        submitted_at=uow.now,
    )


_TO_VERIFY = and_(BankAccount.state == BankAccountState.SUBMITTED.value, BankAccount.version > 1)
"""Changed accounts that wait for an agent; a first account goes with its application."""


def to_verify(uow: UnitOfWork, age: str | None = None) -> dict[str, Any]:
    """The changed accounts, the oldest first; `age`: the code of a band."""
    query = (
        select(BankAccount, Structure)
        .join(Structure, Structure.structure_id == BankAccount.structure_id)
        .where(_TO_VERIFY, AGES.within(age, BankAccount.submitted_at, uow.now))
        .order_by(BankAccount.submitted_at)
    )
    items = [view(row) | _whose(structure) for row, structure in uow.session.execute(query)]
    return {"items": items, "ages": AGES.shown()}


def waiting(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home: how many, since when, and by age."""
    return AGES.waiting(uow.session.execute, BankAccount.submitted_at, uow.now, _TO_VERIFY)


def _whose(structure: Structure) -> dict[str, Any]:
    return {"structure_name": structure.name, "partner_number": structure.partner_number}


def reviewed(uow: UnitOfWork, bank_account_id: str) -> dict[str, Any]:
    """One account as an agent sees it: the whole number beside the RIB, and who else uses it. Each look is written in
    the journal."""
    row = _any(uow, bank_account_id)
    structure = uow.session.get_one(Structure, row.structure_id)
    query = (
        select(Structure)
        .join(BankAccount, BankAccount.structure_id == Structure.structure_id)
        .where(BankAccount.iban_fingerprint == row.iban_fingerprint, Structure.structure_id != row.structure_id)
    )
    uow.audit("bank_account:look", row.bank_account_id, structure_id=row.structure_id)
    others = {other.structure_id: other.name for other in uow.session.scalars(query)}
    history = [view(one) for one in repository.bank_accounts(uow.session, row.structure_id)]
    iban = secrets.open_iban(row.iban_sealed, "bank_accounts", row.bank_account_id)
    rib = rules.compared_with_rib(row.iban_fingerprint, row.rib_ibans_read) if row.rib_sha256 else None
    return view(row) | _whose(structure) | {"iban": iban, "used_by": others, "versions": history, "rib_check": rib}


def document(uow: UnitOfWork, bank_account_id: str) -> dict[str, Any]:
    """The RIB, to be streamed by the gateway. Each look is written in the journal."""
    row = _any(uow, bank_account_id)
    if row.rib_sha256 is None:
        raise BankAccountUnknown()
    uow.audit("bank_account:look_at_document", row.bank_account_id, structure_id=row.structure_id)
    return {"sha256": row.rib_sha256, "filename": row.rib_filename, "media_type": row.rib_media_type}


def _any(uow: UnitOfWork, bank_account_id: str, *, lock: bool = False) -> BankAccount:
    found = uow.session.get(BankAccount, bank_account_id, with_for_update=lock or None)
    if found is None:
        raise BankAccountUnknown()
    return found


def verify(uow: UnitOfWork, bank_account_id: str) -> dict[str, Any]:
    """From now on reimbursements go here. Refuses `cooling_off` {until}, `transition_refused`."""
    row = _any(uow, bank_account_id, lock=True)
    state = rules.after(row.state, "verify")
    rules.check_cooled_off(row.submitted_at, uow.now, first=row.version == 1)
    for other in repository.bank_accounts(uow.session, row.structure_id):
        if other.state in (BankAccountState.VERIFIED, BankAccountState.SUSPENDED):
            other.state = rules.after(other.state, "replace").value
    uow.session.flush()
    _decide(uow, row, state)
    iban = secrets.open_iban(row.iban_sealed, "bank_accounts", row.bank_account_id)
    uow.publish(
        messages.BankAccountVerified,
        structure_id=row.structure_id,
        bank_account_id=row.bank_account_id,
        version=row.version,
        iban_sealed=secrets.seal_for_transport(iban, row.bank_account_id),
        iban_masked=row.iban_masked,
        bic=row.bic,
        holder=row.holder,
        in_force_at=uow.now,
    )
    uow.audit("bank_account:verify", row.bank_account_id, structure_id=row.structure_id, version=row.version)
    return view(row)


def _decide(uow: UnitOfWork, row: BankAccount, state: BankAccountState) -> None:
    row.state, row.decided_at, row.decided_by = state.value, uow.now, uow.actor.account_id
    uow.session.flush()


def reject(uow: UnitOfWork, bank_account_id: str, reason: str) -> dict[str, Any]:
    """The old account stays in force; the partner is told why. Refuses `transition_refused`."""
    row = _any(uow, bank_account_id, lock=True)
    row.reason = reason
    _decide(uow, row, rules.after(row.state, "reject"))
    uow.publish(
        messages.BankAccountRejected,
        structure_id=row.structure_id,
        bank_account_id=row.bank_account_id,
        version=row.version,
        reason=reason,
    )
    uow.audit("bank_account:reject", row.bank_account_id, structure_id=row.structure_id, version=row.version)
    return view(row)


def on_payout_state_changed(uow: UnitOfWork, structure_id: str, state: str) -> None:
    """The bank returned a payment: the account in force is suspended."""
    if state != "returned":
        return
    for row in repository.bank_accounts(uow.session, structure_id):
        if row.state == BankAccountState.VERIFIED:
            row.state = rules.after(row.state, "suspend").value
            uow.publish(
                messages.BankAccountSuspended,
                structure_id=structure_id,
                bank_account_id=row.bank_account_id,
                version=row.version,
                suspended_at=uow.now,
            )
            uow.audit("bank_account:suspend", row.bank_account_id, structure_id=structure_id, version=row.version)
