"""What an application held at each round, so that the second look shows what changed and no more is kept than that."""

from collections.abc import Mapping
from typing import Any

from services.chassis.database import UnitOfWork
from services.partners import repository, secrets, views
from services.partners.domain.review import document_key, group_key
from services.partners.models import Application, Revision


def person_of(identity: Any, call: Any, registration_id: str | None, structure_id: str) -> dict[str, Any]:
    """The legal representative as identity keeps it now. Outside of any transaction."""
    asked = {"registration_id": registration_id, "structure_id": structure_id}
    return views.representative(identity.call("registrant", asked, call=call, idempotent=True, as_service=True))


def remember(uow: UnitOfWork, found: Application, person: Mapping[str, Any]) -> None:
    """Write down the present round. `person`: the legal representative."""
    found.person_email_fingerprint = secrets.email_fingerprint(person["email"])
    found.mobile_fingerprint = secrets.mobile_fingerprint(person["mobile"])
    for item, content in contents(uow, found, person).items():
        uow.session.add(Revision(application_id=found.application_id, round=found.round, item=item, content=content))


def contents(uow: UnitOfWork, found: Application, person: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each item's present content: public values as they are, the others as keyed fingerprints."""
    now = {
        group_key("structure_type"): {"structure_type": found.structure_type},
        group_key("structure"): dict(found.structure),
        group_key("representative"): _fingerprints(found, person),
        group_key("activities"): {"activities": found.activities, "federation": found.federation},
        group_key("bank_account"): {"iban": found.iban_fingerprint, "holder": found.holder},
    }
    for row in repository.documents(uow.session, found.application_id):
        files = now.setdefault(document_key(row.kind), {"sha256": []})["sha256"]
        files.append(row.sha256)
    return now


def _fingerprints(found: Application, person: Mapping[str, Any]) -> dict[str, Any]:
    """Good for this application only: nobody learns from them that two representatives have the same name."""
    told = {
        name: secrets.confidential_fingerprint(f"{found.application_id} {name} {value}")
        for name, value in person.items()
        if value
    }
    return told | {"email": found.person_email_fingerprint, "mobile": found.mobile_fingerprint}
