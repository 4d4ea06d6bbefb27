"""The life of a structure in a real browser, with the guide's labels, on a desktop and on a phone: its profile and
public page, places, bank account, delegates; the list of partners, resources, assistance."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from deploy.driver import documents
from deploy.driver.people import iban
from deploy.local.waiting import wait_for
from tests.journeys.person import Person

SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])


@pytest.fixture
def mine(person, labelled):
    """`mine(phone)`: the representative of an active partner, at the structure's dashboard."""

    def administers(phone: bool) -> Person:
        club = labelled.club
        return person(phone=phone).signs_in(club.email, club.password, club.structure)

    return administers


def card(someone: Person, title: str):
    return someone.page.locator("section.card").filter(has=someone.page.get_by_role("heading", name=title))


@SIZES
def test_the_dashboard_has_the_guides_eight_tiles(mine, phone) -> None:
    club = mine(phone)
    for tile in (
        "Enregistrer une transaction", "Mes transactions", "Mon profil", "Mes établissements", "Mes délégués",
        "Ressources", "Assistance", "Télécharger la convention",
    ):  # fmt: skip
        expect(club.page.locator(".tiles--first").get_by_role("link", name=tile)).to_be_visible()
    club.does_not_scroll_sideways()


@SIZES
def test_the_profile_is_completed_previewed_and_shown_to_the_public(person, mine, labelled, phone) -> None:
    said = f"Le judo pour tous, {'du téléphone' if phone else 'du bureau'}."
    club = mine(phone).follow("Mon profil").reads("Mon profil")
    club.fill({"Présentation": said, "À partir de (âge)": "6", "Jusqu’à (âge)": "17", "Intitulé 1": "Planning"})
    club.fill({"Adresse 1": "javascript:alert(1)"}).press("Enregistrer").sees("Planning :")
    assert club.field("Présentation").input_value() == said
    club.fill({"Adresse 1": "https://planning.example"})
    for name, time in (("Mercredi, ouverture", "14:00"), ("Mercredi, fermeture", "18:30")):
        club.page.get_by_label(name).first.fill(time)
    club.press("Enregistrer").sees("Votre profil est enregistré.")
    club.upload("Logo", documents.png("Logo")).press("Envoyer le logo").sees("Votre logo est enregistré.")
    club.does_not_scroll_sideways().follow("Aperçu").sees("Voici votre page telle que le public la verra", said)
    club.checked(f"40-apercu-{'telephone' if phone else 'bureau'}")

    visitor = person(phone=not phone).open("/").follow("Liste des partenaires")
    visitor.fill({"Mots": labelled.club.structure}).press("Rechercher").follow(labelled.club.structure)
    visitor.sees(said, "14:00", "Planning", "de 6 à 17 ans").does_not_scroll_sideways()
    assert visitor.page.get_by_text("Mercredi").is_visible()
    logo = visitor.page.get_by_role("img", name=f"Logo de {labelled.club.structure}")
    assert logo.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    for secret in (labelled.club.email, labelled.club.iban, labelled.club.last_name):
        assert secret not in visitor.page.content()
    club.follow("Mon profil").press("Retirer le logo").sees("Le logo est retiré.")


@SIZES
def test_a_place_is_added_in_another_department_changed_and_closed(mine, phone) -> None:
    name = f"Dojo {'mobile' if phone else 'bureau'}"
    club = mine(phone).follow("Mes établissements").sees("Siège").follow("Ajouter")
    club.fill({"Nom de l’établissement": name, "Adresse": "2 rue du Stade", "Code postal": "77410"})
    club.field("Code postal").blur()
    expect(club.page.locator("#communes option")).to_have_count(11)  # of Seine-et-Marne, and of this postcode alone
    club.fill({"Commune": "Bobigny"}).press("Enregistrer").sees("À ce code postal, la commune est :")
    club.fill({"Commune": "claye souilly"}).tick("Judo, jujitsu", "Accessible aux personnes handicapées")
    club.fill({"Précisions sur l’accessibilité": "Rampe à l’entrée"}).press("Enregistrer")
    club.sees("L’établissement est enregistré.", "Rampe à l’entrée").checked()
    place = card(club, name)
    place.get_by_role("link", name="Modifier").click()
    club.fill({"Adresse": "4 rue du Stade"}).press("Enregistrer")
    expect(place).to_contain_text("4 rue du Stade")
    expect(place).to_contain_text("77410 Claye-Souilly")
    club.press("Fermer", within=place).sees("L’établissement est fermé.")
    expect(place).to_contain_text("Fermé")
    club.press("Rouvrir", within=place).sees("L’établissement est rouvert.").press("Fermer", within=place)
    expect(card(club, "Siège").get_by_role("button", name="Fermer")).to_have_count(0)
    club.does_not_scroll_sideways()


