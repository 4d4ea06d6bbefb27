"""The Caf's home: every queue of the agent's roles, how many wait, since when, and each age's own list."""

import re

import pytest

from services.chassis.refusals import Unavailable

BANDS = (("0-2", 0, 2), ("3-7", 3, 7), ("8-30", 8, 30), ("31-", 31, None))


def waiting(*counts, since="2026-09-24T09:00:00+00:00"):
    """A queue as its service tells it, the youngest band first."""
    ages = [
        {"code": code, "first_days": first, "last_days": last, "count": count}
        for (code, first, last), count in zip(BANDS, counts, strict=True)
    ]
    return {"count": sum(counts), "since": since if any(counts) else None, "ages": ages}


NOTHING = waiting(0, 0, 0, 0)
APPLICATIONS = {
    "to_take": 6, "mine": 1, "in_review": 1, "correction_requested": 3, "approved": 0, "rejected": 0,
    "waiting": waiting(4, 0, 1, 2), "corrected": waiting(1, 0, 0, 0, since="2026-11-23T08:00:00+00:00"),
}  # fmt: skip
CONVENTIONS = {
    "to_countersign": 5, "awaiting_approval": 2, "awaiting_partner": 9, "active": 40, "ending_soon": 0,
    "waiting": waiting(5, 0, 0, 0),
}  # fmt: skip


@pytest.fixture
def queues(bus):
    """Nothing waits anywhere but what a test puts in."""
    bus.answers |= {
        "partners.application_counts": {**APPLICATIONS, "waiting": NOTHING, "corrected": NOTHING},
        "partners.bank_accounts_waiting": NOTHING,
        "partners.requests_waiting": NOTHING,
        "identity.transfers_waiting": NOTHING,
        "transactions.contestations_waiting": NOTHING,
        "conventions.convention_counts": {**CONVENTIONS, "waiting": NOTHING},
        "payouts.batches_waiting": {"to_release": NOTHING, "to_prepare": 0},
    }
    return bus.answers


def told(page):
    """Each queue: (its address, what it says, its bands as (address, count, words))."""
    text = page.text.replace("\u00a0", " ").replace("&amp;", "&").partition('class="queues"')[2]
    found = []
    for part in text.partition("</section>")[0].split('class="queues__what"')[1:]:
        [link] = re.findall(r'^><a href="([^"]+)"><strong>(\d+)</strong> ([^<]+)</a>', part)
        bands = re.findall(r'href="([^"]+)"><strong>(\d+)</strong> ([^<]+)<', part.partition('class="ages"')[2])
        found.append((link[0], f"{link[1]} {link[2]}", bands))
    return found


def linked(page, label):
    """A figure's address and value."""
    part = page.partition(f"<dt>{label}</dt>")[2].partition("</dd>")[0]
    return re.findall(r'href="([^"]+)".*</span>(\d+)</a>', part)[0]


def test_each_queue_of_an_instructor_says_how_many_since_when_and_how_old(sign_in, queues):
    queues |= {
        "partners.application_counts": APPLICATIONS,
        "partners.bank_accounts_waiting": waiting(0, 1, 0, 0),
        "partners.requests_waiting": waiting(2, 0, 0, 0),
        "identity.transfers_waiting": waiting(0, 0, 0, 1),
        "transactions.contestations_waiting": waiting(3, 0, 0, 0),
    }
    page = sign_in("instructor").get("/caf")
    mine = "assigned_to=me_or_nobody"
    assert told(page) == [
        (f"/caf/demandes?{mine}", "7 Demandes à instruire", [
            (f"/caf/demandes?{mine}&age=31-", "2", "plus de 30 jours"),
            (f"/caf/demandes?{mine}&age=8-30", "1", "8 à 30 jours"),
            (f"/caf/demandes?{mine}&age=0-2", "4", "2 jours ou moins"),
        ]),
        (f"/caf/demandes?{mine}&state=corrected", "1 dont corrections reçues", [
            (f"/caf/demandes?{mine}&state=corrected&age=0-2", "1", "2 jours ou moins"),
        ]),
        ("/caf/comptes-bancaires", "1 Comptes bancaires à vérifier", [
            ("/caf/comptes-bancaires?age=3-7", "1", "3 à 7 jours"),
        ]),
        ("/caf/representants", "1 Changements de représentant légal", [
            ("/caf/representants?anciennete=31-", "1", "plus de 30 jours"),
        ]),
        ("/caf/contestations", "3 Contestations à trancher", [
            ("/caf/contestations?age=0-2", "3", "2 jours ou moins"),
        ]),
        (f"/caf/assistance?{mine}", "2 Demandes d’assistance à traiter", [
            (f"/caf/assistance?{mine}&age=0-2", "2", "2 jours ou moins"),
        ]),
    ]  # fmt: skip
    assert "la plus ancienne attente : depuis le 24/09/2026 à 11:00" in page.text.replace("\u00a0", " ")
    assert "<strong>0</strong> 3 à 7 jours" in page.text.replace("\u00a0", " "), "an empty band opens nothing"


def test_a_signatory_sees_what_to_sign_and_nothing_of_the_others(sign_in, queues, bus):
    queues["conventions.convention_counts"] = CONVENTIONS
    [(url, what, bands)] = told(sign_in("signatory").get("/caf"))
    assert (url, what) == ("/caf/conventions", "5 Conventions à contresigner")
    assert bands == [("/caf/conventions?anciennete=0-2", "5", "2 jours ou moins")]
    asked = {name for name, _, _ in bus.calls}
    own = {"identity.resolve_session", "conventions.convention_counts"}
    plotted = {"partners.application_counts"}
    assert not asked & (queues.keys() - own - plotted), "nothing is asked of the others' queues"


