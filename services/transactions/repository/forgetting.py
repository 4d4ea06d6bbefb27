"""Families whose time is over, and what is taken from their rows. A forgotten row has an empty print, which nothing
that is searched for ever has."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, exists, select, update

from services.transactions import seals
from services.transactions.models import Beneficiary, Contestation, Family, Pass, Season, Transaction
from services.transactions.seals import Identity

FORGOTTEN = ""


def known_but_over(connection: Connection, before: date, limit: int) -> list[str]:
    """Families known by name, all of whose passes are of seasons that ended before that day."""
    passes = (
        select(Pass.pass_id)
        .join(Beneficiary, Beneficiary.beneficiary_id == Pass.beneficiary_id)
        .join(Season, Season.season_id == Pass.season_id)
        .where(Beneficiary.family_id == Family.family_id)
        .correlate(Family)
    )
    wanted = select(Family.family_id).where(
        Family.email_print != FORGOTTEN, exists(passes), ~exists(passes.where(Season.ends_on >= before))
    )
    return list(connection.scalars(wanted.limit(limit).with_for_update(skip_locked=True)))


def children_ids(connection: Connection, family_id: str) -> list[str]:
    return list(connection.scalars(select(Beneficiary.beneficiary_id).where(Beneficiary.family_id == family_id)))


def children(connection: Connection, family_id: str) -> Iterator[Identity]:
    """Who the family's children are."""
    found = select(Beneficiary.beneficiary_id, Beneficiary.identity_sealed).where(Beneficiary.family_id == family_id)
    for row in connection.execute(found):
        yield seals.open_identity(row.identity_sealed, row.beneficiary_id)


def contestations_of(connection: Connection, family_id: str) -> list[str]:
    found = (
        select(Contestation.contestation_id)
        .join(Transaction, Transaction.transaction_id == Contestation.transaction_id)
        .join(Pass, Pass.pass_id == Transaction.pass_id)
        .join(Beneficiary, Beneficiary.beneficiary_id == Pass.beneficiary_id)
        .where(Beneficiary.family_id == family_id)
    )
    return list(connection.scalars(found))


def forget_child(connection: Connection, beneficiary_id: str, identity_sealed: str) -> None:
    emptied = {"identity_sealed": identity_sealed, "identity_print": FORGOTTEN, "last_name_print": FORGOTTEN}
    row = update(Beneficiary).where(Beneficiary.beneficiary_id == beneficiary_id)
    connection.execute(row.values(**emptied, reference_print=f"forgotten-{beneficiary_id}"))


def forget_texts(connection: Connection, contestation_id: str, reason_sealed: str, decision_sealed: str) -> None:
    row = update(Contestation).where(Contestation.contestation_id == contestation_id)
    connection.execute(row.values(reason_sealed=reason_sealed))
    connection.execute(row.where(Contestation.decision_sealed.is_not(None)).values(decision_sealed=decision_sealed))


def forget_family(connection: Connection, family_id: str, email_sealed: str) -> None:
    """Its link opens nothing any more either."""
    emptied = {"email_sealed": email_sealed, "email_print": FORGOTTEN, "debit_mails": False}
    row = update(Family).where(Family.family_id == family_id)
    connection.execute(
        row.values(**emptied, reference_print=f"forgotten-{family_id}", link_version=Family.link_version + 1)
    )
