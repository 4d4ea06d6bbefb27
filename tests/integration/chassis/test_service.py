"""The chassis as a service sees it: a small real service, its database, the broker and the relay."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local.waiting import wait_for
from services.chassis.refusals import Refused, Unavailable

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
