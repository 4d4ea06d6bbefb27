"""From the draft of a representative to two accounts in use."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from deploy.local.waiting import wait_for
from services.chassis.refusals import Refused
from tests.mails import html_of, text_of
from tests.refusing import refusal


def test_an_application_makes_two_accounts_and_two_mails(world):
    partner = world.apply("Club <Étoile> & Fils")
    information = world.mail(partner.structure_email, "Bienvenue")
    activation = world.mail(partner.email, "compte personnel")
    assert "Le représentant légal que vous avez déclaré va recevoir un email" in text_of(information)
    assert "gérer le compte de Club <Étoile> & Fils" in text_of(activation)
    assert "Club &lt;Étoile&gt; &amp; Fils" in html_of(activation)
    assert f"{world.running.base_url}/login/partner" in text_of(activation)
    assert f"Identifiant : {partner.email}" in text_of(activation)
    assert partner.provisional_password not in text_of(information) + html_of(information)


def test_the_provisional_password_opens_nothing_but_its_replacement(world):
    partner = world.apply()
    opened = world.sign_in(partner.email, partner.provisional_password)
    viewer = world.viewer(opened["session_token"])
    assert (viewer["roles"], viewer["must_personalise"], viewer["structures"]) == (["unpersonalised"], True, [])
    denied = refusal(world.call, "choose_structure", token=viewer["actor_token"], structure_id=partner.structure_id)
    assert denied.code == "not_allowed"


def test_after_personalising_the_person_chooses_the_structure(world):
    partner = world.representative("Club des Cimes")
    viewer = partner.viewer
    assert viewer["roles"] == ["legal_representative"]
    assert viewer["structure"]["name"] == "Club des Cimes"
    provisional = partner.provisional_password
    assert refusal(world.sign_in, partner.email, provisional).code == "sign_in_failed"


def test_an_account_in_use_is_announced(world):
    partner = world.representative()
    found = wait_for(
        lambda: world.rows(
            "SELECT body FROM outbox WHERE type = 'account_activated.v1' AND body LIKE %s", f"%{partner.structure_id}%"
        ),
        "the announcement",
        5,
    )
    assert partner.email not in found[0][0]


def test_an_address_belongs_to_one_account_of_any_kind_whatever_its_case(world):
    partner = world.apply()
    taken = refusal(world.draft, partner.structure_email.upper())
    assert (taken.code, taken.fields) == ("email_already_used", {"which": "person"})
    other = world.draft("someone.else@exemple.fr")
    taken = refusal(world.reserve, other, partner.email.title())
    assert (taken.code, taken.fields) == ("email_already_used", {"which": "structure"})


def test_both_addresses_must_differ(world):
    draft = world.draft("same@exemple.fr")
    assert refusal(world.reserve, draft, "SAME@exemple.fr").code == "emails_must_differ"


def test_reserving_again_for_the_same_draft_changes_nothing(world):
    draft = world.draft("again@exemple.fr")
    first = world.reserve(draft, "again-club@exemple.fr")
    del first["registration_id"]
    world.reserve(draft, "again-club@exemple.fr", **first)
    held = world.rows("SELECT count(*) FROM reservations WHERE registration_id = %s", draft)
    assert held == [(1,)]


def test_two_hundred_submissions_with_one_address_make_one_account(world):
    drafts = [world.draft("crowd@exemple.fr") for _ in range(200)]
    before = world.rows("SELECT count(*) FROM accounts")[0][0]

    def submit(numbered):
        number, draft = numbered
        try:
            world.reserve(draft, f"crowd-club-{number}@exemple.fr")
        except Refused as refused:
            return refused.code, refused.fields["which"]
        return "reserved", ""

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(submit, enumerate(drafts)))
    assert answers.count(("reserved", "")) == 1
    assert answers.count(("email_already_used", "person")) == 199
    assert world.rows("SELECT count(*) FROM accounts")[0][0] - before == 2
    assert world.rows("SELECT count(*) FROM structures WHERE structure_account_id IS NULL")[0][0] == 0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "ada.example.fr", "Saisissez une adresse e-mail valide"),
        ("mobile", "01 42 00 00 00", "numéro de téléphone portable français"),
        ("mobile", "06 12", "numéro de téléphone portable français"),
        ("mobile", "+44 7700 900123", "numéro de téléphone portable français"),
        ("first_name", "   ", "obligatoire"),
        ("civility", "Dr", "civilité"),
    ],
)
def test_what_is_wrong_with_a_representative_is_said_in_french(world, field, value, message):
    refused = refusal(
        world.draft, "wrong@exemple.fr" if field != "email" else value, **({} if field == "email" else {field: value})
    )
    assert refused.code == "validation_failed"
    assert message in refused.fields["errors"][field][0]


def test_overseas_mobiles_are_french_mobiles(world):
    draft = world.draft("overseas@exemple.fr", mobile="0690 12 34 56")
    assert world.as_partners("registration", registration_id=draft)["mobile"] == "+590690123456"


def test_an_unknown_draft_is_refused(world):
    assert refusal(world.as_partners, "registration", registration_id=str(uuid4())).code == "registration_unknown"


def test_nothing_personal_is_readable_in_the_tables(world):
    partner = world.representative()
    everything = " ".join(
        str(world.rows(f"SELECT * FROM {table}"))
        for table in ("accounts", "registrations", "sessions", "memberships", "mail", "outbox", "audit")
    )
    for secret in (partner.email, partner.structure_email, "Martin", "612345678", "192.0.2.1"):
        assert secret not in everything
