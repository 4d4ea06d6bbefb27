"""Reads what the platform sent: mails and text messages, in their development stand-ins under var/outbox."""

import json
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import cast

from deploy.local.waiting import wait_for

WITHIN_S = 20.0


@dataclass(frozen=True)
class Mail:
    """One mail that left."""

    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[tuple[str, bytes], ...]
    name: str

    def first_link(self, containing: str = "http") -> str:
        """The first address in the text that contains a word. Raises LookupError."""
        for found in re.findall(r"https?://[^\s<>\"]+", self.text):
            if containing in found:
                return str(found).rstrip(".,)")
        raise LookupError(f"no address with «{containing}» in the mail «{self.subject}»")

    def after(self, label: str) -> str:
        """The rest of the line that begins with a label («- Identifiant :»). Raises LookupError."""
        found = re.search(rf"{re.escape(label)}\s*:\s*(\S+)", self.text)
        if found is None:
            raise LookupError(f"no «{label} :» in the mail «{self.subject}»")
        return found[1]


class Outbox:
    """What left a platform so far."""

    def __init__(self, var: Path) -> None:
        self._mail, self._sms = var / "outbox" / "mail", var / "outbox" / "sms"

    def mails(self, to: str | None = None) -> list[Mail]:
        """The mails, oldest first."""
        found = [read(path) for path in sorted(self._mail.glob("*.eml"))]
        return [mail for mail in found if to is None or to.lower() in mail.to.lower()]

    def wait_for_mail(self, to: str, containing: str, within_s: float = WITHIN_S) -> Mail:
        """The newest mail to an address whose subject or text contains some words. Raises TooLate."""

        def newest() -> Mail | None:
            fitting = [m for m in self.mails(to) if containing in m.subject or containing in flat(m.text)]
            return fitting[-1] if fitting else None

        return cast(Mail, wait_for(newest, f"a mail to {to} with «{containing}»", within_s, every_s=0.1))

    def text_messages(self, to: str | None = None) -> list[str]:
        """The texts of the SMS, oldest first."""
        found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self._sms.glob("*.json"))]
        return [message["body"] for message in found if to is None or message["to"] == to]

    def wait_for_code(self, to: str, more_than: int = 0, within_s: float = WITHIN_S) -> str:
        """The six digits of the newest SMS to a number that has had `more_than` before. Raises TooLate."""
        arrived = wait_for(lambda: self.text_messages(to)[more_than:], f"an SMS to {to}", within_s, every_s=0.1)
        code = re.search(r"\b(\d{6})\b", arrived[-1])
        if code is None:
            raise LookupError("the SMS holds no six digits")
        return code[1]


def flat(text: str) -> str:
    """Without line ends, for looking for a sentence."""
    return re.sub(r"\s+", " ", text)


@lru_cache(maxsize=2048)
def read(path: Path) -> Mail:
    """A mail from its file, which never changes: whoever waits for one looks through all of them again and again."""
    message = cast(EmailMessage, message_from_bytes(path.read_bytes(), policy=policy.default))
    attachments = [
        (part.get_filename() or "", cast(bytes, part.get_payload(decode=True))) for part in message.iter_attachments()
    ]
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        attachments=tuple(attachments),
        name=path.name,
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body else ""
