"""«Contresigner», one or many: what a button covers is written on it, with how many, whatever the filters and page."""

import re

import pytest

from services.chassis.refusals import Refused
from tests.unit.gateway.test_caf_conventions import COUNTS, LINE
from tests.unit.gateway.test_told import assert_told_at

LIST, SIGN = "/caf/conventions", "/caf/conventions/contresigner"
AT = "2026-11-24T09:00:00.123456+00:00"
JOB = {"job_id": "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a99"}


def listed(shown, of_all, **more):
    """A page of `shown` conventions of a list in which `of_all` wait for the Caf's signature."""
    items = [LINE | {"convention_id": f"01939f6e-0000-7000-8000-{number:012d}"} for number in range(shown)]
    return {
        "items": items, "next_cursor": None, "ages": [], "to_countersign": of_all, "at_once": 1000, "at": AT,
    } | more  # fmt: skip


@pytest.fixture
def signatory(sign_in, bus):
    bus.answers |= {
        "conventions.convention_counts": COUNTS,
        "conventions.recent_countersigning": {"items": []},
        "conventions.countersign_all": JOB,
        "conventions.countersign": JOB,
    }
    return sign_in("agent", "signatory")


@pytest.mark.parametrize(
    ("address", "found", "box", "button", "question"),
    [
        (LIST, listed(3, 3), "Tout cocher (3)", "Tout contresigner (3)", "Contresigner 3 conventions au nom"),
        (LIST, listed(50, 312, next_cursor="n"), "Cocher les 50 de cette page", "Tout contresigner (312)",
         "Contresigner 312 conventions au nom"),
        (f"{LIST}?type=renewal", listed(3, 3), "Cocher les 3 de la liste filtrée",
         "Contresigner toute la liste filtrée (3)", "Contresigner les 3 conventions de la liste filtrée au nom"),
        (f"{LIST}?mots=judo&cursor=abc", listed(12, 62), "Cocher les 12 de cette page",
         "Contresigner toute la liste filtrée (62)", "Contresigner les 62 conventions de la liste filtrée au nom"),
        (LIST, listed(50, 1_200), "Cocher les 50 de cette page", "Contresigner les 1 000 plus anciennes, sur 1 200",
         "Contresigner 1 000 conventions au nom"),
    ],
)  # fmt: skip
def test_boxes_and_buttons_say_what_they_cover_and_how_many(address, found, box, button, question, signatory, bus):
    bus.answers["conventions.conventions"] = found
    page = re.sub("[\u00a0\u202f]", " ", signatory.get(address).text)
    assert re.findall(r'<label class="choose-all".*?<span>([^<]+)</span>', page) == [box]
    [(asked, said)] = re.findall(r'name="tout" value="1" data-confirm="([^"]+)">\s*([^<]+)</button>', page)
    assert said.strip() == button and asked.startswith(question)
    shown, every = len(found["items"]), found["to_countersign"]
    assert (f"Cette page montre {shown} des" in page) == (shown < every), "and the page says what it leaves out"


@pytest.mark.parametrize("state", ["signed_by_partner", "toutes", "active"])
def test_a_list_of_other_states_offers_no_signature_of_all(state, signatory, bus):
    bus.answers["conventions.conventions"] = listed(3, 3)
    page = signatory.get(f"{LIST}?etat={state}").text
    assert 'name="tout"' not in page and "Contresigner la sélection" in page
    assert "Cocher les 3 de cette page" in page.replace("\u00a0", " ")


def test_one_alone_needs_no_box_for_all(signatory, bus):
    bus.answers["conventions.conventions"] = listed(1, 1)
    page = signatory.get(LIST).text
    assert "data-choose-all" not in page and "Tout contresigner (1)" in page


def test_all_is_what_the_list_showed_when_it_was_shown(signatory, bus):
    """The filters are in the form's address, the instant of the list in the form."""
    bus.answers["conventions.conventions"] = listed(3, 3)
    page = signatory.get(f"{LIST}?type=renewal&mots=judo&anciennete=3-7").text
    [address] = re.findall(r'<form method="post" id="signer" action="([^"]+)"', page)
    assert f'name="vu_le" value="{AT}"' in page
    signatory.post(address.replace("&amp;", "&").partition("#")[0], data={"tout": "1", "vu_le": AT})
    [sent] = bus.called("conventions.countersign_all")
    told = {name: sent[name] for name in ("seen_at", "words", "kind", "age")}
    assert told == {"seen_at": AT, "words": "judo", "kind": "renewal", "age": "3-7"}


def test_nothing_ticked_is_told_at_the_list_that_was_shown(signatory, bus):
    bus.answers["conventions.conventions"] = listed(3, 3)
    bus.answers["conventions.countersign"] = Refused("validation_failed", {"errors": {}})
    answer = signatory.post(f"{SIGN}?type=renewal&cursor=abc", data={})
    assert answer.status_code == 422
    assert_told_at(answer.text, "signer", "Cochez au moins une convention")
    [asked] = bus.called("conventions.conventions")
    assert (asked["kind"], asked["cursor"]) == ("renewal", "abc")


def test_all_signed_meanwhile_is_told_at_the_list(signatory, bus):
    bus.answers["conventions.conventions"] = listed(3, 3)
    bus.answers["conventions.countersign_all"] = Refused("nothing_to_sign")
    answer = signatory.post(SIGN, data={"tout": "1", "vu_le": AT})
    assert answer.status_code == 409
    assert_told_at(answer.text, "signer", "Aucune convention n’attend d’être contresignée")
