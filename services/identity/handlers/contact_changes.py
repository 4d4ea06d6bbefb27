"""Changing one's own e-mail (confirmed at both addresses) and mobile (confirmed by a code)."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.identity import personal, repository
from services.identity.domain import accounts, codes
from services.identity.domain.refusals import (
    EmailAlreadyUsed,
    LinkInvalid,
    MobileCodeExpired,
    MobileCodeWrong,
    TooManyCodes,
)
from services.identity.handlers import letters, passwords, people, texting
from services.identity.models import Account, EmailChange, Link, MobileCode

OLD, NEW = "email_change_old", "email_change_new"
_EMAIL = ("email_changes", "email")
_MOBILE = ("mobile_codes", "mobile")


def request_email_change(
    database: BoundDatabase, call: Call, email: str, password: str, code: str | None
) -> dict[str, Any]:
    """Mail a link to the old and one to the new address; an earlier request is forgotten."""
    passwords.confirm_identity(database, call, password, code)
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow, locked=True)
        if repository.account_by_fingerprint(uow.session, personal.email_fingerprint(email)):
            raise EmailAlreadyUsed(which="email")
        _close(uow, repository.open_email_change(uow.session, account.account_id))
        change = EmailChange(
            email_change_id=new_id(),
            account_id=account.account_id,
            asked_at=uow.now,
            expires_at=uow.now + accounts.EMAIL_CHANGE_LIFETIME,
        )
        change.email = personal.seal(email, *_EMAIL, change.email_change_id)
        uow.session.add(change)
        uow.session.flush()
        old = personal.email_of(account)
        letters.email_change(uow, old, email, old_token=_link(uow, change, OLD), new_token=_link(uow, change, NEW))
        uow.audit("account:request_email_change", account.account_id)
        return {}


def _link(uow: UnitOfWork, change: EmailChange, purpose: str) -> str:
    token = accounts.link_token()
    uow.session.add(
        Link(
            link_id=new_id(),
            account_id=change.account_id,
            purpose=purpose,
            subject_id=change.email_change_id,
            token_hash=personal.digest(token),
            created_at=uow.now,
            expires_at=change.expires_at,
        )
    )
    return token


def _close(uow: UnitOfWork, change: EmailChange | None) -> None:
    if change is None:
        return
    change.closed_at, change.email = uow.now, None
    for purpose in (OLD, NEW):
        repository.close_links(uow.session, change.account_id, purpose, uow.now)
    uow.session.flush()


def cancel_email_change(uow: UnitOfWork) -> dict[str, Any]:
    account = people.own_account(uow, locked=True)
    _close(uow, repository.open_email_change(uow.session, account.account_id))
    return {}


def confirm_email_change(uow: UnitOfWork, link_token: str) -> dict[str, str]:
    """One of the two links was followed; the address changes when both were. Raises LinkInvalid,
    EmailAlreadyUsed."""
    link = passwords.usable_link(uow, link_token, OLD, NEW)
    link.used_at = uow.now
    change = uow.session.get(EmailChange, link.subject_id, with_for_update=True)
    if change is None or change.closed_at is not None or change.email is None:
        raise LinkInvalid
    if link.purpose == OLD:
        change.old_confirmed_at = uow.now
    else:
        change.new_confirmed_at = uow.now
    if change.old_confirmed_at is None or change.new_confirmed_at is None:
        return {"state": "waiting_for_other_address"}
    _apply(uow, change)
    return {"state": "changed"}


def _apply(uow: UnitOfWork, change: EmailChange) -> None:
    account = uow.session.get_one(Account, change.account_id, with_for_update=True)
    old = personal.email_of(account)
    email = personal.unseal(change.email or "", *_EMAIL, change.email_change_id)
    try:
        with uow.session.begin_nested():
            personal.set_email(account, email)
            uow.session.flush()
    except IntegrityError as fault:
        raise EmailAlreadyUsed(which="email") from fault
    _close(uow, change)
    letters.email_changed(uow, old, email)
    uow.audit("account:change_email", account.account_id)


def request_mobile_change(
    database: BoundDatabase, call: Call, mobile: str, password: str, code: str | None
) -> dict[str, str]:
    """Send a code to the new number. Three per hour; a new code doesn't widen the number of tries of the
    hour."""
    passwords.confirm_identity(database, call, password, code)
    texted = codes.fresh_code()
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow, locked=True)
        sent = repository.codes_sent_since(uow.session, account.account_id, uow.now - codes.SENDS_WINDOW)
        if sent >= codes.SENDS:
            raise TooManyCodes(retry_after_s=int(codes.SENDS_WINDOW.total_seconds()))
        _forget_code(uow, account.account_id)
        row = MobileCode(mobile_code_id=new_id(), account_id=account.account_id, sent_at=uow.now, tries=0)
        row.mobile = personal.seal(mobile, *_MOBILE, row.mobile_code_id)
        row.code_fingerprint = personal.code_fingerprint(texted, row.mobile_code_id)
        uow.session.add(row)
    sent_code = texting.send_code(database, call, account.account_id, mobile, texted, texting.MOBILE_CHANGE)
    return {"masked_phone": sent_code["masked_phone"]}


def _forget_code(uow: UnitOfWork, account_id: str) -> None:
    earlier = repository.latest_mobile_code(uow.session, account_id)
    if earlier is not None:
        earlier.closed_at, earlier.mobile = uow.now, None
        uow.session.flush()


def confirm_mobile_change(uow: UnitOfWork, code: str) -> dict[str, Any]:
    """The code that was sent makes the new number the account's. Raises MobileCodeWrong,
    MobileCodeExpired."""
    account = people.own_account(uow, locked=True)
    row = repository.latest_mobile_code(uow.session, account.account_id)
    if row is None or row.mobile is None or uow.now >= row.sent_at + codes.LIFETIME or row.tries >= codes.TRIES:
        raise MobileCodeExpired
    row.tries += 1
    typed = "".join(c for c in code if c.isdigit())
    if row.code_fingerprint != personal.code_fingerprint(typed, row.mobile_code_id):
        raise uow.keep(MobileCodeWrong(tries_left=codes.TRIES - row.tries))
    personal.set_details(account, mobile=personal.unseal(row.mobile, *_MOBILE, row.mobile_code_id))
    row.closed_at, row.mobile = uow.now, None
    letters.mobile_changed(uow, account)
    uow.audit("account:change_mobile", account.account_id)
    uow.session.flush()
    return people.person(uow)
