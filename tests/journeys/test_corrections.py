"""A second round: what the Caf refuses reopens, and nothing else; on a phone for the club, on a desk for the agent."""

import re

import pytest
from playwright.sync_api import Locator, expect

from deploy.driver import documents, partner
from deploy.driver.browser import Browser
from deploy.driver.people import applicant
from tests.journeys.person import Person

STATUTES, REASON = "Statuts", "Document illisible ou incomplet."


def signs_in_as_agent(someone: Person, site) -> None:
    agent = site.agent("instructor")
    someone.open("/login/agent").fill({"Identifiant": agent.login, "Mot de passe": agent.password})
    someone.press("Se connecter").fill({"Code à six chiffres": agent.code()}).press("Valider")
    someone.page.wait_for_url("**/caf")


def item(someone: Person, label: str) -> Locator:
    """The part of the instructor's page about one item."""
    heading = someone.page.get_by_role("heading", name=label, exact=True)
    return someone.page.locator("section.review-item").filter(has=heading)


def accepts_what_is_left(someone: Person) -> None:
    """«Accepter», item by item."""
    waiting = someone.page.locator('section.review-item[data-tone="waiting"] h3')
    for label in waiting.all_inner_texts():
        someone.press("Accepter", within=item(someone, label))
        expect(item(someone, label)).to_contain_text("Accepté")


def refuses_the_statutes(someone: Person) -> None:
    place = item(someone, STATUTES)
    place.get_by_text("Refuser cet élément").click()
    place.get_by_label("Motif").select_option(label=REASON)
    someone.press("Refuser", within=place)


@pytest.fixture
def club(site):
    """A club that has applied and activated its account."""
    found = applicant(1, "corrections")
    browser = Browser(site.base_url)
    partner.apply(browser, found)
    partner.activate(browser, site.outbox, found)
    return found


def test_only_what_was_refused_reopens_and_the_agent_sees_what_changed(site, person, club) -> None:
    agent, president = person(), person(phone=True)
    signs_in_as_agent(agent, site)
    agent.follow("Demandes à instruire").checked("20-demandes-a-instruire")
    agent.follow(club.structure).press("Prendre en charge").checked("21-demande")
    refuses_the_statutes(agent)
    accepts_what_is_left(agent)
    agent.sees("1 élément est refusé").press("Demander une correction").sees("Corrections demandées")

    mail = site.outbox.wait_for_mail(club.email, REASON)
    assert STATUTES in mail.text
    president.open("/login/partner").fill({"Identifiant": club.email, "Mot de passe": club.password})
    president.press("Se connecter").press(club.structure)
    president.sees("Corrections demandées").does_not_scroll_sideways().follow("Corriger mon dossier")
    president.reads("Ma demande de labellisation").sees(REASON, "Éléments verrouillés")
    president.does_not_scroll_sideways().checked("22-corrections")
    assert president.page.locator("section.review-item").count() == 1
    president.press("Envoyer mes corrections").sees("Il reste des éléments à corriger")
    president.upload("Nouveau fichier : Statuts", documents.pdf("Statuts signés"))
    president.press("Déposer").sees("Fichier déposé", "Corrigé")
    president.press("Envoyer mes corrections").sees("Vos corrections sont envoyées")

    agent.page.reload()
    agent.sees("tour 2", "Modifié à ce tour", "statuts-signés.pdf")
    accepts_what_is_left(agent)
    agent.press("Approuver la demande").sees("Numéro partenaire").checked("23-demande-approuvee")


WAYS = {"desk": {}, "phone": {"phone": True}, "without-scripts": {"scripts": False}}


@pytest.mark.parametrize("way", WAYS)
def test_each_verdict_has_its_piece_at_hand(site, person, way) -> None:
    """The piece stands beside the data, changes with a link or after a verdict, and the data stays where it was."""
    club, agent = applicant(4 + [*WAYS].index(way), "piece"), person(**WAYS[way])
    partner.apply(Browser(site.base_url), club)
    signs_in_as_agent(agent, site)
    agent.follow("Demandes à instruire").follow(club.structure)
    beside = agent.page.get_by_role("region", name="Pièce examinée")
    frame = beside.locator("iframe, img")
    expect(beside.get_by_role("heading")).to_have_text(STATUTES)
    agent.press("Prendre en charge")

    representative = item(agent, "Représentant légal")
    representative.get_by_role("link", name="Pièce d’identité").click()
    expect(beside.get_by_role("heading")).to_contain_text("Pièce d’identité")
    expect(beside).to_be_in_viewport()
    if way == "desk":
        expect(representative.get_by_role("link", name="Pièce d’identité")).to_be_in_viewport()
    shown = agent.page.request.get(site.base_url + str(frame.get_attribute("src")).partition("#")[0])
    assert shown.ok and shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"].startswith("inline")
    agent.does_not_scroll_sideways()

    beside.get_by_role("link", name="Suivante").click()
    expect(frame).to_have_attribute("title", re.compile("RIB"))
    beside.get_by_role("link", name="Revenir à l’élément").click()
    expect(item(agent, "RIB").get_by_role("heading")).to_be_in_viewport()
    agent.press("Accepter", within=item(agent, "RIB"))
    expect(item(agent, "RIB")).to_contain_text("Accepté")
    expect(beside.get_by_role("heading")).to_have_text(STATUTES)


def test_the_form_is_taken_up_again_on_another_device(site, person) -> None:
    """«Continuer plus tard», on a phone without scripts."""
    found, first = applicant(2, "plus-tard"), person(phone=True, scripts=False)
    first.open("/inscription").press("SUIVANT").fill({"Type de structure": "Entreprise"}).press("SUIVANT")
    first.sees("Étape 3 sur 7").does_not_scroll_sideways().follow("Continuer plus tard")
    first.fill({"Adresse e-mail où envoyer le lien": found.email}).press("Recevoir le lien").sees("Lien envoyé")
    second = person()
    second.open(site.outbox.wait_for_mail(found.email, "labellisation").first_link("/inscription/reprendre/"))
    second.sees("Étape 3 sur 7", "Extrait Kbis")
    expect(second.page).to_have_url(f"{site.base_url}/inscription/etape/3")


def test_fields_are_checked_as_they_are_typed(person) -> None:
    """The bank is named, a wrong SIRET is told, a file is kept as soon as it is chosen."""
    someone = person()
    someone.open("/inscription").press("SUIVANT").fill({"Type de structure": "Entreprise"}).press("SUIVANT")
    someone.fill({"Numéro SIRET": "73282932000075"}).field("Numéro SIRET").blur()
    someone.sees("Ce numéro SIRET n’existe pas")
    someone.fill({"Numéro SIRET": "73282932000074"}).field("Numéro SIRET").blur()
    someone.page.get_by_text("Ce numéro SIRET n’existe pas").wait_for(state="hidden")
    someone.upload("Attestation d’assurance", documents.pdf("Assurance"))
    someone.page.get_by_role("link", name="assurance.pdf").wait_for()
    someone.open("/inscription/etape/6").fill({"IBAN": applicant(3, "banque").iban}).field("IBAN").blur()
    expect(someone.page.get_by_text("LA BANQUE POSTALE")).to_be_visible()
