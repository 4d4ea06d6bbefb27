"""What the bank reports: settled, returned, paid again to the new account, and everything else told."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.chassis import config
from services.payouts import bank_file, watched_folder
from services.payouts.domain import refusals
from services.payouts.handlers import documents
from tests import bank_samples as bank
from tests.factories.payouts import OTHER_IBAN
from tests.integration.payouts.conftest import LOCKED_ON


def one_payout(house, cents=1000):
    structure = house.partner()
    house.day(structure, [cents])
    house.pay()
    return structure, house.rows("SELECT * FROM payouts")[0]


def outcomes(lines):
    return [line["outcome"] for line in lines]


def test_a_booked_debit_settles_the_payout(house):
    _, payout = one_payout(house)
    lines = house.report(bank.camt_054([bank.entry(payout["end_to_end_id"], 1000)]))
    assert outcomes(lines) == ["settled"]
    found = house.rows("SELECT state, settled_on FROM payouts")[0]
    assert (found["state"], found["settled_on"]) == ("paid", bank.ON)
    assert house.events("payout_settled.v1")[0]["settled_on"] == bank.ON.isoformat()
    assert house.events("payout_state_changed.v1")[0]["state"] == "paid"
    assert house.differences() == []


def test_a_rejection_suspends_the_account_and_frees_the_lines(house):
    structure, payout = one_payout(house)
    lines = house.report(bank.pain_002([(payout["end_to_end_id"], "RJCT", "AC04", "10.00")]))
    assert outcomes(lines) == ["returned"]
    assert house.events("payout_returned.v1")[0]["reason_code"] == "AC04"
    assert house.one("SELECT suspension_reason FROM bank_accounts") == "AC04"
    with pytest.raises(refusals.NothingToPay):
        house.prepare()
    assert house.differences() == []
    house.account(structure, OTHER_IBAN, version=2)
    house.pay()
    assert house.one("SELECT count(*) FROM payout_lines") == 2
    assert house.one("SELECT count(*) FROM payout_lines WHERE live") == 1
    newest = house.one("SELECT sha256 FROM bank_files ORDER BY message_id DESC LIMIT 1")
    with house.store.open(newest) as stream:
        assert bank_file.read(stream.read()).transfers[0][2] == OTHER_IBAN
    assert house.differences() == []


def test_a_payout_given_back_after_payment_leaves_the_bank_even(house):
    _, payout = one_payout(house)
    reference = payout["end_to_end_id"]
    house.report(bank.camt_054([bank.entry(reference, 1000)]))
    lines = house.report(bank.camt_054([bank.entry(reference, 1000, credit=True, reason="MD07")], name="BANK-3"))
    assert outcomes(lines) == ["returned"]
    assert house.one("SELECT sum(amount_cents) FROM ledger_entries WHERE account = 'bank'") == 0
    assert house.differences() == []


def test_the_same_file_again_changes_nothing(house):
    _, payout = one_payout(house)
    content = bank.camt_054([bank.entry(payout["end_to_end_id"], 1000)])
    house.report(content)
    house.report(content)
    assert house.one("SELECT count(*) FROM bank_reports") == 1
    assert len(house.events("payout_settled.v1")) == 1


def test_the_same_news_in_another_file_is_known_already(house):
    _, payout = one_payout(house)
    line = bank.entry(payout["end_to_end_id"], 1000)
    house.report(bank.camt_054([line]))
    assert outcomes(house.report(bank.camt_054([line], name="AGAIN"))) == ["already_known"]
    assert len(house.events("payout_settled.v1")) == 1


def test_unknown_and_different_lines_are_told_and_change_nothing(house):
    _, payout = one_payout(house)
    entries = [
        bank.entry("PSL-BP-1999-0000001", 500),
        bank.entry(payout["end_to_end_id"], 999),
        bank.entry(payout["end_to_end_id"], 1000, status="PDNG"),
    ]
    assert outcomes(house.report(bank.camt_054(entries))) == ["unknown", "amount_differs", "ignored"]
    assert house.one("SELECT state FROM payouts") == "ordered"


def test_a_payout_that_was_never_sent_can_t_be_settled(house):
    house.day(house.partner(), [1000])
    house.prepare()
    reference = house.one("SELECT end_to_end_id FROM payouts")
    assert outcomes(house.report(bank.camt_054([bank.entry(reference, 1000)]))) == ["unknown"]


def test_a_message_booked_as_one_sum_settles_all_its_payouts(house):
    for cents in (100, 200, 300):
        house.day(house.partner(), [cents])
    house.pay()
    name = house.one("SELECT message_id FROM bank_files")
    assert outcomes(house.report(bank.camt_054([bank.message_entry(name, 600)]))) == ["settled"] * 3
    assert house.differences() == []


def test_a_message_of_another_sum_is_not_taken_for_ours(house):
    house.day(house.partner(), [100])
    house.pay()
    name = house.one("SELECT message_id FROM bank_files")
    assert outcomes(house.report(bank.camt_054([bank.message_entry(name, 101)]))) == ["unknown"]


def test_a_rejected_message_returns_all_its_payouts(house):
    for cents in (100, 200):
        house.day(house.partner(), [cents])
    house.pay()
    name = house.one("SELECT message_id FROM bank_files")
    assert outcomes(house.report(bank.pain_002(message_id=name, group_status="RJCT"))) == ["returned"] * 2
    assert house.differences() == []


@pytest.mark.parametrize("status", ["ACCP", "ACSC", "PDNG"])
def test_an_acceptance_is_no_settlement(house, status):
    _, payout = one_payout(house)
    assert outcomes(house.report(bank.pain_002([(payout["end_to_end_id"], status, None, None)]))) == ["ignored"]
    assert house.one("SELECT state FROM payouts") == "ordered"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"not xml", refusals.BankReportUnreadable),
        (b"", refusals.BankReportUnreadable),
        (b"%PDF-1.7", refusals.BankReportUnreadable),
        (b"<Document/>", refusals.BankReportKindUnknown),
        (
            b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn/></Document>',
            refusals.BankReportKindUnknown,
        ),
        (bank.camt_054([bank.entry("x", 5)]).replace("0.05", "1e9").encode(), refusals.BankReportUnreadable),
        (
            b'<!DOCTYPE D [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>',
            refusals.BankReportKindUnknown,
        ),
    ],
)
def test_what_is_no_report_is_refused_and_not_kept(house, content, refusal):
    with pytest.raises(refusal):
        house.report(content)
    assert house.one("SELECT count(*) FROM bank_reports") == 0


def test_a_return_and_a_new_day_are_paid_together_once(house):
    structure, payout = one_payout(house)
    house.report(bank.pain_002([(payout["end_to_end_id"], "RJCT", "AC01", None)]))
    house.day(structure, [500], on=LOCKED_ON + timedelta(days=1))
    house.account(structure, OTHER_IBAN, version=2, in_force_at=datetime.now(UTC) - timedelta(seconds=1))
    house.pay()
    assert house.one("SELECT amount_cents FROM payouts WHERE state = 'ordered'") == 1500
    assert house.differences() == []


def test_the_watched_folder_is_emptied(house, tmp_path, monkeypatch):
    _, payout = one_payout(house)
    folder = tmp_path / "bank"
    folder.mkdir()
    (folder / "a.xml").write_text(bank.camt_054([bank.entry(payout["end_to_end_id"], 1000)]))
    (folder / "b.xml").write_text("not xml")
    (folder / "c.part").write_text("being written")
    settings = watched_folder.settings()
    monkeypatch.setattr(
        watched_folder, "settings", lambda: type(settings)(**{**vars(settings), "bank_reports": str(folder)})
    )
    watched_folder.import_all(house.database, house.store)
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert left == ["c.part", "done/a.xml", "refused/b.xml"]
    assert house.one("SELECT state FROM payouts") == "paid"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("payout_lines", "UPDATE payouts SET amount_cents = amount_cents + 1"),
        ("batch_payouts", "UPDATE batches SET amount_cents = amount_cents - 1"),
        ("announced_total", "UPDATE announced_days SET total_cents = total_cents + 7"),
        ("lines_neither_open_nor_paid_count", "UPDATE payout_lines SET live = false"),
        ("bank_file_transfer", "UPDATE payouts SET amount_cents = amount_cents + 1"),
        ("slip_total", "UPDATE payouts SET amount_cents = amount_cents + 1"),
        ("ledger_in_progress", "UPDATE payouts SET state = 'paid', settled_on = current_date"),
    ],
)
def test_the_reconciliation_names_what_does_not_add_up(house, name, damage):
    one_payout(house)
    documents.make_slips_ahead(house.database, house.store)
    assert house.differences() == []
    with house.uow() as uow:
        uow.session.execute(text(damage))
    assert name in {difference.name for difference in house.differences()}
    assert house.one("SELECT difference_count FROM reconciliation_runs ORDER BY run_id DESC LIMIT 1") > 0


def three_payouts(house):
    """One message of three transfers: 1000, 2000, 3000; their references in that order."""
    for cents in (1000, 2000, 3000):
        house.day(house.partner(), [cents])
    house.pay()
    rows = house.rows("SELECT end_to_end_id FROM payouts ORDER BY amount_cents")
    return [row["end_to_end_id"] for row in rows]


@pytest.mark.parametrize("where", ["group_status", "payment_status"])
def test_a_rejected_message_returns_also_what_it_does_not_list(house, where):
    first, *_ = three_payouts(house)
    house.report(bank.pain_002([(first, "", "AC01", None)], **{where: "RJCT"}))
    assert house.rows("SELECT DISTINCT state FROM payouts") == [{"state": "returned"}]
    assert house.one("SELECT return_reason FROM payouts WHERE end_to_end_id = :id", id=first) == "AC01"
    assert house.differences() == []


def test_a_rejected_message_that_accepts_a_transfer_contradicts_itself_and_returns_only_what_it_names(house):
    """Paying twice is worse than waiting for the bank's next word."""
    first, second, _ = three_payouts(house)
    rejected, accepted = (first, "RJCT", "AC01", None), (second, "ACSC", None, None)
    house.report(bank.pain_002([rejected, accepted], group_status="RJCT"))
    assert [row["state"] for row in house.rows("SELECT state FROM payouts ORDER BY amount_cents")] == [
        "returned",
        "ordered",
        "ordered",
    ]


