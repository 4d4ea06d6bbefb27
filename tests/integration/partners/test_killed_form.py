"""`kill -9` of each process that the form touches, alone, at each of its steps: nothing that was entered is lost.

The person presses the button right after. What a browser with scripts puts back into a page that was
never sent is in `tests/journeys/test_lost_connection.py`."""

import re
from collections.abc import Callable

import pytest
from requests import ConnectionError

from deploy.driver.browser import Browser, Page, Unwelcome
from tests.integration.partners.form import entered, step3, step4
from tests.integration.partners.world import Club, World
from tests.platform import Platform, Process

SERVICES = ("identity", "partners")
STAYS_AWAY = {"identity": (4, 6, 7), "partners": (3, 4, 6), "gateway": (5,), "relay": ()}
"""Each process, and the steps at which it is still dead when the person presses the button; of identity all those that
need it: it keeps the representative, who is shown in step 7, and both accounts."""
FIRST, LAST = 1, 7


@pytest.fixture(scope="module")
def world(platform: Callable[..., Platform], token: Callable[..., str]) -> World:
    """A platform of its own, to be killed."""
    return World(platform(*SERVICES, gateway=True), token)


def pressed(page: Page, number: int, club: Club) -> Page:
    return page.press("CONTINUER" if number == LAST else "SUIVANT", **entered(club, number))


def pressed_after_a_kill(process: Process, page: Page, number: int, club: Club, *, stays_away: bool) -> Page:
    """The page that follows, once the person has sent what the browser still holds. The process is started again at
    once, as its supervisor does, or not before the person has been told that something is away."""
    process.kill()
    if not stays_away:
        process.start()
    try:
        page = pressed(page, number, club)
    except (ConnectionError, Unwelcome) as away:
        if stays_away:
            process.start()
        process.wait_ready()
        if isinstance(away, Unwelcome) and away.page:
            return sent_again(away.page, number, club)
        return pressed(page, number, club)  # the browser's own page: reloading it sends the same again
    assert not stays_away, f"step {number} went on without {process.name}"
    return page


def sent_again(page: Page, number: int, club: Club) -> Page:
    """From what the platform said instead: its page holds all that was typed, and says which files it still lacks."""
    if not page.has_button("Renvoyer ce que j'ai saisi") and page.status == 503:
        return page.browser.open(page.url)  # the step was saved, only the next page was not shown
    try:
        return page.press("SUIVANT") if page.status == 422 else page.press("Renvoyer ce que j'ai saisi")
    except Unwelcome as lacking:
        assert lacking.page and all("Déposez ce justificatif" in error for error in lacking.page.errors())
        return lacking.page.press("SUIVANT", upload=entered(club, number)["upload"])


def everything(club: Club) -> list[str]:
    """What the summary tells of all that was entered."""
    typed = {**step3(club), **step4(club)}
    named = ("Nom de la structure", "Adresse", "Commune", "Adresse e-mail de la structure")
    person = ("Nom", "Prénom", "Fonction dans la structure", "Adresse e-mail personnelle")
    files = ("Extrait Kbis", "Pièce d'identité", "RIB")
    return ["Entreprise", "Judo, jujitsu", "•••• ••••", *files, *(typed[label] for label in (*named, *person))]


@pytest.mark.parametrize("name", STAYS_AWAY)
def test_nothing_entered_is_lost_whichever_process_dies_at_each_step(world: World, name: str) -> None:
    club = Club("company")
    page = Browser(world.running.base_url).open("/inscription")
    for number in range(FIRST, LAST + 1):
        page.expect(f"Étape {number} sur 7")
        if number == LAST:
            page.expect(*everything(club))
        stays_away = number in STAYS_AWAY[name]
        page = pressed_after_a_kill(world.running.processes[name], page, number, club, stays_away=stays_away)
    reference = re.search(r"L\d\d-\d{5}", page.expect("Demande déposée").text)
    assert reference
    ((club.structure_id,),) = world.rows("SELECT structure_id FROM applications WHERE reference = %s", reference[0])
    world.until_accounts_live(club)
    world.running.processes[name].wait_ready()
