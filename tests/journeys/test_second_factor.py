"""«Double authentification» by choice, and the Caf's help with an account, in a real browser, wide and narrow."""

import itertools
import re

import pyotp
import pytest

from deploy.driver import partner
from deploy.driver.browser import Browser
from deploy.driver.people import Agent, applicant
from deploy.local.waiting import wait_for
from tests.journeys.person import Person
from tests.journeys.test_accounts import read_qr, signs_in

pytestmark = pytest.mark.timeout(300)
_clubs = itertools.count(1)
RECOVERY_CODE = re.compile(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b")


@pytest.fixture(params=[False, True], ids=["desktop", "phone"])
def phone(request):
    return request.param


@pytest.fixture
def club(site):
    """A club that has applied; its representative has personalised the password."""
    found = applicant(3, f"factor{next(_clubs)}")
    browser = Browser(site.base_url)
    partner.apply(browser, found)
    partner.activate(browser, site.outbox, found)
    return found


def puts_it_on(someone: Person, club) -> tuple[Agent, list[str]]:
    """«Mon compte» → «Gérer la double authentification» → «Activer»: scan, type, keep the codes."""
    someone.open("/compte").follow("Gérer la double authentification").checked("double-authentification")
    someone.follow("Activer la double authentification").fill({"Mot de passe actuel": club.password})
    someone.checked("double-authentification-mot-de-passe").press("Continuer")
    someone.reads("Enregistrer l’application d’authentification").checked("double-authentification-qr")
    authenticator = Agent(club.email, club.password, pyotp.parse_uri(read_qr(someone)).secret)
    someone.fill({"Code à six chiffres": authenticator.code()}).press("Valider").reads("Vos codes de secours")
    codes = RECOVERY_CODE.findall(someone.page.inner_text("main"))
    assert len(codes) == 10
    someone.follow("J’ai rangé mes codes").sees("La double authentification est activée.", "10")
    return authenticator, codes


def is_signed_out(someone: Person, path: str) -> None:
    """Led to sign in again, as soon as the services have heard of it: within a second."""
    wait_for(lambda: "/login/partner" in someone.open(path).page.url, f"{path} leads to signing in", 3)


def test_it_is_put_on_asked_for_and_reset_by_the_caf(site, person, club, phone) -> None:
    mine = signs_in(person(phone=phone), club.email, club.password).press(club.structure).reads(club.structure)
    authenticator, codes = puts_it_on(mine, club)
    mine.checked("double-authentification-active").open("/tableau-de-bord").reads(club.structure)

    again = signs_in(person(phone=phone), club.email, club.password).reads("Code d’authentification")
    again.checked("partenaire-code").fill({"Code à six chiffres": "000000"}).press("Valider").sees("est incorrect")
    again.fill({"Code à six chiffres": codes[0]}).press("Valider").sees("Choisissez la structure")
    again.open("/compte/portable").fill({"Nouveau téléphone portable": "07 81 22 33 44"})
    again.fill({"Mot de passe actuel": club.password, "Code d’authentification": authenticator.code()})
    again.checked("portable-avec-code").press("Recevoir le code").sees("Un code de vérification est envoyé")

    boss = site.agent("administrator")
    caf = person(phone=phone).signs_in_as_agent(boss).open("/caf").follow("Comptes des partenaires")
    caf.fill({"Adresse e-mail, numéro ou nom": club.email}).press("Rechercher").checked("comptes")
    caf.follow("Ouvrir le compte").sees(club.structure, "Ses sessions").checked("compte-partenaire")
    caf.press("Fermer toutes ses sessions").sees("Toutes les sessions de ce compte sont fermées")
    is_signed_out(mine, "/tableau-de-bord")
    is_signed_out(again, "/compte")
    site.outbox.wait_for_mail(club.email, "déconnecté de tous vos appareils")

    caf.follow("Réinitialiser la double authentification").tick("En personne").checked("reinitialiser")
    caf.fill({"Votre code d’authentification": boss.code()}).press("Réinitialiser la double authentification")
    caf.sees("La double authentification est réinitialisée.", "Non activée")
    site.outbox.wait_for_mail(club.email, "réinitialisée par la Caf")
    signs_in(person(phone=phone), club.email, club.password).sees("Choisissez la structure")


def test_it_is_taken_off_without_scripts(person, club, phone) -> None:
    mine = signs_in(person(phone=phone, scripts=False), club.email, club.password)
    authenticator, _codes = puts_it_on(mine, club)
    mine.follow("Désactiver").fill({"Mot de passe actuel": club.password})
    mine.fill({"Code d’authentification": authenticator.code()}).press("Désactiver")
    mine.sees("La double authentification est désactivée.")
    signs_in(person(phone=phone), club.email, club.password).sees("Choisissez la structure")


def test_it_can_be_read_in_english(person, club, phone) -> None:
    mine = signs_in(person(phone=phone), club.email, club.password).open("/langue/en")
    mine.open("/compte/double-authentification").reads("Two-step sign-in").sees("Turn on two-step sign-in")
