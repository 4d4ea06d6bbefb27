"""The chassis as a service sees it: a small real service, its database, the broker and the relay."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from kombu import Connection, Exchange

from deploy.local.waiting import wait_for
from services.chassis import serializer
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from tests.chaos import leaks

ECHO = "tests.integration.chassis.echo.service"
TABLES = "CREATE TABLE words (word text); CREATE TABLE heard (word text); GRANT ALL ON words, heard TO PUBLIC"


@pytest.fixture(scope="module")
def echo(platform):
    running = platform(ECHO, relay=False)
    connection = running.connect("echo")
    connection.cursor().execute(TABLES)
    running.add("relay", [sys.executable, "-m", "services.chassis.relay", "echo"]).wait_ready()
    yield running
    connection.close()


@pytest.fixture
def ask(echo, token):
    def call(method, arguments, *, roles=("manager",), session_id="s-1", **options):
        made = token(*roles, account_id="a-1", session_id=session_id)
        return echo.bus.call("echo", method, arguments, token=options.pop("token", made), **options)

    return call


@pytest.fixture
def rows(echo):
    connection = echo.connect("echo")

    def select(table, column="word"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table}")
            return [row[0] for row in cursor.fetchall()]

    yield select
    connection.close()


def word(text, speaker="ada"):
    return {"speaker": speaker, "word": text}


def test_an_answer_comes_back(ask):
    assert ask("echo_word", word("hello")) == {"word": "hello", "roles": ["manager"]}


def test_a_service_calls_another_with_its_callers_token(ask):
    assert ask("relay_word", word("hello"))["roles"] == ["manager"]


@pytest.mark.parametrize(
    ("method", "arguments", "options", "code"),
    [
        ("say", word("hi"), {"roles": ("visitor",)}, "not_allowed"),
        ("say", word("hi"), {"roles": ("cashier",)}, "not_allowed"),
        ("say", {"speaker": "ada"}, {}, "validation_failed"),
        ("say", {**word("hi"), "colour": "red"}, {}, "validation_failed"),
        ("say", word("hi"), {"token": "forged.token"}, "actor_invalid"),
        ("say", word("hi"), {"token": ""}, "actor_invalid"),
        ("no_such_method", {}, {}, "unknown_method"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_by_a_code(ask, method, arguments, options, code):
    with pytest.raises(Refused) as refused:
        ask(method, arguments, **options)
    assert refused.value.code == code


def test_a_refusal_undoes_what_was_done(ask, rows):
    with pytest.raises(Refused) as refused:
        ask("say", word("silence"))
    assert (refused.value.code, refused.value.fields) == ("silence", {"word": "silence"})
    assert "silence" not in rows("words")


def test_a_kept_refusal_commits_first(ask, rows):
    with pytest.raises(Refused):
        ask("say", word("whisper"))
    assert "whisper" in rows("words")
    wait_for(lambda: "whisper" in rows("heard"), "the kept event is heard", 10)


def test_a_fault_is_unavailable_and_undoes(ask, rows):
    with pytest.raises(Unavailable):
        ask("say", word("crash"))
    assert "crash" not in rows("words")


def test_an_event_is_heard_once_although_its_handler_stumbled(ask, rows):
    ask("say", word("stumble"))
    wait_for(lambda: "stumble" in rows("heard"), "the stumbled event is heard", 10)
    assert rows("heard").count("stumble") == 1


def test_events_of_one_aggregate_are_heard_in_order(ask, rows):
    said = [f"n{number:03}" for number in range(60)]
    for text in said:
        ask("say", word(text, speaker="bob"))
    wait_for(lambda: said[-1] in rows("heard"), "the last word is heard", 15)
    assert [text for text in rows("heard") if text.startswith("n")] == said


def test_silence_costs_no_more_than_the_deadline(ask):
    began = time.monotonic()
    with pytest.raises(Unavailable):
        ask("dawdle", {"seconds": 3}, deadline_s=0.4)
    assert time.monotonic() - began < 0.8


def test_work_whose_caller_gave_up_is_not_done(echo, ask, rows):
    """The process is stopped in its tracks, so that the call waits in the queue beyond its deadline."""
    os.kill(echo.processes["echo"].pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            ask("say", word("too late"), deadline_s=0.3)
    finally:
        os.kill(echo.processes["echo"].pid, signal.SIGCONT)
    assert ask("echo_word", word("awake"), deadline_s=5)["word"] == "awake"
    assert "too late" not in rows("words")


def test_a_hung_service_costs_a_long_call_no_more_than_a_short_one(echo, ask, rows):
    """Thirty seconds may be needed for the work, not to learn that nobody does it."""
    os.kill(echo.processes["echo"].pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            ask("say", word("in vain"), deadline_s=30)
        assert time.monotonic() - began < 3.0
    finally:
        os.kill(echo.processes["echo"].pid, signal.SIGCONT)
    assert ask("echo_word", word("awake"), deadline_s=5)["word"] == "awake"
    assert "in vain" not in rows("words")


def test_work_that_takes_long_is_waited_for_once_it_is_in_hand(ask):
    began = time.monotonic()
    ask("dawdle", {"seconds": 3}, deadline_s=20)
    assert time.monotonic() - began >= 3


def test_many_threads_share_one_bus(ask):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: ask("echo_word", word(str(n)))["word"], range(400)))
    assert answers == [str(n) for n in range(400)]


def test_nothing_piles_up_over_many_calls(echo):
    """The short version of `python -m tests.chaos.leaks`."""
    pid = echo.processes["echo"].pid
    leaks.call_often(echo, 500)
    before = leaks.state(echo, pid)
    ended = leaks.call_often(echo, 1500)
    assert ended["answered"] > 1300
    assert ended["given up"] >= 5
    assert leaks.grown(before, leaks.state(echo, pid)) == {}


def test_a_withdrawn_session_is_refused_within_a_second(ask):
    ask("close_session", {}, session_id="s-gone")

    def refused():
        try:
            ask("echo_word", word("still here"), session_id="s-gone")
        except Refused as refusal:
            return refusal.code == "actor_revoked"
        return False

    began = time.monotonic()
    wait_for(refused, "the session is withdrawn", 3)
    assert time.monotonic() - began < 1.5
    assert ask("echo_word", word("another"), session_id="s-2")["word"] == "another"


def _event(number, **changed):
    body = {
        "specversion": "1.0", "id": new_id(), "source": "/echo", "type": "word_said.v1", "time": "2026-11-25T09:00:00Z",
        "subject": f"s-{number}", "datacontenttype": "application/json", "data": {"word": f"many{number}"},
    }  # fmt: skip
    return {**body, **changed}


def _announce(platform, bodies):
    """Into echo's exchange, whatever they say."""
    confirmed = {"confirm_publish": True}
    with Connection(platform.environment["AMQP_URI"], transport_options=confirmed) as connection:
        producer = connection.Producer(exchange=Exchange("echo.events", type="topic", passive=True))
        for body in bodies:
            producer.publish(
                body, routing_key="word_said.v1", content_type=serializer.CLOUDEVENTS, content_encoding="utf-8"
            )


