"""«Activer son compte», «Se connecter», «Accorder des délégations» and one's own account, in a real browser."""

import io
import re

import pyotp
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from deploy.driver import partner
from deploy.driver.browser import Browser
from deploy.driver.people import applicant
from tests.journeys.person import Person

OWN = "Tilleuls-Orange-Nuage-42"
NEW = {"Nouveau mot de passe": OWN, "Confirmez le nouveau mot de passe": OWN}


@pytest.fixture(scope="module")
def club(site):
    """A club that has applied; its representative has personalised the password."""
    found = applicant(2, "accounts")
    browser = Browser(site.base_url)
    partner.apply(browser, found)
    partner.activate(browser, site.outbox, found)
    return found


def signs_in(someone: Person, login: str, password: str) -> Person:
    return someone.open("/login/partner").fill({"Identifiant": login, "Mot de passe": password}).press("Se connecter")


def administers(someone: Person, club) -> Person:
    return signs_in(someone, club.email, club.password).press(club.structure).reads(club.structure)


def row(someone: Person, text: str):
    return someone.page.get_by_role("row").filter(has_text=text)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_delegate_is_added_granted_and_withdrawn(site, person, club, phone) -> None:
    address = f"zoe.{'phone' if phone else 'desk'}@personne.example"
    mine = administers(person(phone=phone), club)
    mine.open("/tableau-de-bord").follow("Mes délégués").follow("Ajouter")
    mine.fill({"Nom": "Benali", "Prénom": "Zoé", "Mail": address}).press("Terminer")
    mine.sees("Le compte est créé.")
    place = row(mine, address)
    expect(place).to_contain_text("Aucune délégation")
    place.get_by_role("link", name="Accorder une délégation").click()
    mine.tick("Caissier").checked("delegue-accorder").press("Accorder").sees("La délégation est accordée.")

    hers = person(phone=not phone)
    mail = site.outbox.wait_for_mail(address, "Mot de passe")
    signs_in(hers, mail.after("Identifiant"), mail.after("Mot de passe")).reads("Personnalisez votre mot de passe")
    hers.fill(NEW).press("Activer mon compte").press(club.structure).reads(club.structure)
    hers.sees("Enregistrer une transaction")
    assert hers.page.get_by_role("link", name="Mes délégués").count() == 0

    mine.press("Retirer la délégation", within=row(mine, address)).sees("La délégation est retirée.")
    hers.open("/transactions/nouvelle").sees("Votre accès a été retiré")


def test_a_provisional_password_leads_nowhere_else(site, person, club) -> None:
    mine = administers(person(), club)
    mine.open("/delegues/ajouter").fill({"Nom": "Roy", "Prénom": "Ali", "Mail": "ali@personne.example"}).press(
        "Terminer"
    )
    mail = site.outbox.wait_for_mail("ali@personne.example", "Mot de passe")
    his = signs_in(person(), mail.after("Identifiant"), mail.after("Mot de passe"))
    for path in ("/espace", "/compte", "/tableau-de-bord", "/transactions/"):
        his.open(path).reads("Personnalisez votre mot de passe")
    his.fill({"Nouveau mot de passe": "court", "Confirmez le nouveau mot de passe": "autre"}).press(
        "Activer mon compte"
    )
    his.sees("Les deux mots de passe sont différents.").checked("mot-de-passe-erreur")


def test_a_forgotten_password_is_replaced_from_the_mailed_link_without_scripts(site, person, club) -> None:
    someone = person(scripts=False).open("/login/partner").follow("Mot de passe oublié")
    someone.fill({"Adresse e-mail de votre compte personnel": club.email}).press("Envoyer le lien")
    someone.sees("Si un compte correspond à cette adresse")
    someone.open(site.outbox.wait_for_mail(club.email, "choisir un nouveau").first_link("/mot-de-passe/nouveau/"))
    someone.fill(dict.fromkeys(NEW, club.password + "-2")).press("Enregistrer").sees("est enregistré")
    club.password += "-2"
    signs_in(someone, club.email, club.password).sees("Choisissez la structure à administrer.")


def test_sessions_are_listed_and_closed_from_another_device(person, club) -> None:
    phone = administers(person(phone=True), club)
    desk = administers(person(), club)
    desk.open("/compte").checked("compte").press("Fermer toutes les autres sessions").sees("sont fermées")
    phone.open("/compte").sees("Connectez-vous")


def test_the_mobile_and_the_names_are_changed(site, person, club) -> None:
    mine = administers(person(), club)
    mine.open("/compte").follow("Changer mon téléphone portable").checked()
    mine.fill({"Nouveau téléphone portable": "07 81 22 33 44", "Mot de passe actuel": club.password})
    mine.press("Recevoir le code").checked("portable-code")
    mine.fill({"Code de vérification": site.outbox.wait_for_code("+33781223344")}).press("Confirmer")
    mine.sees("Votre téléphone portable est enregistré.", "44")
    mine.follow("Modifier mes informations").fill({"Fonction": "Trésorière"}).press("Enregistrer").sees("Trésorière")


