"""«Remboursements» and «Lots de remboursement»: grouped by date, files, release with a code."""

import io

import pytest

from services.chassis.refusals import Refused

PAYOUT_ID = "01980000-0000-7000-8000-000000000001"
BATCH_ID = "01980000-0000-7000-8000-000000000002"
LINE = {
    "line_id": "l-1", "kind": "transaction", "number": "T-1", "transaction_id": "t-1", "establishment_name": "Gymnase",
    "scheme": "Pass’sports-loisirs", "amount_cents": 2550, "occurred_at": "2026-11-23T10:00:00+00:00",
}  # fmt: skip


def payout(slip, **changed):
    return {
        "payout_id": PAYOUT_ID, "slip_number": slip, "state": "ordered", "amount_cents": 2550, "transaction_count": 1,
        "correction_count": 0, "execution_on": "2026-11-26", "expected_on": "2026-11-26", "settled_on": None,
        "returned_on": None, "return_reason": None, "iban_masked": "FR76 •••• 189", "end_to_end_id": f"PSL-{slip}",
        "lines": [LINE], "line_count": 1, **changed,
    }  # fmt: skip


UNDER_WAY = {
    "amount_cents": 1000, "transaction_count": 1, "correction_count": 0, "expected_on": "2026-11-30", "hold": None,
}  # fmt: skip
BATCH = {
    "batch_id": BATCH_ID, "number": "LOT-2026-00001", "state": "prepared", "prepared_at": "2026-11-24T08:00:00+00:00",
    "prepared_by": "a-9", "released_at": None, "released_by": None, "execution_on": None, "payout_count": 1,
    "amount_cents": 2550, "transaction_count": 1, "correction_count": 0, "previous_number": None,
    "previous_payout_count": None, "previous_amount_cents": None, "largest": [], "changed_accounts": [],
    "changed_account_count": 0, "left_behind": [{"reason": "account_missing", "partner_count": 2, "amount_cents": 90}],
    "bank_files": [], "ordered_count": 0, "slip_count": 0, "paid_count": 0, "returned_count": 0, "failure": None,
    "may_release": True, "would_execute_on": "2026-11-25",
}  # fmt: skip


@pytest.fixture
def partner(sign_in, bus):
    bus.answers |= {
        "payouts.own_payouts": {
            "items": [
                payout("BP-2026-0000002"),
                payout("BP-2026-0000001", state="paid", settled_on="2026-11-20", execution_on="2026-11-20"),
            ],
            "next_cursor": "BP-2026-0000001",
        },
        "payouts.under_way": UNDER_WAY,
    }
    return sign_in


@pytest.fixture
def agent(sign_in, bus):
    bus.answers |= {
        "payouts.batch": BATCH,
        "payouts.release_batch": {},
        "identity.step_up": {"proof": "p-1"},
        "identity.persons": {"a-9": {"first_name": "Paul", "last_name": "Petit"}},
    }
    return lambda *roles: sign_in("agent", *roles, kind="agent")


def test_payouts_are_grouped_by_date_with_their_detail(partner):
    page = partner("accountant").get("/remboursements/").text
    assert page.index("26 novembre 2026") < page.index("20 novembre 2026")
    for shown in ("<details", "BP-2026-0000002", "T-1", "Gymnase", "Virement attendu le", "Virement exécuté le"):
        assert shown in page
    assert f"/remboursements/{PAYOUT_ID}/bordereau.pdf" in page
    assert "cursor=BP-2026-0000001" in page


def test_a_settled_payout_is_under_the_date_of_its_settlement(partner, bus):
    bus.answers["payouts.own_payouts"]["items"] = [payout("BP-1", state="paid", settled_on="2026-11-27")]
    assert 'id="le-2026-11-27"' in partner("manager").get("/remboursements/").text


