"""The pages of identity, followed with the guide's labels by a browser without JavaScript."""

import json
import re
import subprocess
import sys
from contextlib import suppress

import pyotp
import pytest

from deploy.driver.browser import Browser, Unwelcome
from deploy.local.waiting import wait_for
from tests.integration.identity.world import PASSWORD, World, link_in, password_in
from tests.platform import ROOT

NEW = {"Nouveau mot de passe": PASSWORD, "Confirmez le nouveau mot de passe": PASSWORD}


@pytest.fixture(scope="module")
def world(platform, token):
    return World(platform("identity", gateway=True), token)


def browser(world):
    return Browser(world.running.base_url)


def sign_in(page_owner, login, password, path="/login/partner"):
    return page_owner.open(path).press("Se connecter", {"Identifiant": login, "Mot de passe": password})


def chosen(world, partner):
    """A browser in which the representative administers the structure."""
    mine = browser(world)
    page = sign_in(mine, partner.email, partner.provisional_password).press("Activer mon compte", NEW)
    page.press("Administrer", near=partner.name)
    return mine


def agent(world, *roles, name="alice"):
    """An agent who can sign in at once."""
    command = [sys.executable, "-m", "services.identity", "create-agent", "--ready", "--email", f"{name}@caf.example"]
    command += ["--first-name", "Alice", "--last-name", "Durand", "--roles", ",".join(roles)]
    made = subprocess.run(command, env=world.running.environment, cwd=ROOT, capture_output=True, check=True, text=True)
    return json.loads(made.stdout)


def agent_browser(world, made):
    mine = browser(world)
    page = sign_in(mine, made["login"], made["password"], "/login/agent")
    page.press("Valider", {"Code à six chiffres": pyotp.TOTP(made["totp_secret"]).now()})
    return mine


def test_first_sign_in_personalises_the_password_then_shows_the_orange_rectangle(world):
    partner = world.apply("Judo Club de Pantin")
    mine = browser(world)
    page = sign_in(mine, partner.email, partner.provisional_password)
    assert page.heading() == "Personnalisez votre mot de passe"
    assert mine.open("/compte").heading() == "Personnalisez votre mot de passe"
    with pytest.raises(Unwelcome, match=r"trop facile à deviner|trop courant"):
        page.press("Activer mon compte", dict.fromkeys(NEW, "123456789012"))
    with pytest.raises(Unwelcome, match="différents"):
        page.press("Activer mon compte", NEW | {"Confirmez le nouveau mot de passe": "autre chose"})
    page = page.press("Activer mon compte", NEW)
    page.expect("Bonjour Ada", "Judo Club de Pantin", "Représentant légal")
    page.press("Administrer", near="Judo Club de Pantin").expect("Judo Club de Pantin")


def test_signing_out_is_under_the_name_and_ends_the_session(world):
    mine = chosen(world, world.apply())
    mine.open("/compte").press("Se déconnecter").expect("Vous êtes déconnecté.")
    mine.open("/compte").expect("Connectez-vous pour continuer.")


def test_wrong_password_and_unknown_identifier_read_the_same(world):
    partner = world.apply()
    said = set()
    for login in (partner.email, "personne@exemple.fr", partner.structure_email):
        with pytest.raises(Unwelcome) as refused:
            sign_in(browser(world), login, "Pas-le-bon-mot-de-passe")
        said.add(str(refused.value))
    assert len(said) == 1
    assert "L'identifiant ou le mot de passe est incorrect." in said.pop()


def test_a_forgotten_password_is_chosen_anew_from_a_mailed_link(world):
    partner = world.apply()
    assert partner.provisional_password
    page = browser(world).open("/login/partner").follow("Mot de passe oublié")
    page.press("Envoyer le lien", {"Adresse e-mail de votre compte personnel": partner.email})
    token = link_in(world.mail(partner.email, "nouveau mot de passe"), "/mot-de-passe/nouveau")
    mine = browser(world)
    page = mine.open(f"/mot-de-passe/nouveau/{token}").press("Enregistrer", NEW)
    page.expect("Votre nouveau mot de passe est enregistré.")
    sign_in(mine, partner.email, PASSWORD).expect("Bonjour Ada")
    with pytest.raises(Unwelcome, match="n'est plus valable"):
        mine.open(f"/mot-de-passe/nouveau/{token}").press("Enregistrer", NEW)


