"""The document: reproducible, PDF/A-2b and tagged as far as can be checked without a validator; signed texts untouched.
"""

import hashlib
import io
from datetime import UTC, datetime

import pikepdf
import pytest

from services.conventions import documents, text_files

AT = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
SIGNED_TEXTS = {"2026-1": "d5cad303e6e010db13b4dc91190f5b5a4baa6d5672e325967cada6c3804da065"}
"""What partners may have signed. If this fails, a signed text was edited: copy its folder to a new version instead."""


def facts(**structure):
    found = {
        "structure_id": "s-1", "name": "Judo Club", "legal_form": "association", "siret": "12345678200010",
        "rna": None, "address": {"line1": "1 rue de la Paix", "postcode": "93300", "commune": "Aubervilliers"},
        "activities": ["Judo"],
    }  # fmt: skip
    person = {"account_id": "a-1", "civility": "Mme", "first_name": "Zoé", "last_name": "Martin", "position": None}
    header = {"id": "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a10", "kind": "initial", "text_version": "2026-1"}
    names = {"platform": "Pass'Sports-Loisirs", "caf": "Caf de la Seine-Saint-Denis"}
    return documents.facts_for(header, found | structure, person, names)


def rendered(**structure):
    return documents.render("2026-1", facts(**structure), AT)


def fonts(page):
    resources = page.get("/Resources", {})
    for font in resources.get("/Font", {}).values():
        yield from (font.DescendantFonts if "/DescendantFonts" in font else [font])


def test_the_same_facts_make_the_same_bytes():
    assert rendered().content == rendered().content
    assert rendered().content != rendered(name="Judo Club du Landy").content


def test_it_declares_and_carries_what_pdf_a_2b_asks_for():
    """ISO 19005-2: identification in XMP, an output intent with its profile, embedded fonts, no encryption, no script,
    metadata in step with the document information."""
    with pikepdf.open(io.BytesIO(rendered().content)) as document:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
            assert metadata["dc:title"] == str(document.docinfo["/Title"])
        [intent] = document.Root.OutputIntents
        assert str(intent.S) == "/GTS_PDFA1" and len(intent.DestOutputProfile.read_bytes()) > 100
        assert not document.is_encrypted and "/ID" in document.trailer
        assert not {"/OpenAction", "/AA", "/JavaScript"} & set(document.Root.keys())
        every = [font for page in document.pages for font in fonts(page)]
        assert every
        for font in every:
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())


def test_it_is_tagged_in_french_with_headings():
    with pikepdf.open(io.BytesIO(rendered().content)) as document:
        assert document.Root.MarkInfo.Marked and str(document.Root.Lang) == "fr"
        kinds = {str(node.S) for node in nodes(document.Root.StructTreeRoot)}
        assert {"/H1", "/H2", "/P", "/L", "/LI"} <= kinds


def nodes(element):
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from nodes(kid)


@pytest.mark.parametrize("name", ["#panic(1)", "*gras* _x_ $y$ `z`", "\\ \" ' {caf} [x] <a>", "Éà çœ – «»"])
def test_whatever_a_structure_is_called_is_text(name):
    with pikepdf.open(io.BytesIO(rendered(name=name).content)) as document:
        assert name in str(document.docinfo["/Title"])


def test_what_is_missing_leaves_no_hole():
    filled = facts(siret=None, rna=None, address={}, activities=[])["structure"]
    assert filled["identifiers"] == "sans numéro d’identification"
    assert filled["activities_line"] == "voir le profil de la structure"


@pytest.mark.parametrize("version", sorted(SIGNED_TEXTS))
def test_a_text_that_may_have_been_signed_is_never_edited(version):
    folder = text_files.FOLDER / version
    content = b"".join((folder / name).read_bytes() for name in ("text.toml", "convention.typ"))
    assert hashlib.sha256(content).hexdigest() == SIGNED_TEXTS[version]


def test_every_text_is_under_that_watch():
    assert set(text_files.all_texts()) == set(SIGNED_TEXTS)


def test_dates_in_french():
    assert documents.at_in_words(datetime(2026, 12, 1, 9, tzinfo=UTC)).startswith("1er décembre 2026 à 10:00:00")
    assert documents.at_in_words(AT) == "24 novembre 2026 à 10:30:15 (heure de Paris)"