def test_a_returned_payout_says_so_and_does_not_count(partner, bus):
    returned = payout("BP-1", state="returned", returned_on="2026-11-28", return_reason="AC04")
    bus.answers["payouts.own_payouts"]["items"] = [returned]
    page = partner("manager").get("/remboursements/").text
    assert "AC04" in page and "28 novembre 2026" in page and "<small>0,00" in page


@pytest.mark.parametrize("hold", ["account_missing", "account_suspended", "account_cooling_off", "negative_total"])
def test_a_waiting_partner_is_told_why(partner, bus, hold):
    bus.answers["payouts.under_way"] = {**UNDER_WAY, "hold": hold, "expected_on": None}
    assert "Votre prochain remboursement attend" in partner("manager").get("/remboursements/").text


@pytest.mark.parametrize("role", ["cashier", "agent"])
def test_others_don_t_see_payouts(partner, role):
    assert partner(role).get("/remboursements/").status_code == 403


def test_the_release_sends_a_fresh_proof_and_the_total_seen(agent, bus):
    answer = agent("releaser").post(
        f"/caf/remboursements/{BATCH_ID}/liberer", data={"code": "123 456", "amount_cents": "2550"}
    )
    assert answer.status_code == 303
    assert bus.called("identity.step_up") == [{"act": "batch:release", "password": None, "totp": "123456"}]
    assert bus.called("payouts.release_batch") == [{"batch_id": BATCH_ID, "proof": "p-1", "amount_cents": 2550}]


@pytest.mark.parametrize(
    ("refusal", "words"), [("same_agent", "un autre agent doit le libérer"), ("batch_changed", "Relisez le lot")]
)
def test_a_refused_release_stays_on_the_page(agent, bus, refusal, words):
    bus.answers["payouts.release_batch"] = Refused(refusal)
    answer = agent("releaser").post(
        f"/caf/remboursements/{BATCH_ID}/liberer", data={"code": "123456", "amount_cents": "2550"}
    )
    assert answer.status_code == 409
    assert words in answer.text


def test_a_release_without_a_code_asks_for_it(agent, bus):
    answer = agent("releaser").post(f"/caf/remboursements/{BATCH_ID}/liberer", data={"amount_cents": "2550"})
    assert answer.status_code == 422
    assert bus.called("payouts.release_batch") == []


def test_a_preparer_may_not_post_a_release(agent):
    assert agent("preparer").post(f"/caf/remboursements/{BATCH_ID}/liberer").status_code == 403


def test_the_batch_shows_its_controls(agent):
    page = agent("releaser").get(f"/caf/remboursements/{BATCH_ID}").text
    for shown in ("LOT-2026-00001", "Libérer le lot", "Paul Petit", "25,50", "Aucun compte bancaire vérifié"):
        assert shown in page


def test_prepare_leads_to_the_batch(agent, bus):
    bus.answers["payouts.prepare_batch"] = {"batch_id": BATCH_ID}
    answer = agent("preparer").post("/caf/remboursements/preparer")
    assert answer.location.endswith(BATCH_ID)


@pytest.fixture
def finance(agent, bus):
    bus.answers |= {
        "payouts.bank_reports": {"items": [], "next_cursor": None},
        "payouts.calendar": {
            "frequency": "monthly", "weekdays": [], "month_days": [1, 15], "hour": 6, "next_on": "2026-12-01",
        },
        "payouts.account_plan": {"items": PLAN},
        "payouts.dashboard": FIGURES,
        "partners.catalogue": {"activities": [{"code": "judo", "label": "Judo, jujitsu"}], "communes": []},
    }  # fmt: skip
    return agent


KEYS = ("scheme_expense", "partners_payable", "transfers_in_progress", "bank")
PLAN = [{"key": key, "code": "46", "label": "Compte"} for key in KEYS]
NOTHING = {"count": 0, "amount_cents": 0}
FIGURES = {
    "to_prepare": {"count": 3, "amount_cents": 123450}, "to_release": NOTHING, "sent": NOTHING, "paid": NOTHING,
    "returned": NOTHING, "by_week": [{"label": "2026-11-23", "amount_cents": 5000}],
    "by_activity": [{"label": "judo", "amount_cents": 5000}], "by_commune": [{"label": "Bobigny", "amount_cents": 1}],
    "reconciliation": {
        "at": "2026-11-24T08:00:00+00:00", "difference_count": 1,
        "differences": [{"name": "payout_lines", "subject": "BP-1", "expected": 100, "found": 90}],
    },
}  # fmt: skip


