"""Rounds of corrections: what was refused opens and nothing else, and the second look shows what changed."""

from uuid import uuid4

from tests.integration.partners.world import Club, iban
from tests.refusing import refusal


def test_only_what_was_refused_opens(world):
    club = world.submitted()
    world.ask_for_correction(club, **{"document:statutes": "Illisible.", "fields:bank_account": "Autre titulaire."})
    own = world.as_partner(club, "own_application")["application"]
    assert {item["item"] for item in own["items"] if item["open"]} == {"document:statutes", "fields:bank_account"}
    version = own["version"]
    locked = refusal(
        world.as_partner, club, "correct_fields", group="structure", version=version, answers=club.structure
    )
    assert locked.code == "item_locked"
    given = {"kind": "board_members", "incoming_id": world.incoming(), "filename": "a.pdf"}
    assert refusal(world.as_partner, club, "add_correction_document", **given).code == "item_locked"
    accepted = next(item for item in own["items"] if item["item"] == "document:board_members")["documents"][0]
    gone = refusal(world.as_partner, club, "remove_correction_document", document_id=accepted["document_id"])
    assert gone.code == "item_locked"


def test_a_round_of_corrections_keeps_what_was_accepted_and_shows_what_changed(world):
    club = world.submitted()
    world.ask_for_correction(club, **{"document:statutes": "Illisible.", "fields:bank_account": "Autre titulaire."})
    version = world.as_partner(club, "own_application")["application"]["version"]
    incomplete = refusal(world.as_partner, club, "resubmit_application", version=version)
    assert set(incomplete.fields["missing"]) == {"Statuts", "Coordonnées bancaires"}
    given = {"kind": "statutes", "incoming_id": world.incoming(), "filename": "statuts-2.pdf"}
    world.as_partner(club, "add_correction_document", **given)
    version = world.as_partner(club, "own_application")["application"]["version"]
    answers = {"iban": iban(987654), "holder": "Nouveau titulaire"}
    done = world.as_partner(club, "correct_fields", group="bank_account", version=version, answers=answers)
    world.as_partner(club, "resubmit_application", version=done["version"])
    shown = world.as_agent("application", application_id=club.application_id)
    items = {item["item"]: item for item in shown["items"]}
    assert shown["round"] == 2 and shown["state"] == "in_review"
    assert items["document:statutes"]["verdict"] == items["fields:bank_account"]["verdict"] == "pending"
    assert items["fields:structure"]["verdict"] == "accepted" and not items["fields:structure"]["changed"]
    assert (
        items["fields:bank_account"]["changed_fields"] == ["holder", "iban"] and items["document:statutes"]["changed"]
    )
    stale = {"application_id": club.application_id, "item": "document:statutes", "accepted": True, "round": 1}
    assert refusal(world.as_agent, "record_verdict", **stale).code == "stale_round"
    world.judge(club)
    world.as_agent("approve_application", application_id=club.application_id)
    states = world.rows(
        "SELECT version, state FROM bank_accounts WHERE structure_id = %s ORDER BY version", club.structure_id
    )
    assert states == [(1, "replaced"), (2, "verified")]


def test_a_corrected_name_is_told_as_changed_and_kept_as_a_fingerprint_only(world):
    club = world.submitted()
    world.until_accounts_live(club)
    [(account_id,)] = world.rows(
        "SELECT account_id::text FROM delegations WHERE structure_id = %s", club.structure_id, service="identity"
    )
    world.ask_for_correction(club, **{"fields:representative": "Pas la personne des statuts."})
    me = world.sign("legal_representative", account_id=account_id, structure_id=club.structure_id)
    version = world.call("own_application", token=me)["application"]["version"]
    answers = {"civility": "Mme", "first_name": "Nadia", "last_name": "Ben Ali", "position": "Trésorière"}
    done = world.call("correct_fields", token=me, group="representative", version=version, answers=answers)
    world.call("resubmit_application", token=me, version=done["version"])
    shown = world.as_agent("application", application_id=club.application_id)
    items = {item["item"]: item for item in shown["items"]}
    assert items["fields:representative"]["changed_fields"] == ["last_name", "position"]
    assert shown["representative"]["last_name"] == "Ben Ali"
    assert [key for key, item in items.items() if item["changed"]] == ["fields:representative"]
    kept = world.rows("SELECT content::text FROM revisions WHERE application_id = %s", club.application_id)
    assert kept and not [text for (text,) in kept if "Ben" in text or "Nadia" in text]


def test_a_corrected_name_of_the_structure_is_told_with_what_it_was(world):
    club = world.submitted()
    world.until_accounts_live(club)
    world.ask_for_correction(club, **{"fields:structure": "Pas le nom des statuts."})
    world.correct(club, "structure", **club.structure | {"name": "Judo Club de Bobigny Centre"})
    shown = world.as_agent("application", application_id=club.application_id)
    [changed] = [item for item in shown["items"] if item["changed"]]
    assert (changed["item"], changed["changed_fields"]) == ("fields:structure", ["name"])
    assert shown["before"]["fields:structure"]["name"] == club.structure["name"]
    assert shown["before"]["fields:bank_account"] == {"holder": club.structure["name"]}, "what was public only"


def test_equal_names_of_two_applications_have_different_fingerprints(world):
    told = [
        world.rows(
            "SELECT content FROM revisions WHERE application_id = %s AND item = 'fields:representative'",
            world.submitted().application_id,
        )[0][0]
        for _ in range(2)
    ]
    assert told[0]["last_name"] != told[1]["last_name"] and told[0]["position"]


def test_a_corrected_type_brings_its_own_documents(world):
    club = world.submitted()
    world.ask_for_correction(club, **{"fields:structure_type": "Vous êtes une entreprise."})
    version = world.as_partner(club, "own_application")["application"]["version"]
    answers = {"structure_type": "company"}
    done = world.as_partner(club, "correct_fields", group="structure_type", version=version, answers=answers)
    items = {item["item"]: item for item in world.as_partner(club, "own_application")["application"]["items"]}
    assert items["document:registration_extract"]["open"] and "document:statutes" not in items
    incomplete = refusal(world.as_partner, club, "resubmit_application", version=done["version"])
    assert any("Kbis" in label for label in incomplete.fields["missing"])


def test_a_corrected_address_reaches_the_structures_account(world):
    club = world.submitted()
    world.until_accounts_live(club)
    world.ask_for_correction(club, **{"fields:structure": "L’adresse e-mail ne répond pas."})
    version = world.as_partner(club, "own_application")["application"]["version"]
    taken = {**club.structure, "email": club.representative["email"]}
    refused = refusal(world.as_partner, club, "correct_fields", group="structure", version=version, answers=taken)
    assert refused.code == "validation_failed"
    other = world.submitted(Club("company"))
    taken = {**club.structure, "email": other.structure["email"]}
    refused = refusal(world.as_partner, club, "correct_fields", group="structure", version=version, answers=taken)
    assert refused.code == "email_already_used"
    fresh = {**club.structure, "email": f"fresh-{uuid4().hex[:8]}@example.org"}
    world.as_partner(club, "correct_fields", group="structure", version=version, answers=fresh)
    again = Club("company", structure={"email": club.structure["email"]})
    assert world.submit(world.filled(again))
