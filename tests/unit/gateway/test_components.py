"""`/dev/components` shows every component; pages take their parts from there and bring no style of their own."""

import re

import pytest

from gateway.static_files import ROOT, STATIC

TEMPLATES = ROOT / "templates"
MACRO = re.compile(r"{%-? *macro ([a-z]\w*)\(")
SHOWN = (TEMPLATES / "dev" / "components.html").read_text("utf-8")
WITHIN = {"figures_table", "tile", "entry_link"}
"""Drawn by the components that hold them; the header is on every page."""


def components() -> list[tuple[str, str]]:
    files = sorted((TEMPLATES / "components").glob("*.html"))
    return [(file.stem, name) for file in files for name in MACRO.findall(file.read_text("utf-8"))]


@pytest.mark.parametrize(("file", "name"), [one for one in components() if one[1] not in WITHIN])
def test_each_component_is_shown(file: str, name: str) -> None:
    assert re.search(rf"\b{name}\(", SHOWN), f"{file}.{name} is not on /dev/components"


def test_the_page_of_components_opens(visitor) -> None:
    page = visitor.get("/dev/components")
    assert page.status_code == 200
    assert page.text.count("<svg") > 20


def test_the_heading_of_numbers_stands_above_them(visitor) -> None:
    headings = re.findall(r'<th scope="col" role="columnheader"( class="number")?>([^<]+)</th>', shown_table(visitor))
    assert [name for number, name in headings if number] == ["Montant"]
    assert [name for number, name in headings if not number] == ["Date", "Numéro", "Enfant", "État"]


def test_a_cell_that_says_nothing_is_left_out_of_a_card(visitor) -> None:
    assert re.findall(r'data-label="(\w+)" class="bare">([^<]*)<', shown_table(visitor)) == [("Enfant", "–")]


def shown_table(visitor) -> str:
    """The table of the page of components."""
    return str(visitor.get("/dev/components").text).partition('aria-label="Transactions"')[2].partition("</table>")[0]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_page_brings_its_own_style(path) -> None:
    """The policy would refuse it, and one language of colours and spaces would end."""
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", path.read_text("utf-8"))


@pytest.mark.parametrize("sheet", sorted(STATIC.joinpath("css").glob("*.css")), ids=lambda path: path.name)
def test_colours_come_from_the_tokens(sheet) -> None:
    """Only the tokens name colours; paper (print, poster) and a camera's picture are always black and white."""
    if sheet.name in ("tokens.css", "print.css", "poster.css"):
        return
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    named = set(re.findall(r":[^;{]*?(#[0-9a-fA-F]{3,8})\b", text)) - {"#000", "#fff", "#ffb066"}
    assert not named


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 415, 429, 500, 503])
def test_each_error_page_can_be_looked_at(visitor, status: int) -> None:
    page = visitor.get(f"/dev/erreurs/{status}")
    assert page.status_code == status
    assert "Revenir à l’accueil" in page.text


def test_there_is_no_page_for_an_error_that_cannot_be(visitor) -> None:
    assert visitor.get("/dev/erreurs/299").status_code == 404
