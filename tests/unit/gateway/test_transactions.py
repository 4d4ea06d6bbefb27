"""«Mes transactions»: columns, filters, paging, actions by role, exports."""

import csv
import io
from datetime import datetime

import openpyxl
import pytest

from services.chassis.refusals import Refused, Unavailable
from services.chassis.spreadsheets import as_it_was, harmless

PARTNER = {"active": True, "establishments": []}
TOTALS = {"count": 2, "amount_cents": 5100, "cancelled_count": 1}


def transaction(number: str, **changed) -> dict:
    return {
        "transaction_id": number, "number": number, "state": "recorded", "contested": False, "amount_cents": 2550,
        "recorded_at": "2026-11-24T10:00:00+00:00", "recorded_on": "2026-11-24", "cancellable": True,
        "cancellable_until": "2026-11-24T23:00:00+00:00", "cancelled_at": None, "scheme": "Pass’sports-loisirs",
        "season": "2026-2027", "beneficiary": {"first_name": "Lina", "last_name": "Benali"}, "structure_id": "s-1",
        "structure_name": "Judo Club", "partner_number": "93-1", "establishment_id": None, "establishment_name": None,
        "operator_id": "a-1", "terminal_id": None, "origin": "web", "slip_number": None, "payout_id": None,
        "contestation": None, "correction_cents": None, **changed,
    }  # fmt: skip


PAID = transaction("T-1", state="paid", cancellable=False, slip_number="B-7")


@pytest.fixture
def signed_in(sign_in, bus):
    bus.answers |= {
        "transactions.transactions": {"items": [transaction("T-2"), PAID], "next_cursor": "next-1"},
        "transactions.totals": TOTALS,
        "transactions.schemes": ["Pass’sports-loisirs"],
        "transactions.partner": PARTNER,
        "transactions.transaction": transaction("T-2"),
        "identity.persons": {"a-1": {"first_name": "Nadia", "last_name": "Benali"}},
    }
    return sign_in


def test_list_has_every_column_of_the_guide(signed_in) -> None:
    page = signed_in("manager").get("/transactions/").text
    for shown in (
        "24/11/2026",
        "T-2",
        "Pass’sports-loisirs",
        "Lina Benali",
        "Judo Club",
        "25,50",
        "B-7",
        "51,00",
        "Nadia Benali",
    ):
        assert shown in page


def test_next_page_keeps_the_filters(signed_in) -> None:
    page = signed_in("manager").get("/transactions/?state=paid&cursor=c-0").text
    assert 'href="/transactions/?state=paid&amp;cursor=next-1"' in page
    assert 'href="/transactions/?state=paid"' in page


def test_filters_reach_the_service_and_bad_ones_do_not(signed_in, bus) -> None:
    signed_in("manager").get(
        "/transactions/?from_on=2026-11-01&to_on=31/11&state=lost&operator=terminal:t-9&number=T-2"
    )
    [asked] = bus.called("transactions.transactions")
    assert asked["from_on"] == "2026-11-01"
    assert asked["terminal_id"] == "t-9"
    assert asked["number"] == "T-2"
    assert not {"to_on", "state", "operator"} & asked.keys()


@pytest.mark.parametrize(
    ("role", "cancels", "contests", "exports"),
    [
        ("legal_representative", True, True, True),
        ("manager", True, True, True),
        ("accountant", False, False, True),
        ("cashier", True, False, False),
    ],
)
def test_actions_follow_the_role(signed_in, role: str, cancels: bool, contests: bool, exports: bool) -> None:
    page = signed_in(role).get("/transactions/").text
    assert ("/transactions/T-2/annuler" in page) is cancels
    assert ("/transactions/T-1/contester" in page) is contests
    assert ("/transactions/export.csv" in page) is exports


def test_empty_lists_say_what_to_do(signed_in, bus) -> None:
    bus.answers["transactions.transactions"] = {"items": [], "next_cursor": None}
    client = signed_in("manager")
    assert "dès le premier pass scanné" in client.get("/transactions/").text
    assert "Élargissez les dates" in client.get("/transactions/?state=paid").text


def test_list_shows_without_the_identity_service(signed_in, bus) -> None:
    bus.answers["identity.persons"] = Unavailable("away")
    assert signed_in("manager").get("/transactions/").status_code == 200


def test_cancelling_uses_the_transactions_own_key(signed_in, bus) -> None:
    bus.answers["transactions.cancel_transaction"] = {
        "replayed": False,
        "transaction": transaction("T-2", state="cancelled"),
    }
    answer = signed_in("cashier").post("/transactions/T-2/annuler", follow_redirects=True)
    assert "est annulée" in answer.text
    assert bus.called("transactions.cancel_transaction") == [{"number": "T-2", "idempotency_key": "web-cancel-T-2"}]