def test_the_address_changes_when_both_agree(site, person, club) -> None:
    mine = administers(person(), club)
    fresh = "camille.nouvelle@personne.example"
    mine.open("/compte/adresse").fill({"Nouvelle adresse e-mail": fresh, "Mot de passe actuel": club.password})
    mine.press("Demander le changement").sees("Changement d’adresse en attente")
    for address, said in ((club.email, "Ouvrez maintenant le lien"), (fresh, "Votre adresse e-mail est changée.")):
        link = site.outbox.wait_for_mail(address, "Confirmez le changement").first_link("/compte/adresse/")
        person().open(link).press("Confirmer le changement").sees(said)
    club.email = fresh
    signs_in(person(phone=True), fresh, club.password).sees("Choisissez la structure à administrer.")


def test_a_terminal_is_paired_by_its_qr_and_withdrawn(site, person, club) -> None:
    mine = administers(person(), club)
    mine.open("/tableau-de-bord").follow("Mes terminaux").follow("Appairer un terminal")
    mine.fill({"Nom du terminal": "Accueil"}).press("Afficher le code").checked("appairage")
    link = read_qr(mine)
    assert link.startswith(f"{site.base_url}/terminal#pairing=")
    paired = mine.page.request.post(
        f"{site.base_url}/api/v1/terminals/pair", data={"pairing_code": link, "device": {"name": "Pixel 9"}}
    )
    assert paired.status == 201, paired.text()
    mine.sees("Le terminal « Accueil » est appairé.")
    mine.press("Retirer", within=row(mine, "Accueil")).sees("Le terminal est retiré.")


def read_qr(someone: Person) -> str:
    """What the QR code on the page says, read from its picture."""
    picture = Image.open(io.BytesIO(someone.page.locator("svg.qr").screenshot()))
    return zxingcpp.read_barcodes(picture)[0].text


def test_a_new_agent_enrols_by_qr_and_keeps_recovery_codes(site, person) -> None:
    boss = person().signs_in_as_agent(site.agent("administrator"))
    boss.follow("Agents").follow("Ajouter un agent")
    boss.fill({"Nom": "Petit", "Prénom": "Luc", "Adresse e-mail professionnelle": "luc.petit@caf.example"})
    boss.tick("Signataire").checked("agent-ajouter").press("Terminer").sees("L’agent est ajouté.")
    mail = site.outbox.wait_for_mail("luc.petit@caf.example", "compte d'agent")
    his = person().open("/login/agent")
    his.fill({"Identifiant": "luc.petit@caf.example", "Mot de passe": mail.after("Mot de passe provisoire")})
    his.press("Se connecter").reads("Enregistrer l’application d’authentification").checked("authentification")
    authenticator = pyotp.parse_uri(read_qr(his))
    his.fill({"Code à six chiffres": authenticator.now()}).press("Valider").reads("Vos codes de secours")
    codes = re.findall(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b", his.checked("codes-de-secours").page.inner_text("main"))
    his.follow("J’ai rangé mes codes").reads("Personnalisez votre mot de passe").fill(NEW).press("Activer mon compte")
    his.reads("Bonjour")
    again = person(phone=True).open("/login/agent").fill({"Identifiant": "luc.petit@caf.example", "Mot de passe": OWN})
    again.press("Se connecter").fill({"Code à six chiffres": codes[0]}).press("Valider").reads("Bonjour")


def test_another_legal_representative_waits_for_the_caf(site, person, club) -> None:
    mine = administers(person(), club)
    mine.open("/delegues").follow("Changer de représentant légal").tick("Madame").fill(
        {
            "Nom": "Nguyen", "Prénom": "Linh", "Fonction": "Présidente", "Raison du changement": "Assemblée générale",
            "Adresse e-mail personnelle": "linh@personne.example", "Téléphone portable": "06 98 76 54 32",
            "Votre mot de passe": club.password,
        }
    ).checked("representant")  # fmt: skip
    mine.press("Envoyer la demande").sees("attend la décision de la Caf")
    caf = person().signs_in_as_agent(site.agent("instructor")).follow("Représentants légaux")
    caf.press("Accepter", within=caf.page.locator("section").filter(has_text=club.structure)).sees("accepté")
    mail = site.outbox.wait_for_mail("linh@personne.example", "Mot de passe")
    hers = signs_in(person(phone=True), mail.after("Identifiant"), mail.after("Mot de passe"))
    hers.fill(NEW).press("Activer mon compte").sees("Représentant légal").press(club.structure).reads(club.structure)


def test_signing_out_is_under_the_structures_name(person, labelled) -> None:
    """«Déconnexion»: at the top right, under the name of the structure."""
    club = labelled.club
    someone = signs_in(person(), club.email, club.password).press(club.structure).reads(club.structure)
    someone.page.locator("header").get_by_text(club.structure).click()
    someone.press("Se déconnecter").sees("Vous êtes déconnecté.")
    someone.open("/tableau-de-bord").reads("Espace partenaires")
