"""«Je signe la convention», second half: the code by SMS, and the signature."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from services.chassis.rpc import Call
from services.conventions import messages, repository
from services.conventions.domain import signing_codes, states
from services.conventions.domain.evidence import Evidence
from services.conventions.domain.refusals import CodeNotSent, ReadingRequired
from services.conventions.domain.signing_codes import Tries
from services.conventions.domain.states import Act
from services.conventions.handlers import chain, preparing, reading, views
from services.conventions.models import Convention, SigningCode

_SENDING_S = 15.0
_SENDING = timedelta(minutes=1)
_HASH_PURPOSE = "signing-code"


def request_signing_code(
    database: BoundDatabase, call: Call, identity: Any, *, document_sha256: str, ip: str, user_agent: str
) -> dict[str, Any]:
    """Send a new code; only the newest counts. The code leaves outside any transaction: what was asked for is on
    record before, what the provider said is on record after."""
    code = signing_codes.new_code()
    origin = chain.who(call.actor, ip, user_agent)
    with database.unit_of_work(call) as uow:
        code_id = _prepare(uow, document_sha256, code, origin)
    try:
        sent = identity.call("send_signing_code", {"code": code}, call=call, deadline_s=_SENDING_S)
    except Refused as refused:
        _not_sent(database, call, code_id, refused.code)
        raise CodeNotSent(reason=refused.code) from None
    except Unavailable:
        _not_sent(database, call, code_id, None)
        raise
    with database.unit_of_work(call) as uow:
        return _sent(uow, code_id, sent)


def _prepare(uow: UnitOfWork, document_sha256: str, code: str, origin: dict[str, Any]) -> str:
    """Raises TransitionRefused, DocumentChanged, ReadingRequired, SigningBlocked, TooManyCodes."""
    convention = repository.to_sign(uow.session, uow.actor.scope.get("structure_id"), uow.today)
    reading.check_document(uow, convention, document_sha256)
    if convention.read_at is None:
        raise ReadingRequired
    tries = Tries(convention.code_failures, convention.code_blocked_until).at(uow.now)
    tries.check(uow.now)
    _keep_tries(convention, tries)
    sent = repository.sends_since(uow.session, convention.id, uow.now - signing_codes.SENDS_WINDOW)
    signing_codes.check_send(sent, uow.now)
    _spend_last(uow, convention)
    code_id = new_id()
    new = SigningCode(
        id=code_id,
        convention_id=convention.id,
        document_sha256=document_sha256,
        code_hash=code_hash(code_id, code),
        requested_at=uow.now,
        expires_at=uow.now + signing_codes.LIFETIME,
        state="requested",
    )
    uow.session.add(new)
    chain.append(
        uow,
        convention,
        Evidence.CODE_REQUESTED,
        code_id=code_id,
        code_hash=new.code_hash,
        document_sha256=document_sha256,
        expires_at=new.expires_at.isoformat(),
        **origin,
    )
    return code_id


def code_hash(code_id: str, code: str) -> str:
    """A keyed hash (HMAC-SHA-256), since a plain one of six digits is undone in a second."""
    return chain.VAULT.fingerprint(f"{code_id}:{code}", purpose=_HASH_PURPOSE)


def _keep_tries(convention: Convention, tries: Tries) -> None:
    convention.code_failures, convention.code_blocked_until = tries.failures, tries.blocked_until


def _spend_last(uow: UnitOfWork, convention: Convention) -> None:
    last = repository.last_code(uow.session, convention.id)
    if last is not None and last.state in ("requested", "sent"):
        last.state = "spent"


def _locked_with_code(uow: UnitOfWork, code_id: str) -> tuple[Convention, SigningCode]:
    """The convention's lock first, as everywhere: two orders would deadlock."""
    code = uow.session.get(SigningCode, code_id)
    if code is None:
        raise LookupError(f"signing code {code_id} vanished")
    convention = repository.by_id(uow.session, code.convention_id, lock=True)
    uow.session.refresh(code)
    return convention, code


def _not_sent(database: BoundDatabase, call: Call, code_id: str, reason: str | None) -> None:
    """With a ``reason`` the provider took nothing and the send doesn't count; without, nobody knows, and it counts."""
    with database.unit_of_work(call) as uow:
        convention, code = _locked_with_code(uow, code_id)
        code.state = "not_sent" if reason else "spent"
        chain.append(uow, convention, Evidence.CODE_NOT_SENT, code_id=code_id, reason=reason or "no_answer")


def _sent(uow: UnitOfWork, code_id: str, sent: dict[str, Any]) -> dict[str, Any]:
    convention, code = _locked_with_code(uow, code_id)
    if code.state == "requested":
        code.state = "sent"
    code.provider, code.provider_id = sent["provider"], sent["provider_id"]
    code.masked_phone, code.delivery_state = sent["masked_phone"], sent["delivery_state"]
    code.delivery_at = uow.now
    chain.append(
        uow,
        convention,
        Evidence.CODE_SENT,
        code_id=code_id,
        provider=code.provider,
        provider_id=code.provider_id,
        masked_phone=code.masked_phone,
        delivery_state=code.delivery_state,
    )
    uow.session.flush()
    return views.code(uow, convention)


