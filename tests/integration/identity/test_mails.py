"""Every mail of identity: both parts, the right words, names and links, and no secret that doesn't belong in it."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.waiting import wait_for
from tests.integration.identity import mail_story
from tests.integration.identity.world import now
from tests.mails import judge, plain, shown, templates, text_of

# The guide's texts (pages 9 and 10) as they are printed there, by a few words of our subject.
GUIDE = {
    part.partition("\n")[0].strip(): part.partition("\n")[2].strip().split("\n")
    for part in Path(__file__).with_name("guide_mails.txt").read_text(encoding="utf-8").split("# ")[1:]
}


@pytest.fixture(scope="module")
def partner(world):
    return world.representative("Club d'Échecs")


@pytest.fixture(scope="module")
def story(world):
    return mail_story.Story(world).tell()


@pytest.fixture(scope="module")
def sent(story):
    """Every mail, by template."""
    return mail_story.sent(story)


@pytest.mark.parametrize("template", templates("identity"))
def test_every_mail_reaches_its_readers_names_what_it_is_about_and_keeps_secrets(story, sent, template):
    assert template in story.expected, "a new mail: let `mail_story` cause it, and say who reads what in it"
    expected = story.expected[template]
    reader = "agent" if mail_story.AGENTS & expected.to else "partner"
    for mail in sent[template]:
        assert "Pass'Sports-Loisirs" in str(mail["From"])
        ours = str(mail["To"]) in expected.to
        judge(
            mail,
            reader=reader,
            base_url=story.world.running.base_url,
            says=expected.says if ours else (),
            secrets=story.not_for(template),
        )
    assert expected.to <= {str(mail["To"]) for mail in sent[template]}


def told(world, partner, event, subject, publisher="partners", to=None, **data):
    world.announce(publisher, event, structure_id=partner.structure_id, **data)
    return text_of(world.mail(to or partner.email, subject))


def activate(world, partner):
    world.announce(
        "conventions", "convention_activated.v1", convention_id=str(uuid4()), structure_id=partner.structure_id,
        partner_number="930000017", activated_at=now(),
    )  # fmt: skip


@pytest.mark.parametrize("subject", GUIDE)
def test_the_guides_mails_are_word_for_word(world, partner, subject):
    ids = {"convention_id": str(uuid4()), "structure_id": partner.structure_id}
    if subject == "a bien été reçue":
        world.announce("conventions", "convention_signed.v1", **ids, signed_at=now(), document_sha256="0" * 64)
    if subject == "Félicitations":
        activate(world, partner)
    mail = world.mail(partner.structure_email if subject == "Bienvenue" else partner.email, subject)
    for sentence in GUIDE[subject]:
        wanted = plain(sentence).replace(" !", "!")
        assert wanted in re.sub(r" https?://\S+", "", plain(text_of(mail))).replace(" !", "!")
        assert wanted in shown(mail).replace(" !", "!")
    assert f"{world.running.base_url}/assistance" in text_of(mail)


def test_the_congratulations_begin_with_the_snowboarder(world, partner):
    activate(world, partner)
    assert str(world.mail(partner.email, "Félicitations")["Subject"]).startswith("🏂 Félicitations!")


def test_what_to_correct_is_listed_with_its_reason(world, partner):
    text = told(
        world, partner, "application_correction_requested.v1", "Des corrections",
        application_id=str(uuid4()), round=1,
        items=[
            {"kind": "rib", "label": "RIB", "reason": "Illisible <flou>"},
            {"kind": "statutes", "label": "Statuts", "reason": "Périmés"},
        ],
        message="Une photo suffit.",
    )  # fmt: skip
    assert "« Une photo suffit. »" in text
    assert "- RIB : Illisible <flou> - Statuts : Périmés" in plain(text)


def test_a_refusal_says_why_and_how_to_contest(world, partner):
    text = told(
        world, partner, "application_rejected.v1", "n'a pas été acceptée",
        application_id=str(uuid4()), reason="Activité hors champ",
    )  # fmt: skip
    assert "« Activité hors champ »" in text
    assert "commission de recours amiable" in text


def test_one_refusal_is_one_mail(world):
    """A rejected application takes its convention with it, a termination the amendment that waits: the partner reads of
    either once. The Caf's own decision on a convention is told as before."""
    partner = world.representative("Club de Go")
    ids = {"convention_id": str(uuid4()), "structure_id": partner.structure_id}
    told(
        world, partner, "application_rejected.v1", "demande de labellisation n'a pas été",
        application_id=str(uuid4()), reason="Activité hors champ",
    )  # fmt: skip
    events = [
        world.announce("conventions", "convention_refused.v1", **ids, reason="Activité hors champ", cause=cause)
        for cause in ("application_rejected", "termination")
    ]
    handled = "SELECT count(*) FROM inbox WHERE event_id::text = ANY(%s)"
    wait_for(lambda: world.rows(handled, events) == [(2,)], "both announcements are handled", 20)
    text = told(
        world, partner, "convention_refused.v1", "convention n'a pas été", publisher="conventions",
        convention_id=ids["convention_id"], reason="Une autre fois",
    )  # fmt: skip
    assert "« Une autre fois »" in text
    written = [str(mail["Subject"]) for mail in world.running.mails(partner.email) if "n'a pas été" in mail["Subject"]]
    assert sorted(written) == [
        "Votre convention n'a pas été signée par la Caf",
        "Votre demande de labellisation n'a pas été acceptée",
    ]


