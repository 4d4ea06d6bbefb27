"""What callers get to see: plain dictionaries built from rows. Nothing here changes anything."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.partners import catalogue
from services.partners.domain.application import State, changed_fields, missing_of, next_step
from services.partners.domain.review import (
    GROUPS,
    Item,
    Verdict,
    expected_items,
    group_key,
    is_open,
)
from services.partners.models import Application, Document, HistoryEntry, Note, ReviewItem, Structure

REPRESENTATIVE_FIELDS = ("civility", "first_name", "last_name", "position", "email", "mobile")
STRUCTURE_FIELDS = (
    "name",
    "siret",
    "rna",
    "naf",
    "address_line1",
    "address_line2",
    "postcode",
    "commune_name",
    "commune_code",
    "email",
    "phone",
    "website",
)

HISTORY_LABELS = {
    "application:submit": "Demande déposée",
    "application:take": "Demande prise en charge par la Caf",
    "application:release": "Demande remise dans la file",
    "application:accept_item": "Élément accepté",
    "application:refuse_item": "Élément refusé",
    "application:request_correction": "Corrections demandées",
    "application:correct": "Correction saisie",
    "application:resubmit": "Corrections envoyées",
    "application:approve": "Demande approuvée",
    "application:reject": "Demande refusée",
}


def document(row: Document, label: str) -> dict[str, Any]:
    """One file, as both sides see it."""
    return {
        "document_id": row.document_id,
        "kind": row.kind,
        "label": label,
        "filename": row.filename,
        "media_type": row.media_type,
        "size": row.size,
        "uploaded_at": row.uploaded_at,
        "round": row.round,
    }


def documents(application: Application, rows: Iterable[Document]) -> list[dict[str, Any]]:
    """The files of an application that its structure type asks for."""
    wanted = catalogue.structure_types().get(application.structure_type or "")
    labels = {kind.kind: kind.label for kind in wanted.documents} if wanted else {}
    return [document(row, labels[row.kind]) for row in rows if row.kind in labels]


def bank_account(application: Application) -> dict[str, Any] | None:
    """The account without its number; None before step 6."""
    if application.iban_masked is None:
        return None
    return {
        "iban_masked": application.iban_masked,
        "bic": application.bic,
        "bank_name": application.bank_name,
        "holder": application.holder,
    }


def representative(registration: Mapping[str, Any]) -> dict[str, Any]:
    """Step 4 as identity answers it."""
    return {name: registration.get(name) for name in REPRESENTATIVE_FIELDS}


def draft(found: Application, rows: Sequence[Document]) -> dict[str, Any]:
    """An application being filled in."""
    completed = sorted(int(step) for step in found.step_versions)
    structure_type = catalogue.structure_types().get(found.structure_type or "")
    files = documents(found, rows)
    missing = missing_of(structure_type, completed, {file["kind"] for file in files})
    return {
        "application_id": found.application_id,
        "state": found.state,
        "version": found.version,
        "step_versions": found.step_versions,
        "completed": completed,
        "next_step": int(next_step(completed)),
        "expires_on": found.expires_on,
        "structure_type": found.structure_type,
        "structure": found.structure,
        "activities": found.activities,
        "federation": found.federation,
        "bank_account": bank_account(found),
        "representative": None,
        "documents": files,
        "document_dates": found.document_dates,
        "missing": [{"step": one.step, "label": one.label} for one in missing],
    }


def domain_items(
    application: Application, rows: Mapping[str, ReviewItem], present_kinds: Iterable[str]
) -> dict[str, Item]:
    """The items of an application as the rules see them, in the order of the form."""
    structure_type = catalogue.structure_types()[application.structure_type or ""]
    there = set(present_kinds)
    found = {}
    for key, (label, required, _) in expected_items(structure_type).items():
        row = rows.get(key)
        found[key] = Item(
            key=key,
            label=label,
            required=required,
            present=key.startswith("fields:") or key.removeprefix("document:") in there,
            verdict=Verdict(row.verdict) if row else Verdict.PENDING,
            answered=bool(row and row.answered),
        )
    return found


def items(
    application: Application,
    rows: Mapping[str, ReviewItem],
    files: Sequence[Document],
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Each item with its verdict, its files and what changed between two rounds (`before`, `after`)."""
    state = State(application.state)
    found = domain_items(application, rows, {file.kind for file in files})
    dates = application.document_dates
    return [_item(state, item, rows.get(key), files, before, after, dates) for key, item in found.items()]


