"""Every failure has a page of our own, in French, that says what to do."""

from io import BytesIO

import pytest
from lxml import html

from gateway.errors import TEXTS
from services.chassis.config import SERVICES
from services.chassis.refusals import Refused, Unavailable


def test_unknown_page_is_ours(visitor) -> None:
    answer = visitor.get("/nulle-part")
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.text
    assert "Revenir à l’accueil" in answer.text


def test_unavailable_service_says_when_to_come_back(sign_in, bus) -> None:
    client = sign_in("manager")
    bus.answers["transactions.partner"] = Unavailable("transactions did not answer in time")
    answer = client.get("/transactions/nouvelle")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "momentanément indisponible" in answer.text


def test_bug_shows_its_trace_and_no_stack(sign_in, bus) -> None:
    client = sign_in("manager")
    bus.answers["transactions.partner"] = {"unexpected": "shape"}
    bus.answers["transactions.transactions"] = KeyError("secret of the inside")
    answer = client.get("/transactions/")
    assert answer.status_code == 500
    assert answer.headers["X-Trace-Id"] in answer.text
    assert "secret of the inside" not in answer.text
    assert "Traceback" not in answer.text


def test_refusal_that_no_page_handled_becomes_a_page(sign_in, bus) -> None:
    client = sign_in("manager")
    bus.answers["transactions.transaction"] = Refused("transaction_unknown")
    answer = client.get("/transactions/T-1")
    assert answer.status_code == 404


def test_upload_that_is_too_large_is_refused_in_words(sign_in, bus) -> None:
    client = sign_in("manager")
    answer = client.post("/transactions/nouvelle", data={"photo": (BytesIO(bytes(13 * 1024 * 1024)), "a.png")})
    assert answer.status_code == 413
    assert "10\u00a0Mo" in answer.text


@pytest.mark.parametrize("status", sorted(TEXTS))
def test_each_error_text_has_a_title_and_advice(status: int) -> None:
    title, advice = TEXTS[status]
    assert title
    assert advice.endswith(".")


def test_readyz_names_the_service_that_is_missing(visitor, bus) -> None:
    for service in SERVICES:
        bus.answers[f"{service}.ready"] = {}
    bus.answers["payouts.ready"] = Unavailable("silent")
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["services"] == {**dict.fromkeys(SERVICES, "ready"), "payouts": "unavailable"}


def test_healthz_asks_nobody(visitor, bus) -> None:
    assert visitor.get("/healthz").status_code == 200
    assert bus.calls == []


@pytest.mark.parametrize("code", ["draft_unknown", "validation_failed"])
def test_a_link_that_is_unknown_or_was_cut_says_so(visitor, bus, code: str) -> None:
    bus.answers["partners.draft"] = Refused(code)
    answer = visitor.get("/inscription/reprendre/coupé")
    assert answer.status_code in (404, 410)
    assert "lien" in answer.text.partition("<main")[2].partition("</main>")[0]


def test_a_form_that_could_not_be_sent_leads_back_to_itself(visitor, bus) -> None:
    bus.answers["identity.sign_in"] = Unavailable("away")
    answer = visitor.post(
        "/login/partner",
        data={"login": "a@example.org", "password": "x"},
        headers={"Referer": "http://localhost/login/partner?suite=/compte"},
    )
    assert answer.status_code == 503
    assert 'href="/login/partner?suite=/compte"' in answer.text
    assert "Revenir au formulaire" in answer.text


def test_a_foreign_page_is_not_led_back_to(visitor, bus) -> None:
    bus.answers["identity.sign_in"] = Unavailable("away")
    sent = {"login": "a@example.org", "password": "x"}
    answer = visitor.post("/login/partner", data=sent, headers={"Referer": "https://evil.example/"})
    assert "evil.example" not in answer.text


def pressed_again(answer) -> tuple[str, dict[str, str]]:
    """Where the error page's own form goes, and what it sends."""
    (form,) = [form for form in html.document_fromstring(answer.text).forms if "Renvoyer" in form.text_content()]
    return form.action, dict(form.form_values())


def test_what_was_typed_is_kept_by_the_page_and_sent_again(visitor, bus) -> None:
    bus.answers["partners.draft"] = Unavailable("away")
    visitor.set_cookie("psl_demande", "a-draft")
    sent = {"csrf_token": "as it came", "name": "Judo <Club> d’Ivry", "postcode": "94200", "step_version": "3"}
    answer = visitor.post("/inscription/etape/3", data=sent)
    assert answer.status_code == 503
    assert pressed_again(answer) == ("/inscription/etape/3", sent)
    assert "à choisir de nouveau" not in answer.text


def test_a_file_that_cannot_be_kept_is_told(visitor, bus) -> None:
    bus.answers["partners.draft"] = Unavailable("away")
    visitor.set_cookie("psl_demande", "a-draft")
    sent = {"csrf_token": "as it came", "name": "Judo Club", "file_statutes": (BytesIO(b"%PDF-1.7"), "statuts.pdf")}
    answer = visitor.post("/inscription/etape/3", data=sent)
    assert pressed_again(answer)[1]["name"] == "Judo Club"
    assert "à choisir de nouveau" in answer.text


@pytest.mark.parametrize("field", ["password", "current", "again", "code", "totp_code", "new_password"])
def test_a_secret_is_never_written_into_a_page(visitor, bus, field: str) -> None:
    bus.answers["partners.draft"] = Unavailable("away")
    visitor.set_cookie("psl_demande", "a-draft")
    answer = visitor.post("/inscription/etape/3", data={"csrf_token": "as it came", "name": "Judo", field: "s3cret"})
    assert answer.status_code == 503
    assert "s3cret" not in answer.text and "Renvoyer" not in answer.text