def test_the_answer_to_a_lost_password_never_tells_who_has_an_account(world):
    partner = world.apply()
    answers = []
    for email in (partner.email, "personne@exemple.fr", partner.structure_email):
        page = browser(world).open("/mot-de-passe")
        answers.append(page.press("Envoyer le lien", {"Adresse e-mail de votre compte personnel": email}).text)
    assert len(set(answers)) == 1


def test_the_way_back_after_signing_in_stays_on_the_site(world):
    partner = world.representative()
    for elsewhere in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        page = sign_in(browser(world), partner.email, PASSWORD, f"/login/partner?suite={elsewhere}")
        assert page.url.startswith(world.running.base_url)


def loses_the_right(someone, login):
    """The next time that a service is asked for something, it refuses and ends the session; the next may do nothing."""

    def gone():
        with suppress(Unwelcome):
            someone.open("/compte")
        return "Connectez-vous pour continuer." in someone.open("/espace").text

    wait_for(gone, "the right is gone", 20)
    sign_in(someone, login, PASSWORD).expect("Vous n'administrez aucune structure")


def test_a_delegate_is_added_then_granted_then_revoked(world):
    mine = chosen(world, world.apply("Tennis des Lilas"))
    page = mine.open("/delegues").follow("Ajouter")
    page = page.press("Terminer", {"Nom": "Benali", "Prénom": "Zoé", "Mail": "zoe@exemple.fr"})
    page.expect("Le compte est créé.", "Zoé Benali", "Aucune délégation", "Pas encore activé")
    page = page.follow("Accorder une délégation", near="Zoé Benali")
    page = page.press("Accorder", choose=["Caissier"])
    page.expect("La délégation est accordée.", "Caissier")
    delegate = browser(world)
    space = sign_in(delegate, "zoe@exemple.fr", password_in(world.mail("zoe@exemple.fr", "compte personnel")))
    space.press("Activer mon compte", NEW).press("Administrer", near="Tennis des Lilas")
    with pytest.raises(Unwelcome, match="403"):
        delegate.open("/delegues")
    mine.open("/delegues").press("Retirer la délégation", near="Zoé Benali").expect("Aucune délégation")
    loses_the_right(delegate, "zoe@exemple.fr")


def test_pairing_shows_a_code_until_a_device_has_used_it(world):
    mine = chosen(world, world.apply())
    page = mine.open("/terminaux").follow("Appairer un terminal")
    page = page.press("Afficher le code", {"Nom du terminal": "Accueil"})
    code = re.search(r"[B-Z2-9]{4}-[B-Z2-9]{4}", page.text).group(0)
    paired = world.call("pair_terminal", pairing_code=code.lower(), device_name="Pixel 9", ip="192.0.2.7")
    page = mine.open(page.url)
    page.expect("Le terminal « Accueil » est appairé.", "Pixel 9")
    page.press("Retirer", near="Accueil").expect("Le terminal est retiré.")
    with pytest.raises(Exception, match="terminal_token_revoked"):
        world.call("resolve_terminal", terminal_token=paired["token"])


def test_my_sessions_can_be_closed_one_by_one(world):
    partner = world.apply()
    mine = chosen(world, partner)
    other = browser(world)
    sign_in(other, partner.email, PASSWORD).expect("Bonjour Ada")
    page = mine.open("/compte")
    page.expect("Session en cours")
    page.press("Fermer").expect("La session est fermée.")
    wait_for(lambda: "Connectez-vous pour continuer." in other.open("/compte").text, "the other to be out", 40)


def test_the_address_changes_when_both_addresses_agree(world):
    partner = world.apply()
    mine = chosen(world, partner)
    page = mine.open("/compte/adresse")
    page = page.press(
        "Demander le changement", {"Nouvelle adresse e-mail": "ada.new@exemple.fr", "Mot de passe actuel": PASSWORD}
    )
    page.expect("Changement d'adresse en attente")
    for address, said in ((partner.email, "Ouvrez maintenant le lien"), ("ada.new@exemple.fr", "est changée")):
        token = link_in(world.mail(address, "Confirmez le changement"), "/compte/adresse")
        page = browser(world).open(f"/compte/adresse/{token}").press("Confirmer le changement")
        page.expect(said)
    sign_in(browser(world), "ada.new@exemple.fr", PASSWORD).expect("Bonjour Ada")