def test_one_bad_message_in_a_thousand_delays_the_others_by_less_than_five_seconds(echo, ask):
    """One isn't JSON, one lacks its data, one makes its handler stumble; all others are heard without a pause."""
    events = [_event(number) for number in range(1000)]
    events[300]["data"] = {"word": 7}
    events[600]["data"] = {"word": "stumble"}
    bodies = [serializer.dumps(event) for event in events]
    bodies[450] = "{ no JSON"
    _announce(echo, bodies)
    database = echo.connect("echo")
    good = [event["id"] for number, event in enumerate(events) if number not in (300, 450, 600)]

    def handled():
        with database.cursor() as cursor:
            cursor.execute("SELECT handled_at FROM inbox WHERE event_id = ANY(%s::uuid[]) ORDER BY 1", [good])
            return [row[0] for row in cursor.fetchall()]

    wait_for(lambda: len(handled()) == len(good), "all good ones are heard", 60, every_s=0.3)
    moments = handled()
    database.close()
    longest = max((later - earlier).total_seconds() for earlier, later in pairwise(moments))
    assert longest < 5.0
    letters = ask("dead_letters", {}, roles=("administrator",), deadline_s=10)["items"]
    assert events[300]["id"] in {letter["id"] for letter in letters}
    assert any(letter["id"].startswith("raw-") for letter in letters)


