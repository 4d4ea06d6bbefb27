"""The seven steps as somebody without JavaScript fills them in: by the labels of the pages."""

from collections.abc import Mapping
from typing import Any

from deploy.driver.browser import Browser, File, Page
from deploy.driver.documents import pdf, png
from tests.integration.partners.world import Club

LABELS = {
    "name": "Nom de la structure",
    "siret": "Numéro SIRET",
    "address_line1": "Adresse",
    "postcode": "Code postal",
    "commune_name": "Commune",
    "email": "Adresse e-mail de la structure",
}


def step3(club: Club) -> dict[str, str]:
    return {label: club.structure[name] for name, label in LABELS.items()}


def step4(club: Club) -> dict[str, str]:
    person = club.representative
    return {
        "Nom": person["last_name"],
        "Prénom": person["first_name"],
        "Fonction dans la structure": person["position"],
        "Adresse e-mail personnelle": person["email"],
        "Téléphone portable": person["mobile"],
    }


ASSOCIATION_FILES: Mapping[str, File] = {
    "Statuts": pdf("Statuts"),
    "Récépissé de déclaration": pdf("Récépissé"),
    "Membres du conseil d'administration": png("Membres"),
    "Avis de situation": pdf("Avis SIRENE"),
}
TYPES: Mapping[str, tuple[str, Mapping[str, File]]] = {
    "association": ("Association", ASSOCIATION_FILES),
    "company": ("Entreprise", {"Extrait Kbis": pdf("Kbis")}),
}
"""What the form calls a structure's type, and the files that it wants from it."""


def entered(club: Club, number: int) -> dict[str, Any]:
    """What is typed, chosen and uploaded at a step, as `Page.press` takes it."""
    structure_type, files = TYPES[club.structure_type]
    return {
        1: {},
        2: {"fill": {"Type de structure": structure_type}},
        3: {"fill": step3(club), "upload": files},
        4: {"fill": step4(club), "choose": ["Madame"], "upload": {"Pièce d'identité": png("Carte")}},
        5: {"choose": ["Judo, jujitsu"]},
        6: {
            "fill": {"IBAN": club.bank_account["iban"], "Titulaire du compte": club.structure["name"]},
            "upload": {"RIB": pdf("RIB")},
        },
        7: {"choose": ["J'ai lu les conditions"]},
    }[number]


def begin(browser: Browser) -> Page:
    """Press «SUIVANT» on the first page."""
    return browser.open("/inscription").expect("Étape 1 sur 7", "Préparez vos justificatifs").press("SUIVANT")


def fill(browser: Browser, club: Club, until: int = 7) -> Page:
    """Press «SUIVANT» from step 1 to the page of step `until`."""
    page = begin(browser)
    for number in range(2, until):
        page = page.expect(f"Étape {number} sur 7").press("SUIVANT", **entered(club, number))
    return page.expect(f"Étape {until} sur 7")