def test_too_late_to_cancel_is_said(signed_in, bus) -> None:
    bus.answers["transactions.cancel_transaction"] = Refused("cancel_window_closed")
    answer = signed_in("cashier").post("/transactions/T-2/annuler", follow_redirects=True)
    assert 'data-tone="bad"' in answer.text


def test_contesting_needs_a_reason_and_keeps_what_was_typed(signed_in, bus) -> None:
    client = signed_in("manager")
    answer = client.post("/transactions/T-1/contester", data={"reason": "trop"})
    assert answer.status_code == 422
    assert ">trop</textarea>" in answer.text.replace("\r\n", "")
    bus.answers["transactions.contest_transaction"] = PAID
    answer = client.post("/transactions/T-1/contester", data={"reason": "Montant saisi deux fois."})
    assert answer.status_code == 303
    assert bus.called("transactions.contest_transaction") == [{"number": "T-1", "reason": "Montant saisi deux fois."}]


def pages(arguments: dict) -> dict:
    """Two pages of the list."""
    if arguments["cursor"] is None:
        return {
            "items": [transaction("T-2", beneficiary={"first_name": "=1+1", "last_name": "Benali"})],
            "next_cursor": "c",
        }
    return {"items": [PAID], "next_cursor": None}


def test_csv_holds_all_pages_and_no_formula(signed_in, bus) -> None:
    bus.answers["transactions.transactions"] = pages
    answer = signed_in("accountant").get("/transactions/export.csv?state=paid")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    header, first, second = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert header[:3] == ["Date", "Numéro", "Dispositif"]
    assert dict(zip(header, first, strict=True))["Prénom de l’enfant"] == "'=1+1"
    assert dict(zip(header, second, strict=True))["Montant"] == "25,50"
    assert dict(zip(header, second, strict=True))["Date"] == "24/11/2026 11:00"
    assert dict(zip(header, second, strict=True))["Bordereau de paiement"] == "B-7"
    assert all(asked["state"] == "paid" for asked in bus.called("transactions.transactions"))


def test_xlsx_holds_all_pages_with_amounts_and_moments_to_reckon_with(signed_in, bus) -> None:
    bus.answers["transactions.transactions"] = pages
    answer = signed_in("accountant").get("/transactions/export.xlsx")
    header, first, second = openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
    told = [dict(zip(header, row, strict=True)) for row in (first, second)]
    assert [(one["Numéro"], one["Montant"]) for one in told] == [("T-2", 25.5), ("T-1", 25.5)]
    assert told[0]["Date"] == datetime(2026, 11, 24, 11, 0)  # noqa: DTZ001 - the wall clock of Paris
    assert told[0]["Prénom de l’enfant"] == "'=1+1"
    assert told[0]["Opérateur"] == "Nadia Benali"


CAF = {
    "transactions.all_transactions": {"items": [transaction("T-2"), PAID], "next_cursor": None},
    "transactions.all_totals": TOTALS,
    "transactions.schemes": ["Pass’sports-loisirs"],
    "transactions.totals_by_establishment": [
        {"establishment_id": "e-1", "name": "Gymnase", "count": 3, "amount_cents": 7_700, "cancelled_count": 0},
        {"establishment_id": "e-2", "name": None, "count": 1, "amount_cents": 800, "cancelled_count": 2},
    ],
}


def test_the_caf_sees_totals_without_any_filter(sign_in, bus) -> None:
    bus.answers |= CAF
    page = sign_in("agent", "instructor").get("/caf/transactions").text
    assert "51,00" in page
    assert bus.called("transactions.all_totals") == [{}]
    assert bus.called("transactions.totals_by_establishment") == []


@pytest.mark.parametrize("chosen", ["structure_id=s-1", "partner_number=93-1"])
def test_the_caf_sees_what_a_partner_did_at_each_place(sign_in, bus, chosen: str) -> None:
    bus.answers |= CAF
    page = sign_in("agent", "instructor").get(f"/caf/transactions?{chosen}&state=paid").text
    [asked] = bus.called("transactions.totals_by_establishment")
    assert asked == {"state": "paid", **dict([chosen.split("=")])}
    assert f'<a href="/caf/transactions?state=paid&amp;{chosen}&amp;establishment_id=e-1">Gymnase</a>' in page
    assert "77,00" in page and "Sans établissement" in page


def test_the_caf_chooses_one_place_of_a_partner(sign_in, bus) -> None:
    bus.answers |= CAF
    page = sign_in("agent", "instructor").get("/caf/transactions?structure_id=s-1&establishment_id=e-1").text
    assert bus.called("transactions.all_totals") == [{"structure_id": "s-1", "establishment_id": "e-1"}]
    assert bus.called("transactions.totals_by_establishment") == [{"structure_id": "s-1"}]
    assert '<option value="e-1" selected>Gymnase</option>' in page


