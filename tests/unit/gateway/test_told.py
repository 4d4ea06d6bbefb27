"""Why something was refused is told at the control that was used, which takes the focus and keeps what was typed."""

import re

import pytest

from services.chassis.refusals import Refused
from tests.unit.gateway.test_caf_conventions import CONVENTION_ID, DETAIL
from tests.unit.gateway.test_conventions import SENT, SHA, opened
from tests.unit.gateway.test_review import PAGE, RIB, application, item
from tests.unit.gateway.test_review import file as piece

TRANSFER = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a77"
ACCOUNT = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a88"
FILE = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a99"


def place_of(page, key):
    """The part of a page that follows the beginning of the element of this id, up to the next element with one."""
    return re.split(r'<(?:section|form|div|details|article)[^>]* id="', page.partition(f'id="{key}"')[2])[0]


def top_of(page):
    """What is told before the page's title."""
    return page.partition('<main id="contenu"')[2].partition("<h1")[0]


def assert_told_at(page, key, words):
    """The words are told once, at the element, and nothing at the top; they take the focus."""
    text = page.replace("\u00a0", " ").replace("\u202f", " ")
    assert words in place_of(text, key), f"not told at {key}"
    assert text.count(words) == 1 and words not in top_of(text)
    assert text.count("data-focus") == 1 and "data-focus" in place_of(text, key)


# ── the application under review ─────────────────────────────────────────────────────────────────────
ITEMS = [
    item("fields:structure", 3, label="Structure"),
    item("document:bank_details", 6, piece(RIB, "bank_details"), verdict="refused", label="RIB") | {"reason": "Flou."},
]


@pytest.fixture
def instructor(sign_in, bus):
    bus.answers["partners.application"] = application(ITEMS, may=["judge", "reject", "approve", "request_correction"])
    bus.answers["identity.people"] = {"items": []}
    return sign_in("instructor")


def test_a_verdict_that_is_refused_is_told_at_its_item_and_keeps_the_reason(instructor, bus):
    bus.answers["partners.record_verdict"] = Refused("stale_round")
    typed = {"verdict": "refused", "round": "1", "sentence": "Illisible.", "detail": "La page 2 manque"}
    answer = instructor.post(f"{PAGE}/avis/document:bank_details", data=typed)
    assert answer.status_code == 409
    assert_told_at(answer.text, "document:bank_details", "Le partenaire a envoyé des corrections entre-temps")
    section = answer.text.partition('id="document:bank_details"')[2].partition("</section>")[0]
    assert "<details open>" in section and "La page 2 manque</textarea>" in section
    assert "<option selected>Illisible.</option>" in section


def test_an_acceptance_that_is_refused_is_told_at_its_item(instructor, bus):
    bus.answers["partners.record_verdict"] = Refused("stale_round")
    answer = instructor.post(f"{PAGE}/avis/fields:structure", data={"verdict": "accepted", "round": "1"})
    assert_told_at(answer.text, "fields:structure", "Le partenaire a envoyé des corrections entre-temps")


def test_an_approval_that_is_refused_names_what_is_missing_at_the_button(instructor, bus):
    accepted = [one | {"verdict": "accepted"} for one in ITEMS]
    bus.answers["partners.application"] = application(accepted, may=["judge", "reject", "approve"])
    bus.answers["partners.approve_application"] = Refused("verdicts_missing", {"missing": ["Statuts", "RIB"]})
    answer = instructor.post(f"{PAGE}/approbation")
    assert answer.status_code == 409
    assert_told_at(answer.text, "approbation", "Acceptez-les ou refusez-les d’abord : Statuts, RIB.")


@pytest.mark.parametrize(
    ("address", "method", "key", "field"),
    [("correction", "request_correction", "correction", "message"), ("refus", "reject_application", "refus", "reason"),
     ("note", "add_note", "notes", "text")],
)  # fmt: skip
def test_what_was_typed_into_a_decision_stays_when_it_is_refused(address, method, key, field, instructor, bus):
    bus.answers[f"partners.{method}"] = Refused("transition_refused")
    answer = instructor.post(f"{PAGE}/{address}", data={field: "Des mots choisis"})
    assert_told_at(answer.text, key, "Cette demande a changé d’état entre-temps")
    assert "Des mots choisis</textarea>" in answer.text


def test_without_a_script_the_browser_goes_to_the_control_by_the_forms_address(instructor):
    page = instructor.get(PAGE).text
    for action in ("correction#correction", "refus#refus", "note#notes", "avis/fields:structure#fields:structure"):
        assert f'action="{PAGE}/{action}"' in page