@SIZES
def test_a_postcode_alone_names_its_only_commune(mine, phone) -> None:
    club = mine(phone).open("/etablissements/ajouter").fill({"Code postal": "97440"})
    club.field("Code postal").blur()
    expect(club.field("Commune")).to_have_value("Saint-André")


@SIZES
def test_another_iban_waits_two_days_and_the_old_one_stays(site, person, mine, labelled, phone) -> None:
    club = mine(phone).open("/coordonnees-bancaires")
    in_force = card(club, "Compte utilisé pour vos remboursements")
    old = re.search(r"FR\d\d[ •\d]+", in_force.inner_text())[0].strip()
    fresh = iban(70_000_001 + phone)
    club.follow("Modifier").fill({"IBAN": fresh[:-1] + "0"}).field("IBAN").blur()
    club.sees("Cet IBAN n’est pas valide")
    club.fill({"IBAN": fresh}).field("IBAN").blur()
    club.sees("LA BANQUE POSTALE")
    club.fill({"Titulaire du compte": labelled.club.structure, "Votre mot de passe": "Mauvais-Mot-De-Passe-1"})
    club.upload("RIB", documents.pdf("RIB")).press("Enregistrer").sees("mot de passe")
    club.fill({"IBAN": fresh, "Votre mot de passe": labelled.club.password})
    club.upload("RIB", documents.pdf("RIB")).press("Enregistrer").sees("Compte bancaire en attente")
    expect(in_force).to_contain_text(old)
    club.does_not_scroll_sideways().checked(f"41-banque-{'telephone' if phone else 'bureau'}")
    club.open("/tableau-de-bord").sees("Compte bancaire en attente")
    for address in (labelled.club.email, labelled.club.structure_email):
        assert fresh not in site.outbox.wait_for_mail(address, "Nouvelles coordonnées").text

    caf = person(phone=phone).signs_in_as_agent(labelled.agent("instructor")).open("/caf/comptes-bancaires")
    caf.follow(labelled.club.structure).press("Accepter").sees("48 heures")


@SIZES
def test_partners_are_found_despite_typing_errors_and_given_as_open_data(person, labelled, phone) -> None:
    club, someone = labelled.club, person(phone=phone, scripts=phone)
    someone.open("/").follow("Liste des partenaires").fill({"Mots": "bobigni judau"}).press("Rechercher")
    someone.sees("partenaire", club.structure).does_not_scroll_sideways()
    window = someone.page.viewport_size["height"]
    assert someone.page.locator(".results").bounding_box()["y"] < window  # a list first: it begins without scrolling
    shared = someone.page.url
    someone.open("/partenaires").fill({"Commune": "Drancy", "Autour de cette commune": "À moins de 5 km"})
    someone.fill({"Activité": club.activity, "Âge de l’enfant": "9"}).press("Rechercher").sees(club.structure)
    someone.sees("km)").open("/partenaires").fill({"Commune": "Noisy-le-Grand"}).press("Rechercher")
    expect(someone.page.get_by_role("link", name=club.structure)).to_have_count(0)
    someone.sees("0 partenaire")
    person(phone=not phone).open(shared).sees(club.structure)

    found = someone.page.request.get(someone.base_url + "/partenaires/donnees.json").json()
    listed = someone.page.request.get(someone.base_url + "/partenaires/donnees.csv").text()
    rows = list(csv.DictReader(io.StringIO(listed.removeprefix("\ufeff")), delimiter=";"))
    assert [one["name"] for one in found] == [row["name"] for row in rows]
    assert club.structure in [one["name"] for one in found]
    assert not any(secret in listed for secret in (club.email, club.iban, club.mobile))


