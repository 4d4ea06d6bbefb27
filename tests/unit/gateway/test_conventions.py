"""The partner's pages of conventions: what each state shows, what a press sends, who may."""

import re

import pytest

from services.chassis.refusals import Refused

SHA = "a" * 64
CODE = {
    "state": "none", "masked_phone": None, "sent_at": None, "expires_at": None, "tries_left": 5, "sends_left": 3,
    "next_send_at": None, "blocked_until": None, "delivery_state": None,
}  # fmt: skip
SENT = CODE | {"state": "sent", "masked_phone": "06 •• •• •• 78", "expires_at": "2026-11-24T09:40:00+00:00"}


def opened(state="prepared", **changed):
    return {
        "convention_id": "c-1", "kind": "initial", "state": state, "text_version": "2026-1",
        "prepared_at": "2026-11-24T09:00:00+00:00", "signed_at": None, "activated_at": None, "effective_on": None,
        "ends_on": None, "terminated_on": None, "reason": None, "cause": None, "downloadable": True, "in_force": False,
        "current_ends_on": None,
        "structure_name": "Judo Club", "changes": None, "read_at": None, "code": CODE,
        "document": {"sha256": SHA, "filename": "c.pdf", "media_type": "application/pdf", "size": 1, "pages": 3},
        "text": {
            "title": "Convention", "parties": ["Entre nous"],
            "articles": [{"number": 1, "title": "Objet", "paragraphs": ["Texte", "- un", "- deux", "Fin"]}],
        },
    } | changed  # fmt: skip


@pytest.fixture
def representative(sign_in, bus):
    bus.answers["conventions.open_convention"] = opened()
    return sign_in("legal_representative")


def test_the_text_is_on_the_page_and_the_code_is_asked_for(representative):
    page = representative.get("/convention").text
    assert "Article 1 – Objet" in page and "<li>un</li>" in page
    assert "Recevoir mon code par SMS" in page and "J’ai lu la convention en entier" in page
    assert "Code de vérification" not in page


def test_asking_for_the_code_first_takes_note_of_the_reading(representative, bus):
    bus.answers["conventions.confirm_reading"] = {"read_at": "2026-11-24T09:30:00+00:00"}
    bus.answers["conventions.request_signing_code"] = SENT
    form = {"document_sha256": SHA, "read": "y"}
    answer = representative.post("/convention/code", data=form, headers={"User-Agent": "Firefox"})
    assert answer.status_code == 303
    [read] = bus.called("conventions.confirm_reading")
    assert read == {"document_sha256": SHA, "how": "statement", "ip": "127.0.0.1", "user_agent": "Firefox"}
    assert len(bus.called("conventions.request_signing_code")) == 1


def test_without_reading_the_service_says_no_and_the_page_tells(representative, bus):
    bus.answers["conventions.request_signing_code"] = Refused("reading_required")
    page = representative.post("/convention/code", data={"document_sha256": SHA}, follow_redirects=True).text
    assert bus.called("conventions.confirm_reading") == []
    assert "jusqu’à la dernière page" in page


def test_reaching_the_end_counts_as_reading(representative, bus):
    bus.answers["conventions.confirm_reading"] = {"read_at": None}
    bus.answers["conventions.request_signing_code"] = SENT
    representative.post("/convention/code", data={"document_sha256": SHA, "reached_the_end": "1"})
    assert bus.called("conventions.confirm_reading")[0]["how"] == "last_page"


def test_the_code_is_typed_with_or_without_a_space(representative, bus):
    bus.answers["conventions.sign_convention"] = {"convention_id": "c-1", "state": "signed_by_partner"}
    for typed in ("123 456", "123456"):
        answer = representative.post("/convention/signature", data={"document_sha256": SHA, "code": typed})
        assert answer.status_code == 303
    assert {sent["code"] for sent in bus.called("conventions.sign_convention")} == {"123456"}


def test_a_wrong_code_says_how_many_tries_are_left(representative, bus):
    bus.answers["conventions.open_convention"] = opened(code=SENT)
    bus.answers["conventions.sign_convention"] = Refused("signing_code_wrong", {"tries_left": 3})
    answer = representative.post("/convention/signature", data={"document_sha256": SHA, "code": "123456"})
    assert answer.status_code == 422
    assert "essais restants\u00a0: 3" in answer.text.replace("\u202f", "\u00a0") and "123456" not in answer.text


