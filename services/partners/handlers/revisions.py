"""What an application held at each round, so that the second look shows what changed and no more is kept than that."""

from typing import Any

from services.chassis.database import UnitOfWork
from services.partners import repository
from services.partners.domain.review import document_key, group_key
from services.partners.models import Application, Revision


def remember(uow: UnitOfWork, found: Application) -> None:
    """Write down the present round."""
    for item, content in contents(uow, found).items():
        uow.session.add(Revision(application_id=found.application_id, round=found.round, item=item, content=content))


def contents(uow: UnitOfWork, found: Application) -> dict[str, dict[str, Any]]:
    """Each item's present content: public values as they are, the others as keyed fingerprints."""
    now = {
        group_key("structure_type"): {"structure_type": found.structure_type},
        group_key("structure"): dict(found.structure),
        group_key("representative"): {
            "email": found.person_email_fingerprint,
            "mobile": found.mobile_fingerprint,
        },
        group_key("activities"): {"activities": found.activities, "federation": found.federation},
        group_key("bank_account"): {"iban": found.iban_fingerprint, "holder": found.holder},
    }
    for row in repository.documents(uow.session, found.application_id):
        files = now.setdefault(document_key(row.kind), {"sha256": []})["sha256"]
        files.append(row.sha256)
    return now
