"""Pages of a structure's life: profile, establishments, bank account, directory, resources, assistance."""

import io

import pytest
from lxml import html

from services.chassis.refusals import Refused

ACTIVITY = {"code": "judo", "label": "Judo, jujitsu", "family": "Sports de combat"}
THEATRE = {"code": "theatre", "label": "Théâtre", "family": "Danse et expression"}
KARATE = {"code": "karate", "label": "Karaté", "family": "Sports de combat"}
CATALOGUE = {
    "structure_types": [],
    "activities": [ACTIVITY, KARATE, THEATRE],
    "communes": [{"code": "93008", "name": "Bobigny", "postcodes": ["93000"]}],
}
PLACE = {
    "establishment_id": "0199c0de-0000-7000-8000-000000000001", "version": 1, "name": "Siège", "is_seat": True,
    "open": True, "address_line1": "1 rue du Stade", "address_line2": None, "postcode": "93000",
    "commune_name": "Bobigny", "commune_code": "93008", "activities": [ACTIVITY], "age_min": 6, "age_max": 12,
    "accessible": True, "accessibility_note": "Rampe",
}  # fmt: skip
PROFILE = {
    "structure_id": "s-1", "name": "Judo Club", "partner_number": "0000018", "structure_type_label": "Association",
    "activities": [ACTIVITY], "address": {}, "email": "club@example.org", "phone": "+33148000000",
    "website": "https://club.example", "version": 3, "description": "Un club <b>accueillant</b>.", "age_min": 6,
    "age_max": None, "opening_hours": [{"day": 2, "opens": "14:00", "closes": "18:00"}],
    "links": [{"label": "Planning", "url": "https://club.example/planning"}], "logo": None,
}  # fmt: skip
PAGE = {**PROFILE, "establishments": [PLACE], "active": True}
CARD = {
    "structure_id": "s-1", "partner_number": "0000018", "name": "Judo Club", "structure_type_label": "Association",
    "activities": ["Judo, jujitsu"], "communes": ["Bobigny"], "postcode": "93000", "address_line1": "1 rue du Stade",
    "phone": "+33148000000", "email": "club@example.org", "website": None, "accessible": True, "distance_km": 2.4,
}  # fmt: skip
ACCOUNT = {
    "bank_account_id": "0199c0de-0000-7000-8000-000000000002", "structure_id": "s-1", "version": 2,
    "state": "submitted", "iban_masked": "FR76 •••• 0189", "bic": "AGRIFRPP", "bank_name": "Banque", "holder": "Judo",
    "submitted_at": "2026-11-24T10:00:00+00:00", "decided_at": None, "verifiable_from": "2026-11-26T10:00:00+00:00",
    "reason": None, "has_document": True, "structure_name": "Judo Club", "partner_number": "0000018",
    "iban": "FR7630006000011234567890189", "used_by": {"s-2": "Autre club"},
}  # fmt: skip
RESOURCE = {
    "resource_id": "0199c0de-0000-7000-8000-000000000003", "version": 1, "category": "Guides", "title": "Le guide",
    "description": "Pas à pas", "audience": "partners", "position": 0, "filename": "guide.pdf",
    "media_type": "application/pdf", "size": 12000, "published_at": "2026-11-24T10:00:00+00:00", "withdrawn_at": None,
}  # fmt: skip
THREAD = {
    "request_id": "0199c0de-0000-7000-8000-000000000004", "reference": "A-2026-ABCD2345", "structure_id": "s-1",
    "account_id": "a-1", "visitor": False, "category": "account", "category_label": "Mon compte, ma connexion",
    "subject": "Je ne peux plus me connecter", "state": "open", "assigned_to": None,
    "created_at": "2026-11-24T10:00:00+00:00", "updated_at": "2026-11-24T10:00:00+00:00",
    "messages": [{"from_caf": False, "account_id": "a-1", "text": "Bonjour", "posted_at": "2026-11-24T10:00:00+00:00",
                  "attachments": [{"attachment_id": "0199c0de-0000-7000-8000-000000000005", "filename": "x.png",
                                   "size": 10}]}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def answers(bus):
    bus.answers |= {
        "partners.catalogue": CATALOGUE,
        "partners.own_profile": PROFILE,
        "partners.profile_preview": PAGE,
        "partners.partner": PAGE,
        "partners.own_establishments": {"items": [PLACE]},
        "partners.own_bank_accounts": {"items": [ACCOUNT, {**ACCOUNT, "version": 1, "state": "verified"}]},
        "partners.bank_accounts_to_verify": {"items": [ACCOUNT], "ages": []},
        "partners.bank_account": {**ACCOUNT, "versions": [ACCOUNT]},
        "partners.directory": {"items": [CARD], "total": 1, "page": 1, "pages": 1},
        "partners.directory_export": {"items": [{**CARD, "name": "=HYPERLINK(1)"}], "next_cursor": None},
        "partners.resources": {"items": [RESOURCE]},
        "partners.own_requests": {"items": [THREAD]},
        "partners.own_request": THREAD,
        "partners.request": THREAD,
        "partners.requests": {"items": [THREAD], "next_cursor": None, "waiting": 1},
        "partners.structures": {"s-1": {"name": "Judo Club"}},
        "partners.thread": {**THREAD, "state": "unconfirmed"},
        "identity.persons": {},
    }
    return bus.answers


@pytest.mark.parametrize(
    ("role", "path", "shown"),
    [
        ("manager", "/profil", "Mon profil"),
        ("manager", "/profil/apercu", "Aperçu"),
        ("manager", "/etablissements", "Modifier"),
        ("manager", "/etablissements/ajouter", "Ajouter un établissement"),
        ("manager", f"/etablissements/{PLACE['establishment_id']}", "1 rue du Stade"),
        ("accountant", "/coordonnees-bancaires", "Compte bancaire en attente"),
        ("legal_representative", "/coordonnees-bancaires/modifier", "Votre mot de passe"),
        ("instructor", "/caf/comptes-bancaires", "FR76 •••• 0189"),
        ("instructor", f"/caf/comptes-bancaires/{ACCOUNT['bank_account_id']}", "Autre club"),
        ("manager", "/ressources", "Le guide"),
        ("administrator", "/caf/ressources", "Retirer"),
        ("administrator", "/caf/ressources/ajouter", "Visible par"),
        ("administrator", f"/caf/ressources/{RESOURCE['resource_id']}", "guide.pdf"),
        ("cashier", "/assistance", "A-2026-ABCD2345"),
        ("cashier", f"/assistance/{THREAD['request_id']}", "Bonjour"),
        ("cashier", "/assistance/nouvelle", "Objet"),
        ("instructor", "/caf/assistance", "Je ne peux plus me connecter"),
        ("instructor", f"/caf/assistance/{THREAD['request_id']}", "Prendre en charge"),
    ],
)
def test_each_page_shows_what_it_is_about(sign_in, role, path, shown):
    answer = sign_in(role).get(path)
    assert answer.status_code == 200
    assert shown in answer.text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/partenaires?words=judo&commune=93008&within_km=5&age=7&accessible=1", "à environ 2 km"),
        ("/partenaires/0000018", "14:00 – 18:00"),
        ("/ressources", "Ressources"),
        ("/assistance", "Votre adresse e-mail"),
        (f"/assistance/suivi/{'x' * 30}", "Confirmer ma demande"),
    ],
)
def test_each_public_page_opens_without_signing_in(visitor, path, shown):
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert shown in answer.text