@SIZES
def test_resources_are_published_for_everyone_or_for_partners_and_withdrawn(site, person, mine, phone) -> None:
    mark = "téléphone" if phone else "bureau"
    caf = person(phone=phone).signs_in_as_agent(site.agent("administrator")).open("/caf/ressources")
    for title, audience in ((f"Guide {mark}", "Tout le monde"), (f"Note {mark}", "Les partenaires seulement")):
        caf.follow("Ajouter").fill({"Titre": title, "Rubrique": "Guides", "Visible par": audience})
        caf.upload("Fichier", documents.pdf(title)).press("Publier").sees(title)
    visitor = person(phone=phone).open("/").follow("Ressources").sees(f"Guide {mark}").does_not_scroll_sideways()
    expect(visitor.page.get_by_text(f"Note {mark}")).to_have_count(0)
    club = mine(phone).follow("Ressources").sees(f"Guide {mark}", f"Note {mark}").checked()
    with club.page.expect_download() as given:
        club.follow(f"Note {mark}")
    assert given.value.path().read_bytes().startswith(b"%PDF")


@SIZES
def test_a_partners_question_is_taken_answered_and_closed(site, person, mine, labelled, phone) -> None:
    subject = f"Question du {'téléphone' if phone else 'bureau'}"
    club = mine(phone).open("/assistance/nouvelle").fill({"Votre question porte sur": "Mes remboursements"})
    club.fill({"Objet": subject, "Votre message": "Quand le prochain virement ?"})
    club.upload("Pièces jointes", documents.pdf("Relevé")).press("Envoyer").reads(subject)
    club.sees("relevé.pdf").does_not_scroll_sideways()

    caf = person(phone=phone).signs_in_as_agent(labelled.agent("instructor")).follow("Assistance").follow(subject)
    caf.press("Prendre en charge").sees("Rendre à tous")
    caf.fill({"Votre message": "Demain matin."}).press("Répondre").sees("Demain matin.").does_not_scroll_sideways()
    mail = site.outbox.wait_for_mail(labelled.club.email, "Réponse")
    assert "Demain matin" not in mail.text  # what was written stays behind the sign-in
    club.page.reload()
    club.sees("Demain matin.", "Réponse reçue").fill({"Votre message": "Merci !"}).press("Envoyer").sees("Merci !")
    caf.page.reload()
    caf.sees("Merci !").press("Clore").sees("Close").checked()


@SIZES
def test_a_visitor_asks_with_an_address_that_a_mailed_link_confirms(site, person, labelled, phone) -> None:
    address = f"parent.{'phone' if phone else 'desk'}@famille.example"
    someone = person(phone=phone, scripts=not phone).open("/").follow("Assistance")
    someone.fill({"Votre question porte sur": "Je suis une famille : mon pass", "Objet": "Pass perdu"})
    someone.fill({"Votre message": f"Où le retrouver ? {address}"}).press("Envoyer").sees("adresse")
    someone.fill({"Votre adresse e-mail": address}).press("Envoyer").sees(address)
    link = site.outbox.wait_for_mail(address, "assistance").first_link("/assistance/suivi/")
    someone.open(link).sees("Confirmez votre demande").press("Confirmer ma demande").sees("la Caf l’a reçue")
    caf = person().signs_in_as_agent(labelled.agent("instructor")).open("/caf/assistance")
    caf.follow("Pass perdu").fill({"Votre message": "Un lien vous a été envoyé."}).press("Répondre")
    answer = site.outbox.wait_for_mail(address, "répondu")
    person(phone=phone).open(answer.first_link("/assistance/suivi/")).sees("Un lien vous a été envoyé.")
    caf.press("Clore").sees("Close")


@SIZES
def test_a_delegation_has_a_role_a_place_and_an_end(site, person, mine, labelled, phone) -> None:
    address = f"lea.{'phone' if phone else 'desk'}@personne.example"
    club = mine(phone).follow("Mes délégués").follow("Ajouter")
    club.fill({"Nom": "Zidi", "Prénom": "Léa", "Mail": address}).press("Terminer")
    who = club.page.get_by_role("row").filter(has_text=address)
    who.get_by_role("link", name="Accorder une délégation").click()
    club.tick("Comptable").field("Date de fin").fill("2020-01-01")
    club.press("Accorder").sees("passé")
    ends = club.page.evaluate("new Date(Date.now() + 864e5 * 30).toISOString().slice(0, 10)")
    club.field("Date de fin").fill(ends)
    club.press("Accorder").sees("La délégation est accordée.")
    expect(who).to_contain_text("jusqu’au")
    wait_for(lambda: site.outbox.wait_for_mail(address, "Mot de passe"), "the account is mailed", 30)
    representative = club.page.get_by_role("row").filter(has_text=labelled.club.email)
    expect(representative.get_by_role("button", name="Retirer la délégation")).to_have_count(0)
    club.press("Retirer la délégation", within=who).sees("La délégation est retirée.").does_not_scroll_sideways()
