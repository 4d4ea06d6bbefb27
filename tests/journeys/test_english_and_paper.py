"""What readers of English and of paper get: no French but names, and nothing to press."""

import re

import pytest

from tests.journeys import states
from tests.journeys.person import Person

pytestmark = pytest.mark.timeout(300)

FRENCH = re.compile(
    r"\b(votre|vos|vous|nous|pour|dans|avec|sont|cette|aucune?|tous|toutes|une|que|qui|enregistrer|retour|nom|prénom|"
    r"adresse|fichier|téléphone|demande|facultatif|structure de|athlétisme|théâtre|établissement|récépissé)\b",
    re.IGNORECASE,
)
"""Words that names of people, places and institutions don't hold."""
TO_PRESS = "button, .button, .filter-box, .section-menu, nav"


def finds_no_french(someone: Person) -> None:
    someone.page.wait_for_load_state()
    lines = someone.page.locator("body").inner_text().splitlines()
    someone.problems += [f"{someone.page.url}: «{line.strip()}»" for line in lines if FRENCH.search(line)]


def looks(someone: Person):
    """What `states.walk` does at each page."""
    return lambda path: finds_no_french(someone.open(path))


def test_public_pages_in_english(person) -> None:
    someone = person().open("/langue/en")
    assert len(states.walk(someone, "/", states.PUBLIC_PATHS, looks(someone))) >= 10


def test_the_application_in_english(person) -> None:
    someone = person().open("/langue/en").open("/inscription").press("NEXT").sees("Step 2 of 7")
    finds_no_french(someone)
    someone.fill({"Type of organisation": "Association"}).press("NEXT").sees("Step 3 of 7")
    finds_no_french(someone)


def test_partner_pages_in_english(person, labelled) -> None:
    someone = person().signs_in(labelled.club.email, labelled.club.password, labelled.club.structure).open("/langue/en")
    assert len(states.walk(someone, "/tableau-de-bord", states.PARTNER_PATHS, looks(someone))) >= 20


@pytest.mark.parametrize("path", ["/transactions/", "/remboursements/", "/delegues", "/profil/affiche"])
def test_paper_has_nothing_to_press(person, labelled, path: str) -> None:
    someone = person().signs_in(labelled.club.email, labelled.club.password, labelled.club.structure).open(path)
    assert someone.page.locator(TO_PRESS).filter(visible=True).count()
    someone.page.emulate_media(media="print")
    pressed = someone.page.locator(TO_PRESS).filter(visible=True)
    assert pressed.evaluate_all("all => all.map(one => one.outerHTML.slice(0, 120))") == []