def test_a_place_where_nothing_fits_stays_chosen(sign_in, bus) -> None:
    bus.answers |= CAF | {"transactions.totals_by_establishment": []}
    page = sign_in("agent", "instructor").get("/caf/transactions?establishment_id=e-9&state=returned").text
    assert bus.called("transactions.totals_by_establishment") == [{"establishment_id": "e-9", "state": "returned"}]
    assert '<option value="e-9" selected>L’établissement choisi</option>' in page


def test_the_caf_sees_the_totals_of_every_partner(sign_in, bus) -> None:
    used = {"structure_id": "s-1", "name": "Judo Club", "partner_number": "93-1"}
    used |= {"count": 1234, "amount_cents": 4_321_00, "cancelled_count": 7}
    unnamed = {"structure_id": "s-2", "name": None, "partner_number": None}
    unnamed |= {"count": 1, "amount_cents": 5_00, "cancelled_count": 0}
    bus.answers |= CAF | {"transactions.totals_by_partner": {"items": [used, unnamed], "next_cursor": "c-1"}}
    page = sign_in("agent", "preparer").get("/caf/transactions/par-partenaire?state=paid&number=T-1").text
    assert bus.called("transactions.totals_by_partner") == [{"cursor": None, "limit": 50, "state": "paid"}]
    assert bus.called("transactions.all_totals") == [{"state": "paid"}]
    assert '<a href="/caf/transactions?state=paid&amp;structure_id=s-1">Judo Club</a>' in page
    assert "4\u202f321,00" in page and "1\u202f234" in page and "Structure sans nom" in page
    assert 'href="/caf/transactions/par-partenaire?state=paid&amp;cursor=c-1"' in page


def test_the_list_leads_to_the_totals_of_every_partner_for_the_same_period(sign_in, bus) -> None:
    bus.answers |= CAF
    page = sign_in("agent", "instructor").get("/caf/transactions?from_on=2026-11-01&structure_id=s-1").text
    assert 'href="/caf/transactions/par-partenaire?from_on=2026-11-01"' in page


SEVERAL = {"active": True, "establishments": [{"establishment_id": f"e-{n}", "name": f"Salle {n}"} for n in (1, 2)]}


def test_a_partner_with_several_places_sees_the_totals_of_each(signed_in, bus) -> None:
    bus.answers |= {
        "transactions.partner": SEVERAL,
        "transactions.own_totals_by_establishment": CAF["transactions.totals_by_establishment"],
    }
    page = signed_in("accountant").get("/transactions/?state=paid").text
    assert bus.called("transactions.own_totals_by_establishment") == [{"state": "paid"}]
    assert '<a href="/transactions/?state=paid&amp;establishment_id=e-1">Gymnase</a>' in page
    assert "77,00" in page


def test_a_partner_with_one_place_is_not_told_its_totals_twice(signed_in, bus) -> None:
    signed_in("manager").get("/transactions/")
    assert bus.called("transactions.own_totals_by_establishment") == []


def many_pages(read: list[int], pages: int = 40):
    """A list of so many pages of 500, noting each page that is read."""

    def answer(arguments: dict) -> dict:
        number = int(arguments["cursor"] or 0) + 1
        read.append(number)
        return {
            "items": [transaction(f"T-{number}-{n}") for n in range(arguments["limit"])],
            "next_cursor": str(number) if number < pages else None,
        }

    return answer


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_an_export_begins_before_the_second_page_is_read(signed_in, bus, extension: str) -> None:
    read: list[int] = []
    bus.answers["transactions.transactions"] = many_pages(read)
    answer = signed_in("accountant").get(f"/transactions/export.{extension}")
    pieces = answer.iter_encoded()
    assert next(pieces)
    assert read == [1]
    held = [len(piece) for piece in pieces]
    assert read == list(range(1, 41))
    assert max(held) < 256 * 1024


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_what_is_refused_before_an_export_is_told_as_a_page(signed_in, bus, extension: str) -> None:
    bus.answers["transactions.transactions"] = Unavailable("away")
    answer = signed_in("accountant").get(f"/transactions/export.{extension}")
    assert answer.status_code == 503
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_failure_in_the_middle_breaks_the_export_off(signed_in, bus, extension: str) -> None:
    whole = many_pages([])
    bus.answers["transactions.transactions"] = lambda asked: whole(asked) if asked["cursor"] is None else fails()
    answer = signed_in("accountant").get(f"/transactions/export.{extension}")
    with pytest.raises(Unavailable):
        list(answer.iter_encoded())


def fails() -> dict:
    raise Unavailable("away")


@pytest.mark.parametrize("cell", ["'t Hooft", "d'Or", "", "'"])
def test_a_quote_that_is_no_mark_stays(cell: str) -> None:
    assert as_it_was(harmless(cell)) == cell


@pytest.mark.parametrize("cell", ["=cmd()", "+33", "-1", "@x", "\tx"])
def test_cells_that_look_like_formulas_are_marked(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert as_it_was(harmless(cell)) == cell


def test_other_cells_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("Lina", 12, None, "a=b")] == ["Lina", 12, None, "a=b"]
