"""«Campagnes», «Importer des pass» and the family's page, against the real service."""

import io
import re
import threading
from datetime import timedelta

import pytest

from gateway.access import SESSION_COOKIE, Viewer, _sessions
from gateway.app import create_app
from services.chassis import clock
from services.chassis.ids import new_id
from services.transactions.handlers import scans
from tests.factories import transactions as make


@pytest.fixture(scope="module")
def app(stage):
    return create_app(bus=stage.platform.bus, WTF_CSRF_ENABLED=False)


@pytest.fixture
def agent(app, stage):
    """A browser in which an administrator of the Caf is signed in."""
    token = stage.token("agent", "administrator", "instructor", account_id=new_id())
    who = Viewer(kind="agent", account_id=new_id(), roles=frozenset({"administrator", "instructor"}), token=token)
    with app.app_context():
        _sessions().put("agent", who, 600)
    browser = app.test_client()
    browser.set_cookie(SESSION_COOKIE, "agent")
    return browser


def season_form(**changed):
    today = clock.today()
    return {
        "scheme": make.SCHEME,
        "name": f"Saison {new_id()[-8:]}",
        "starts_on": (today - timedelta(days=10)).isoformat(),
        "ends_on": (today + timedelta(days=10)).isoformat(),
        "age_on": today.isoformat(),
        "budget_cents": "50 000",
        "amount_rules-0-min_age": "6",
        "amount_rules-0-max_age": "17",
        "amount_rules-0-amount_cents": "80,50",
        "amount_rules-1-min_age": "",
    } | changed


def wait_for_page(browser, url, text):
    deadline, pause = clock.now() + timedelta(seconds=20), threading.Event()
    while text not in (page := browser.get(url).get_data(as_text=True)):
        assert clock.now() < deadline, page
        pause.wait(0.1)
    return page


def test_an_administrator_opens_a_season_and_imports_passes(agent):
    saved = agent.post("/caf/campagnes/nouvelle", data=season_form())
    assert saved.status_code == 302, saved.get_data(as_text=True)
    season_url = saved.headers["Location"]
    assert "80,50\u00a0€" in agent.get(season_url).get_data(as_text=True)
    agent.post(f"{season_url}/ouvrir")
    content = make.csv(make.line(1, born="01/01/1950"), *(make.line(n) for n in range(2, 5)), encoding="cp1252")
    sent = agent.post(f"{season_url}/importer", data={"file": (io.BytesIO(content), "enfants.csv")})
    assert sent.status_code == 302, sent.get_data(as_text=True)
    import_url = sent.headers["Location"]
    wait_for_page(agent, import_url, "Vérification terminée")
    report = agent.get(f"{import_url}/refus.csv").get_data(as_text=True)
    assert "2;aucun montant prévu pour cet âge et ce quotient" in report
    agent.post(f"{import_url}/confirmer")
    wait_for_page(agent, import_url, "Import terminé")
    assert "241,50\u00a0€" in agent.get(season_url).get_data(as_text=True)


def test_wrong_fields_stay_on_the_form(agent):
    form = season_form(ends_on="2000-01-01")
    answer = agent.post("/caf/campagnes/nouvelle", data=form)
    assert answer.status_code == 422
    assert "La fin de la campagne doit suivre son début." in answer.get_data(as_text=True)


def test_a_file_that_is_no_table_says_so(agent, stage):
    season_id = make.season(stage.db)
    sent = agent.post(f"/caf/campagnes/{season_id}/importer", data={"file": (io.BytesIO(b"\x00\x01"), "photo.csv")})
    wait_for_page(agent, sent.headers["Location"], "enregistrez votre tableau au format CSV")


def test_one_pass_is_found_topped_up_and_cancelled(agent, stage):
    (shown,) = make.issue(stage.db, first=700)
    found = agent.get("/caf/campagnes/pass", query_string={"text": "nom700"}).get_data(as_text=True)
    assert f"/caf/campagnes/pass/{shown['pass_id']}" in found
    url = f"/caf/campagnes/pass/{shown['pass_id']}"
    form = agent.get(f"{url}/completer").get_data(as_text=True)
    key = re.search(r'name="key"[^>]*value="(\w+)"', form)[1]
    data = {"amount_cents": "25", "reason": "Erreur de quotient", "key": key}
    for _twice in range(2):
        assert agent.post(f"{url}/completer", data=data).status_code == 302
    assert "125,00\u00a0€" in agent.get(url).get_data(as_text=True)
    assert agent.post(f"{url}/annuler", data={"reason": "Doublon"}).status_code == 302
    assert "Annulé" in agent.get(url).get_data(as_text=True)


