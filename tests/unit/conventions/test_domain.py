"""The rules of conventions, without I/O."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from services.conventions import text_files
from services.conventions.domain import endings, evidence, signing_codes, states, texts
from services.conventions.domain.evidence import Evidence
from services.conventions.domain.refusals import (
    AlreadyCountersigned,
    SigningBlocked,
    SigningCodeExpired,
    SigningCodeMissing,
    SigningCodeWrong,
    TerminationAfterTerm,
    TerminationInEffect,
    TerminationInThePast,
    TextVersionUnknown,
    TooManyCodes,
    TransitionRefused,
)
from services.conventions.domain.signing_codes import Tries
from services.conventions.domain.states import Act, ConventionState

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FORBIDDEN = [pair for pair in product(ConventionState, Act) if pair not in states.TRANSITIONS]


@pytest.mark.parametrize(("state", "act"), FORBIDDEN, ids=[f"{state}-{act}" for state, act in FORBIDDEN])
def test_every_forbidden_transition_is_refused(state, act):
    with pytest.raises((TransitionRefused, AlreadyCountersigned)) as refused:
        states.after(state, act)
    assert refused.value.fields["state"] == state


@pytest.mark.parametrize(("pair", "target"), states.TRANSITIONS.items())
def test_every_allowed_transition_leads_where_the_table_says(pair, target):
    assert states.after(*pair) is target


def test_counter_signing_twice_is_told_apart_from_other_mistakes():
    with pytest.raises(AlreadyCountersigned):
        states.after(ConventionState.ACTIVE, Act.COUNTERSIGN)


def test_a_convention_is_in_force_from_its_first_to_its_last_day():
    first, last = date(2026, 11, 24), date(2027, 11, 23)
    days = [first - timedelta(days=1), first, last, last + timedelta(days=1)]
    assert [states.in_force("active", first, last, day) for day in days] == [False, True, True, False]
    assert not states.in_force("terminated", first, last, first)
    assert not states.in_force("refused", first, last, first)


def test_what_is_terminated_for_a_later_day_binds_until_then():
    first, last, terminated_on = date(2026, 11, 24), date(2027, 11, 23), date(2027, 1, 1)
    days = [first, terminated_on - timedelta(days=1), terminated_on]
    assert [states.in_force("terminated", first, last, day, terminated_on) for day in days] == [True, True, False]


def test_a_termination_prolongs_no_term():
    last = date(2027, 11, 23)
    assert states.in_force("terminated", date(2026, 11, 24), last, last, last + timedelta(days=30))
    assert not states.in_force(
        "terminated", date(2026, 11, 24), last, last + timedelta(days=1), last + timedelta(days=30)
    )


@pytest.mark.parametrize("days", [-1, 2])
def test_a_termination_counts_from_today_to_the_day_after_the_term(days):
    today = last = date(2026, 11, 24)
    with pytest.raises(TerminationInThePast if days < 0 else TerminationAfterTerm):
        endings.check_termination("active", last, today + timedelta(days=days), today)
    for allowed in (today, today + timedelta(days=1)):
        assert endings.check_termination("active", last, allowed, today) is ConventionState.TERMINATED


def test_a_termination_ends_what_would_bind_then_and_leaves_what_is_over_before():
    on = date(2027, 1, 10)
    lasts_until = [on - timedelta(days=2), on - timedelta(days=1), on, date(2027, 11, 23)]
    assert [endings.falls(ends_on, on) for ends_on in lasts_until] == [False, True, True, True]


@pytest.mark.parametrize("days_before", [1, 30])
def test_a_termination_is_withdrawn_until_the_day_before(days_before):
    day = date(2027, 1, 1)
    found = endings.check_withdrawal("terminated", day, day - timedelta(days=days_before))
    assert found is ConventionState.ACTIVE


@pytest.mark.parametrize("days_after", [0, 1])
def test_a_termination_in_effect_stays(days_after):
    day = date(2027, 1, 1)
    with pytest.raises(TerminationInEffect):
        endings.check_withdrawal("terminated", day, day + timedelta(days=days_after))


def test_a_leap_day_s_term_ends_a_year_later():
    assert states.one_year_later(date(2028, 2, 29)) == date(2029, 2, 28)
    assert states.one_year_later(date(2026, 11, 24)) == date(2027, 11, 24)


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_code_is_six_digits_and_rarely_the_same():
    codes = [signing_codes.new_code() for _ in range(500)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 480


def test_the_fifth_wrong_code_blocks_for_a_day():
    tries = Tries()
    for left in (4, 3, 2, 1):
        tries = tries.after_wrong(NOW)
        refusal = tries.refusal()
        assert isinstance(refusal, SigningCodeWrong) and refusal.fields == {"tries_left": left}
    tries = tries.after_wrong(NOW)
    assert isinstance(tries.refusal(), SigningBlocked)
    with pytest.raises(SigningBlocked):
        tries.check(NOW + timedelta(hours=24) - timedelta(seconds=1))
    assert tries.at(NOW + timedelta(hours=24)) == Tries()


def test_three_codes_an_hour_and_then_one_when_the_oldest_is_an_hour_old():
    sent = [NOW - timedelta(minutes=50), NOW - timedelta(minutes=20), NOW - timedelta(minutes=1)]
    with pytest.raises(TooManyCodes) as refused:
        signing_codes.check_send(sent, NOW)
    assert refused.value.fields["next_send_at"] == (NOW + timedelta(minutes=10)).isoformat()
    signing_codes.check_send(sent, NOW + timedelta(minutes=10))
    assert signing_codes.sends_left(sent, NOW) == 0
    assert signing_codes.sends_left(sent[:1], NOW) == 2


def test_a_code_lives_ten_minutes_and_no_longer():
    expires_at = NOW + signing_codes.LIFETIME
    signing_codes.check_alive(expires_at, NOW + timedelta(minutes=10) - timedelta(microseconds=1))
    with pytest.raises(SigningCodeExpired):
        signing_codes.check_alive(expires_at, NOW + timedelta(minutes=10))
    with pytest.raises(SigningCodeMissing):
        signing_codes.check_alive(None, NOW)


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────
def a_chain(length=4):
    links, previous = [], evidence.GENESIS
    for sequence in range(1, length + 1):
        at = evidence.instant(NOW + timedelta(seconds=sequence))
        links.append(evidence.link("c1", sequence, at, Evidence.CODE_WRONG, {"failures": sequence, "é": "ç"}, previous))
        previous = links[-1].hash
    return links


def test_a_whole_chain_has_a_head():
    links = a_chain()
    assert evidence.check_chain("c1", links) == links[-1].hash
    assert evidence.check_chain("c1", []) == evidence.GENESIS


def broken(links):
    changed = links[1]
    values = {**changed.__dict__}
    yield "a fact changed", [links[0], evidence.Link(**{**values, "facts": {"failures": 1}}), *links[2:]]
    yield "another time", [links[0], evidence.Link(**{**values, "at": links[0].at}), *links[2:]]
    yield "another kind", [links[0], evidence.Link(**{**values, "kind": "read"}), *links[2:]]
    yield "a link taken out", [links[0], *links[2:]]
    yield "two links swapped", [links[0], links[2], links[1], links[3]]
    yield "the first one gone", links[1:]
    yield "a link twice", [links[0], links[0], *links[1:]]


@pytest.mark.parametrize(("how", "links"), list(broken(a_chain())), ids=[how for how, _ in broken(a_chain())])
def test_a_chain_that_was_touched_is_broken(how, links):
    with pytest.raises(evidence.ChainBroken):
        evidence.check_chain("c1", links)


def test_a_chain_belongs_to_one_convention():
    with pytest.raises(evidence.ChainBroken):
        evidence.check_chain("c2", a_chain())


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────
FACTS = {
    "platform": "Pass'Sports-Loisirs",
    "caf": "Caf de la Seine-Saint-Denis",
    "structure": {
        "name": "Judo Club",
        "legal_form": "association",
        "identifiers": "SIRET 1",
        "address_line": "1 rue de la Paix, 93300 Aubervilliers",
        "activities_line": "judo",
    },
    "representative": {
        "civility": "Madame",
        "first_name": "Zoé",
        "last_name": "Martin",
        "position": "présidente",
    },
}


@pytest.mark.parametrize("version", sorted(text_files.all_texts()))
def test_every_version_of_the_text_can_be_filled(version):
    lines = [text for _, text in texts.filled(text_files.text_of(version), FACTS).passages()]
    assert not [line for line in lines if "{" in line or "}" in line]
    assert any("Judo Club" in line for line in lines)


def test_a_fact_that_looks_like_a_place_stays_as_it_is():
    assert texts.fill("Le club {structure.name}.", {"structure": {"name": "{caf}"}}) == "Le club {caf}."


def test_a_place_without_a_fact_is_a_mistake():
    with pytest.raises(texts.PlaceUnknown):
        texts.fill("{structure.phone}", FACTS)


def a_text(version, effective_on, *paragraphs):
    article = texts.Article(1, "Objet", paragraphs)
    return texts.Text(version, effective_on, "Convention", (), (article,))


def test_the_newest_text_in_effect_is_offered():
    old, new = a_text("1", date(2026, 1, 1)), a_text("2", date(2027, 1, 1))
    assert texts.in_effect([new, old], date(2026, 12, 31)) is old
    assert texts.in_effect([new, old], date(2027, 1, 1)) is new
    with pytest.raises(TextVersionUnknown):
        texts.in_effect([new], date(2026, 12, 31))


def told(before, now):
    """(kind, text) of each passage but those that stayed; a changed one as its marked words."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return [
        (line["kind"], "".join(marks[part["kind"]].format(part["text"]) for part in line["parts"]) or line["text"])
        for line in texts.difference(before, now)
        if line["kind"] != "same"
    ]


