"""What the Caf's agents do on the pages: sign in with password and code, instruct, counter-sign, prepare, release."""

from deploy.driver.browser import Browser, Page
from deploy.driver.people import Agent


def sign_in(browser: Browser, agent: Agent) -> Page:
    """Password, then the authenticator's code."""
    page = browser.open("/login/agent")
    page = page.press("Se connecter", {"Identifiant": agent.login, "Mot de passe": agent.password})
    return page.press("Valider", {"Code à six chiffres": agent.code()})
