"""Mails: written with the business transaction, sent once afterwards.

A service says ``uow.mail(to=…, template="activation", context={…})``. The template lives with the service
that speaks: ``services/<service>/mails/activation.txt`` (its first line is the subject) and, if wanted,
``activation.html`` which extends ``layout.html``. The rendered mail is a row, sealed by the vault; the
`Courier` in the relay process sends it, tries again with growing delays, and erases the content once it is
sent.
"""

import email.policy
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound
from sqlalchemy import insert

from services.chassis import clock, serializer
from services.chassis.config import settings
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.tables import mail
from services.chassis.typography import day_in_words, of, typographic
from services.chassis.vault import Vault

SERVICES = Path(__file__).resolve().parent.parent
# Folding between two encoded words loses the blank between them (python/cpython#92081: «a bien étéreçue»), hence
# header lines that are not folded; RFC 5322 allows 998 characters.
_UNFOLDED = email.policy.SMTP.clone(max_line_length=990)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class AddressInvalid(ValueError):
    """The recipient is not exactly one mail address. The caller validates addresses before; this is the last
    wall."""


@dataclass(frozen=True)
class Attachment:
    """A file of the store that goes with a mail, under the name ``filename``."""

    sha256: str
    filename: str
    media_type: str


@dataclass(frozen=True)
class Letter:
    """A rendered mail."""

    to: str
    subject: str
    text: str
    html: str | None
    attachments: tuple[Attachment, ...] = ()


def day(on: date) -> str:
    """A day in French words: «1er mars 2026»; an instant is told by its day in Paris."""
    on = clock.paris(on).date() if isinstance(on, datetime) else on
    return day_in_words(on)


def instant(at: datetime) -> str:
    """An instant on a Paris clock: «1er mars 2026 à 14 h 05»."""
    local = clock.paris(at)
    return f"{day(local.date())} à {local:%H} h {local:%M}"


def euros(cents: int) -> str:
    """Cents as French money: «1 234,50 €», with narrow spaces that don't break."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'−' if cents < 0 else ''}{whole:,}".replace(",", "\u202f") + f",{rest:02d}\u00a0€"


FILTERS = {"day": day, "instant": instant, "euros": euros, "of": of}


@lru_cache(maxsize=32)
def _environments(folder: Path) -> tuple[Environment, Environment]:
    """For text and for HTML: unknown names are faults; only HTML is escaped."""
    loader = FileSystemLoader([folder, SERVICES / "chassis" / "mails"])
    made = [
        Environment(
            loader=loader,
            autoescape=escape,  # noqa: S701 - off for the text part only, where a "&lt;" would be wrong
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        for escape in (False, True)
    ]
    for environment in made:
        environment.filters |= FILTERS
    return made[0], made[1]


def _surroundings() -> dict[str, str]:
    known = settings()
    return {"platform_name": known.platform_name, "caf_name": known.caf_name, "base_url": known.base_url}


def render(
    service: str,
    template: str,
    context: Mapping[str, Any],
    *,
    to: str,
    attachments: Iterable[Attachment] = (),
    folder: Path | None = None,
) -> Letter:
    """The mail as it will leave. Raises AddressInvalid, or jinja2's errors for a template that lacks
    something."""
    text_side, html_side = _environments(folder or SERVICES / service / "mails")
    known = {**_surroundings(), **context}
    subject, body = _text_parts(text_side, template)
    shown_subject = _one_line(subject.render(known))
    return Letter(
        to=_single_address(to),
        subject=shown_subject,
        text=body.render(known).strip() + "\n",
        html=_html(html_side, template, {**known, "subject": shown_subject}),
        attachments=tuple(attachments),
    )


def _text_parts(environment: Environment, template: str) -> tuple[Template, Template]:
    """The first line is the subject; it is rendered apart, so that a value with a line break can't leave
    it."""
    source, *_ = environment.loader.get_source(environment, f"{template}.txt")  # type: ignore[union-attr]
    subject, _, body = source.partition("\n")
    return _compiled(environment, subject), _compiled(environment, body)


@lru_cache(maxsize=256)
def _compiled(environment: Environment, source: str) -> Template:
    """Compiling costs more than all the rest of a mail."""
    return environment.from_string(source)


def _html(environment: Environment, template: str, context: Mapping[str, Any]) -> str | None:
    try:
        head, body, rest = environment.get_template(f"{template}.html").render(context).partition("<body>")
        return head + body + typographic(rest)
    except TemplateNotFound as missing:
        if missing.name == f"{template}.html":
            return None
        raise


def _one_line(text: str) -> str:
    """Header injection ends here: no line break or control character passes."""
    return _BREAKS.sub(" ", text).strip()


def _single_address(text: str) -> str:
    try:
        if _BREAKS.search(text):
            raise ValueError("control character")
        address = Address(addr_spec=text.strip())
    except (ValueError, IndexError, email.errors.MessageError):
        raise AddressInvalid from None
    if not address.username or not address.domain:
        raise AddressInvalid
    return address.addr_spec


def store(
    uow: Any,
    *,
    to: str,
    template: str,
    context: Mapping[str, Any],
    attachments: Iterable[Attachment] = (),
    reference: str | None = None,
) -> str:
    """Write a mail with the unit of work's transaction; returns its id. ``reference`` is an id that tells
    which fact it is about (no personal data). Called by `UnitOfWork.mail`."""
    letter = render(uow.service, template, context, to=to, attachments=attachments)
    mail_id = new_id()
    row = {
        "id": mail_id,
        "template": template,
        "reference": reference,
        "sealed": seal(uow.service, mail_id, letter),
        "created_at": uow.now,
        "due_at": datetime.now(UTC),  # the machine's clock: moving the business day must not hold mails back
    }
    uow.session.execute(insert(mail).values(row))
    return mail_id


def seal(service: str, mail_id: str, letter: Letter) -> str:
    """The mail as its row keeps it."""
    return Vault(service).seal(serializer.dumps(asdict(letter)), table="mail", column="sealed", row_id=mail_id)


def unseal(service: str, mail_id: str, sealed: str) -> Letter:
    """The mail of a row. Raises SealBroken."""
    kept = serializer.loads(Vault(service).open(sealed, table="mail", column="sealed", row_id=mail_id))
    attachments = tuple(Attachment(**each) for each in kept.pop("attachments"))
    return Letter(**kept, attachments=attachments)


def _write_parts(message: EmailMessage, letter: Letter, files: FileStore) -> None:
    """Text, then HTML, then what goes with them. Encoded, so that no line on the way is longer than 78 characters
    whatever a paragraph's length (RFC 5322, 2.1.1), while the reader's window decides where lines break. The parts are
    encoded by the policy that the message has now; its headers are written by the other."""
    message.policy = email.policy.SMTP
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for attachment in letter.attachments:
        _attach(message, attachment, files)
    message.policy = _UNFOLDED


def compose(letter: Letter, mail_id: str, written_at: datetime, files: FileStore) -> EmailMessage:
    """The message to send. Its Message-ID follows from the row, so that a mail sent twice is known as one.
    Raises FileUnknown for an attachment that is gone."""
    message = EmailMessage(policy=_UNFOLDED)
    sender = settings().mail_from
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{mail_id}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    _write_parts(message, letter, files)
    message["Content-Language"] = "fr"
    return message


def _attach(message: EmailMessage, attachment: Attachment, files: FileStore) -> None:
    main, _, sub = attachment.media_type.partition("/")
    with files.open(attachment.sha256) as stream:
        message.add_attachment(stream.read(), maintype=main, subtype=sub, filename=_one_line(attachment.filename))