def _item(
    state: State,
    item: Item,
    row: ReviewItem | None,
    files: Sequence[Document],
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    dates: Mapping[str, str],
) -> dict[str, Any]:
    kind, _, name = item.key.partition(":")
    changed = _changed(item.key, before, after)
    return {
        "item": item.key,
        "kind": kind,
        "label": item.label,
        "step": GROUPS[name][0] if kind == "fields" else _step_of(name),
        "verdict": item.verdict.value,
        "reason": row.reason if row else None,
        "required": item.required,
        "present": item.present,
        "dated_on": dates.get(name),
        "open": is_open(state, item),
        "answered": item.answered,
        "changed": bool(changed),
        "changed_fields": changed if kind == "fields" else [],
        "documents": [document(file, item.label) for file in files if kind == "document" and file.kind == name],
    }


def _changed(key: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of an item's fields that differ between two rounds; nothing before the second. Of the representative
    early applications kept the address and the number only: what a round doesn't tell isn't told as changed."""
    if not before:
        return []
    was, now = before.get(key, {}), after.get(key, {})
    return changed_fields({**now, **was} if key == group_key("representative") else was, now)


PUBLIC_BEFORE = {
    group_key("structure_type"): ("structure_type",),
    group_key("structure"): STRUCTURE_FIELDS,
    group_key("activities"): ("activities", "federation"),
    group_key("bank_account"): ("holder",),
}
"""What a round keeps as it was; of the rest it knows only whether it changed."""


def told_before(before: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The values of the round before, in people's words, where they are kept."""
    told = {
        key: {name: before[key].get(name) for name in names} for key, names in PUBLIC_BEFORE.items() if key in before
    }
    if told:
        kind, offered = told[group_key("structure_type")], told[group_key("activities")]
        kind["structure_type"] = structure_type_label(kind["structure_type"])
        offered["activities"] = activities(offered["activities"] or [])
    return told


def _step_of(kind: str) -> int:
    for structure_type in catalogue.structure_types().values():
        found = structure_type.document(kind)
        if found:
            return found.step
    raise LookupError(kind)


def history(rows: Iterable[HistoryEntry]) -> list[dict[str, Any]]:
    """What happened, oldest first."""
    return [
        {
            "at": row.at,
            "action": row.action,
            "label": HISTORY_LABELS.get(row.action, row.action),
            "round": row.round,
            "account_id": row.account_id,
            "by_caf": row.by_caf,
            "details": row.details,
        }
        for row in rows
    ]


def notes(rows: Iterable[Note]) -> list[dict[str, Any]]:
    return [{"at": row.at, "account_id": row.account_id, "text": row.text} for row in rows]


def activities(codes: Iterable[str]) -> list[dict[str, str]]:
    """Activities with their labels; a code that left the configuration shows as itself."""
    known = catalogue.activities()
    return [
        {"code": code, "label": known[code].label if code in known else code, "family": known[code].family}
        if code in known
        else {"code": code, "label": code, "family": ""}
        for code in codes
    ]


def structure_type_label(code: str | None) -> str:
    found = catalogue.structure_types().get(code or "")
    return found.label if found else (code or "")


def address(structure: Structure) -> dict[str, Any]:
    return {
        "line1": structure.address_line1,
        "line2": structure.address_line2,
        "postcode": structure.postcode,
        "commune": structure.commune_name,
        "insee_code": structure.commune_code,
    }


def public_partner(structure: Structure) -> dict[str, Any]:
    """What «Liste des partenaires» shows: nothing that isn't public."""
    return {
        "structure_id": structure.structure_id,
        "name": structure.name,
        "partner_number": structure.partner_number,
        "structure_type_label": structure_type_label(structure.structure_type),
        "activities": activities(structure.activities),
        "address": address(structure),
        "commune_name": structure.commune_name,
        "postcode": structure.postcode,
        "email": structure.email,
        "phone": structure.phone,
        "website": structure.website,
    }


def structure_for_convention(structure: Structure, application_id: str) -> dict[str, Any]:
    """What the text of the convention needs."""
    return {
        "structure_id": structure.structure_id,
        "application_id": application_id,
        "name": structure.name,
        "legal_form": structure_type_label(structure.structure_type),
        "siret": structure.siret,
        "rna": structure.rna,
        "address": address(structure),
        "activities": [activity["label"] for activity in activities(structure.activities)],
        "partner_number": structure.partner_number,
    }
