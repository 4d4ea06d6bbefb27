"""Every mail of every service: two parts that say the same, one layout, readable in the dark, in French spaces."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, meta, nodes
from lxml import html as lxml_html

import services
from services.chassis import mail
from services.chassis.config import settings
from services.chassis.files import FileStore

ROOT = Path(services.__file__).parent
TEMPLATES = sorted(path for path in ROOT.glob("*/mails/*.txt"))
AT = datetime(2026, 3, 1, 13, 5, tzinfo=UTC)
LINE, PARAGRAPH = 78, 420
"""RFC 5322, 2.1.1: lines should have at most 78 characters; a paragraph longer than five lines is not read."""
COLUMN_PX = 600
LINK = re.compile(r"https?://[^\s<>\"]+")

SECRET = re.compile(r"password|code|secret|token|^link$|confirm_url|reset_url|iban$|mobile|phone$|birth|last_name")
"""Names of what lets its holder in, or of what a mail has no need to say."""
CARRIES = {
    "identity-activation": {"password"},  # provisional, and replaced at the first sign-in
    "identity-agent_activation": {"password"},
    "identity-password_reset": {"reset_url"},
    "identity-email_change": {"confirm_url"},
    "identity-mobile_changed": {"masked_phone"},
    "partners-assistance_answered": {"link"},
    "partners-assistance_confirm": {"link"},
    "partners-draft_link": {"link"},
    "transactions-pass_issued": {"link", "pass.code"},
    "transactions-pass_renewed": {"link", "pass.code"},
    "transactions-pass_debit": {"link"},
    "transactions-pass_cancelled_debit": {"link"},
    "transactions-pass_contestation_decided": {"link"},
    "transactions-pass_topped_up": {"link"},
}
"""The only mails that hold one."""


class Nested(dict[str, Any]):
    """`pass.scheme`, `transaction.number` …: whatever a template asks for, of the kind that its name says."""

    def __missing__(self, name: str) -> Any:
        return value_of(name)


def value_of(name: str) -> Any:
    """A value as the services would give it, long where long values are usual."""
    if name.endswith("_cents"):
        return 123450
    if name.endswith(("_at", "since")):
        return AT
    if name.endswith(("_on", "_until", "_from", "not_before")):
        return date(2026, 3, 1)
    if name.endswith(("url", "link")):
        return f"https://pass-sports-loisirs.example/{name}/" + "x" * 43
    if name in ("pass", "transaction", "decision"):
        return Nested()
    if name == "items":
        return [Nested()]
    return f"L’{name} d’Élodie & fils"


def asked_by(path: Path) -> set[str]:
    """What both parts of a template are given: `password`, `pass.code` …"""
    reader, asked = Environment(autoescape=True), set()
    reader.filters |= mail.FILTERS
    for part in (path, path.with_suffix(".html")):
        parsed = reader.parse(part.read_text("utf-8"))
        asked |= meta.find_undeclared_variables(parsed)
        found = parsed.find_all(nodes.Getattr)
        asked |= {f"{one.node.name}.{one.attr}" for one in found if isinstance(one.node, nodes.Name)}
    return asked


def letter_of(path: Path) -> mail.Letter:
    known = {"caf_name", "platform_name", "base_url", "subject"}
    context = {name: value_of(name) for name in asked_by(path) - known if "." not in name}
    return mail.render(path.parent.parent.name, path.stem, context, to="ada@example.org")


def named(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.stem}"


@pytest.fixture(params=TEMPLATES, ids=named)
def letter(request: pytest.FixtureRequest, key_folder: Path) -> mail.Letter:
    return letter_of(request.param)


def seen(letter: mail.Letter) -> Any:
    """The HTML part as a tree."""
    assert letter.html, "each mail has an HTML part beside its text"
    return lxml_html.fromstring(letter.html)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", LINK.sub(" ", text))


def test_it_has_the_one_layout(letter: mail.Letter) -> None:
    tree = seen(letter)
    assert tree.get("lang") == "fr"
    assert tree.findtext(".//title") == letter.subject
    assert len(tree.find_class("card")) == len(tree.find_class("foot")) == 1
    assert tree.xpath("//script | //link | //form | //table") == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_it_holds_no_secret_but_its_own(path: Path) -> None:
    assert {name for name in asked_by(path) if SECRET.search(name)} == CARRIES.get(named(path), set())


def test_each_mail_that_may_hold_a_secret_exists() -> None:
    assert CARRIES.keys() <= {named(path) for path in TEMPLATES}


@pytest.mark.parametrize("service", sorted({path.parent.parent.name for path in TEMPLATES}))
def test_what_a_service_writes_is_also_judged_as_people_get_it(service: str) -> None:
    """With real names and links, caused by the service's own use cases: `tests.mails`."""
    written_for_real = Path(__file__).parents[2] / "integration" / service / "test_mails.py"
    assert f'templates("{service}")' in written_for_real.read_text("utf-8")


