"""The seven-step form on real processes: saved at each step, resumable, safe from two tabs, files judged by content."""

import re

import pytest

from deploy.local.waiting import wait_for
from tests.integration.partners.world import Club, iban
from tests.refusing import refusal
from tests.upload_samples import picture


def test_each_step_is_saved_and_read_again(world):
    club = world.start(Club())
    world.save(club, 2, 3, 4, 5, 6)
    draft = world.call("draft", draft_token=club.token, with_representative=True)
    assert draft["completed"] == [2, 3, 4, 5, 6] and draft["next_step"] == 7
    assert draft["structure"]["commune_code"] == "93008"
    assert draft["representative"]["last_name"] == "Benali"
    assert draft["bank_account"]["bank_name"] and club.bank_account["iban"] not in str(draft)


def test_the_iban_and_the_person_are_not_in_partners_tables_in_clear(world):
    club = world.start(Club())
    world.save(club, 2, 3, 4, 5, 6)
    (row,) = world.rows("SELECT * FROM applications WHERE application_id = %s", club.application_id)
    for secret in (club.bank_account["iban"], club.representative["email"], "0612345678", "+33612345678"):
        assert secret not in str(row)


def test_going_back_without_the_iban_keeps_it(world):
    club = world.start(Club())
    world.save(club, 2, 3, 6)
    masked = world.call("draft", draft_token=club.token)["bank_account"]["iban_masked"]
    club.bank_account = {"iban": "", "holder": "Autre titulaire"}
    world.save(club, 6)
    account = world.call("draft", draft_token=club.token)["bank_account"]
    assert (account["iban_masked"], account["holder"]) == (masked, "Autre titulaire")


def test_a_second_tab_that_is_behind_is_refused_and_changes_nothing(world):
    club = world.start(Club())
    world.save(club, 2, 3)
    late = {"draft_token": club.token, "step": 3, "step_version": 0, "answers": {**club.structure, "name": "Autre"}}
    assert refusal(world.call, "save_step", **late).fields == {"step_version": 1}
    assert world.call("draft", draft_token=club.token)["structure"]["name"] == club.structure["name"]


def test_another_tab_on_another_step_is_welcome(world):
    club = world.start(Club())
    world.save(club, 2, 3)
    for step in (5, 6):
        world.call("save_step", draft_token=club.token, step=step, step_version=0, answers=club.answers(step))
    assert world.call("draft", draft_token=club.token)["completed"] == [2, 3, 5, 6]


@pytest.mark.parametrize(
    ("step", "change", "field", "words"),
    [
        (3, {"siret": "73282932000075"}, "siret", "SIRET"),
        (3, {"rna": "X123456789"}, "rna", "RNA"),
        (3, {"naf": "93.1"}, "naf", "NAF"),
        (3, {"postcode": "9300"}, "postcode", "5 chiffres"),
        (3, {"commune_name": "Pantin"}, "commune_name", "Bobigny"),
        (3, {"email": "club@"}, "email", "e-mail"),
        (3, {"name": ""}, "name", "obligatoire"),
        (4, {"mobile": "01 48 00 00 00"}, "mobile", "portable"),
        (4, {"mobile": "+41 79 123 45 67"}, "mobile", "valide"),
        (4, {"civility": "Docteur"}, "civility", "civilité"),
        (5, {"activities": []}, "activities", "activité"),
        (5, {"activities": ["quidditch"]}, "activities", "activité"),
        (6, {"iban": "FR7630006000011234567890188"}, "iban", "IBAN"),
        (6, {"iban": "GB82WEST1234569876543200"}, "iban", "IBAN"),
    ],
)
def test_what_is_wrong_is_told_in_french_at_its_field(world, step, change, field, words):
    club = world.start(Club())
    world.save(club, 2)
    answers = {**club.answers(step), **change}
    told = refusal(world.call, "save_step", draft_token=club.token, step=step, step_version=0, answers=answers)
    assert told.code == "validation_failed"
    assert words in " ".join(told.fields["errors"][field])
    assert step not in world.call("draft", draft_token=club.token)["completed"]


