"""«Demandes à instruire» with a bus from a table: the piece beside the data."""

import re

import pytest

from services.chassis.refusals import Refused

APPLICATION = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a10"
STATUTES, IDENTITY_FRONT, IDENTITY_BACK, RIB = (f"01939f6e-0000-7000-8000-00000000000{n}" for n in range(1, 5))
PAGE = f"/caf/demandes/{APPLICATION}"


def file(document_id, kind, media_type="application/pdf"):
    return {
        "document_id": document_id, "kind": kind, "label": kind, "filename": f"{kind}.{document_id[-1]}",
        "media_type": media_type, "size": 2_000, "uploaded_at": "2026-11-24T09:00:00+00:00", "round": 1,
    }  # fmt: skip


def item(key, step, *documents, verdict="accepted", label=None):
    return {
        "item": key, "kind": key.partition(":")[0], "label": label or key, "step": step, "verdict": verdict,
        "reason": None, "open": False, "changed": False, "changed_fields": [], "documents": list(documents),
        "required": True, "dated_on": None, "present": True, "answered": False,
    }  # fmt: skip


ITEMS = [
    item("fields:structure", 3),
    item("document:statutes", 3, file(STATUTES, "statutes"), label="Statuts"),
    item("fields:representative", 4),
    item("document:identity", 4, file(IDENTITY_FRONT, "identity", "image/png"), file(IDENTITY_BACK, "identity")),
    item("fields:activities", 5),
    item("document:bank_details", 6, file(RIB, "bank_details"), label="RIB"),
]


def application(items=ITEMS, **changed):
    return {
        "application_id": APPLICATION, "structure_id": "s-1", "reference": "L26-00001", "state": "in_review",
        "version": 3, "round": 1, "assigned_to": None, "structure_type": "association",
        "structure_type_label": "Association", "structure": {"name": "Judo Club"}, "activities": [], "federation": None,
        "bank_account": None, "representative": None, "items": items, "checks": [], "duplicates": [], "notes": [],
        "history": [], "reasons": {"fields": ["Inexact."], "document": ["Illisible."]}, "before": {},
        "may": ["judge", "reject"], "partner_number": None, "rejection_reason": None, "message": None,
        "submitted_at": "2026-11-20T09:00:00+00:00",
    } | changed  # fmt: skip


@pytest.fixture
def instructor(sign_in, bus):
    bus.answers["partners.application"] = application()
    bus.answers["identity.people"] = {"items": []}
    return sign_in("instructor")


def beside_of(page):
    """What is shown beside the data, without the pieces that wait in their templates."""
    return re.search(r'<section class="beside".*?</section>', page, re.S)[0]


def shown_in(page):
    """The address of the piece shown."""
    [address] = re.findall(r'<(?:iframe|img)[^>]* src="([^"]+)"', beside_of(page))
    return address.partition("#")[0]


def test_the_first_piece_stands_beside_the_data_and_only_that_one_is_fetched(instructor):
    page = instructor.get(PAGE).text
    assert shown_in(page) == f"{PAGE}/document/{STATUTES}"
    live = re.sub(r"<template.*?</template>", "", page, flags=re.S)
    assert len(re.findall(r"<iframe|<img[^>]+/document/", live)) == 1


def test_what_waits_for_a_verdict_brings_its_piece(instructor, bus):
    items = [*ITEMS[:5], {**ITEMS[5], "verdict": "pending"}]
    bus.answers["partners.application"] = application(items)
    assert shown_in(instructor.get(PAGE).text) == f"{PAGE}/document/{RIB}"


def test_a_link_shows_another_piece_without_any_script(instructor):
    page = instructor.get(PAGE).text
    assert f'href="{PAGE}?piece={IDENTITY_BACK}#piece"' in page
    page = instructor.get(f"{PAGE}?piece={IDENTITY_BACK}").text
    assert shown_in(page) == f"{PAGE}/document/{IDENTITY_BACK}"
    assert 'href="#document:identity"' in beside_of(page) and 'id="document:identity"' in page


def test_neighbours_are_one_link_away(instructor):
    beside = beside_of(instructor.get(f"{PAGE}?piece={IDENTITY_FRONT}").text)
    assert "pièce 2 sur 4" in beside
    assert f"piece={STATUTES}#piece" in beside and f"piece={IDENTITY_BACK}#piece" in beside


def test_fields_are_compared_with_the_pieces_of_their_step(instructor):
    page = instructor.get(f"{PAGE}?element=fields:representative").text
    assert shown_in(page) == f"{PAGE}/document/{IDENTITY_FRONT}"
    section = page.partition('id="fields:representative"')[2].partition("</section>")[0]
    assert section.count("data-piece") == 2 and RIB not in section
    assert all(f"document:identity (identity.{side})<" in section for side in (2, 3)), "two sides are told apart"


def test_a_piece_of_another_application_shows_nothing_of_it(instructor):
    foreign = "01939f6e-0000-7000-8000-00000000ffff"
    page = instructor.get(f"{PAGE}?piece={foreign}").text
    assert foreign not in page and shown_in(page) == f"{PAGE}/document/{STATUTES}"


def test_without_any_piece_there_is_no_frame(instructor, bus):
    bus.answers["partners.application"] = application([item("fields:structure", 3)])
    page = instructor.get(PAGE).text
    assert "Éléments de la demande" in page and 'class="beside"' not in page


