"""The guide from cover to cover: on a desktop, on a phone, without JavaScript, and by the keyboard alone.

With `PSL_SCREENS` the first two leave the pictures of the documentation (`python -m tests.journeys.screens`).
"""

from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.driver import caf
from deploy.driver.people import Applicant, applicant
from tests.journeys import guide
from tests.journeys.conftest import Labelled, Site
from tests.journeys.keyboard import KeyboardPerson

pytestmark = pytest.mark.timeout(400)

WAYS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "phone": {"phone": True},
    "without-scripts": {"scripts": False},
}
CLUBS = ("", "keyboard", "desktop", "phone", "without-scripts")
"""Which of the made-up structures goes which way: their names stand in the pictures."""


def becomes_partner(labelled: Labelled, club: Applicant, site: Site) -> None:
    """What the Caf does meanwhile, at its own desks."""
    caf.instruct(labelled.story.desk("instructor"), club.structure)
    caf.countersign(labelled.story.desk("signatory"), club.structure)
    site.outbox.wait_for_mail(club.email, "Félicitations")


@pytest.mark.parametrize("way", WAYS)
def test_the_guide_from_cover_to_cover(site, person, labelled, way: str) -> None:
    club, someone = applicant(CLUBS.index(way)), person(**WAYS[way])
    someone.inspects = way == "desktop"
    guide.asks_for_a_label(someone, club)
    guide.activates_the_account(someone, site, club)
    guide.signs_the_convention(someone, site, club)
    desk = person()
    if way == "desktop":
        guide.instructs(desk, site, club)
        guide.countersigns(person(), site, club)
    else:
        becomes_partner(labelled, club, site)
    guide.signs_out(someone)
    guide.signs_in_again(someone, club)
    guide.completes_the_profile(someone, club)
    guide.adds_an_establishment(someone)
    guide.grants_a_delegation(someone, way)
    guide.records_a_transaction(someone, labelled.next_pass().code)
    guide.follows_the_transactions(someone)
    if way == "desktop":
        guide.looks_at_the_scheme(desk)
    guide.looks_at_payouts(someone)
    guide.reads_the_resources(someone)
    guide.signs_out(someone)


def test_application_signature_and_recording_by_the_keyboard_alone(site, person, labelled) -> None:
    club, someone = applicant(CLUBS.index("keyboard")), person(kind=KeyboardPerson)
    guide.asks_for_a_label(someone, club)
    guide.activates_the_account(someone, site, club)
    guide.signs_the_convention(someone, site, club)
    becomes_partner(labelled, club, site)
    guide.records_a_transaction(someone, labelled.next_pass().code)
    guide.signs_out(someone)
    assert someone.keys_pressed > 200


def test_the_first_key_skips_to_the_content(person) -> None:
    someone = person(kind=KeyboardPerson).open("/partenaires")
    page = someone.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "words"


def test_a_refused_form_takes_the_focus_to_its_summary_and_from_there_to_the_field(person) -> None:
    someone = person(kind=KeyboardPerson).open("/assistance").press("Envoyer").sees("à corriger")
    page = someone.page
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_a_commune_that_was_found_is_replaced_by_who_types_it_all_the_same(person) -> None:
    someone = person().open("/inscription").press("SUIVANT").sees("Étape 2 sur 7")
    someone.fill({"Type de structure": "Association"}).press("SUIVANT").sees("Étape 3 sur 7")
    page, commune = someone.page, someone.field("Commune")
    someone.field("Code postal").focus()
    page.keyboard.type("93500")
    commune.focus()
    expect(commune).to_have_value("Pantin")
    page.keyboard.type("Le Pré")
    assert commune.input_value() == "Le Pré"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
def test_nothing_typed_is_lost_when_a_form_is_refused(person, scripts: bool) -> None:
    typed = {"Objet": "Une question", "Votre adresse e-mail": "pas une adresse"}
    someone = person(scripts=scripts).open("/assistance").fill(typed).press("Envoyer").sees("à corriger")
    for label, text in typed.items():
        assert someone.field(label).input_value() == text
