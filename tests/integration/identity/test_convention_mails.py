"""What identity writes when conventions are offered, signed, renewed and over: to whom, when, once."""

from uuid import uuid4

import pytest

from deploy.local.waiting import wait_for
from services.identity.domain.reminders import RULES, Waiting
from tests.integration.identity.world import now
from tests.mails import plain, text_of


@pytest.fixture(scope="module")
def partner(world):
    return world.representative("Club d'Échecs")


def announce(world, club, event, **about):
    """An announcement of conventions about a club, handled; the convention's id."""
    convention_id = str(uuid4())
    ids = {"convention_id": convention_id, "structure_id": club.structure_id}
    event_id = world.announce("conventions", event, **ids, **about)
    handled = "SELECT count(*) FROM inbox WHERE event_id::text = %s"
    wait_for(lambda: world.rows(handled, event_id) == [(1,)], f"{event} is handled", 20)
    return convention_id


def read(world, address, subject):
    """A mail as it reads."""
    return plain(text_of(world.mail(address, subject)))


def subjects(world, address, words):
    """How many mails with these words an address has got."""
    return len([mail for mail in world.running.mails(address) if words in str(mail["Subject"])])


def waiting(world, club):
    """{kind: (deadline, how long until the next reminder)}, of signatures."""
    asked = "SELECT kind, deadline_on, due_at - since FROM waiting WHERE structure_id = %s AND kind = ANY(%s)"
    kinds = [Waiting.SIGNATURE.value, Waiting.RENEWAL.value, Waiting.COUNTER_SIGNATURE.value]
    return {kind: (deadline, due) for kind, deadline, due in world.rows(asked, club.structure_id, kinds)}


def make_due(world, club, kind):
    world.rows(
        "UPDATE waiting SET due_at = now() - interval '1 minute' WHERE kind = %s AND structure_id = %s",
        kind, club.structure_id,
    )  # fmt: skip


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────
def test_both_addresses_hear_of_a_termination(world, partner):
    reason = "Cessation d'activité"
    announce(world, partner, "convention_terminated.v1", effective_on="2027-01-02", reason=reason, cause="decision")
    for address in (partner.email, partner.structure_email):
        text = read(world, address, "Fin de votre convention")
        assert partner.name in text and "2 janvier 2027" in text and f"« {reason} »" in text


def test_both_addresses_hear_that_a_termination_is_withdrawn(world, partner):
    about = {"effective_on": "2027-01-02", "reason": "Activité reprise"}
    announce(world, partner, "convention_termination_withdrawn.v1", **about)
    for address in (partner.email, partner.structure_email):
        text = read(world, address, "continue")
        assert "2 janvier 2027" in text and "« Activité reprise »" in text and "sans interruption" in text


@pytest.mark.parametrize(
    ("renewal", "words", "waits"),
    [
        (None, "vous gardez votre numéro partenaire", set()),
        ("prepared", "peut toujours être signée", {"signature"}),
        ("signed_by_partner", "Vous avez signé la suivante", set()),
    ],
)
def test_who_did_not_renew_reads_what_is_over_and_what_can_still_be_done(world, renewal, words, waits):
    club = world.representative("Club du Terme")
    announce(
        world, club, "convention_terminated.v1", effective_on="2027-12-01", reason="Terme", cause="term",
        renewal=renewal,
    )  # fmt: skip
    for address in (club.email, club.structure_email):
        text = read(world, address, "est arrivée à son terme")
        assert "La convention de Club du Terme a pris fin le 30 novembre 2027" in text and words in text
        assert subjects(world, address, "Fin de votre convention") == 0
    assert set(waiting(world, club)) == waits


# ── what is offered ──────────────────────────────────────────────────────────────────────────────────
ENDS = {"current_ends_on": "2027-11-23"}


def test_the_first_convention_is_told_by_the_activation_alone(world):
    club = world.representative("Club Premier")
    announce(world, club, "convention_prepared.v1", kind="initial", replaces_id=None, current_ends_on=None)
    assert set(waiting(world, club)) == {"signature"}
    assert subjects(world, club.email, "convention") == 0