def test_what_is_told_of_a_control_that_is_gone_stands_at_the_top(instructor, bus):
    bus.answers["partners.application"] = application(ITEMS, state="approved", may=[])
    bus.answers["partners.request_correction"] = Refused("transition_refused")
    page = instructor.post(f"{PAGE}/correction", data={"message": ""}).text
    assert "Cette demande a changé d’état entre-temps" in top_of(page) and "data-focus" in top_of(page)


# ── the Caf's other queues ───────────────────────────────────────────────────────────────────────────
def transfer(transfer_id, name):
    return {
        "transfer_id": transfer_id, "structure_name": name, "state": "requested", "decided_at": None,
        "requested_at": "2026-11-24T09:00:00+00:00", "decision_reason": None, "reason": "AG", "mobile_masked": "06",
        "civility": "Mme", "first_name": "Linh", "last_name": "Nguyen", "position": "Présidente", "email": "l@e.fr",
    }  # fmt: skip


def test_a_decision_on_a_representative_is_told_at_its_request_and_keeps_the_list(sign_in, bus):
    other = TRANSFER.replace("77", "78")
    requests = [transfer(other, "Danse"), transfer(TRANSFER, "Judo")]
    bus.answers["identity.transfers"] = {"items": requests, "next_cursor": None, "ages": []}
    bus.answers["identity.decide_transfer"] = Refused("email_already_used", {"which": "email"})
    typed = {"decision": "accept", "reason": "Vu au procès-verbal"}
    answer = sign_in("instructor").post(f"/caf/representants/{TRANSFER}?anciennete=3-7", data=typed)
    assert bus.called("identity.transfers")[-1]["age"] == "3-7" and answer.status_code in (409, 422)
    place = place_of(answer.text, TRANSFER)
    assert "Vu au procès-verbal</textarea>" in place and "data-focus" in place
    assert "data-focus" not in place_of(answer.text, other)
    assert f'action="/caf/representants/{TRANSFER}?anciennete=3-7#{TRANSFER}"' in answer.text


def test_a_bank_account_that_cannot_be_verified_yet_is_told_at_the_button(sign_in, bus):
    from tests.unit.gateway.test_structure_life import ACCOUNT as SHOWN

    bus.answers["partners.bank_account"] = SHOWN | {"versions": [], "used_by": {}, "rib_check": None, "iban": "FR76"}
    bus.answers["partners.verify_bank_account"] = Refused("cooling_off", {"until": "demain"})
    answer = sign_in("instructor").post(f"/caf/comptes-bancaires/{ACCOUNT}/accepter")
    assert answer.status_code == 409
    assert_told_at(answer.text, "decision", "Ce compte ne peut pas encore être vérifié")


@pytest.mark.parametrize(
    ("address", "method", "may", "key", "typed"),
    [
        ("refuser", "refuse_convention", "refuse", "refuser", {"reason": "Pièces fausses"}),
        ("resilier", "terminate_convention", "terminate", "resilier",
         {"reason": "Pièces fausses", "effective_on": "2020-01-01"}),
        ("annuler-la-resiliation", "withdraw_termination", "withdraw_termination", "annuler",
         {"reason": "Pièces fausses"}),
        ("debloquer", "unblock_signing", "unblock", "actions", {}),
        ("avenant", "amend_convention", "amend", "actions", {}),
        ("nouvelle", "prepare_again", "prepare_again", "actions", {}),
    ],
)  # fmt: skip
def test_a_decision_on_a_convention_is_told_where_it_was_taken(address, method, may, key, typed, sign_in, bus):
    bus.answers["conventions.convention"] = DETAIL | {"may": [may], "terminated_on": "2026-12-01", "others": []}
    bus.answers["identity.people"] = {"items": []}
    bus.answers[f"conventions.{method}"] = Refused("transition_refused")
    answer = sign_in("signatory").post(f"/caf/conventions/{CONVENTION_ID}/{address}", data=typed)
    assert answer.status_code == 409
    assert_told_at(answer.text, key, "La convention a changé d’état entre-temps")
    if typed:
        assert re.search(rf'<details id="{key}" open>', answer.text) and "Pièces fausses</textarea>" in answer.text


# ── the partner ──────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def representative(sign_in, bus):
    bus.answers["conventions.open_convention"] = opened(code=SENT)
    return sign_in("legal_representative")


def sign(client):
    return client.post("/convention/signature", data={"document_sha256": SHA, "code": "123456"})


def test_a_wrong_code_is_told_at_its_field_which_takes_the_focus(representative, bus):
    bus.answers["conventions.sign_convention"] = Refused("signing_code_wrong", {"tries_left": 3})
    page = sign(representative).text
    assert "Ce code n’est pas le bon" not in top_of(page) and page.count("Ce code n’est pas le bon") == 1
    [field] = re.findall(r'<input[^>]* name="code"[^>]*>', page)
    assert "data-focus" in field and 'aria-invalid="true"' in field and "code-error" in field
    assert page.count("data-focus") == 1
    assert re.search(r'id="code-error">.*?Ce code n’est pas le bon', page, re.S)
    assert 'action="/convention/signature#signer"' in page


