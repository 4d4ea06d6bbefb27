"""Mails leave once, after the commit, to real SMTP and to the folder; what fails is tried again later."""

import email
import email.policy
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from services.chassis import config, keys, mail
from services.chassis.courier import DELAYS_S, MOST_ATTEMPTS, Courier, MailUrlInvalid
from services.chassis.database import BoundDatabase
from tests.platform import free_port


@pytest.fixture
def echo(database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BoundDatabase:
    """The made-up service's database, with a template to speak with."""
    keys.ensure_keys(config.settings().keys, [("echo", "vault", False)], "2026-01")
    folder = tmp_path / "services" / "echo" / "mails"
    folder.mkdir(parents=True)
    (folder / "word.txt").write_text("Un mot pour {{ name }}\nBonjour {{ name }}\n")
    monkeypatch.setattr(mail, "SERVICES", tmp_path / "services")
    return database("echo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def courier(echo: BoundDatabase, folder: Path) -> Courier:
    return Courier(echo, f"file:{folder}")


def write(echo: BoundDatabase, *names: str) -> None:
    with echo.unit_of_work() as uow:
        for name in names:
            uow.mail(to=f"{name}@example.org", template="word", context={"name": name}, reference=f"r-{name}")


def rows(echo: BoundDatabase) -> list[Any]:
    asked = text("SELECT *, due_at = 'infinity' AS never, due_at - clock_timestamp() AS wait FROM mail ORDER BY id")
    with echo.engine.connect() as connection:
        return list(connection.execute(asked))


def make_due(echo: BoundDatabase) -> None:
    with echo.engine.begin() as connection:
        connection.execute(text("UPDATE mail SET due_at = clock_timestamp() WHERE sent_at IS NULL"))


def mails_in(folder: Path) -> list[EmailMessage]:
    found = [path.read_bytes() for path in sorted(folder.glob("*.eml"))]
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in found]  # type: ignore[misc]


def test_a_mail_leaves_once_and_its_content_is_erased(echo: BoundDatabase, courier: Courier, folder: Path) -> None:
    write(echo, "ada")
    assert courier.deliver_due() == 1
    assert courier.deliver_due() == 0
    assert [message["To"] for message in mails_in(folder)] == ["ada@example.org"]
    (row,) = rows(echo)
    assert (row.sealed, row.template, row.reference) == (None, "word", "r-ada")
    assert row.sent_at is not None


def test_a_waiting_mail_is_sealed(echo: BoundDatabase) -> None:
    write(echo, "ada")
    assert "ada@example.org" not in str(rows(echo)[0].sealed)


def test_nothing_leaves_when_the_transaction_fails(echo: BoundDatabase, courier: Courier) -> None:
    with pytest.raises(ZeroDivisionError), echo.unit_of_work() as uow:
        uow.mail(to="ada@example.org", template="word", context={"name": "ada"})
        raise ZeroDivisionError
    assert courier.deliver_due() == 0


def test_names_in_the_folder_sort_oldest_first(echo: BoundDatabase, courier: Courier, folder: Path) -> None:
    for name in ("ada", "bob", "eve"):
        write(echo, name)
        courier.deliver_due()
    assert [message["To"].split("@")[0] for message in mails_in(folder)] == ["ada", "bob", "eve"]


def test_many_couriers_send_each_mail_once(echo: BoundDatabase, folder: Path) -> None:
    write(echo, *(f"n{number}" for number in range(60)))
    couriers = [Courier(echo, f"file:{folder}") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda each: each.deliver_due(), couriers))
    assert sum(sent) == 60
    assert len({message["To"] for message in mails_in(folder)}) == len(mails_in(folder)) == 60


def test_what_a_dead_courier_had_taken_is_sent_by_another(echo: BoundDatabase, courier: Courier, folder: Path) -> None:
    write(echo, "ada")
    assert courier._take() is not None
    assert courier.deliver_due() == 0
    make_due(echo)
    assert courier.deliver_due() == 1
    assert len(mails_in(folder)) == 1


class Inbox:
    """What the SMTP server was given; it answers as told."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.lock = threading.Lock()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.lock:
            self.messages.append(parsed)  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def smtp_url(inbox: Inbox) -> Iterator[str]:
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_mails_go_over_smtp(echo: BoundDatabase, smtp_url: str, inbox: Inbox) -> None:
    write(echo, "ada", "bob")
    assert Courier(echo, smtp_url).deliver_due() == 2
    assert [(m["To"], m["Subject"]) for m in inbox.messages] == [
        ("ada@example.org", "Un mot pour ada"),
        ("bob@example.org", "Un mot pour bob"),
    ]


def test_a_recipient_refused_for_now_is_tried_later_and_delays_nobody(
    echo: BoundDatabase, smtp_url: str, inbox: Inbox
) -> None:
    inbox.answers["ada@example.org"] = "451 try again"
    write(echo, "ada", "bob")
    assert Courier(echo, smtp_url).deliver_due() == 1
    ada, bob = rows(echo)
    assert bob.sent_at is not None
    assert (ada.sent_at, ada.last_error) == (None, "SMTPRecipientsRefused 451")
    assert DELAYS_S[0] - 5 < ada.wait.total_seconds() <= DELAYS_S[0]
    inbox.answers.clear()
    make_due(echo)
    assert Courier(echo, smtp_url).deliver_due() == 1
    assert rows(echo)[0].last_error is None


def test_a_recipient_refused_for_ever_is_given_up(echo: BoundDatabase, smtp_url: str, inbox: Inbox) -> None:
    inbox.answers["ada@example.org"] = "550 no such user"
    write(echo, "ada")
    assert Courier(echo, smtp_url).deliver_due() == 0
    (row,) = rows(echo)
    assert row.never and row.sealed is not None


def test_a_server_that_is_away_delays_with_growing_delays(echo: BoundDatabase, free_port_url: str) -> None:
    write(echo, "ada")
    waits = []
    for _ in range(3):
        assert Courier(echo, free_port_url).deliver_due() == 0
        waits.append(round(rows(echo)[0].wait.total_seconds()))
        make_due(echo)
    assert waits == list(DELAYS_S[:3])


def test_after_many_attempts_a_mail_is_given_up(echo: BoundDatabase, free_port_url: str) -> None:
    write(echo, "ada")
    with echo.engine.begin() as connection:
        connection.execute(text("UPDATE mail SET attempts = :n"), {"n": MOST_ATTEMPTS - 1})
    Courier(echo, free_port_url).deliver_due()
    assert rows(echo)[0].never


@pytest.fixture
def free_port_url() -> str:
    return f"smtp://127.0.0.1:{free_port()}"


def test_an_unknown_way_of_sending_is_named(echo: BoundDatabase) -> None:
    write(echo, "ada")
    with pytest.raises(MailUrlInvalid):
        Courier(echo, "gopher://x").deliver_due()