def test_it_says_who_writes_and_for_whom(letter: mail.Letter) -> None:
    assert letter.text.startswith(("Madame, Monsieur,", "Bonjour,"))
    assert letter.text.rstrip().endswith((f"La {settings().caf_name}", settings().platform_name))  # partner, agent


def test_it_leads_nowhere_but_to_the_platform(letter: mail.Letter) -> None:
    addresses = {*LINK.findall(letter.text), *(link.get("href") for link in seen(letter).iter("a"))}
    ours = ("https://pass-sports-loisirs.example/", settings().base_url)
    assert addresses and all(address.startswith(ours) for address in addresses)


def test_no_line_is_too_long(letter: mail.Letter, tmp_path: Path) -> None:
    raw = mail.compose(letter, "019d0000-0000-7000-8000-000000000001", AT, FileStore(f"file://{tmp_path}")).as_bytes()
    body = raw.partition(b"\r\n\r\n")[2] or raw.partition(b"\n\n")[2]
    assert max(map(len, body.splitlines())) <= LINE
    assert max(map(len, letter.text.split("\n"))) <= PARAGRAPH
    assert len(letter.subject) <= LINE + 40
    widest = re.search(r"\.page \{ max-width: (\d+)px", letter.html or "")
    assert widest
    assert int(widest[1]) <= COLUMN_PX


def test_pictures_have_words_and_links_say_where_they_lead(letter: mail.Letter) -> None:
    tree = seen(letter)
    assert all((picture.get("alt") or "").strip() for picture in tree.iter("img"))
    for link in tree.iter("a"):
        assert len(link.text_content().strip()) > 3
        assert link.text_content().strip().lower() not in ("ici", "cliquez ici", "lien")


def test_both_parts_lead_to_the_same_places_and_say_the_same(letter: mail.Letter) -> None:
    tree = seen(letter)
    in_html = {link.get("href") for link in tree.find_class("card")[0].iter("a")}
    assert {found.rstrip(".,)") for found in LINK.findall(letter.text)} <= in_html
    missing = set(words(letter.text)) - set(words(tree.find_class("card")[0].text_content()))
    assert len(missing) <= len(set(words(letter.text))) / 4, missing


def test_it_is_readable_in_the_dark(letter: mail.Letter) -> None:
    """Every colour of the light layout has its dark one, and no mail brings a colour of its own."""
    style = seen(letter).findtext(".//style") or ""
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    for rule in ("body", ".card", ".name", ".card a.button", ".foot"):
        assert re.search(rf"{re.escape(rule)}[ ,][^}}]*#", light), rule
        assert re.search(rf"{re.escape(rule)}[ ,][^}}]*#", dark), rule
    assert not seen(letter).xpath("//*[@style] | //*[@color] | //*[@bgcolor]")


def test_french_spaces_do_not_break(letter: mail.Letter) -> None:
    shown = seen(letter).find_class("page")[0].text_content()
    assert not re.search(r" [:;?!»](?=\s|$)|« ", shown)


@pytest.mark.parametrize(
    ("paper", "ink"),
    [("#ffffff", "#221b12"), ("#ffffff", "#9a3c09"), ("#b5460b", "#ffffff"), ("#fffaf3", "#5f5344"),
     ("#1e2128", "#f4efe7"), ("#1e2128", "#ffb877"), ("#ffa552", "#24140a"), ("#16181d", "#bdb6aa")],
)  # fmt: skip
def test_the_layouts_colours_contrast_enough(paper: str, ink: str) -> None:
    layout = (ROOT / "chassis" / "mails" / "layout.html").read_text("utf-8")
    assert paper in layout and ink in layout
    bright, dim = sorted((luminance(paper), luminance(ink)), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def luminance(colour: str) -> float:
    """WCAG 2.2, «relative luminance»."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