def family_link(stage, pass_id):
    mails = [mail for mail in stage.platform.mails() if "/pass/" in body(mail)]
    links = [re.search(r"/pass/(\S+)", body(mail))[1] for mail in mails]
    with stage.db.unit_of_work() as uow:
        from services.transactions import seals
        from services.transactions.repository import passes

        row = passes.by_id(uow.connection, pass_id)
        made = seals.family_link(row["family_id"], row["link_version"])
    return made if made in links else None


def body(mail):
    return mail.get_body(("plain",)).get_content()


def wait_for_link(stage, pass_id):
    deadline, pause = clock.now() + timedelta(seconds=30), threading.Event()
    while (link := family_link(stage, pass_id)) is None:
        assert clock.now() < deadline
        pause.wait(0.2)
    return link


def wait_for_mail(stage, subject):
    deadline, pause = clock.now() + timedelta(seconds=30), threading.Event()
    while not (found := [mail for mail in stage.platform.mails() if subject in str(mail["Subject"])]):
        assert clock.now() < deadline
        pause.wait(0.2)
    return body(found[-1])


def test_a_family_sees_renews_and_contests(app, stage):
    (shown,) = make.issue(stage.db, first=800)
    with stage.db.unit_of_work(stage.club.terminal()) as uow:
        used = scans.record_transaction(uow, idempotency_key="k", amount_cents=1_234, qr=shown["qr"])["transaction"]
    link, browser = wait_for_link(stage, shown["pass_id"]), app.test_client()
    page = browser.get(f"/pass/{link}").get_data(as_text=True)
    assert shown["code"] in page and "12,34\u00a0€" in page and "Club de judo" in page
    for kind, magic in (("pdf", b"%PDF"), ("png", b"\x89PNG")):
        assert browser.get(f"/pass/{link}/{shown['pass_id']}.{kind}").data.startswith(magic)
    sent = browser.post(f"/pass/{link}/transactions/{used['number']}/contester", data={"reason": "Jamais venus"})
    assert sent.status_code == 302
    assert "Contestée" in browser.get(f"/pass/{link}").get_data(as_text=True)
    browser.post(f"/pass/{link}/{shown['pass_id']}/renouveler")
    assert shown["code"] not in browser.get(f"/pass/{link}").get_data(as_text=True)


def test_a_wrong_link_says_that_it_is_no_longer_valid(app):
    answer = app.test_client().get("/pass/rubbish")
    assert (answer.status_code, "Ce lien n’est plus valable" in answer.get_data(as_text=True)) == (410, True)


def test_the_caf_sees_all_transactions_and_decides_contestations(agent, app, stage):
    (shown,) = make.issue(stage.db, first=900)
    with stage.db.unit_of_work(stage.club.terminal()) as uow:
        used = scans.record_transaction(uow, idempotency_key="c", amount_cents=4_321, qr=shown["qr"])["transaction"]
    page = agent.get("/caf/transactions", query_string={"number": used["number"]}).get_data(as_text=True)
    assert used["number"] in page and "43,21\u00a0€" in page
    exported = agent.get("/caf/transactions/export.csv", query_string={"number": used["number"]})
    assert exported.get_data(as_text=True).count(used["number"]) == 1
    assert "Montant total" in agent.get("/caf/transactions").get_data(as_text=True)
    page = agent.get("/caf/transactions", query_string={"structure_id": stage.club.structure_id}).get_data(as_text=True)
    place = re.search(r'href="(/caf/transactions\?[^"]*establishment_id=[^"]+)">Siège<', page)[1].replace("&amp;", "&")
    page = agent.get(place).get_data(as_text=True)
    assert used["number"] in page and 'selected>Siège<' in page
    link = wait_for_link(stage, shown["pass_id"])
    app.test_client().post(f"/pass/{link}/transactions/{used['number']}/contester", data={"reason": "Pas nous"})
    listed = agent.get("/caf/contestations").get_data(as_text=True)
    url = re.search(rf'href="(/caf/contestations/[^"]+)">{used["number"]}<', listed)[1]
    assert "Pas nous" in agent.get(url).get_data(as_text=True)
    assert agent.post(url, data={"amount_cents": "43,22", "decision": "Vu", "accept": "1"}).status_code == 422
    assert agent.post(url, data={"amount_cents": "40", "decision": "Vu", "accept": "1"}).status_code == 302
    assert "−40,00\u00a0€" in agent.get(url).get_data(as_text=True)
    told = wait_for_mail(stage, "a examiné l'utilisation")
    assert "40,00\u00a0€ reviennent sur le pass" in told and "« Vu »" in told
    page = app.test_client().get(f"/pass/{link}").get_data(as_text=True)
    assert "40,00\u00a0€ rendus" in page and "/contester" not in page
