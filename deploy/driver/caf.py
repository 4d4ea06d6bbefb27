"""What the Caf's agents do on the pages: sign in with password and code, instruct, counter-sign, prepare, release."""

import re

from deploy.driver.browser import Browser, NotThere, Page
from deploy.driver.people import Agent


def sign_in(browser: Browser, agent: Agent) -> Page:
    """Password, then the authenticator's code."""
    page = browser.open("/login/agent")
    page = page.press("Se connecter", {"Identifiant": agent.login, "Mot de passe": agent.password})
    return page.press("Valider", {"Code à six chiffres": agent.code()})


def instruct(browser: Browser, structure: str) -> Page:
    """«Demandes à instruire»: take the application, accept every item, approve. Returns the approved application."""
    page = browser.open("/caf").follow("Demandes à instruire").follow(structure)
    page = page.press("Prendre en charge")
    while page.has_button("Accepter"):
        page = page.press("Accepter")
    return page.press("Approuver la demande")


def partner_number_on(page: Page) -> str:
    """The number that the approved application shows. Raises NotThere."""
    found = re.search(r"Numéro partenaire : ?(\d+)", page.text)
    if found is None:
        raise NotThere(f"no partner number on {page.url}")
    return found[1]