def test_both_addresses_are_told_of_another_iban(world, partner):
    ids = {"bank_account_id": str(uuid4()), "version": 2}
    for address in (partner.email, partner.structure_email):
        text = told(
            world, partner, "bank_account_submitted.v1", "Nouvelles coordonnées", to=address,
            in_force_not_before="2026-03-03T09:00:00+00:00", **ids,
        )  # fmt: skip
        assert "3 mars 2026" in text
        assert "Prévenez-nous" in text


def test_the_first_iban_came_with_the_application_and_is_not_announced(world, partner):
    world.announce(
        "partners", "bank_account_verified.v1", structure_id=partner.structure_id, bank_account_id=str(uuid4()),
        version=1, iban_masked="FR76 •••• 1234",
    )  # fmt: skip
    told(world, partner, "assistance_message_posted.v1", "Réponse", request_id=str(uuid4()),
         account_id=partner.viewer["account_id"], from_caf=True)  # fmt: skip
    told_so_far = [str(mail["Subject"]) for mail in world.running.mails(partner.email)]
    assert not [subject for subject in told_so_far if "bancaires sont vérifiées" in subject]


def test_a_payout_in_several_pieces_is_one_mail(world, partner):
    payout = {"payout_id": str(uuid4()), "slip_number": "B-2026-0001", "state": "returned", "reason": "AC04"}
    for _ in range(3):
        text = told(world, partner, "payout_state_changed.v1", "retourné", publisher="payouts", **payout)
    assert "B-2026-0001" in text and "AC04" in text
    told(
        world,
        partner,
        "payout_state_changed.v1",
        "vous a été versé",
        publisher="payouts",
        **(payout | {"state": "paid"}),
    )
    assert len([m for m in world.running.mails(partner.email) if "retourné" in str(m["Subject"])]) == 1


def test_a_club_hears_what_a_family_contests_and_what_the_caf_decides(world, partner):
    contested = {"contestation_id": str(uuid4()), "number": "T2600000042"}
    text = told(
        world, partner, "contestation_opened.v1", "Une famille conteste", publisher="transactions",
        opened_by="family", **contested,
    )  # fmt: skip
    assert "/transactions/T2600000042" in text
    decided = {"number": "T2600000042", "correction_cents": -1250, "accepted": True}
    text = told(world, partner, "contestation_decided.v1", "s'est prononcée", publisher="transactions", **decided)
    assert "12,50\u00a0€ seront repris sur votre prochain remboursement" in text


def test_no_name_can_add_a_header(world):
    partner = world.representative("Club Bcc: x@y.z")
    mail = world.mail(partner.email, "compte personnel")
    assert mail["Bcc"] is None and str(mail["To"]) == partner.email


def test_agents_get_one_reminder_for_all_that_waits(sent):
    """Three hundred conventions to sign are not three hundred mails."""
    (mail,) = [one for one in sent["reminder_counter_signature"] if str(one["To"]) == mail_story.SIGNATORY]
    assert mail["Subject"] == "Rappel : 2 conventions à contresigner"
    assert all(f"- {club}, depuis le" in text_of(mail) for club in (mail_story.CLUB, mail_story.LATE))