def test_the_difference_of_two_versions_reads_in_order():
    before = a_text("1", date(2026, 1, 1), "Le préavis est d’un mois.", "Autrefois, un papier.", "Fin.")
    now = a_text("2", date(2027, 1, 1), "Le préavis est de deux mois.", "Fin.", "Une annexe fait partie du texte.")
    assert told(before, now) == [
        ("changed", "Le préavis est [-d’un -][+de deux +]mois."),
        ("removed", "Autrefois, un papier."),
        ("added", "Une annexe fait partie du texte."),
    ]
    kept = [(line["heading"], line["text"]) for line in texts.difference(before, now) if line["kind"] == "same"]
    assert kept == [("", "Convention"), ("Article 1 – Objet", "Article 1 – Objet"), ("Article 1 – Objet", "Fin.")]


def test_the_same_text_has_no_difference():
    text = a_text("1", date(2026, 1, 1), "Fin.")
    assert told(text, text) == []


def test_a_paragraph_put_before_the_others_is_not_taken_for_them():
    before = a_text("1", date(2026, 1, 1), "Les pass sont présentés à chaque séance.")
    now = a_text("2", date(2027, 1, 1), "La Caf publie la liste.", "Les pass sont présentés à la première séance.")
    assert told(before, now) == [
        ("added", "La Caf publie la liste."),
        ("changed", "Les pass sont présentés à [-chaque -][+la première +]séance."),
    ]
