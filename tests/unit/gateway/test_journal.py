"""«Journal»: all services' entries as one list, and as a file."""

import csv
import io
from typing import Any

import pytest

from services.chassis.refusals import Unavailable

AGENT = "0199c0de-0000-7000-8000-000000000001"
STRUCTURE = "0199c0de-0000-7000-8000-0000000000aa"


def entry(number: int, action: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"0199c0de-0000-7000-8000-{number:012d}", "at": f"2026-11-24T10:00:{number:02d}+00:00", "action": action,
        "subject": f"subject-{number}", "actor": AGENT, "roles": ["administrator", "agent"], "scope": {}, "details": {},
        "trace_id": f"trace-{number}", "sequence": number, "hash": f"{number:064x}", "cursor": f"c-{number}", **changed,
    }  # fmt: skip


def journal(*entries: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"items": list(entries), "next_cursor": entries[-1]["cursor"] if more else None}


@pytest.fixture
def administrator(sign_in, bus):
    bus.answers |= {
        "identity.agents": {"items": [{"account_id": AGENT, "first_name": "Ada", "last_name": "Byron", "roles": []}]},
        "identity.persons": {AGENT: {"first_name": "Ada", "last_name": "Byron"}},
        "partners.structures": {STRUCTURE: {"name": "Judo Club", "partner_number": "0000018"}},
        "identity.audit_entries": journal(entry(9, "session:open"), entry(5, "agent:create")),
        "partners.audit_entries": journal(entry(7, "application:approve", details={"structure_id": STRUCTURE})),
        "conventions.audit_entries": journal(),
        "transactions.audit_entries": journal(entry(8, "season:open")),
        "payouts.audit_entries": journal(entry(6, "batch:release", subject="=1+1")),
    }
    return sign_in("administrator", "agent", kind="agent")


def test_the_journals_are_read_as_one_newest_first(administrator) -> None:
    page = administrator.get("/caf/journal").text
    told = ["Connexion", "Campagne ouverte", "Demande approuvée", "Lot libéré", "Agent ajouté"]
    table = page[page.index("<tbody") :]
    places = [table.index(words) for words in told]
    assert places == sorted(places)
    assert "Byron" in page


def test_the_next_page_goes_on_where_this_one_stopped(administrator, bus, monkeypatch) -> None:
    monkeypatch.setattr("gateway.pages.caf_journal.PAGE_SIZE", 2)
    page = administrator.get("/caf/journal").text
    assert "cursor=c-8" in page
    administrator.get("/caf/journal?cursor=c-8")
    assert {asked["cursor"] for asked in bus.called("payouts.audit_entries")} == {None, "c-8"}


def test_filters_reach_every_service(administrator, bus) -> None:
    administrator.get("/caf/journal?from_on=2026-11-01&to_on=2026-11-02&action=batch:release&subject=s&trace_id=t")
    (asked,) = bus.called("payouts.audit_entries")
    assert asked["since"] == "2026-10-31T23:00:00+00:00"
    assert asked["until"] == "2026-11-02T23:00:00+00:00"
    assert (asked["action"], asked["subject"], asked["trace_id"]) == ("batch:release", "s", "t")


def test_a_first_look_is_at_the_last_days_and_an_emptied_field_at_everything(administrator, bus) -> None:
    administrator.get("/caf/journal")
    administrator.get("/caf/journal?from_on=")
    first, second = bus.called("payouts.audit_entries")
    assert "since" in first
    assert "since" not in second


def test_one_service_alone_is_asked(administrator, bus) -> None:
    administrator.get("/caf/journal?service=payouts")
    assert bus.called("payouts.audit_entries")
    assert not bus.called("identity.audit_entries")


def test_a_partner_is_found_by_number(administrator, bus) -> None:
    bus.answers["partners.structures_named"] = {"items": [{"structure_id": STRUCTURE, "name": "Judo Club"}]}
    page = administrator.get("/caf/journal?partner=0000018").text
    assert "Tout ce qui concerne Judo Club" in page
    assert bus.called("payouts.audit_entries")[0]["scope"] == {"structure_id": STRUCTURE}


def test_several_partners_are_offered_and_none_is_said(administrator, bus) -> None:
    two = [{"structure_id": f"{STRUCTURE[:-1]}{n}", "name": f"Judo {n}", "partner_number": None} for n in (1, 2)]
    bus.answers["partners.structures_named"] = {"items": two}
    page = administrator.get("/caf/journal?partner=judo").text
    assert f"structure_id={two[1]['structure_id']}" in page
    bus.answers["partners.structures_named"] = {"items": []}
    assert "Aucun partenaire ne correspond" in administrator.get("/caf/journal?partner=zzz").text
    assert not bus.called("payouts.audit_entries")


def test_a_service_that_is_away_is_named_and_the_others_are_shown(administrator, bus) -> None:
    bus.answers["payouts.audit_entries"] = Unavailable("payouts did not answer in time")
    page = administrator.get("/caf/journal").text
    assert "Le journal « Remboursements » ne répond pas" in page.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Campagne ouverte" in page


def test_the_export_holds_every_page_with_its_links_and_no_name(administrator, bus) -> None:
    older = [entry(4, "agent:suspend", subject="=1+1")]
    bus.answers["identity.audit_entries"] = lambda asked: (
        journal(*older) if asked["cursor"] else journal(entry(9, "session:open"), more=True)
    )
    for service in ("partners", "conventions", "transactions", "payouts"):
        bus.answers[f"{service}.audit_entries"] = journal()
    answer = administrator.get("/caf/journal/export.csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    header, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    told = [dict(zip(header, line, strict=True)) for line in lines]
    assert [(one["numero"], one["action"], one["objet"]) for one in told] == [
        ("9", "session:open", "subject-9"),
        ("4", "agent:suspend", "'=1+1"),
    ]
    assert told[0]["empreinte"] == f"{9:064x}"
    assert "Byron" not in answer.text


def test_an_export_is_whole_or_none(administrator, bus) -> None:
    bus.answers["payouts.audit_entries"] = Unavailable("payouts did not answer in time")
    assert administrator.get("/caf/journal/export.csv").status_code == 503