def test_a_releaser_sees_the_batches_that_others_prepared(sign_in, queues):
    queues["payouts.batches_waiting"] = {"to_release": waiting(1, 0, 0, 0), "to_prepare": 12}
    page = sign_in("releaser").get("/caf")
    assert told(page) == [
        ("/caf/remboursements/?etat=a_liberer", "1 Lots à libérer", [
            ("/caf/remboursements/?etat=a_liberer&anciennete=0-2", "1", "2 jours ou moins"),
        ]),
    ]  # fmt: skip
    assert "Partenaires à rembourser" not in page.text


def test_a_preparer_sees_how_many_partners_are_to_be_paid(sign_in, queues):
    queues["payouts.batches_waiting"] = {"to_release": waiting(1, 0, 0, 0), "to_prepare": 12}
    page = sign_in("preparer").get("/caf")
    assert told(page) == []
    figures = page.text.partition('class="figures"')[2].partition("</dl>")[0]
    assert linked(figures, "Partenaires à rembourser") == ("/caf/remboursements/preparer", "12")


def test_an_administrator_is_told_of_representatives_to_change(sign_in, queues):
    queues["identity.transfers_waiting"] = waiting(1, 0, 0, 0)
    assert [what for _, what, _ in told(sign_in("administrator").get("/caf"))] == [
        "1 Changements de représentant légal"
    ]


def test_figures_open_the_lists_that_they_count(sign_in, queues):
    queues["partners.application_counts"] = APPLICATIONS
    page = sign_in("instructor").get("/caf").text
    assert linked(page, "Demandes à prendre") == ("/caf/demandes?assigned_to=nobody", "6")
    assert linked(page, "Entre mes mains") == ("/caf/demandes?assigned_to=me", "1")
    assert linked(page, "Corrections demandées") == ("/caf/demandes?state=correction_requested", "3")


def test_a_service_that_is_away_leaves_its_queues_out_and_the_page_says_so(sign_in, queues):
    queues["partners.application_counts"] = Unavailable("partners")
    queues["transactions.contestations_waiting"] = waiting(1, 0, 0, 0)
    page = sign_in("instructor").get("/caf")
    assert [what for _, what, _ in told(page)] == ["1 Contestations à trancher"]
    assert "Une partie de cette page est momentanément indisponible" in page.text


def test_the_menu_counts_what_the_queues_hold(sign_in, queues):
    queues["partners.application_counts"] = APPLICATIONS
    page = sign_in("instructor").get("/caf").text
    assert re.search(r'href="/caf/demandes"[^>]*>.*?class="count">7<', page, re.S), "not the corrections on top of them"


@pytest.mark.parametrize(
    ("address", "called", "asked"),
    [
        ("/caf/demandes?state=corrected&assigned_to=me_or_nobody", "partners.applications",
         {"state": "corrected", "assigned_to": "me_or_nobody"}),
        ("/caf/comptes-bancaires?age=3-7", "partners.bank_accounts_to_verify", {"age": "3-7"}),
        ("/caf/representants?anciennete=31-", "identity.transfers", {"age": "31-", "state": "requested"}),
        ("/caf/contestations?age=0-2", "transactions.contestations", {"age": "0-2", "state": "open"}),
        ("/caf/assistance?assigned_to=me_or_nobody&age=0-2", "partners.requests",
         {"age": "0-2", "state": "open", "assigned_to": "me_or_nobody"}),
        ("/caf/remboursements/?etat=a_liberer&anciennete=0-2", "payouts.batches",
         {"age": "0-2", "state": None, "to_release": True}),
        ("/caf/remboursements/?etat=ordered", "payouts.batches",
         {"age": None, "state": "ordered", "to_release": False}),
    ],
)  # fmt: skip
def test_each_list_asks_for_what_its_address_says_and_shows_it_chosen(address, called, asked, sign_in, queues, bus):
    ages = NOTHING["ages"]
    empty = {"items": [], "next_cursor": None, "ages": ages, "waiting": 0}
    money = {"count": 0, "amount_cents": 0}
    bus.answers |= {
        "partners.applications": empty
        | {"counts": {"submitted": 0, "in_review": 0, "correction_requested": 0}},
        "partners.catalogue": {"structure_types": []},
        "partners.bank_accounts_to_verify": empty,
        "identity.transfers": empty,
        "transactions.contestations": empty,
        "partners.requests": empty,
        "payouts.batches": empty,
        "payouts.dashboard": dict.fromkeys(("to_prepare", "to_release", "sent", "paid", "returned"), money)
        | {"reconciliation": None, "unsolved_reports": [], "by_week": [], "by_activity": [], "by_commune": []},
    }
    page = sign_in("instructor", "releaser").get(address)
    assert page.status_code == 200
    [sent] = bus.called(called)
    assert asked.items() <= sent.items()
    chosen = [value for value in asked.values() if isinstance(value, str) and value != "open"]
    if asked.get("to_release"):
        chosen.append("a_liberer")
    for value in chosen:
        assert f'<option value="{value}" selected>' in page.text
    assert '<details class="filter-box" open>' in page.text