def test_after_a_verdict_the_next_item_comes_with_its_piece(instructor, bus):
    bus.answers["partners.record_verdict"] = {}
    bus.answers["partners.application"] = application([*ITEMS[:5], {**ITEMS[5], "verdict": "pending"}])
    answer = instructor.post(f"{PAGE}/avis/document:statutes", data={"verdict": "accepted", "round": "1"})
    assert answer.location == f"{PAGE}?element=document:bank_details#document:bank_details"


def test_a_refused_verdict_keeps_its_item_and_its_piece(instructor, bus):
    bus.answers["partners.record_verdict"] = Refused("reason_missing")
    answer = instructor.post(f"{PAGE}/avis/document:bank_details", data={"verdict": "refused", "round": "1"})
    assert answer.status_code == 422 and shown_in(answer.text) == f"{PAGE}/document/{RIB}"


def test_a_piece_may_be_framed_by_our_pages_only_and_is_never_guessed(instructor, bus, app):
    class Store:
        def open(self, sha256):
            import io

            return io.BytesIO(b"%PDF-1.7")

    app.extensions["file_store"] = Store()
    stored = {"sha256": "a" * 64, "filename": "rib.pdf", "media_type": "application/pdf"}
    bus.answers["partners.application_document"] = stored
    answer = instructor.get(f"{PAGE}/document/{RIB}")
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in instructor.get(PAGE).headers["Content-Security-Policy"]


# ── the second round ─────────────────────────────────────────────────────────────────────────────────
REPRESENTATIVE = {
    "civility": "Mme", "last_name": "Benali", "first_name": "Nadia", "position": "Présidente",
    "email": "nadia@example.org", "mobile": "+33612345678",
}  # fmt: skip


def changed(key, step, *documents, fields=()):
    return item(key, step, *documents, verdict="pending") | {"changed": True, "changed_fields": list(fields)}


def second_round():
    new = file(RIB, "bank_details") | {"round": 1}
    old = [file(document_id, "identity") | {"round": 0} for document_id in (IDENTITY_FRONT, IDENTITY_BACK)]
    sent_again = item("document:identity", 4, *old, verdict="pending") | {"reason": "Illisible."}
    items = [
        changed("fields:structure", 3, fields=["name"]) | {"reason": "Pas le nom des statuts."},
        changed("fields:representative", 4, fields=["last_name", "position"]),
        sent_again,
        changed("fields:activities", 5, fields=["activities"]),
        changed("document:bank_details", 6, new),
    ]
    return application(
        items, round=2, structure={"name": "Judo Club de Bobigny"}, representative=REPRESENTATIVE,
        activities=[{"code": "judo", "label": "Judo", "family": "Sport"}],
        before={
            "fields:structure": {"name": "Judo Club"},
            "fields:activities": {"activities": [{"code": "danse", "label": "Danse", "family": "Sport"}]},
        },
    )  # fmt: skip


def section_of(page, key):
    return page.partition(f'id="{key}"')[2].partition("</section>")[0]


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def test_the_second_round_begins_with_what_changed_names_included(instructor, bus):
    bus.answers["partners.application"] = second_round()
    page = instructor.get(PAGE).text
    told = words(section_of(page, "changes"))
    assert "Ce qui a changé depuis le tour 1" in told
    assert "Nom de la structure Judo Club de Bobigny (avant : Judo Club)" in told
    assert "fields:representative : Nom Benali ; Fonction dans la structure Présidente" in told
    assert "Activités proposées Judo (avant : Danse)" in told
    assert "document:bank_details : 1 nouveau fichier" in told
    assert "document:identity" not in told, "it came back as it was"
    assert 'href="#fields:representative"' in section_of(page, "changes")


def test_each_item_marks_what_changed_in_it(instructor, bus):
    bus.answers["partners.application"] = second_round()
    page = instructor.get(PAGE).text
    assert re.findall(r'<dd><span class="changed">([^<]+)', section_of(page, "fields:representative")) == [
        "Benali", "Présidente",
    ]  # fmt: skip
    assert "Renvoyé sans changement" in section_of(page, "document:identity")
    assert "Demandé au tour précédent : Pas le nom des statuts." in words(section_of(page, "fields:structure"))
    assert 'class="changed">nouveau<' in section_of(page, "document:bank_details")
    assert 'class="changed">nouveau<' not in section_of(page, "document:identity")


def test_the_first_round_has_nothing_that_changed(instructor):
    page = instructor.get(PAGE).text
    assert 'id="changes"' not in page and 'class="changed"' not in page


AGES = [
    {"code": "0-2", "first_days": 0, "last_days": 2, "count": 4},
    {"code": "8-30", "first_days": 8, "last_days": 30, "count": 1},
]


def test_the_queue_is_filtered_by_age(instructor, bus):
    bus.answers["partners.catalogue"] = {"structure_types": []}
    bus.answers["partners.applications"] = {
        "items": [], "next_cursor": None, "ages": AGES,
        "counts": {"submitted": 0, "in_review": 0, "correction_requested": 0},
    }  # fmt: skip
    page = instructor.get("/caf/demandes?age=8-30&assigned_to=me_or_nobody").text
    [asked] = bus.called("partners.applications")
    assert (asked["age"], asked["assigned_to"]) == ("8-30", "me_or_nobody")
    assert '<option value="8-30" selected>' in page and '<option value="me_or_nobody" selected>' in page
