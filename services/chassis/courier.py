"""Sends the mails that wait: each one once, however many couriers work, with growing delays after failures.

A courier first takes a mail for a few minutes (one short transaction, ``SKIP LOCKED``), sends it without any
transaction open, then notes the result. If it dies in between, the mail is due again when those minutes have
passed, and leaves with the same Message-ID.
"""

import logging
import os
import re
import smtplib
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import text

from services.chassis import mail, telemetry
from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.files import FileRefused, FileStore
from services.chassis.sealing import FileBroken
from services.chassis.vault import SealBroken

TAKEN_FOR_S = 300
DELAYS_S = (10, 60, 300, 1800, 7200, 21600)
MOST_ATTEMPTS = 20  # the last delay repeats: about three and a half days in all
_SMTP_WITHIN_S = 20
_log = logging.getLogger(__name__)

_TAKE = text(
    """
    UPDATE mail SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => :taken_for_s)
    WHERE id = (
        SELECT id FROM mail WHERE sent_at IS NULL AND due_at <= clock_timestamp()
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, sealed, created_at, attempts
    """
)
_SENT = text("UPDATE mail SET sent_at = clock_timestamp(), sealed = NULL, last_error = NULL WHERE id = :id")
_LATER = text(
    "UPDATE mail SET due_at = clock_timestamp() + make_interval(secs => :delay_s), last_error = :error WHERE id = :id"
)
_GIVEN_UP = text("UPDATE mail SET due_at = 'infinity', last_error = :error WHERE id = :id")


class Transport(Protocol):
    """Takes messages to the outside world."""

    def send(self, message: EmailMessage, mail_id: str) -> None: ...


class MailFolder:
    """The development stand-in: each mail a file, the oldest first by name, complete when it appears. A mail
    sent twice is one file."""

    def __init__(self, folder: Path):
        self._folder = folder

    def send(self, message: EmailMessage, mail_id: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{mail_id}.part"
        part.write_bytes(message.as_bytes())
        os.replace(part, self._folder / f"{_written(mail_id)}-{mail_id}.eml")


def _written(mail_id: str) -> str:
    """When the id was made (UUIDv7), to the millisecond, sortable."""
    made = datetime.fromtimestamp((uuid.UUID(mail_id).int >> 80) / 1000, UTC)
    return f"{made:%Y%m%dT%H%M%S}{made.microsecond // 1000:03d}"


class Smtp:
    """One SMTP connection. ``smtps://`` is encrypted from the start; ``smtp://`` changes to TLS where the
    server offers it, and must before a password is given."""

    def __init__(self, connection: smtplib.SMTP):
        self._connection = connection

    def send(self, message: EmailMessage, mail_id: str) -> None:
        self._connection.send_message(message)


class MailUrlInvalid(ValueError):
    """``PSL_MAIL_URL`` is neither ``smtp[s]://…`` nor ``file:…``."""


@contextmanager
def transport(url: str) -> Iterator[Transport]:
    """What the URL names, connected. Raises MailUrlInvalid, OSError or smtplib.SMTPException."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        yield MailFolder(Path(parts.path))
    elif parts.scheme in ("smtp", "smtps"):
        with _connected(parts) as connection:
            yield Smtp(connection)
    else:
        raise MailUrlInvalid(parts.scheme)


def _connected(parts: SplitResult) -> smtplib.SMTP:
    context = ssl.create_default_context()
    host = parts.hostname or "127.0.0.1"
    if parts.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_SMTP_WITHIN_S, context=context)
    else:
        connection = smtplib.SMTP(host, parts.port or 587, timeout=_SMTP_WITHIN_S)
        connection.ehlo()
        if connection.has_extn("starttls") or parts.username:
            connection.starttls(context=context)
    if parts.username:
        connection.login(unquote(parts.username), unquote(parts.password or ""))
    return connection


class Courier:
    """Sends one service's mails."""

    def __init__(self, database: BoundDatabase, url: str | None = None, files: FileStore | None = None):
        self._database = database
        self._url = url
        self._files = files

    def deliver_due(self) -> int:
        """Send every mail that is due; returns how many left. A failure delays its mail only."""
        taken = self._take()
        if taken is None:
            return 0
        sent = 0
        try:
            with transport(self._url or settings().mail_url) as carrier:
                while taken is not None:
                    sent += self._deliver(taken, carrier)
                    taken = self._take()
        except (OSError, smtplib.SMTPException) as fault:
            if taken is not None:
                self._failed(taken, fault)
        return sent

    def _take(self) -> Any:
        with self._database.engine.begin() as connection:
            return connection.execute(_TAKE, {"taken_for_s": TAKEN_FOR_S}).one_or_none()

    def _deliver(self, row: Any, carrier: Transport) -> int:
        """Send one mail. A mail that can't be written is its own fault; a lost connection ends the round."""
        mail_id = str(row.id)
        try:
            letter = mail.unseal(self._database.service, mail_id, row.sealed)
            message = mail.compose(letter, mail_id, row.created_at, self._files or FileStore())
            carrier.send(message, mail_id)
        except (SealBroken, FileRefused, FileBroken, *_OF_THIS_MAIL) as fault:
            self._failed(row, fault)
            return 0
        self._note(_SENT, row)
        telemetry.mail_handled(self._database.service, "sent")
        return 1

    def _failed(self, row: Any, fault: Exception) -> None:
        error = describe(fault)
        if row.attempts >= MOST_ATTEMPTS or _forever(fault):
            self._note(_GIVEN_UP, row, error=error)
            telemetry.mail_handled(self._database.service, "given_up")
            _log.error("mail %s given up: %s", row.id, error)
            return
        delay_s = DELAYS_S[min(row.attempts, len(DELAYS_S)) - 1]
        self._note(_LATER, row, error=error, delay_s=delay_s)
        telemetry.mail_handled(self._database.service, "delayed")
        _log.warning("mail %s delayed by %d s: %s", row.id, delay_s, error)

    def _note(self, statement: Any, row: Any, **values: Any) -> None:
        with self._database.engine.begin() as connection:
            connection.execute(statement, {"id": row.id, **values})


_OF_THIS_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused)


def _codes(fault: Exception) -> list[int]:
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in fault.recipients.values()]
    code = getattr(fault, "smtp_code", None)
    return [code] if isinstance(code, int) else []


def _forever(fault: Exception) -> bool:
    """Whether the server said that it will never take this mail (RFC 5321 §4.2.1: 5yz)."""
    codes = _codes(fault)
    return isinstance(fault, _OF_THIS_MAIL) and bool(codes) and all(500 <= code < 600 for code in codes)


def describe(fault: Exception) -> str:
    """The fault without addresses: its type and the server's codes."""
    name = re.sub(r"[^A-Za-z]", "", type(fault).__name__)
    return " ".join([name, *map(str, _codes(fault))])