def test_five_digits_never_reach_the_service(representative, bus):
    bus.answers["conventions.open_convention"] = opened(code=SENT)
    answer = representative.post("/convention/signature", data={"document_sha256": SHA, "code": "12345"})
    assert answer.status_code == 422 and "six chiffres" in answer.text
    assert bus.called("conventions.sign_convention") == []


@pytest.mark.parametrize(
    ("state", "told"),
    [("delivered", "SMS remis"), ("undelivered", "n’a pas pu remettre"), ("sent", "en cours d’acheminement")],
)
def test_what_became_of_the_sms_is_told(representative, bus, state, told):
    bus.answers["conventions.open_convention"] = opened(code=SENT | {"delivery_state": state})
    assert told in representative.get("/convention").text


def test_after_signing_the_guide_s_words(representative, bus):
    signed = opened("signed_by_partner", signed_at="2026-11-24T09:35:00+00:00")
    bus.answers["conventions.open_convention"] = signed
    page = representative.get("/convention").text
    assert "Vous avez signé électroniquement votre convention de labellisation" in page
    assert "Recevoir mon code" not in page and "Télécharger le dossier de preuve" in page


def test_the_page_s_links_lead_to_the_very_document_that_it_shows(representative, bus):
    bus.answers["conventions.own_document"] = Refused("document_missing")
    content = representative.get("/convention").text.partition("<main")[2].partition("</main>")[0]
    links = re.findall(r'href="(/convention/document[^"]*)"', content)
    for link in links:
        representative.get(link.replace("&amp;", "&"))
    assert [asked["shown"] for asked in bus.called("conventions.own_document")] == [True] * len(links) and links
    representative.get("/convention/document")
    assert bus.called("conventions.own_document")[-1]["shown"] is False


def test_a_renewal_says_until_when_the_present_one_applies(representative, bus):
    about = {"kind": "renewal", "in_force": True, "current_ends_on": "2027-11-23"}
    bus.answers["conventions.open_convention"] = opened(**about)
    page = representative.get("/convention").text.replace("\u00a0", " ")
    assert "La convention en vigueur prend fin le 23 novembre 2027." in page
    bus.answers["conventions.open_convention"] = opened("signed_by_partner", signed_at="2027-10-01T09:00:00Z", **about)
    page = representative.get("/convention").text.replace("\u00a0", " ")
    assert "jusqu’au 23 novembre 2027 au plus tard" in page and "sera effective" not in page


@pytest.mark.parametrize(
    ("state", "cause", "title"),
    [
        ("refused", "decision", "Convention refusée par la Caf"),
        ("terminated", "decision", "Convention résiliée à compter du 1er janvier 2027"),
        ("terminated", "term", "Convention arrivée à son terme"),
    ],
)
def test_why_a_convention_is_over_has_a_title(representative, sign_in, bus, state, cause, title):
    over = opened(state, cause=cause, reason="Un motif.", terminated_on="2027-01-01")
    bus.answers["conventions.open_convention"], bus.answers["conventions.own_convention"] = over, {"convention": over}
    for client in (representative, sign_in("manager")):
        page = client.get("/convention").text.replace("\u00a0", " ")
        assert title in page and "Un motif." in page


def test_an_amendment_shows_what_changes(representative, bus):
    kinds = {"same": "A", "removed": "B", "added": "C"}
    changes = [{"kind": kind, "heading": "", "text": text, "parts": []} for kind, text in kinds.items()]
    bus.answers["conventions.open_convention"] = opened(kind="amendment", changes=changes)
    page = representative.get("/convention").text
    assert "<del>B</del>" in page and "<ins>C</ins>" in page


def test_a_delegate_sees_where_it_stands_and_can_t_sign(sign_in, bus):
    bus.answers["conventions.own_convention"] = {"convention": opened()}
    client = sign_in("manager")
    assert "Seul le représentant légal" in client.get("/convention").text
    assert client.post("/convention/signature", data={"code": "123456"}).status_code == 403
