"""What families have a right to: their data as a copy, and to be forgotten when its time is over.

Forgetting takes names, birthdays, addresses and what people wrote; passes, transactions and the ledger stay, as
accounting law demands, and name nobody any more.
"""

from typing import Any

from services.chassis.database import UnitOfWork
from services.transactions import seals
from services.transactions.domain.retention import families_known_until
from services.transactions.handlers import families as pages
from services.transactions.repository import families, forgetting
from services.transactions.seals import Identity

AT_ONCE = 200


def export(uow: UnitOfWork, link: str) -> dict[str, Any]:
    """All that is held about the family, in the open (GDPR, article 15). Raises LinkUnknown."""
    family_id, _ = seals.read_family_link(link)
    page = pages.page(uow, link)
    row = families.by_id(uow.connection, family_id) or {}
    uow.audit("family:export", family_id)
    children = [
        {"first_name": one.first_name, "last_name": one.last_name, "born_on": one.birth_on}
        for one in forgetting.children(uow.connection, family_id)
    ]
    email = seals.open_email(row["email_sealed"], family_id)
    return {"email": email, "debit_mails": row["debit_mails"], "children": children, "passes": page["passes"]}


def forget_old(uow: UnitOfWork) -> int:
    """Forget families whose last season ended long ago, some hundred at once; returns how many."""
    old = forgetting.known_but_over(uow.connection, families_known_until(uow.today), AT_ONCE)
    for family_id in old:
        _forget(uow, family_id)
    if old:
        uow.audit("retention:purge", uow.service, families=len(old))
    return len(old)


def _forget(uow: UnitOfWork, family_id: str) -> None:
    nobody = Identity("", "")
    for beneficiary_id in forgetting.children_ids(uow.connection, family_id):
        forgetting.forget_child(uow.connection, beneficiary_id, seals.seal_identity(nobody, beneficiary_id))
    for contestation_id in forgetting.contestations_of(uow.connection, family_id):
        place = {"table": "contestations", "row_id": contestation_id}
        forgetting.forget_texts(
            uow.connection,
            contestation_id,
            seals.vault.seal("", column="reason_sealed", **place),
            seals.vault.seal("", column="decision_sealed", **place),
        )
    forgetting.forget_family(uow.connection, family_id, seals.seal_email("", family_id))
