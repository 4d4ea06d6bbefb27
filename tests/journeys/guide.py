"""The guide, page by page, in its order and words: what its readers do, whoever holds the mouse or the keys."""

import re
from contextlib import suppress

from playwright.sync_api import Error, Locator, TimeoutError, expect

from deploy.driver import documents
from deploy.driver.people import Applicant, international
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
    someone.open("/").checked("01-accueil").follow("Espace partenaires")
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
    someone.upload("RIB", documents.rib(found.iban, found.structure)).checked("08-etape-6").press("SUIVANT")
    someone.sees("Étape 7 sur 7").checked("09-etape-7")
    someone.tick("J’ai lu les conditions d’utilisation de mes données").press("CONTINUER")
    someone.reads("Demande déposée").checked("10-demande-deposee")


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


def goes_to(someone: Person, structure: str) -> None:
    """Its own line: other clubs' names may begin the same."""
    someone.page.get_by_role("link", name=structure, exact=True).first.click()
    someone.reads(structure)


def instructs(someone: Person, site, found: Applicant) -> None:
    """«Demandes à instruire»: every item accepted, then approved."""
    someone.signs_in_as_agent(site.agent("instructor")).checked("40-caf-accueil")
    someone.follow("Demandes à instruire").checked("41-demandes")
    goes_to(someone, found.structure)
    someone.press("Prendre en charge").checked("42-instruction")
    accept = someone.page.get_by_role("button", name=re.compile("^Accepter"))  # «Accepter : Statuts»
    for left in reversed(range(accept.count())):
        accept.first.click()
        expect(accept).to_have_count(left)
    someone.press("Approuver la demande").sees("Numéro partenaire").checked("43-approuvee")


def looks_at_the_scheme(someone: Person) -> None:
    """The Caf's home, once passes are used."""
    someone.open("/caf").sees("Communes où les pass sont utilisés").checked("47-caf-en-un-coup-d-oeil")


def waits_for(someone: Person, wanted: Locator) -> None:
    """Looks at the page, and asks for it again until it is there: what another service has to hear of first. The page
    has been reached before: asking at once would call off the way that a click has just begun."""

    def there() -> bool:
        with suppress(TimeoutError):
            wanted.first.wait_for(timeout=2_000)
        if wanted.count() == 0:
            with suppress(Error):  # the page was just about to renew itself
                someone.page.reload()
        return wanted.count() > 0

    with someone.telling():
        wait_for(there, "the page shows what another service announced", 60)


def countersigns(someone: Person, site, found: Applicant) -> None:
    """«Contresigner»."""
    someone.signs_in_as_agent(site.agent("signatory")).follow("Contresigner").reads("Contresigner")
    waits_for(someone, someone.page.get_by_role("link", name=found.structure, exact=True))
    someone.checked("44-a-contresigner")
    goes_to(someone, found.structure)
    someone.checked("45-contresigner").press("Contresigner")
    someone.reads("Contresignature")
    waits_for(someone, someone.page.get_by_text("La convention est contresignée et scellée"))
    someone.checked("46-contresignee")


def signs_in_again(someone: Person, found: Applicant) -> None:
    """«Se connecter»: the personal account, then the orange rectangle, then the dashboard."""
    someone.open("/").follow("Espace partenaires").fill({"Identifiant": found.email, "Mot de passe": found.password})
    someone.press("Se connecter").reads("Bonjour").press(found.structure).reads(found.structure)
    someone.sees("Vous venez de rejoindre le réseau").checked("17-tableau-de-bord")


def completes_the_profile(someone: Person, found: Applicant) -> None:
    """«Compléter son profil»: what everybody then reads in the list of partners; and the poster for the wall."""
    someone.open("/tableau-de-bord").follow("Mon profil").reads("Mon profil")
    someone.fill({"Présentation": "Un club de quartier, du baby-judo au kata adulte. Cours d’essai toute l’année."})
    someone.press("Enregistrer").sees("Votre profil est enregistré").checked("18-profil")
    someone.open("/profil/affiche").reads("Mon affiche").sees("Ici, votre pass est accepté").checked("19-affiche")
    someone.open("/partenaires").reads("Liste des partenaires").checked("20-liste-des-partenaires")


def adds_an_establishment(someone: Person) -> None:
    """«Renseigner ses établissements»: the seat is there, «Ajouter» another."""
    someone.open("/tableau-de-bord").follow("Mes établissements").reads("Mes établissements").follow("Ajouter")
    someone.fill(
        {
            "Nom de l’établissement": "Gymnase Elsa-Triolet",
            "Adresse": "3 rue de la République",
            "Code postal": "93000",
            "Commune": "Bobigny",
        }
    )
    someone.press("Enregistrer").sees("Gymnase Elsa-Triolet").checked("21-etablissements")


def grants_a_delegation(someone: Person, mark: str) -> None:
    """«Accorder des délégations»: «Ajouter», «Terminer», then the second act: granting."""
    someone.open("/tableau-de-bord").follow("Mes délégués").reads("Mes délégués").follow("Ajouter")
    someone.fill({"Nom": "Benali", "Prénom": "Zoé", "Mail": f"zoe.{mark}@personne.example"}).checked(
        "22-ajouter-un-delegue"
    )
    someone.press("Terminer").sees("Le compte est créé.").follow("Accorder une délégation")
    someone.tick("Gestionnaire").press("Accorder").sees("La délégation est accordée.").checked("23-delegues")


def records_a_transaction(someone: Person, code: str) -> None:
    """«Demander le remboursement d’un pass'sports-loisirs»."""
    someone.open("/tableau-de-bord").follow("Enregistrer une transaction").checked("24-enregistrer")
    someone.fill({"Code du pass": code}).press("Continuer")
    someone.reads("Montant de la transaction").fill({"Montant": "25,50"}).checked("25-montant").press("Continuer")
    someone.reads("Confirmer la transaction").checked("26-confirmer").press("Confirmer la transaction")
    someone.reads("Transaction enregistrée").sees("Annulation possible aujourd’hui").checked("27-recu")


def follows_the_transactions(someone: Person) -> None:
    """«Suivre ses demandes de remboursement»."""
    someone.open("/tableau-de-bord").follow("Mes transactions").reads("Mes transactions").sees("25,50", "Bon à savoir")
    someone.checked("28-mes-transactions")


def looks_at_payouts(someone: Person) -> None:
    """«Consulter les remboursements déjà réalisés»: by date, the arrow shows the detail."""
    someone.open("/tableau-de-bord").follow("Les virements").reads("Remboursements").checked("29-remboursements")


def reads_the_resources(someone: Person) -> None:
    """«Ressources»."""
    someone.open("/tableau-de-bord").follow("Ressources").reads("Ressources").checked("30-ressources")


def signs_out(someone: Person) -> None:
    """«Déconnexion»: under the structure's name, at the top right."""
    someone.unfold(".account-menu > summary").press("Se déconnecter").sees("Vous êtes déconnecté.")
    expect(someone.page.get_by_role("link", name="Espace partenaires").first).to_be_visible()
