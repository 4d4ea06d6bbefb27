"""After people have used the platform, nothing of theirs stands in clear in logs, messages, tables or
files."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.driver import partner, passes, people
from deploy.driver.browser import Browser, Unwelcome
from deploy.driver.outbox import Outbox
from deploy.driver.story import Story
from deploy.local.waiting import wait_for
from services.chassis.config import SERVICES


@dataclasses.dataclass
class Used:
    """A platform that somebody has used, and who that was."""

    running: Any
    who: people.Applicant
    secrets: list[str]

    def words(self) -> list[str]:
        """What must not be found: names, addresses, numbers, passwords, the account, tokens."""
        digits = self.who.mobile
        international = people.international(digits)
        return [
            self.who.first_name, self.who.last_name, self.who.email, digits, digits[1:], international,
            self.who.iban, self.who.iban[4:], self.who.password, *self.secrets,
        ]  # fmt: skip


@pytest.fixture(scope="module")
def used(running: Any, story: Story) -> Used:
    """The whole story, and another application, its mails, the activation, a failed sign-in."""
    who = dataclasses.replace(
        people.applicant(7, mark="secret"), first_name="Zéphyrine", last_name="Quenneville", mobile="0687654321"
    )
    browser, outbox = Browser(running.base_url), Outbox(running.var)
    partner.apply(browser, who)
    mail = outbox.wait_for_mail(who.email, "Mot de passe")
    partner.activate(browser, outbox, who)
    stranger = Browser(running.base_url)
    with pytest.raises(Unwelcome):
        partner.sign_in(stranger, who.email, "Wrong-Secret-Word-1")
    tokens = [cookie.value for cookie in browser._session.cookies if cookie.name == "psl_session" and cookie.value]
    wait_for(lambda: not waiting(running), "all events and mails sent", 60)
    family = [passes.family_email(index) for index in range(3)]
    told = [story.child.code, story.child.qr, story.terminal.token, story.applicant.email, story.applicant.iban]
    return Used(running, who, [mail.after("Mot de passe"), "Wrong-Secret-Word-1", *tokens, *family, *told])


def waiting(running: Any) -> int:
    total = 0
    for service in SERVICES:
        with running.connect(service) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) + "
                "(SELECT count(*) FROM mail WHERE sent_at IS NULL)"
            )
            total += cursor.fetchone()[0]
    return total


def found(words: list[str], text: str) -> list[str]:
    folded = text.casefold()
    return [word for word in words if word.casefold() in folded]


def test_no_log_names_anybody(used: Used) -> None:
    logs = [process.log for process in used.running.processes.values()]
    assert len(logs) >= len(SERVICES) + 2
    assert {log.name: hits for log in logs if (hits := found(used.words(), log.read_text(errors="replace")))} == {}


def test_the_failed_sign_in_stands_in_the_log(used: Used) -> None:
    """By a keyed hash of the identifier (ASVS 16.3.1), and where it came from in the gateway's line."""
    lines = [
        line for line in used.running.processes["identity"].log.read_text().splitlines() if "sign-in refused" in line
    ]
    told = json.loads(lines[-1])
    assert (told["factor"], told["code"]) == ("password", "sign_in_failed")
    requests = used.running.processes["gateway"].log.read_text().splitlines()
    (turned_away,) = [json.loads(line) for line in requests if '"/login/partner"' in line and '"status": 401' in line]
    assert turned_away["address"] == "127.0.0.1"


def tables(cursor: Any) -> list[str]:
    cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("service", SERVICES)
def test_no_table_holds_them_in_clear(used: Used, service: str) -> None:
    """Outbox (the messages), journal and mails included."""
    shown = {}
    with used.running.connect(service) as connection, connection.cursor() as cursor:
        for table in tables(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            text = "\n".join(row[0] for row in cursor.fetchall())
            if hits := found(used.words(), text):
                shown[table] = hits
    assert shown == {}


def test_no_stored_file_is_in_clear(used: Used) -> None:
    kept = [path for path in (used.running.var / "files").rglob("*") if path.is_file()]
    assert kept
    clear = [path.name for path in kept if path.read_bytes()[:4] in (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff\xe0")]
    assert clear == []


def test_events_were_sent_and_name_nobody(used: Used) -> None:
    """The scan above saw real messages."""
    with used.running.connect("partners") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT body FROM outbox WHERE sent_at IS NOT NULL")
        bodies = [json.loads(row[0]) for row in cursor.fetchall()]
    assert "application_submitted.v1" in {body["type"] for body in bodies}


def test_the_scan_finds_what_it_is_for(used: Used, tmp_path: Path) -> None:
    assert found(used.words(), f"sent to {used.who.email.upper()}") == [used.who.email]