def test_a_renewal_is_offered_once_to_both_addresses_and_recalled_until_it_is_signed(world):
    club = world.representative("Club Fidèle")
    announce(world, club, "convention_prepared.v1", kind="renewal", replaces_id=str(uuid4()), **ENDS)
    for address in (club.email, club.structure_email):
        text = read(world, address, "est à renouveler")
        assert "La convention de Club Fidèle prend fin le 23 novembre 2027" in text
        assert subjects(world, address, "est à renouveler") == 1
    [(kind, (deadline, due))] = waiting(world, club).items()
    assert (kind, deadline.isoformat(), due) == ("renewal", "2027-11-23", RULES[Waiting.RENEWAL].first)
    make_due(world, club, "renewal")
    text = read(world, club.email, "Rappel : votre convention prend fin le 23 novembre 2027")
    assert "attend toujours votre signature" in text and "Club Fidèle" in text
    announce(
        world, club, "convention_signed.v1", signed_at=now(), document_sha256="0" * 64, countersignable=True,
        kind="renewal", **ENDS,
    )  # fmt: skip
    assert waiting(world, club) == {}
    text = read(world, club.email, "a bien été reçue")
    assert "Votre convention actuelle s'applique jusqu'au 23 novembre 2027" in text and "sera effective" not in text


@pytest.mark.parametrize(
    ("kind", "ends_on", "subject", "words"),
    [
        ("amendment", "2027-11-23", "Une nouvelle version de votre", "jusqu'à son terme, le 23 novembre 2027"),
        ("initial", None, "Une nouvelle convention", "Vous gardez votre numéro partenaire"),
        ("renewal", None, "Une nouvelle convention", "Vous gardez votre numéro partenaire"),
    ],
)
def test_what_follows_another_convention_is_offered_by_mail(world, kind, ends_on, subject, words):
    club = world.representative("Club Suivant")
    announce(world, club, "convention_prepared.v1", kind=kind, replaces_id=str(uuid4()), current_ends_on=ends_on)
    for address in (club.email, club.structure_email):
        assert words in read(world, address, subject)
    assert set(waiting(world, club)) == {"signature"}


# ── the Caf's turn ───────────────────────────────────────────────────────────────────────────────────
def countersignable(world, club, **about):
    """Signed by the representative, and approved; the convention's id."""
    return announce(
        world, club, "convention_countersignable.v1", **{"kind": "initial", "current_ends_on": None} | about
    )


@pytest.fixture(scope="module")
def signatory(world):
    """The address of an agent who counter-signs."""
    details = {"first_name": "Paul", "last_name": "Signe", "email": "paul@caf.example", "roles": ["signatory"]}
    world.call_as("administrator")("add_agent", **details)
    return details["email"]


def test_signatories_are_told_and_reminded_from_the_moment_when_they_may_sign(world, signatory):
    """Signed before the application is approved, a convention is nothing that a signatory could sign yet."""
    club = world.representative("Club du Matin")
    announce(world, club, "convention_signed.v1", signed_at=now(), document_sha256="0" * 64, countersignable=False)
    text = read(world, signatory, "Convention signée par le partenaire : Club du Matin")
    assert "un nouveau message vous préviendra" in text
    assert waiting(world, club) == {}
    convention_id = countersignable(world, club)
    text = read(world, signatory, "Convention à contresigner : Club du Matin")
    assert "sa demande est approuvée" in text and f"/caf/conventions/{convention_id}" in text
    assert waiting(world, club) == {"counter_signature": (None, RULES[Waiting.COUNTER_SIGNATURE].first)}


def test_a_renewal_to_counter_sign_says_until_when(world, signatory):
    """It was approved with the first one: one mail, at the signature."""
    club = world.representative("Club de Midi")
    announce(world, club, "convention_signed.v1", signed_at=now(), document_sha256="0" * 64, countersignable=True)
    countersignable(world, club, kind="renewal", **ENDS)
    text = read(world, signatory, "Convention à contresigner : Club de Midi")
    assert "le renouvellement de sa convention :" in text and "prend fin le 23 novembre 2027" in text
    assert "demande est approuvée" not in text
    assert subjects(world, signatory, "Club de Midi") == 1
    make_due(world, club, "counter_signature")
    text = read(world, signatory, "Rappel : convention à contresigner, Club de Midi")
    assert "en vigueur jusqu'au 23 novembre 2027" in text
