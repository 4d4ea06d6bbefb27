"""«Demandes à instruire»: who waits for whom, since when, by age, on every page of the list."""

from uuid import uuid4

from tests.integration.partners.world import Club, iban
from tests.refusing import refusal


def test_the_queue_shows_who_waits_and_since_when(world):
    club = world.submitted()
    line = next(
        one
        for one in world.as_agent("applications", words=club.structure["name"])["items"]
        if one["application_id"] == club.application_id
    )
    assert (line["state"], line["age_days"], line["assigned_to"]) == ("submitted", 0, None)
    assert line["reference"].startswith("L") and line["structure_type_label"] == "Association"


def waits_since(world, club, days):
    """As if the club had waited for so many days."""
    world.rows(
        "UPDATE applications SET waiting_since = waiting_since - make_interval(days => %s) WHERE application_id = %s"
        " RETURNING application_id",
        days, club.application_id,
    )  # fmt: skip


def queue_of(world, agent, **filters):
    """The applications of all pages of a list of what waits for the agent."""
    found, cursor = set(), None
    while True:
        page = world.as_agent("applications", agent=agent, assigned_to="me_or_nobody", **filters, cursor=cursor)
        found |= {line["application_id"] for line in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def ages_of(world, agent, queue="waiting"):
    """How many of a queue have waited for how long: band → count."""
    return {band["code"]: band["count"] for band in world.as_agent("application_counts", agent=agent)[queue]["ages"]}


def test_what_waits_for_an_agent_is_counted_and_listed_by_age(world):
    """Each count is the length of the list that its link opens: what is in nobody's hands or in the agent's own."""
    agent, clubs = str(uuid4()), [world.submitted(Club("company")) for _ in range(4)]
    for club, days in zip(clubs, (0, 3, 30, 31), strict=True):
        waits_since(world, club, days)
    before = ages_of(world, agent)
    assert list(before) == ["0-2", "3-7", "8-30", "31-"] and min(before.values()) >= 1

    def listed(code: str) -> set[str]:
        return queue_of(world, agent, age=code)

    for club, code in zip(clubs, before, strict=True):
        found = listed(code)
        assert club.application_id in found and len(found) == before[code]
    world.as_agent("take_application", agent=agent, application_id=clubs[3].application_id)
    world.as_agent("take_application", agent=world.other_agent, application_id=clubs[2].application_id)
    assert clubs[3].application_id in listed("31-"), "what is in my hands waits for me"
    assert clubs[2].application_id not in listed("8-30"), "what a colleague has doesn't"
    assert ages_of(world, agent) == before | {"8-30": before["8-30"] - 1}
    told = world.as_agent("application_counts", agent=agent)["waiting"]
    assert told["count"] == sum(ages_of(world, agent).values()) and told["since"]


def test_corrections_that_have_come_are_a_queue_of_their_own(world):
    """Counted for whom they wait, listed by the queue's filter, and part of what waits for that agent."""
    agent, other, fresh = str(uuid4()), str(uuid4()), world.submitted(Club("company"))
    club = world.submitted()
    world.as_agent("take_application", agent=agent, application_id=club.application_id)
    world.ask_for_correction(club, **{"fields:bank_account": "Autre titulaire."})
    world.correct(club, "bank_account", iban=iban(1_987_654), holder="Nouveau titulaire")

    def listed(who):
        return queue_of(world, who, state="corrected")

    counts = world.as_agent("application_counts", agent=agent)
    assert club.application_id in listed(agent) and fresh.application_id not in listed(agent)
    assert counts["corrected"]["count"] == len(listed(agent)) <= counts["waiting"]["count"]
    assert club.application_id not in listed(other), "a colleague's corrections wait for the colleague"
    world.as_agent("release_application", agent=agent, application_id=club.application_id)
    assert club.application_id in listed(other)
    assert world.as_agent("application_counts", agent=other)["to_take"] == counts["to_take"] + 1, "it can be taken"


def test_an_age_that_is_no_band_is_refused(world):
    assert refusal(world.as_agent, "applications", age="0-99").code == "validation_failed"


def test_pages_of_the_queue_show_everyone_once(world):
    clubs = {world.submitted(Club("company")).application_id for _ in range(3)}
    for sort in ("oldest", "newest", "name"):
        seen, cursor = [], None
        while True:
            page = world.as_agent("applications", structure_type="company", sort=sort, cursor=cursor)
            seen += [one["application_id"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) and clubs <= set(seen)
