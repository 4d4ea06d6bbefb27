"""A mail says what its template says, to one person, and nothing in its values can add a header."""

import email
import email.policy
import io
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from services.chassis import mail
from services.chassis.courier import describe
from services.chassis.files import FileStore, FileUnknown
from services.chassis.mail import AddressInvalid, Attachment, Letter
from services.chassis.vault import SealBroken

AT = datetime(2026, 3, 1, 13, 5, tzinfo=UTC)
MAIL_ID = "019d0000-0000-7000-8000-000000000001"
TEXT = "Bienvenue {{ name }}\nMadame, Monsieur,\n\nBienvenue {{ name }} & merci.\n{{ base_url }}\n"
HTML = '{% extends "layout.html" %}{% block content %}<p>Bienvenue {{ name }}</p>{% endblock %}'


@pytest.fixture
def folder(tmp_path: Path, key_folder: Path) -> Path:
    """A service's mails/."""
    made = tmp_path / "mails"
    made.mkdir()
    (made / "welcome.txt").write_text(TEXT)
    (made / "welcome.html").write_text(HTML)
    (made / "plain.txt").write_text("Sujet\nTexte\n")
    return made


def rendered(folder: Path, to: str = "ada@example.org", **context: str) -> Letter:
    return mail.render("partners", "welcome", context or {"name": "Ada"}, to=to, folder=folder)


def sent(letter: Letter, files: FileStore | None = None) -> EmailMessage:
    raw = mail.compose(letter, MAIL_ID, AT, files or FileStore()).as_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def test_the_first_line_is_the_subject_and_the_rest_the_text(folder: Path) -> None:
    letter = rendered(folder)
    assert letter.subject == "Bienvenue Ada"
    assert letter.text.startswith("Madame, Monsieur,\n\nBienvenue Ada & merci.")


def test_text_is_not_escaped_and_html_is(folder: Path) -> None:
    letter = rendered(folder, name="<b>Club & fils</b>")
    assert "<b>Club & fils</b>" in letter.text
    assert "&lt;b&gt;Club &amp; fils&lt;/b&gt;" in (letter.html or "")


def test_html_extends_the_shared_layout_in_both_colour_schemes(folder: Path) -> None:
    html = rendered(folder).html or ""
    assert '<html lang="fr">' in html
    assert "prefers-color-scheme: dark" in html
    assert "Caf de la Seine-Saint-Denis" in html


def test_a_mail_without_html_is_text_only(folder: Path) -> None:
    letter = mail.render("partners", "plain", {}, to="ada@example.org", folder=folder)
    assert letter.html is None
    assert sent(letter).get_content_type() == "text/plain"


def test_a_name_that_the_caller_forgot_is_a_fault(folder: Path) -> None:
    with pytest.raises(UndefinedError):
        rendered(folder, other="x")


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: all@example.org", "x\nBcc: all@example.org", "x\u2028Bcc: y", "x\x00y\x0b"]
)
def test_a_value_in_the_subject_adds_no_header(folder: Path, evil: str) -> None:
    message = sent(rendered(folder, name=evil))
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"] and message["Subject"].startswith("Bienvenue x")
    assert message.get_body(("plain",)).get_content().startswith("Madame, Monsieur,")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "Ada <ada@example.org>",
        "a@example.org\x00",
        "a b@example.org",
    ],
)
def test_anything_but_one_address_is_refused(folder: Path, to: str) -> None:
    with pytest.raises(AddressInvalid):
        rendered(folder, to=to)


def test_the_headers_of_an_automatic_mail(folder: Path) -> None:
    message = sent(rendered(folder))
    assert message["To"] == "ada@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["Message-ID"] == f"<{MAIL_ID}@pass-sports-loisirs.example>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("length", range(20, 90))
def test_a_subject_arrives_with_every_blank(length: int, tmp_path: Path) -> None:
    subject = ("Votre convention de labellisation a bien été reçue à l’été, créée déjà " * 2)[:length].strip()
    message = mail.compose(Letter("ada@example.org", subject, "x", None), MAIL_ID, datetime.now(UTC), FileStore())
    arrived = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert arrived["Subject"] == subject


def test_the_message_id_is_the_same_each_time(folder: Path) -> None:
    assert sent(rendered(folder))["Message-ID"] == sent(rendered(folder))["Message-ID"]


def test_an_attachment_comes_from_the_store(folder: Path, tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path / 'files'}")
    kept = files.put(io.BytesIO(b"%PDF-1.7 pass" * 40))
    attachment = Attachment(kept.sha256, "pass d'Élodie\r\nX: y.pdf", "application/pdf")
    letter = mail.render("partners", "plain", {}, to="ada@example.org", attachments=[attachment], folder=folder)
    raw = mail.compose(letter, MAIL_ID, AT, files).as_bytes()
    assert max(map(len, raw.rpartition(b"\r\n\r\n")[2].splitlines())) <= 78
    part = next(sent(letter, files).iter_attachments())
    assert part.get_content() == b"%PDF-1.7 pass" * 40
    assert part.get_content_type() == "application/pdf"
    assert part.get_filename() == "pass d'Élodie X: y.pdf"


def test_a_lost_attachment_is_a_refusal_and_not_an_incomplete_mail(folder: Path, tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path / 'files'}")
    letter = Letter("ada@example.org", "s", "t", None, (Attachment("0" * 64, "a.pdf", "application/pdf"),))
    with pytest.raises(FileUnknown):
        mail.compose(letter, MAIL_ID, AT, files)


def test_the_row_hides_the_letter_and_gives_it_back(folder: Path) -> None:
    letter = Letter("ada@example.org", "s", "t", None, (Attachment("0" * 64, "a.pdf", "application/pdf"),))
    sealed = mail.seal("partners", MAIL_ID, letter)
    assert "ada" not in sealed
    assert mail.unseal("partners", MAIL_ID, sealed) == letter


def test_a_letter_moved_to_another_row_does_not_open(folder: Path) -> None:
    sealed = mail.seal("partners", MAIL_ID, rendered(folder))
    with pytest.raises(SealBroken):
        mail.unseal("partners", MAIL_ID.replace("1", "2"), sealed)


@pytest.mark.parametrize(
    ("cents", "shown"),
    [(123450, "1\u202f234,50\u00a0€"), (5, "0,05\u00a0€"), (-5000, "−50,00\u00a0€"), (0, "0,00\u00a0€")],
)
def test_money_in_french(cents: int, shown: str) -> None:
    assert mail.euros(cents) == shown


def test_days_and_instants_in_french_and_in_paris() -> None:
    assert mail.day(date(2026, 3, 1)) == "1er mars 2026"
    assert mail.instant(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1er janvier 2027 à 00 h 30"


def test_a_fault_is_described_without_addresses() -> None:
    import smtplib

    fault = smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user ada")})
    assert describe(fault) == "SMTPRecipientsRefused 550"
