"""Making accounts, and saying who somebody is."""

from sqlalchemy.dialects.postgresql import insert

from services.chassis.actor import ActorInvalid
from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.identity import hashing, personal, repository
from services.identity.domain import accounts
from services.identity.domain.accounts import Kind, State
from services.identity.domain.refusals import EmailAlreadyUsed
from services.identity.models import Account, EmailChange, Membership


class Provisional:
    """A fresh provisional password with its hash, made outside of any transaction."""

    def __init__(self) -> None:
        self.password = accounts.provisional_password()
        self.hash = hashing.hash_password(self.password)

    def give_to(self, uow: UnitOfWork, account: Account) -> None:
        """The account may sign in with it, to personalise it, for fourteen days."""
        account.state = accounts.move(State(account.state), State.PROVISIONAL)
        account.password_hash, account.password_set_at = self.hash, uow.now


def insert_account(uow: UnitOfWork, kind: Kind, email: str, *, which: str, **details: object) -> Account:
    """A new account in state «reserved», unless its address is taken: then EmailAlreadyUsed {which}.

    Whoever comes second waits for the first one's commit at the unique index, then gets the refusal.
    """
    account = Account(account_id=new_id(), kind=kind.value, state=State.RESERVED.value, created_at=uow.now)
    personal.set_email(account, email)
    if details:
        personal.set_details(account, **details)
    row = {
        name: getattr(account, name)
        for name in (
            "account_id",
            "kind",
            "state",
            "email",
            "email_fingerprint",
            "details",
            "mobile_fingerprint",
            "created_at",
        )
    }
    added = repository.changed(
        uow.session, insert(Account).values(row).on_conflict_do_nothing(constraint="one_account_per_address")
    )
    if added == 0:
        raise EmailAlreadyUsed(which=which)
    return uow.session.get_one(Account, account.account_id)


def name_of(account: Account) -> dict[str, str]:
    """First and last name, for lists."""
    details = personal.details_of(account)
    return {"first_name": details.get("first_name", ""), "last_name": details.get("last_name", "")}


def persons(uow: UnitOfWork, account_ids: list[str]) -> dict[str, dict[str, str | None]]:
    """Names by account, of those whom the caller may see: services and agents anybody, partners their
    structure's
    people, everybody themselves."""
    wanted = set(account_ids)
    if not uow.actor.has("agent") and not any(role.startswith("service:") for role in uow.actor.roles):
        structure_id = uow.actor.scope.get("structure_id")
        mine = repository.people_of(uow.session, structure_id) if structure_id else set()
        wanted &= mine | {uow.actor.account_id or ""}
    return {account.account_id: _public(account) for account in repository.accounts(uow.session, wanted)}


def _public(account: Account) -> dict[str, str | None]:
    details = personal.details_of(account)
    return name_of(account) | {"position": details.get("position"), "kind": account.kind}


def own_account(uow: UnitOfWork, *, locked: bool = False) -> Account:
    """The account of the signed-in caller."""
    account = repository.account(uow.session, uow.actor.account_id or "", locked=locked)
    if account is None:  # rows are erased, never deleted: only a restored database can be older than a token
        raise ActorInvalid
    return account


def person(uow: UnitOfWork) -> dict[str, str | None]:
    """What the caller sees of their own account."""
    account = own_account(uow)
    details = personal.details_of(account)
    change = repository.open_email_change(uow.session, account.account_id)
    mobile = details.get("mobile")
    return name_of(account) | {
        "account_id": account.account_id,
        "kind": account.kind,
        "civility": details.get("civility"),
        "position": details.get("position"),
        "email": personal.email_of(account),
        "mobile_masked": accounts.mask_phone(mobile) if mobile else None,
        "pending_email": _pending(change, uow),
    }


def _pending(change: EmailChange | None, uow: UnitOfWork) -> str | None:
    if change is None or change.expires_at <= uow.now or change.email is None:
        return None
    return personal.unseal(change.email, "email_changes", "email", change.email_change_id)


def update_person(uow: UnitOfWork, **details: str | None) -> dict[str, str | None]:
    """Change civility, names and position of the caller's own account."""
    account = own_account(uow, locked=True)
    personal.set_details(account, **details)
    uow.audit("account:rename", account.account_id)
    uow.session.flush()
    return person(uow)


def structures_of(uow: UnitOfWork, account_id: str) -> list[str]:
    """Structures in which the account holds a right or is listed."""
    held = {delegation.structure_id for delegation in repository.rights_of(uow.session, account_id)}
    listed = uow.session.query(Membership.structure_id).filter(Membership.account_id == account_id)
    return sorted(held | {structure_id for (structure_id,) in listed})
