"""`kill -9` of the gateway and of both services at each step of the form: nothing that was entered is lost."""

import sys
from collections.abc import Callable

import pytest

from deploy.driver.browser import Browser, Page, Unwelcome
from tests.integration.partners.form import begin, entered, step3
from tests.integration.partners.world import Club, World
from tests.platform import Platform

SERVICES = ("identity", "partners")


@pytest.fixture(scope="module")
def world(platform: Callable[..., Platform], token: Callable[..., str]) -> World:
    """A platform of its own, to be killed."""
    return World(platform(*SERVICES, gateway=True), token)


def kill_all(running: Platform) -> None:
    for name in (*SERVICES, "gateway"):
        running.processes[name].kill()


def start(running: Platform, *, gateway: bool = True) -> None:
    started = [
        running.add(name, [sys.executable, "-m", "services.chassis.run", f"services.{name}.service"])
        for name in SERVICES
    ]
    if gateway:
        started.append(running.add_gateway())
    for process in started:
        process.wait_ready()


def asked_again(page: Page) -> Page:
    """What the error page keeps, sent once more; where that still lacks the files, the form says so."""
    page.expect("Le service est momentanément indisponible", "Rien n'est perdu")
    try:
        return page.press("Renvoyer ce que j'ai saisi")
    except Unwelcome as refused:
        assert refused.page and all("Déposez ce justificatif" in error for error in refused.page.errors())
        return refused.page


def test_nothing_entered_is_lost_when_all_three_die_between_any_two_steps(world: World) -> None:
    club, browser = Club(), Browser(world.running.base_url)
    begin(browser)
    for number in range(2, 8):
        kill_all(world.running)
        start(world.running)
        page = browser.open(f"/inscription/etape/{number}").expect(f"Étape {number} sur 7")
        page = page.press("CONTINUER" if number == 7 else "SUIVANT", **entered(club, number))
    page.expect("Demande déposée")
    browser.open("/inscription/terminee").expect("Demande déposée")


@pytest.mark.parametrize("number", [3, 4, 6])
def test_what_is_sent_while_the_services_are_dead_is_kept_by_the_page(world: World, number: int) -> None:
    club, browser = Club(), Browser(world.running.base_url)
    page = begin(browser)
    for before in range(2, number):
        page = page.press("SUIVANT", **entered(club, before))
    for name in SERVICES:
        world.running.processes[name].kill()
    with pytest.raises(Unwelcome, match="HTTP 503") as refused:
        page.press("SUIVANT", **entered(club, number))
    start(world.running, gateway=False)
    assert refused.value.page
    page = asked_again(refused.value.page)
    left = {"upload": entered(club, number)["upload"]}
    page.expect(f"Étape {number} sur 7").press("SUIVANT", **left).expect(f"Étape {number + 1} sur 7")
    if number == 3:
        assert all(typed in browser.open("/inscription/etape/3").source for typed in step3(club).values())