def test_the_mobile_changes_with_a_code_sent_to_the_new_number(world):
    mine = chosen(world, world.apply())
    page = mine.open("/compte/portable")
    page = page.press(
        "Recevoir le code", {"Nouveau téléphone portable": "07 81 22 33 44", "Mot de passe actuel": PASSWORD}
    )
    sent = world.running.text_messages()[-1]
    assert sent["to"] == "+33781223344"
    code = re.search(r"\b\d{6}\b", sent["body"]).group(0)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    with pytest.raises(Unwelcome, match="Il vous reste 4 essais"):
        page.press("Confirmer", {"Code de vérification": wrong})
    page.press("Confirmer", {"Code de vérification": code}).expect("Votre téléphone portable est enregistré.", "44")


def test_an_agent_signs_in_with_a_code_that_passes_once(world):
    made = agent(world, "instructor", "administrator")
    code = pyotp.TOTP(made["totp_secret"]).now()
    page = sign_in(browser(world), made["login"], made["password"], "/login/agent")
    page.press("Valider", {"Code à six chiffres": code}).expect("Bonjour Alice")
    page = sign_in(browser(world), made["login"], made["password"], "/login/agent")
    with pytest.raises(Unwelcome, match="a déjà servi"):
        page.press("Valider", {"Code à six chiffres": code})


def test_a_new_agent_enrols_an_authenticator_and_personalises_the_password(world):
    boss = agent_browser(world, agent(world, "administrator", name="boss"))
    page = boss.open("/caf/agents").follow("Ajouter un agent")
    page = page.press(
        "Terminer",
        {"Nom": "Petit", "Prénom": "Luc", "Adresse e-mail professionnelle": "luc@caf.example"},
        choose=["Signataire"],
    )
    page.expect("L'agent est ajouté.", "Luc Petit", "Authentification à enregistrer")
    mine = browser(world)
    given = password_in(world.mail("luc@caf.example", "compte d'agent"))
    page = sign_in(mine, "luc@caf.example", given, "/login/agent")
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.text).group(0)
    page = page.press("Valider", {"Code à six chiffres": pyotp.TOTP(secret).now()})
    assert len(set(re.findall(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b", page.text))) == 10
    page = page.follow("J'ai rangé mes codes")
    assert page.heading() == "Personnalisez votre mot de passe"
    page.press("Activer mon compte", NEW)
    assert "/caf" in mine.open("/caf").url


def test_a_change_of_representative_waits_for_the_caf(world):
    partner = world.apply("Chorale de Bondy")
    mine = chosen(world, partner)
    fields = {
        "Nom": "Nguyen", "Prénom": "Linh", "Fonction": "Présidente", "Adresse e-mail personnelle": "linh@exemple.fr",
        "Téléphone portable": "06 98 76 54 32", "Raison du changement": "Assemblée générale",
        "Votre mot de passe": PASSWORD,
    }  # fmt: skip
    page = (
        mine.open("/delegues")
        .follow("Changer de représentant légal")
        .press("Envoyer la demande", fields, choose=["Madame"])
    )
    page.expect("Une demande de changement attend la décision de la Caf", "Linh Nguyen")
    caf = agent_browser(world, agent(world, "instructor", name="ines"))
    page = caf.open("/caf/representants")
    page.expect("Chorale de Bondy", "linh@exemple.fr").press("Accepter", near="Chorale de Bondy").expect("accepté")
    fresh = browser(world)
    page = sign_in(fresh, "linh@exemple.fr", password_in(world.mail("linh@exemple.fr", "compte personnel")))
    page.press("Activer mon compte", NEW).expect("Chorale de Bondy", "Représentant légal")
    loses_the_right(mine, partner.email)


def test_my_data_can_be_taken_away_and_the_account_closed(world):
    partner = world.apply("Yoga de Bobigny")
    mine = chosen(world, partner)
    taken = mine.download("/compte/donnees").json()
    assert (taken["account"]["email"], taken["details"]["mobile"]) == (partner.email, "+33612345678")
    with pytest.raises(Unwelcome, match="Il doit rester une personne"):
        mine.open("/compte/fermer").press("Fermer mon compte", {"Mot de passe actuel": PASSWORD})