def test_a_code_that_is_not_six_digits_is_told_at_its_field(representative):
    page = representative.post("/convention/signature", data={"document_sha256": SHA, "code": "12345"}).text
    [field] = re.findall(r'<input[^>]* name="code"[^>]*>', page)
    assert "data-focus" in field and page.count("data-focus") == 1


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        ("signing_blocked", SENT | {"state": "blocked", "blocked_until": "2026-11-25T09:00:00+00:00"},
         "Trop de codes erronés"),
        ("signing_code_expired", SENT | {"state": "expired"}, "Ce code a expiré"),
        ("document_changed", SENT, "Le texte de votre convention a été mis à jour"),
        ("signing_code_wrong", SENT | {"state": "blocked", "blocked_until": "2026-11-25T09:00:00+00:00"},
         "Ce code n’est pas le bon"),
    ],
)  # fmt: skip
def test_what_ends_the_code_is_told_above_the_signature(code, state, words, representative, bus):
    bus.answers["conventions.open_convention"] = opened(code=state)
    bus.answers["conventions.sign_convention"] = Refused(code, {"tries_left": 0})
    page = sign(representative).text
    assert words in place_of(page, "signer") and words not in top_of(page)
    assert "data-focus" in place_of(page, "signer") and page.count("data-focus") == 1


def test_a_code_that_is_sent_is_told_at_the_signature(representative, bus):
    bus.answers["conventions.confirm_reading"] = {"read_at": None}
    bus.answers["conventions.request_signing_code"] = SENT
    asked = {"document_sha256": SHA, "read": "y"}
    page = representative.post("/convention/code", data=asked, follow_redirects=True).text
    assert_told_at(page, "signer", "Un code de vérification a été envoyé par SMS")


def test_reading_that_is_required_is_told_at_its_box(representative, bus):
    bus.answers["conventions.open_convention"] = opened()
    bus.answers["conventions.request_signing_code"] = Refused("reading_required")
    page = representative.post("/convention/code", data={"document_sha256": SHA}, follow_redirects=True).text
    told, box = page.index("Lisez la convention jusqu’à la dernière page"), page.index('name="read"')
    assert page.index('action="/convention/code') < told < box and page.count("data-focus") == 1


CATALOGUE = {
    "structure_types": [{"code": "association", "label": "Association", "documents": []}], "activities": [],
    "communes": [], "draft_days": 30,
}  # fmt: skip


@pytest.fixture
def corrected(sign_in, bus):
    """A representative with two documents to correct."""
    own = {
        **application(), "state": "correction_requested", "bank_account": {"iban_masked": "FR76", "holder": "Club"},
        "items": [
            item("document:statutes", 3, piece(FILE, "statutes"), verdict="refused", label="Statuts")
            | {"open": True, "reason": "Illisible."},
            item("document:bank_details", 6, verdict="refused", label="RIB") | {"open": True, "reason": "Flou."},
        ],
    }  # fmt: skip
    bus.answers |= {"partners.own_application": {"application": own}, "partners.catalogue": CATALOGUE}
    return sign_in("legal_representative")


def test_corrections_that_lack_something_are_told_at_the_button_with_what_it_is(corrected, bus):
    bus.answers["partners.resubmit_application"] = Refused("corrections_incomplete", {"missing": ["Statuts", "RIB"]})
    answer = corrected.post("/demande/envoyer", data={"version": "3"})
    assert answer.status_code == 409
    assert_told_at(answer.text, "envoyer", "Il reste des éléments à corriger avant l’envoi : Statuts, RIB.")


def test_a_file_that_cannot_be_removed_is_told_at_its_item(corrected, bus):
    bus.answers["partners.remove_correction_document"] = Refused("item_locked")
    answer = corrected.post(f"/demande/justificatif/{FILE}/retirer")
    assert_told_at(answer.text, "document:statutes", "Cet élément ne peut pas être modifié")


def test_a_file_that_is_refused_is_told_at_its_item(corrected, bus, app, tmp_path):
    import io

    from services.chassis.files import FileStore

    app.extensions["file_store"] = FileStore(f"file://{tmp_path}/files")
    bus.answers["partners.add_correction_document"] = Refused("file_kind_refused")
    sent = {"file": (io.BytesIO(b"%PDF-1.7 broken"), "statuts.pdf")}
    answer = corrected.post("/demande/justificatif/statutes", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 415 and "data-focus" in place_of(answer.text, "document:statutes")
    assert "data-focus" not in place_of(answer.text, "document:bank_details")