@pytest.mark.parametrize(("path", "opened"), [("/profil", ["Sports de combat"]), ("/etablissements/ajouter", [])])
def test_activities_are_chosen_under_their_families_and_only_those_with_a_choice_are_unfolded(sign_in, path, opened):
    page = html.document_fromstring(sign_in("manager").get(path).text)
    families = {family.findtext("summary"): family for family in page.find_class("family")}
    assert list(families) == ["Sports de combat", "Danse et expression"]  # the order of the configuration
    assert [name for name, family in families.items() if family.get("open") is not None] == opened
    boxes = families["Sports de combat"].xpath(".//label[normalize-space()]/input[@name='activities']/@value")
    assert boxes == ["judo", "karate"]


def test_a_public_page_shows_activities_of_several_families_under_them(visitor, bus):
    page = html.document_fromstring(visitor.get("/partenaires/0000018").text)
    assert [lead.text_content() for lead in page.find_class("lead")] == ["Judo, jujitsu"]
    bus.answers["partners.partner"] = {**PAGE, "activities": [ACTIVITY, THEATRE, KARATE]}
    page = html.document_fromstring(visitor.get("/partenaires/0000018").text)
    assert [lead.text_content() for lead in page.find_class("lead")] == ["Sports de combat, Danse et expression"]
    told = {fact.findtext("dt"): fact.findtext("dd") for fact in page.xpath("//dl[@class='facts']/div")}
    assert told["Sports de combat"] == "Judo, jujitsu, Karaté" and told["Danse et expression"] == "Théâtre"


