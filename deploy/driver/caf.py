"""What the Caf's agents do on the pages: sign in with password and code, instruct, counter-sign, prepare, release."""

import re
from datetime import UTC, date, datetime, timedelta

from deploy.driver.browser import Browser, NotThere, Page, words_of
from deploy.driver.outbox import Outbox
from deploy.driver.people import PASSWORD, Agent
from deploy.local.waiting import wait_for

ROLE_LABELS = {
    "instructor": "Instructeur",
    "signatory": "Signataire",
    "preparer": "Préparateur",
    "releaser": "Libérateur",
    "administrator": "Administrateur",
}


def sign_in(browser: Browser, agent: Agent) -> Page:
    """Password, then the authenticator's code."""
    page = browser.open("/login/agent")
    page = page.press("Se connecter", {"Identifiant": agent.login, "Mot de passe": agent.password})
    return page.press("Valider", {"Code à six chiffres": agent.code()})


def add_agent(browser: Browser, role: str, first_name: str, email: str) -> None:
    """«Agents» → «Ajouter un agent», by an administrator."""
    page = browser.open("/caf").follow("Agents").follow("Ajouter un agent")
    names = {"Nom": role.capitalize(), "Prénom": first_name, "Adresse e-mail professionnelle": email}
    page.press("Terminer", names, choose=[ROLE_LABELS[role]]).expect("L'agent est ajouté")


def first_sign_in(browser: Browser, outbox: Outbox, email: str) -> Agent:
    """With the mailed provisional password: enrol an authenticator, then choose a password. The agent is signed in."""
    mail = outbox.wait_for_mail(email, "Mot de passe provisoire")
    page = browser.open("/login/agent")
    page = page.press("Se connecter", {"Identifiant": email, "Mot de passe": mail.after("Mot de passe provisoire")})
    secret = "".join(page.document.xpath("//code")[0].text_content().split())
    agent = Agent(email, PASSWORD, secret)
    page = page.press("Valider", {"Code à six chiffres": agent.code()}).follow("J'ai rangé mes codes")
    chosen = {"Nouveau mot de passe": PASSWORD, "Confirmez le nouveau mot de passe": PASSWORD}
    page.press("Activer mon compte", chosen)
    return agent


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


RULES = ((None, 599, "100,00"), (600, None, "60,00"))
"""Family quotient from, to, amount of the pass."""


def open_season(browser: Browser, beneficiaries: bytes, mark: str = "") -> str:
    """«Campagnes»: create a season, open it, «Importer des pass» from a CSV. Returns what the last page counts."""
    today = datetime.now(UTC).date()
    page = browser.open("/caf").follow("Campagnes").follow("Nouvelle campagne")
    page = page.press("Enregistrer", _season(today, mark))
    page = page.press("Ouvrir la campagne")
    page = page.follow("Importer des pass")
    file = ("beneficiaires.csv", beneficiaries, "text/csv")
    page = _when(page.press("Vérifier le fichier", upload={"Fichier CSV": file}), "Vérification terminée")
    page = _when(page.press("Importer des pass"), "Import terminé")
    return figures(page)


def _season(today: date, mark: str) -> dict[str, str]:
    answers = {
        "Dispositif": "Pass'sports-loisirs",
        "Nom de la campagne": f"{today.year}-{today.year + 1} {mark}".strip(),
        "Premier jour d'utilisation": (today - timedelta(days=30)).isoformat(),
        "Dernier jour d'utilisation": (today + timedelta(days=240)).isoformat(),
        "Âge calculé au": today.isoformat(),
        "Budget": "100000",
    }
    for number, (low, high, amount) in enumerate(RULES, start=1):
        bounds = {"Âge minimal": 3, "Âge maximal": 18, "Quotient minimal": low, "Quotient maximal": high}
        answers |= {f"Règle {number} › {label}": str(v) for label, v in bounds.items() if v is not None}
        answers[f"Règle {number} › Montant"] = amount
    return answers


def first_birth_year() -> int:
    """With eight years from here on, every child is between 3 and 18."""
    return datetime.now(UTC).year - 14


def _when(page: Page, text: str) -> Page:
    """The same page, once it shows the text."""
    found = [page]

    def shown() -> bool:
        found[0] = page.browser.open(page.url)
        return text in found[0].text

    wait_for(shown, f"{page.url} shows «{text}»", 60, every_s=0.3)
    return found[0]


def figures(page: Page) -> str:
    """The figures at the top of a page: «Lignes lues 24, Pass créés 24, …»."""
    pairs = page.document.xpath("(//dl[contains(@class,'figures')])[1]/div")
    return ", ".join(" ".join(words_of(part) for part in pair) for pair in pairs)


def countersign(browser: Browser, structure: str) -> Page:
    """«Contresigner» one convention, once its application's approval has arrived. Returns the report."""
    waiting = browser.open("/caf").follow("Contresigner").url
    wait_for(lambda: browser.open(waiting).links(structure), f"{structure} waits for a signature", 20, every_s=0.3)
    page = browser.open(waiting).follow(structure).press("Contresigner")
    return _when(page, "La convention est contresignée et scellée")


def pay(preparer: Browser, releaser: Browser, agent: Agent) -> str:
    """«Préparer le lot», then, by another agent with a fresh code, «Libérer le lot». Returns the batch's figures."""
    browser = preparer.open("/caf").follow("Lots de remboursement").follow("Préparer le lot")
    wait_for(lambda: preparer.open(browser.url).has_button("Préparer le lot"), "there is something to pay", 30, 0.3)
    prepared = preparer.open(browser.url).press("Préparer le lot").expect("Le lot est préparé")
    page = releaser.open(prepared.url).press("Libérer le lot", {"Code d'authentification": agent.code()})
    return figures(page)


def bank_file(browser: Browser) -> bytes:
    """The pain.001 of the newest batch, once it is made."""
    batches = browser.open("/caf").follow("Lots de remboursement")
    batch = batches.document.xpath("//table//a/@href")[0]
    wait_for(lambda: browser.open(batch).links("Fichier bancaire"), "the bank file is made", 30, every_s=0.3)
    return browser.download(browser.open(batch).links("Fichier bancaire")[0]).content