def sign_convention(uow: UnitOfWork, *, document_sha256: str, code: str, ip: str, user_agent: str) -> dict[str, Any]:
    """The representative's signature. The row lock makes guesses come one at a time; a wrong one is on record whatever
    happens next.

    Raises TransitionRefused, DocumentChanged, SigningBlocked, SigningCodeMissing, SigningCodeExpired, SigningCodeWrong.
    """
    convention = repository.to_sign(uow.session, uow.actor.scope.get("structure_id"), uow.today)
    document = reading.check_document(uow, convention, document_sha256)
    tries = Tries(convention.code_failures, convention.code_blocked_until).at(uow.now)
    tries.check(uow.now)
    last = repository.last_code(uow.session, convention.id)
    alive = last if last is not None and last.state == "sent" and last.document_sha256 == document_sha256 else None
    signing_codes.check_alive(alive.expires_at if alive else None, uow.now)
    assert alive is not None
    origin = chain.who(uow.actor, ip, user_agent)
    if not hmac.compare_digest(alive.code_hash, code_hash(alive.id, code)):
        raise uow.keep(_wrong(uow, convention, alive, tries, origin))
    convention.state = states.after(convention.state, Act.SIGN)
    convention.signed_at = convention.waiting_since = uow.now
    convention.signed_by, convention.signed_document_id = uow.actor.account_id, document.id
    alive.state = "used"
    chain.append(
        uow,
        convention,
        Evidence.SIGNED,
        document_sha256=document.sha256,
        facts_sha256=document.facts_sha256,
        text_version=document.text_version,
        code_id=alive.id,
        code_hash=alive.code_hash,
        provider=alive.provider,
        provider_id=alive.provider_id,
        delivery_state=alive.delivery_state,
        masked_phone=alive.masked_phone,
        wrong_codes_before=tries.failures,
        **origin,
    )
    _announce(uow, convention, document.sha256)
    return {
        "convention_id": convention.id,
        "state": convention.state,
        "signed_at": convention.signed_at,
        "document_sha256": document.sha256,
    }


def _announce(uow: UnitOfWork, convention: Convention, document_sha256: str) -> None:
    uow.publish(
        messages.ConventionSigned,
        convention_id=convention.id,
        structure_id=convention.structure_id,
        signed_at=convention.signed_at,
        document_sha256=document_sha256,
        countersignable=convention.approved_at is not None,
        **preparing.place(uow, convention),
    )
    if convention.approved_at is not None:
        preparing.announce_countersignable(uow, convention)
    uow.audit("convention:sign", convention.id, structure_id=convention.structure_id, document_sha256=document_sha256)


def _wrong(
    uow: UnitOfWork, convention: Convention, code: SigningCode, tries: Tries, origin: dict[str, Any]
) -> Exception:
    """Count the failure; the refusal to raise."""
    tries = tries.after_wrong(uow.now)
    _keep_tries(convention, tries)
    chain.append(uow, convention, Evidence.CODE_WRONG, code_id=code.id, failures=tries.failures, **origin)
    if tries.blocked_until is not None:
        code.state = "spent"
        chain.append(uow, convention, Evidence.SIGNING_BLOCKED, blocked_until=tries.blocked_until.isoformat())
        uow.audit("convention:block_signing", convention.id, structure_id=convention.structure_id)
    return tries.refusal()


def unblock_signing(uow: UnitOfWork, *, convention_id: str) -> None:
    """An agent who has spoken with the person lifts the block. Raises ConventionUnknown."""
    convention = repository.by_id(uow.session, convention_id, lock=True)
    if convention.code_blocked_until is None:
        return
    _keep_tries(convention, Tries())
    chain.append(uow, convention, Evidence.SIGNING_UNBLOCKED, account_id=uow.actor.account_id)
    uow.audit("convention:unblock_signing", convention.id, structure_id=convention.structure_id)


class ReportTooEarly(Exception):
    """A delivery report that overtook the provider's answer: to be delivered again in a second."""


def on_sms_status_changed(uow: UnitOfWork, *, provider: str, provider_id: str, status: str, at: datetime) -> None:
    """The provider's delivery report, if the message was one of ours and the report is news."""
    code = repository.code_by_message(uow.session, provider, provider_id)
    if code is None:
        if repository.codes_on_their_way(uow.session, uow.now - _SENDING):
            raise ReportTooEarly
        return
    convention, code = _locked_with_code(uow, code.id)
    if code.delivery_state == status or (code.delivery_at is not None and at < code.delivery_at and _final(code)):
        return
    code.delivery_state, code.delivery_at = status, at
    chain.append(
        uow, convention, Evidence.CODE_DELIVERY, code_id=code.id, delivery_state=status, reported_at=at.isoformat()
    )


def _final(code: SigningCode) -> bool:
    return code.delivery_state in ("delivered", "undelivered", "failed")
