"""What a club does on the pages: apply, activate its account, sign its convention, pair a terminal."""

import re

from deploy.driver import documents
from deploy.driver.browser import Browser, NotThere, Page
from deploy.driver.outbox import Outbox
from deploy.driver.people import Applicant, international
from deploy.local.waiting import wait_for

# A structure without a special status: the documents that the guide's step 3 names for an association.
STRUCTURE_TYPE = "Association"
PAYOUTS = "/remboursements"


def begin(browser: Browser, found: Applicant) -> Page:
    """The first three steps of «Je crée mon compte», with real files: a draft with documents, and the fourth step."""
    page = browser.open("/login/partner").follow("Je crée mon compte")
    page = page.press("SUIVANT")
    page = page.press("SUIVANT", {"Type de structure": STRUCTURE_TYPE})
    return _structure_step(page, found)


def apply(browser: Browser, found: Applicant) -> Page:
    """The seven steps of «Je crée mon compte» (guide, «Demander la labellisation»)."""
    page = begin(browser, found).press(
        "SUIVANT",
        {
            "Nom": found.last_name,
            "Prénom": found.first_name,
            "Fonction dans la structure": "Présidente",
            "Adresse e-mail personnelle": found.email,
            "Téléphone portable": found.mobile,
        },
        choose=["Madame"],
        upload={"Pièce d'identité du représentant légal": documents.png("Pièce d'identité")},
    )
    page = page.press("SUIVANT", choose=[found.activity])
    page = page.press("SUIVANT", {"IBAN": found.iban}, upload={"RIB": documents.rib(found.iban, found.structure)})
    return page.press("CONTINUER", choose=["J'ai lu les conditions d'utilisation"])


def _structure_step(page: Page, found: Applicant) -> Page:
    answers = {
        "Nom de la structure": found.structure,
        "Numéro SIRET": found.siret,
        "Numéro RNA": f"W93{int(found.siret[:7]):07d}"[:10],
        "Code NAF": "93.12Z",
        "Adresse": "12 rue des Écoles",
        "Code postal": found.postcode,
        "Commune": found.commune,
        "Adresse e-mail de la structure": found.structure_email,
        "Téléphone": "0148000000",
    }
    return page.press("SUIVANT", answers, upload={label: documents.pdf(label) for label in required_documents(page)})


def required_documents(page: Page) -> list[str]:
    """The labels of the documents that this step asks for."""
    labels = page.document.xpath("//input[@type='file']/@id")
    texts = []
    for control in labels:
        for label in page.document.xpath("//label[@for=$id]", id=control):
            if "facultatif" not in label.text_content():
                texts.append(re.sub(r"\s+", " ", label.text_content()).strip())
    return texts


def sign_in(browser: Browser, login: str, password: str) -> Page:
    """«Espace partenaires»: identifier and password of a personal account."""
    return browser.open("/login/partner").press("Se connecter", {"Identifiant": login, "Mot de passe": password})


def activate(browser: Browser, outbox: Outbox, found: Applicant) -> Page:
    """Sign in with the mailed provisional password, replace it, choose the structure."""
    mail = outbox.wait_for_mail(found.email, "Mot de passe")
    page = sign_in(browser, mail.after("Identifiant"), mail.after("Mot de passe"))
    chosen = {"Nouveau mot de passe": found.password, "Confirmez le nouveau mot de passe": found.password}
    page = page.press("Activer mon compte", chosen)
    return choose_structure(page, found.structure)


def choose_structure(page: Page, structure: str) -> Page:
    """The orange rectangle of the guide."""
    return page.press(structure)


def structure_id(browser: Browser) -> str:
    """The id of the first structure that the person may administer, as its rectangle's form names it."""
    for action in browser.open("/espace").document.xpath("//form/@action"):
        if found := re.search(r"/espace/([0-9a-f-]{36})$", action):
            return found[1]
    raise NotThere("no structure to choose on /espace")


def sign_convention(browser: Browser, outbox: Outbox, found: Applicant) -> bytes:
    """Read the PDF, say so, ask for the code, type it (guide, «Signer sa convention»). Returns what was read."""
    number = international(found.mobile)
    before = len(outbox.text_messages(number))
    page = browser.open("/tableau-de-bord").follow("Je signe la convention")
    pdf = browser.download(page.links("Lire la convention")[0]).content
    page = page.press("Recevoir mon code par SMS", choose=["J'ai lu la convention en entier"])
    code = outbox.wait_for_code(number, more_than=before)
    page = page.press("Je signe la convention", {"Code de vérification": code})
    page.expect("Vous avez signé électroniquement votre convention")
    return pdf


def pairing_code(browser: Browser, name: str) -> str:
    """«Mes terminaux» → «Appairer un terminal»: the code to type on the device."""
    page = browser.open("/terminaux").follow("Appairer un terminal")
    return code_on(page.press("Afficher le code", {"Nom du terminal": name}))


def code_on(page: Page) -> str:
    """The pairing code that the page shows. Raises NotThere."""
    for node in page.document.xpath("//figcaption//strong"):
        return re.sub(r"\s+", "", node.text_content())
    raise NotThere(f"no pairing code on {page.url}")


def slip(browser: Browser) -> bytes:
    """The newest payment slip of the structure, once it is made."""
    wait_for(lambda: browser.open(PAYOUTS).links("Bordereau de paiement"), "the slip is offered", 30, every_s=0.3)
    return browser.download(browser.open(PAYOUTS).links("Bordereau de paiement")[0]).content


def is_locked(browser: Browser, number: str) -> bool:
    """Whether «Mes transactions» shows the transaction as one that can't be cancelled any more."""
    page = browser.open(f"/transactions/{number}")
    return "À rembourser" in page.text and not page.has_button("Annuler")