def test_the_dashboard_plots_and_names_differences(finance):
    page = finance("releaser").get("/caf/finances/").text
    for shown in ("1 234,50", "<svg", "Judo, jujitsu", "Bobigny", "payout_lines", "BP-1", "0,90"):
        assert shown in page.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_bank_report_is_streamed_and_its_id_sent(finance, bus):
    bus.answers["payouts.import_bank_report"] = {"report_id": PAYOUT_ID, "already_imported": False}
    answer = finance("preparer").post(
        "/caf/finances/retours",
        data={"report": (io.BytesIO(b"<x/>"), "retour.xml")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    (sent,) = bus.called("payouts.import_bank_report")
    assert sent["filename"] == "retour.xml" and len(sent["incoming_id"]) == 32


def test_no_file_is_said_at_the_field(finance):
    answer = finance("preparer").post("/caf/finances/retours")
    assert answer.status_code == 422 and "Choisissez le fichier XML" in answer.text


def test_the_calendar_is_set_as_typed(finance, bus):
    bus.answers["payouts.set_calendar"] = bus.answers["payouts.calendar"]
    client = finance("preparer")
    assert "1, 15" in client.get("/caf/finances/calendrier").text
    client.post("/caf/finances/calendrier", data={"frequency": "monthly", "month_days": "5 ; 20", "hour": "7"})
    assert bus.called("payouts.set_calendar") == [
        {"frequency": "monthly", "weekdays": [], "month_days": [5, 20], "hour": 7}
    ]


@pytest.mark.parametrize("typed", ["0", "32", "a", "1 2"])
def test_days_that_are_none_are_said_at_the_field(finance, bus, typed):
    answer = finance("preparer").post(
        "/caf/finances/calendrier", data={"frequency": "monthly", "month_days": typed, "hour": "7"}
    )
    assert answer.status_code == 422 and "séparés par des virgules" in answer.text
    assert bus.called("payouts.set_calendar") == []


def test_the_plan_of_accounts_is_shown_and_set(finance, bus):
    bus.answers["payouts.set_account_plan"] = {"items": PLAN}
    client = finance("preparer")
    assert client.get("/caf/finances/comptabilite").text.count('value="46"') == 4
    typed = {f"{key}_{part}": "467000" if part == "code" else "Tiers" for key in KEYS for part in ("code", "label")}
    assert client.post("/caf/finances/comptabilite/plan", data=typed).status_code == 303
    assert bus.called("payouts.set_account_plan")[0]["items"][3] == {"key": "bank", "code": "467000", "label": "Tiers"}


def test_an_export_needs_its_days(finance):
    assert finance("releaser").get("/caf/finances/comptabilite/ecritures.csv?first_on=x").status_code == 422


RETURNED = {
    "payout_id": PAYOUT_ID, "slip_number": "BP-2026-0000001", "end_to_end_id": "PSL-BP-2026-0000001",
    "state": "returned", "amount_cents": 2550, "transaction_count": 1, "correction_count": 0, "settled_on": None,
    "returned_on": "2026-11-27", "return_reason": "AC04", "structure_id": "s-1", "partner_name": "Judo Club",
    "partner_number": "93-000017", "batch_id": BATCH_ID, "batch_number": "LOT-2026-00001",
    "prepared_at": "2026-11-24T08:00:00+00:00", "released_at": "2026-11-25T09:00:00+00:00",
    "execution_on": "2026-11-26", "iban_masked": "FR76 •••• 189", "message_id": "LOT-2026-00001-01",
    "line_ids": ["l-1"],
    "reports": [
        {
            "report_id": PAYOUT_ID, "filename": "rejets.xml", "kind": "pain.002",
            "imported_at": "2026-11-27T08:00:00+00:00", "outcome": "returned", "amount_cents": 2550, "reason": "AC04",
            "on": "2026-11-27",
        },
        {
            "report_id": PAYOUT_ID, "filename": "doublon.xml", "kind": "pain.002",
            "imported_at": "2026-11-28T08:00:00+00:00", "outcome": "already_known", "amount_cents": 2550,
            "reason": None, "on": "2026-11-28",
        },
    ],
}  # fmt: skip
STORY = {
    "reference": "T-1", "structure_id": "s-1", "partner_name": "Judo Club", "partner_number": "93-000017",
    "lines": [
        {
            "line_id": "l-1", "kind": "transaction", "number": "T-1", "scheme": "Pass’sports-loisirs",
            "establishment_name": "Gymnase", "amount_cents": 2550, "occurred_at": "2026-11-23T10:00:00+00:00",
            "locked_on": "2026-11-23", "waits": True,
        }
    ],
    "payouts": [RETURNED], "hold": "account_suspended", "expected_on": None,
}  # fmt: skip


def test_finance_follows_a_transaction_to_the_bank(finance, bus):
    bus.answers["payouts.story"] = STORY
    client = finance("preparer")
    assert "Rechercher" in client.get("/caf/finances/suivi").text
    page = client.get("/caf/finances/suivi?reference=+T-1+").text
    assert bus.called("payouts.story") == [{"reference": "T-1"}]
    told = ("Transaction enregistrée", "Journée close à minuit", "LOT-2026-00001", "PSL-BP-2026-0000001", "rejets.xml")
    places = [page.index(text) for text in (*told, "doublon.xml", "En attente du prochain lot")]
    assert places == sorted(places)


def test_a_reference_that_nothing_bears_is_said(finance, bus):
    bus.answers["payouts.story"] = Refused("reference_unknown")
    answer = finance("releaser").get("/caf/finances/suivi?reference=T-9")
    assert answer.status_code == 422 and "ne porte cette référence" in answer.text and 'value="T-9"' in answer.text


def test_a_club_follows_its_transaction_and_sees_only_what_concerns_it(partner, bus):
    bus.answers["payouts.own_story"] = STORY
    page = partner("accountant").get("/remboursements/suivi/T-1").text
    for shown in ("Virement rejeté par la banque", "AC04", f"/remboursements/{PAYOUT_ID}/bordereau.pdf"):
        assert shown in page
    for hidden in ("/caf/", "rejets.xml", "doublon.xml"):
        assert hidden not in page
    assert partner("cashier").get("/remboursements/suivi/T-1").status_code == 403


def test_a_batch_is_compared_with_the_last_one(agent, bus):
    bus.answers["payouts.batch"] = {
        **BATCH, "previous_number": "LOT-2026-00000", "previous_payout_count": 2, "previous_amount_cents": 5100,
        "previous_transaction_count": 4, "previous_correction_count": 0, "joined_partner_count": 1,
        "absent_partner_count": 2,
    }  # fmt: skip
    page = agent("releaser").get(f"/caf/remboursements/{BATCH_ID}").text.replace("\u00a0", " ").replace("\u202f", " ")
    for shown in ("LOT-2026-00000", "51,00 €", "50 %)", "n’était pas dans le lot précédent", "2 ne sont plus"):
        assert shown in page


def test_the_dashboard_tells_of_lines_that_nobody_knows(finance, bus):
    unsolved = {"report_id": PAYOUT_ID, "filename": "avis.xml", "imported_at": "2026-11-24T08:00:00+00:00"}
    bus.answers["payouts.dashboard"] = {**FIGURES, "unsolved_reports": [{**unsolved, "line_count": 3}]}
    page = finance("releaser").get("/caf/finances/").text
    assert f"/caf/finances/retours/{PAYOUT_ID}" in page and "3 lignes" in page