def test_the_least_used_filters_are_folded_until_one_is_used(visitor):
    def more(path):
        (found,) = html.document_fromstring(visitor.get(path).text).find_class("filters__more")
        return found

    assert more("/partenaires?words=judo&activity=judo&commune=93008").get("open") is None
    for asked in ("commune=93008&within_km=5", "age=0", "accessible=1"):
        assert more(f"/partenaires?{asked}").get("open") is not None


def test_what_partners_write_is_shown_as_text(visitor):
    assert "&lt;b&gt;accueillant&lt;/b&gt;" in visitor.get("/partenaires/0000018").text


def test_a_search_is_passed_on_as_it_is_understood(visitor, bus):
    visitor.get("/partenaires?words=judo&within_km=5&age=x&page=2&activity=")
    visitor.get("/partenaires?age=0&accessible=0")
    assert bus.called("partners.directory") == [{"words": "judo", "page": 2}, {"age": 0, "page": 1}]


def test_open_data_holds_no_formula(visitor):
    exported = visitor.get("/partenaires/donnees.csv").text
    assert ";'=HYPERLINK(1);" in exported
    assert visitor.get("/partenaires/donnees.json").json[0]["communes"] == ["Bobigny"]


def test_a_profile_is_saved_with_its_hours_and_links(sign_in, bus):
    bus.answers["partners.save_profile"] = {"version": 4}
    given = {
        "version": "3", "description": "Bonjour", "activities": ["judo"], "age_min": "6", "age_max": "", "phone": "",
        "website": "", "opens_0_0": "17:00", "closes_0_0": "19:00", "label_0": "Planning", "url_0": "club.example",
    }  # fmt: skip
    assert sign_in("manager").post("/profil", data=given).status_code == 303
    assert bus.called("partners.save_profile") == [
        {
            "version": 3, "description": "Bonjour", "age_min": 6, "age_max": None, "phone": "", "website": "",
            "activities": ["judo"], "opening_hours": [{"day": 0, "opens": "17:00", "closes": "19:00"}],
            "links": [{"label": "Planning", "url": "club.example"}],
        }
    ]  # fmt: skip


def test_a_refused_profile_keeps_what_was_typed(sign_in, bus):
    bus.answers["partners.save_profile"] = Refused("validation_failed", {"errors": {"phone": ["Numéro inconnu."]}})
    answer = sign_in("manager").post("/profil", data={"version": "3", "description": "Mon texte", "phone": "12"})
    assert answer.status_code == 422
    assert "Mon texte" in answer.text
    assert "Numéro inconnu." in answer.text


def test_changing_the_bank_account_asks_for_the_password_first(sign_in, bus):
    bus.answers["identity.step_up"] = Refused("step_up_failed")
    given = {"iban": "FR76…", "holder": "Judo", "password": "wrong", "rib": (io.BytesIO(b"x"), "rib.pdf")}
    answer = sign_in("legal_representative").post("/coordonnees-bancaires/modifier", data=given)
    assert answer.status_code == 422
    assert bus.called("partners.submit_bank_account") == []


@pytest.mark.parametrize("role", ["manager", "accountant", "cashier"])
def test_only_the_representative_changes_the_bank_account(sign_in, role):
    assert sign_in(role).get("/coordonnees-bancaires/modifier").status_code == 403


def test_a_visitors_request_says_to_look_into_the_mailbox(visitor, bus):
    bus.answers["partners.open_request"] = {"request_id": "r", "reference": "A-2026-ABCD2345", "state": "unconfirmed"}
    given = {"category": "other", "subject": "Question", "text": "Bonjour", "email": "parent@example.org"}
    answer = visitor.post("/assistance/nouvelle", data=given)
    assert "parent@example.org" in answer.text
    assert bus.called("partners.open_request")[0]["email"] == "parent@example.org"
