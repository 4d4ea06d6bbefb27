"""A phone loses the platform in the middle of a step, or its uploads are slow: nothing is lost, nothing is doubled."""

from contextlib import suppress

from playwright.sync_api import Error, expect

from deploy.driver import documents
from deploy.driver.people import applicant
from tests.journeys.person import Person

PAINT_AND_SCRIPT = """() => new Promise((tell) => new PerformanceObserver((list) => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    const script = performance.getEntriesByType("resource").find((one) => one.name.includes("typed.js"));
    if (paint) tell([paint.startTime, script.responseEnd]);
}).observe({type: "paint", buffered: true}))"""
"""When the page was painted first, and when its script had come: milliseconds since it was asked for."""


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
    with someone.expecting("net::ERR_CONNECTION_REFUSED"):
        with suppress(Error):  # the browser's own page: the site can't be reached
            someone.press("SUIVANT")
            someone.page.wait_for_url("chrome-error://**")
        site.platform.add_gateway().wait_ready()
        someone.open("/inscription/etape/3").sees("Nous avons remis ce que vous aviez saisi")
    for label, value in typed.items():
        expect(someone.field(label)).to_have_value(value)
    someone.checked("05-etape-3-remise")


def test_what_comes_back_is_there_before_the_first_paint(person) -> None:
    """Else the page would move under who reads it."""
    someone = at_step_3(person(phone=True)).fill({"Nom de la structure": "Judo Club du matin"})
    held = []
    someone.page.route("**/typed.js*", lambda route: held.append(route))
    with someone.page.expect_request("**/typed.js*"):
        someone.page.goto(someone.base_url + "/inscription/etape/3", wait_until="commit")
    someone.page.wait_for_timeout(500)  # long enough for a paint that does not wait for the script
    held[0].continue_()
    someone.sees("Nous avons remis ce que vous aviez saisi")
    painted, script_there = someone.page.evaluate(PAINT_AND_SCRIPT)
    assert painted >= script_there


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


def test_a_step_that_is_sent_while_a_file_is_on_its_way_waits_for_it(person) -> None:
    someone = at_step_3(person(phone=True))
    held = []
    someone.page.route("**/inscription/fichier/3", lambda route: held.append(route))
    someone.upload("Statuts", documents.pdf("Statuts")).press("SUIVANT")
    expect(someone.page.get_by_role("button", name="SUIVANT").first).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    someone.sees("à corriger", "Numéro SIRET").sees("statuts.pdf")
    expect(someone.page.locator("[data-files] li", has_text="statuts.pdf")).to_have_count(1)


def test_a_file_that_is_refused_meanwhile_keeps_the_step_open(person) -> None:
    someone = at_step_3(person())
    held = []
    someone.page.route("**/inscription/fichier/3", lambda route: held.append(route))
    someone.upload("Statuts", ("statuts.pdf", b"MZ no document", "application/pdf")).press("SUIVANT")
    expect(someone.page.get_by_role("button", name="SUIVANT").first).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(someone.field("Statuts")).to_be_focused()
    expect(someone.page.get_by_role("button", name="SUIVANT").first).not_to_have_attribute("aria-busy", "true")
    expect(someone.page.locator(".field--wrong")).to_have_count(1)
