"""The main job in a browser, in the guide's order and words: from «Je crée mon compte» to the first transaction."""

import re

import pytest
from playwright.sync_api import Locator, expect

from deploy.driver import documents
from deploy.driver.browser import Browser
from deploy.driver.caf import first_birth_year, open_season, sign_in
from deploy.driver.passes import MAIL_SAYS, beneficiaries, family_email, pass_in
from deploy.driver.people import Applicant, applicant, international
from deploy.local.waiting import wait_for
from tests.journeys.person import Person

REQUIRED = (
    "Statuts",
    "Récépissé de déclaration ou parution au Journal officiel",
    "Membres du conseil d’administration",
    "Avis de situation au répertoire SIRENE",
)


def asks_for_a_label(someone: Person, found: Applicant) -> None:
    """«Demander la labellisation»: seven steps, real files."""
    someone.open("/").open("/").checked("01-accueil").follow("Espace partenaires")
    someone.reads("Espace partenaires").checked("02-connexion").follow("Je crée mon compte")
    someone.sees("Étape 1 sur 7").checked("03-etape-1").press("SUIVANT")
    someone.sees("Étape 2 sur 7").fill({"Type de structure": "Association"}).checked("04-etape-2").press("SUIVANT")
    someone.sees("Étape 3 sur 7").fill(
        {
            "Nom de la structure": found.structure, "Numéro SIRET": found.siret, "Numéro RNA": "W931234567",
            "Code NAF (APE)": "93.12Z", "Adresse": "12 rue des Écoles", "Code postal": found.postcode,
            "Commune": found.commune,
            "Adresse e-mail de la structure": found.structure_email, "Téléphone": "0148000000",
        }
    )  # fmt: skip
    for label in REQUIRED:
        someone.upload(label, documents.pdf(label))
    someone.checked("05-etape-3").press("SUIVANT")
    someone.sees("Étape 4 sur 7").tick("Madame").fill(
        {
            "Nom": found.last_name, "Prénom": found.first_name, "Fonction dans la structure": "Présidente",
            "Adresse e-mail personnelle": found.email, "Téléphone portable": found.mobile,
        }
    )  # fmt: skip
    someone.upload("Pièce d’identité", documents.png("Pièce d'identité")).checked("06-etape-4").press("SUIVANT")
    someone.sees("Étape 5 sur 7").tick(found.activity).checked("07-etape-5").press("SUIVANT")
    someone.sees("Étape 6 sur 7").fill({"IBAN": found.iban, "Titulaire du compte": found.structure})
    someone.upload("RIB", documents.pdf("RIB")).checked("08-etape-6").press("SUIVANT")
    someone.sees("Étape 7 sur 7").checked("09-etape-7")
    someone.tick("J’ai lu les conditions d’utilisation de mes données").press("CONTINUER")


def activates_the_account(someone: Person, site, found: Applicant) -> None:
    """«Activer son compte»: the mailed identifier and provisional password, then one's own."""
    mail = site.outbox.wait_for_mail(found.email, "Mot de passe")
    someone.open("/login/partner")
    someone.fill({"Identifiant": mail.after("Identifiant"), "Mot de passe": mail.after("Mot de passe")})
    someone.press("Se connecter").checked("11-mot-de-passe")
    someone.fill({"Nouveau mot de passe": found.password, "Confirmez le nouveau mot de passe": found.password})
    someone.press("Activer mon compte").checked("12-espace-personnel")
    someone.press(found.structure).reads(found.structure)


def signs_the_convention(someone: Person, site, found: Applicant) -> None:
    """«Signer sa convention»: read, ask for the code, type it."""
    someone.sees("Votre convention vous attend").checked("13-tableau-de-bord-a-signer")
    number = international(found.mobile)
    before = len(site.outbox.text_messages(number))
    someone.follow("Je signe la convention").checked("14-convention")
    someone.tick("J’ai lu la convention en entier").press("Recevoir mon code par SMS")
    code = site.outbox.wait_for_code(number, more_than=before)
    someone.fill({"Code de vérification": code}).checked("15-code").press("Je signe la convention")
    someone.sees("Vous avez signé électroniquement votre convention").checked("16-convention-signee")


def instructs(someone: Person, site, found: Applicant) -> None:
    """«Demandes à instruire»: every item accepted, then approved."""
    someone.signs_in_as_agent(site.agent("instructor")).checked("30-caf-accueil")
    someone.follow("Demandes à instruire").checked("31-demandes").follow(found.structure)
    someone.press("Prendre en charge").checked("32-instruction")
    accept = someone.page.get_by_role("button", name=re.compile("^Accepter"))  # «Accepter : Statuts»
    for left in reversed(range(accept.count())):
        accept.first.click()
        expect(accept).to_have_count(left)
    someone.press("Approuver la demande").sees("Numéro partenaire").checked("33-approuvee")


def waits_for(someone: Person, wanted: Locator) -> None:
    """Looks again until it is there: what another service has to hear of first."""

    def there() -> bool:
        someone.page.reload()
        return wanted.count() > 0

    wait_for(there, "the page shows what another service announced", 30, every_s=0.5)


def countersigns(someone: Person, site, found: Applicant) -> None:
    """«Contresigner»."""
    someone.signs_in_as_agent(site.agent("signatory")).follow("Contresigner")
    waits_for(someone, someone.page.get_by_role("link", name=found.structure))
    someone.checked("34-a-contresigner").follow(found.structure).checked("35-contresigner").press("Contresigner")
    waits_for(someone, someone.page.get_by_text("La convention est contresignée et scellée"))
    someone.checked("36-contresignee")


def records_a_transaction(someone: Person, code: str, child: str) -> None:
    """«Enregistrer une transaction», then «Mes transactions»."""
    someone.open("/tableau-de-bord").sees("Vous venez de rejoindre le réseau").checked("17-tableau-de-bord")
    someone.follow("Enregistrer une transaction").checked("18-enregistrer").fill({"Code du pass": code}).press(
        "Continuer"
    )
    someone.reads("Montant de la transaction").sees(child).checked("19-montant")
    someone.fill({"Montant": "25,50"}).press("Continuer")
    someone.reads("Confirmer la transaction").checked("20-confirmer").press("Confirmer la transaction")
    someone.reads("Transaction enregistrée").sees("Annulation possible aujourd’hui").checked("21-recu")
    someone.follow("Mes transactions").reads("Mes transactions").sees(child).checked("22-mes-transactions")


@pytest.mark.timeout(600)
def test_a_club_is_labelled_and_records_its_first_transaction(site, person) -> None:
    club, someone = applicant(0, "journey"), person()
    asks_for_a_label(someone, club)
    someone.checked("10-demande-deposee")
    activates_the_account(someone, site, club)
    signs_the_convention(someone, site, club)
    instructs(person(), site, club)
    countersigns(person(), site, club)
    site.outbox.wait_for_mail(club.email, "Félicitations")

    administrator = Browser(site.base_url)
    sign_in(administrator, site.agent("administrator"))
    open_season(administrator, beneficiaries(3, first_birth_year()), "journey")
    child = pass_in(site.outbox.wait_for_mail(family_email(0), MAIL_SAYS, within_s=60))
    records_a_transaction(someone, child.code, "Lina Benali")
    someone.page.locator(".account-menu > summary").click()
    someone.press("Se déconnecter")
    expect(someone.page.get_by_role("link", name="Espace partenaires").first).to_be_visible()