def test_one_sum_booked_less_what_was_rejected_before_settles_the_rest(house):
    first, *_ = three_payouts(house)
    house.report(bank.pain_002([(first, "RJCT", "AC04", None)]))
    lines = house.report(bank.camt_054([bank.message_entry("LOT-2026-00001-01", 5000)]))
    assert outcomes(lines) == ["settled", "settled"]
    assert house.differences() == []


def test_news_that_come_late_or_twice_or_from_elsewhere_pay_nothing_twice(house):
    """A settlement after the return, the return again in another file, a stranger's reference, one without any."""
    structure, payout = one_payout(house)
    reference = payout["end_to_end_id"]
    house.report(bank.camt_054([bank.entry(reference, 1000)], name="A"))
    house.report(bank.camt_054([bank.entry(reference, 1000, credit=True, reason="AC04")], name="B"))
    house.account(structure, OTHER_IBAN, version=2)
    house.pay()
    late = [
        bank.entry(reference, 1000),
        bank.entry(reference, 1000, credit=True, reason="AC04"),
        bank.entry("NOTPROVIDED", 1000),
        bank.entry("LOYER-11", 250_000),
    ]
    lines = house.report(bank.camt_054(late, name="C"))
    assert outcomes(lines) == ["already_known", "already_known", "unknown", "unknown"]
    assert [row["state"] for row in house.rows("SELECT state FROM payouts ORDER BY slip_number")] == [
        "returned",
        "ordered",
    ]
    assert house.one("SELECT count(*) FROM open_lines") == 0
    assert house.differences() == []


def test_the_bank_s_limits_split_a_batch(house, monkeypatch):
    monkeypatch.setenv("PSL_BANK_MAX_TRANSFERS", "2")
    config.reset()
    three_payouts(house)
    files = house.rows("SELECT transfer_count, amount_cents FROM bank_files ORDER BY sequence")
    monkeypatch.undo()
    config.reset()
    assert [file["transfer_count"] for file in files] == [2, 1]
    assert sum(file["amount_cents"] for file in files) == 6000
    assert house.differences() == []
