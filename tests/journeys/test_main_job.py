"""The main job, in the guide's order and words."""

from deploy.driver import documents
from deploy.driver.people import Applicant, applicant
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
    someone.open("/login/partner").fill(
        {"Identifiant": mail.after("Identifiant"), "Mot de passe": mail.after("Mot de passe")}
    )
    someone.press("Se connecter").checked("10-mot-de-passe")
    someone.fill({"Nouveau mot de passe": found.password, "Confirmez le nouveau mot de passe": found.password})
    someone.press("Activer mon compte").checked("11-espace-personnel")
    someone.press(found.structure).reads(found.structure).checked("12-tableau-de-bord")


def test_a_club_asks_for_a_label_and_activates_its_account(site, person) -> None:
    club, someone = applicant(0, "journey"), person()
    asks_for_a_label(someone, club)
    someone.checked("09-fin")
    activates_the_account(someone, site, club)