def test_an_administrator_sends_dead_letters_again_or_drops_them_and_it_is_on_record(echo, ask, rows):
    """A letter that still can't be read comes back among the dead, with a fresh history."""
    administrator = {"roles": ("administrator",), "deadline_s": 10}

    def listed():
        return {letter["id"]: letter for letter in ask("dead_letters", {}, **administrator)["items"]}

    poison = _event(1, data={"word": 7})
    _announce(echo, [serializer.dumps(poison)])
    wait_for(lambda: poison["id"] in listed(), "it is among the dead", 15, every_s=0.3)
    dead = listed()[poison["id"]]
    assert dead["fault"] == "PoisonEvent"
    assert (dead["origin"], dead["attempts"], dead["type"]) == ("echo.echo.word_said.v1", 1, "word_said.v1")
    assert '"word": 7' in ask("dead_letter", {"letter_id": dead["id"]}, **administrator)["content"]
    ask("replay_dead_letter", {"letter_id": dead["id"]}, **administrator)
    wait_for(lambda: dead["id"] in listed(), "it is back", 15)
    ask("drop_dead_letter", {"letter_id": dead["id"]}, **administrator)
    assert dead["id"] not in listed()
    with pytest.raises(Refused) as refused:
        ask("drop_dead_letter", {"letter_id": dead["id"]}, **administrator)
    assert refused.value.code == "dead_letter_unknown"
    with pytest.raises(Refused) as refused:
        ask("dead_letters", {}, roles=("instructor",))
    assert refused.value.code == "not_allowed"
    assert {"dead_letter:replay", "dead_letter:drop"} <= set(rows("audit", "action"))


def test_killed_between_commit_and_publish_nothing_is_lost(echo, ask, rows):
    """The relay is killed; what is said meanwhile is heard once it is back."""
    echo.processes["relay"].kill()
    ask("say", word("patience"))
    assert "patience" not in rows("heard")
    echo.processes["relay"].start()
    wait_for(lambda: "patience" in rows("heard"), "the event is heard after the relay's return", 15)
    assert rows("heard").count("patience") == 1


def test_a_killed_service_hears_what_it_missed(echo, ask, rows):
    echo.processes["echo"].kill()
    with pytest.raises(Unavailable):
        ask("echo_word", word("anyone"), deadline_s=0.5)
    echo.processes["echo"].start()
    echo.processes["echo"].wait_ready()
    for number in range(20):
        ask("say", word(f"back{number}"), deadline_s=5)
    wait_for(lambda: "back19" in rows("heard"), "the words are heard", 15)
    assert sum(text.startswith("back") for text in rows("heard")) == 20


def test_a_stopping_service_finishes_what_is_in_hand_and_takes_nothing_new(echo, ask):
    """SIGTERM: the call in hand is answered, the next one isn't accepted, the process is gone within ten seconds."""
    with ThreadPoolExecutor(1) as aside:
        in_hand = aside.submit(ask, "dawdle", {"seconds": 6}, deadline_s=15)
        wait_for(lambda: _in_hand(echo) > 0, "the call is in hand", 6, every_s=0.01)
        began = time.monotonic()
        os.kill(echo.processes["echo"].pid, signal.SIGTERM)
        assert in_hand.result() == {}
        wait_for(lambda: echo.processes["echo"].dead, "it has left", 10)
    assert time.monotonic() - began < 10
    assert echo.processes["echo"].exit_status == 0
    with pytest.raises(Unavailable):
        ask("echo_word", word("anybody"), deadline_s=0.5)


def test_a_stopping_relay_leaves_within_ten_seconds(echo):
    began = time.monotonic()
    os.kill(echo.processes["relay"].pid, signal.SIGTERM)
    wait_for(lambda: echo.processes["relay"].dead, "it has left", 10)
    assert echo.processes["relay"].exit_status == 0
    assert time.monotonic() - began < 10


def _in_hand(platform):
    return platform.queues().get("rpc-echo", 0)