def test_a_wrong_national_key_with_right_international_digits_is_found(world):
    right = iban(123456)
    bban = right[4:-2] + f"{(int(right[-2:]) + 1) % 97:02d}"
    wrong = f"FR{98 - int(bban + '152700') % 97:02d}{bban}"
    club = world.start(Club(bank_account={"iban": wrong}))
    told = refusal(world.save, club, 6)
    assert "clé RIB" in told.fields["errors"]["iban"][0]


def test_both_addresses_must_differ_whatever_their_case(world):
    club = Club()
    club.representative["email"] = club.structure["email"].upper()
    world.start(club)
    world.save(club, 2, 3)
    told = refusal(world.save, club, 4)
    assert "différentes" in told.fields["errors"]["email"][0]


def test_an_unknown_token_opens_nothing(world):
    assert refusal(world.call, "draft", draft_token="x" * 43).code == "draft_unknown"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"MZ\x90\x00 a program", "file_kind_refused"),
        (b"%PDF-1.7\nbroken", "file_unreadable"),
        (b"%PDF-1.7\n" + bytes(10 * 1024 * 1024), "file_too_large"),
    ],
    ids=["empty", "program", "broken", "eleven megabytes"],
)
def test_a_file_is_judged_by_its_content(world, content, code):
    club = world.start(Club())
    world.save(club, 2)
    assert refusal(world.add, club, "statutes", content).code == code
    assert world.call("draft", draft_token=club.token)["documents"] == []


def test_a_picture_is_taken_whatever_its_name_says(world):
    club = world.start(Club())
    world.save(club, 2)
    kept = world.add(club, "statutes", picture("png"))
    assert (kept["media_type"], kept["filename"]) == ("image/png", "statutes.png")


def test_a_new_file_replaces_the_old_one_and_two_sides_of_a_card_stay(world):
    club = world.start(Club())
    world.save(club, 2)
    for kind in ("statutes", "statutes", "identity_document", "identity_document"):
        world.add(club, kind)
    kinds = [file["kind"] for file in world.call("draft", draft_token=club.token)["documents"]]
    assert sorted(kinds) == ["identity_document", "identity_document", "statutes"]
    assert refusal(world.add, club, "identity_document").fields == {"max_files": 2}


def test_a_removed_file_is_gone_and_anothers_is_out_of_reach(world):
    club, other = world.start(Club()), world.start(Club())
    world.save(club, 2)
    kept = world.add(club, "statutes")
    asked = {"document_id": kept["document_id"]}
    assert refusal(world.call, "draft_document", draft_token=other.token, **asked).code == "document_unknown"
    assert refusal(world.call, "remove_document", draft_token=other.token, **asked).code == "document_unknown"
    world.call("remove_document", draft_token=club.token, **asked)
    assert refusal(world.call, "draft_document", draft_token=club.token, **asked).code == "document_unknown"


def test_a_document_of_another_type_is_refused(world):
    club = world.start(Club("company"))
    world.save(club, 2)
    assert refusal(world.add, club, "statutes").code == "document_kind_unknown"


def test_the_mailed_link_opens_the_draft_and_is_sent_five_times_a_day(world):
    club = world.start(Club())
    address = f"{club.application_id}@example.org"
    for _ in range(5):
        world.call("mail_draft_link", draft_token=club.token, email=address)
    assert refusal(world.call, "mail_draft_link", draft_token=club.token, email=address).code == "too_many_links"
    mail = wait_for(lambda: (world.running.mails(address) or [None])[0], "the mail with the link", 20)
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    links = set(re.findall(r"https?://\S+/inscription/reprendre/[\w-]+", text))
    assert links == {f"{world.running.base_url}/inscription/reprendre/{club.token}"}
    assert links.pop() in html
    assert world.call("draft", draft_token=club.token)["application_id"] == club.application_id


def test_a_draft_lives_thirty_days_after_it_was_last_saved(world):
    club = world.start(Club())
    (row,) = world.rows(
        "SELECT expires_on - (saved_at AT TIME ZONE 'Europe/Paris')::date FROM applications WHERE application_id = %s",
        club.application_id,
    )
    assert row == (30,)
