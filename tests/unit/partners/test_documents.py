"""Every pair of structure type × document: required, optional or not asked for (DOMAIN, «Application»)."""

from datetime import date

import pytest

from services.partners.answers import load_dates
from services.partners.catalogue import structure_types
from services.partners.domain.application import SAVED_STEPS, missing_of
from services.partners.domain.refusals import ValidationFailed

REQUIRED, OPTIONAL, ABSENT = "required", "optional", "absent"

TABLE = {
    #                         association company   local_auth public_body
    "statutes":              (REQUIRED,   ABSENT,   ABSENT,    ABSENT),
    "declaration_receipt":   (REQUIRED,   ABSENT,   ABSENT,    ABSENT),
    "board_members":         (REQUIRED,   ABSENT,   ABSENT,    ABSENT),
    "sirene_notice":         (REQUIRED,   ABSENT,   REQUIRED,  ABSENT),
    "registration_extract":  (ABSENT,     REQUIRED, ABSENT,    ABSENT),
    "deliberation":          (ABSENT,     ABSENT,   REQUIRED,  ABSENT),
    "constitutive_act":      (ABSENT,     ABSENT,   ABSENT,    REQUIRED),
    "signature_delegation":  (ABSENT,     ABSENT,   ABSENT,    REQUIRED),
    "insurance":             (OPTIONAL,   OPTIONAL, OPTIONAL,  OPTIONAL),
    "identity_document":     (REQUIRED,   REQUIRED, REQUIRED,  REQUIRED),
    "affiliation":           (OPTIONAL,   OPTIONAL, OPTIONAL,  OPTIONAL),
    "bank_details":          (REQUIRED,   REQUIRED, REQUIRED,  REQUIRED),
}  # fmt: skip
TYPES = ("association", "company", "local_authority", "public_body")
PAIRS = [(code, kind, row[place]) for kind, row in TABLE.items() for place, code in enumerate(TYPES)]


def test_the_table_covers_the_configuration():
    assert set(structure_types()) == set(TYPES)
    assert {document.kind for one in structure_types().values() for document in one.documents} == set(TABLE)


@pytest.mark.parametrize(("structure_type", "kind", "expected"), PAIRS)
def test_each_type_asks_for_its_documents(structure_type, kind, expected):
    found = structure_types()[structure_type].document(kind)
    assert (ABSENT if found is None else REQUIRED if found.required else OPTIONAL) == expected


@pytest.mark.parametrize(("structure_type", "kind", "expected"), PAIRS)
def test_submission_waits_for_each_required_document(structure_type, kind, expected):
    """With every other required document present, exactly the required one is missed."""
    type_ = structure_types()[structure_type]
    others = [document.kind for document in type_.documents if document.required and document.kind != kind]
    missing = missing_of(type_, SAVED_STEPS, others)
    assert bool(missing) == (expected == REQUIRED)


@pytest.mark.parametrize("code", TYPES)
def test_documents_are_asked_for_where_the_guide_does(code):
    steps = {document.kind: document.step for document in structure_types()[code].documents}
    assert (steps["identity_document"], steps["affiliation"], steps["bank_details"]) == (4, 5, 6)
    assert all(
        step == 3 for kind, step in steps.items() if kind not in ("identity_document", "affiliation", "bank_details")
    )


def test_only_associations_have_an_rna():
    assert [code for code, one in structure_types().items() if one.has_rna] == ["association"]


KBIS = structure_types()["company"].document("registration_extract")
CARD = structure_types()["company"].document("identity_document")
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("kind", "on", "over"),
    [
        (KBIS, date(2026, 11, 1), False),
        (KBIS, date(2026, 8, 24), False),
        (KBIS, date(2026, 8, 23), True),
        (CARD, date(2026, 11, 24), False),
        (CARD, date(2026, 11, 23), True),
        (CARD, None, False),
    ],
)
def test_a_document_is_over_by_its_own_date(kind, on, over):
    """A Kbis is good for three months; an identity card until the day it expires."""
    assert kind.out_of_date(on, TODAY) is over


@pytest.mark.parametrize(
    ("typed", "read"),
    [("2026-11-01", "2026-11-01"), ("1/11/2026", "2026-11-01"), ("", None)],
)
def test_a_date_is_read_as_browsers_send_it_and_as_people_write_it(typed, read):
    found = load_dates([KBIS], {"date_registration_extract": typed}, TODAY)
    assert found.get("registration_extract") == read


@pytest.mark.parametrize("typed", ["2026-11-25", "31/02/2026", "bientôt", "0001-01-01"])
def test_an_impossible_date_is_told(typed):
    with pytest.raises(ValidationFailed) as refused:
        load_dates([KBIS], {"date_registration_extract": typed}, TODAY)
    assert "n’est pas valide" in refused.value.fields["errors"]["date_registration_extract"][0]
