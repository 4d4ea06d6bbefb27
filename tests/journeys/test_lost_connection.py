"""A phone loses the platform in the middle of a step: what was typed is there again."""

from contextlib import suppress

from playwright.sync_api import Error, expect

from deploy.driver.people import applicant
from tests.journeys.person import Person


def at_step_3(someone: Person) -> Person:
    someone.open("/inscription").sees("Étape 1 sur 7").press("SUIVANT")
    someone.sees("Étape 2 sur 7").fill({"Type de structure": "Association"}).press("SUIVANT")
    return someone.sees("Étape 3 sur 7")


def test_what_was_typed_comes_back_after_the_gateway_was_killed(person, site) -> None:
    found = applicant(mark="k")
    someone = at_step_3(person(phone=True))
    typed = {
        "Nom de la structure": found.structure, "Numéro SIRET": found.siret, "Adresse": "12 rue des Écoles",
        "Code postal": found.postcode, "Commune": found.commune, "Téléphone": "0148000000",
    }  # fmt: skip
    someone.fill(typed)
    someone.page.wait_for_load_state("networkidle")
    site.platform.processes["gateway"].kill()
    with suppress(Error):  # the browser's own page: the site can't be reached
        someone.press("SUIVANT")
        someone.page.wait_for_url("chrome-error://**")
    site.platform.add_gateway().wait_ready()
    someone.open("/inscription/etape/3").sees("Nous avons remis ce que vous aviez saisi")
    for label, value in typed.items():
        expect(someone.field(label)).to_have_value(value)
    someone.checked("05-etape-3-remise")


def test_another_application_in_the_same_tab_begins_empty(person) -> None:
    someone = at_step_3(person(phone=True)).fill({"Nom de la structure": "Judo Club du premier essai"})
    someone.open("/inscription").press("Commencer une autre demande").sees("Étape 2 sur 7")
    someone.fill({"Type de structure": "Association"}).press("SUIVANT").sees("Étape 3 sur 7")
    expect(someone.field("Nom de la structure")).to_have_value("")
    expect(someone.page.get_by_text("Nous avons remis")).to_be_hidden()


def test_what_is_saved_is_not_put_back_again(person) -> None:
    someone = at_step_3(person()).open("/inscription/etape/2")
    someone.fill({"Type de structure": "Entreprise"}).press("SUIVANT").sees("Étape 3 sur 7")
    someone.open("/inscription/etape/2").sees("Étape 2 sur 7")
    expect(someone.page.get_by_text("Nous avons remis")).to_be_hidden()
