"""What the payouts service answers, as the pages read it. Instants are ISO 8601 in UTC, days are ISO dates."""

from typing import Literal, TypedDict

from gateway.clients.base import AgeBand, Waiting

State = Literal["prepared", "ordered", "paid", "returned"]
BatchState = Literal["prepared", "released", "ordered"]
Hold = Literal[
    "account_missing",
    "account_suspended",
    "account_cooling_off",
    "partner_inactive",
    "negative_total",
    "day_incomplete",
]
"""Why a partner's lines wait for a later batch."""


class File(TypedDict):
    """A kept file, to be streamed by `gateway.files.send_stored`."""

    sha256: str
    filename: str
    media_type: str


class Line(TypedDict):
    """One line of a payout: a transaction, or a correction of one (then the amount may be negative)."""

    line_id: str
    kind: Literal["transaction", "correction"]
    number: str
    transaction_id: str
    establishment_name: str
    scheme: str
    amount_cents: int
    occurred_at: str


class Payout(TypedDict):
    """One payout of the structure. `expected_on` until the bank has confirmed, `settled_on` afterwards."""

    payout_id: str
    slip_number: str
    state: State
    amount_cents: int
    transaction_count: int
    correction_count: int
    execution_on: str
    expected_on: str | None
    settled_on: str | None
    returned_on: str | None
    return_reason: str | None
    iban_masked: str
    end_to_end_id: str
    lines: list[Line]
    line_count: int


class Payouts(TypedDict):
    items: list[Payout]
    next_cursor: str | None


class UnderWay(TypedDict):
    """What is locked and not yet in a payout. `hold` says why it can't leave yet, if so."""

    amount_cents: int
    transaction_count: int
    correction_count: int
    expected_on: str | None
    hold: Hold | None


class LinePage(TypedDict):
    items: list[Line]
    next_cursor: str | None


class BatchSummary(TypedDict):
    batch_id: str
    number: str
    state: BatchState
    prepared_at: str
    prepared_by: str
    released_at: str | None
    released_by: str | None
    execution_on: str | None
    payout_count: int
    amount_cents: int


class BatchList(TypedDict):
    items: list[BatchSummary]
    next_cursor: str | None
    ages: list[AgeBand]


class BatchesWaiting(TypedDict):
    """`to_release`: batches that the caller may release. `to_prepare`: how many partners have lines in no payout."""

    to_release: Waiting
    to_prepare: int


class LeftBehind(TypedDict):
    structure_id: str
    partner_name: str
    partner_number: str | None
    reason: Hold
    line_count: int
    amount_cents: int


class LeftBehindGroup(TypedDict):
    reason: Hold
    partner_count: int
    amount_cents: int


class BatchPayout(TypedDict):
    payout_id: str
    structure_id: str
    partner_name: str
    partner_number: str
    slip_number: str
    state: State
    amount_cents: int
    transaction_count: int
    correction_count: int
    iban_masked: str
    account_change: Literal["new", "changed"] | None
    return_reason: str | None


class BatchPayouts(TypedDict):
    items: list[BatchPayout]
    next_cursor: str | None


class BankFile(TypedDict):
    sequence: int
    message_id: str
    sha256: str
    transfer_count: int
    amount_cents: int


class Batch(BatchSummary):
    """One batch, with what the releasing agent must see and the progress of the work after the release."""

    transaction_count: int
    correction_count: int
    previous_number: str | None
    previous_payout_count: int | None
    previous_amount_cents: int | None
    previous_transaction_count: int | None
    previous_correction_count: int | None
    would_execute_on: str
    joined_partner_count: int
    absent_partner_count: int
    largest: list[BatchPayout]
    changed_accounts: list[BatchPayout]
    changed_account_count: int
    left_behind: list[LeftBehindGroup]
    bank_files: list[BankFile]
    ordered_count: int
    slip_count: int
    paid_count: int
    returned_count: int
    failure: str | None
    may_release: bool


class Preview(TypedDict):
    """What a batch prepared now would hold."""

    payout_count: int
    transaction_count: int
    correction_count: int
    amount_cents: int
    left_behind: list[LeftBehindGroup]


class ImportedLine(TypedDict):
    position: int
    end_to_end_id: str | None
    outcome: Literal["settled", "returned", "already_known", "unknown", "amount_differs", "ignored"]
    slip_number: str | None
    partner_name: str | None
    amount_cents: int | None
    reason: str | None
    on: str | None


class BankReport(TypedDict):
    """One imported bank report and what became of each of its lines."""

    report_id: str
    kind: Literal["pain.002", "camt.054"]
    filename: str
    imported_at: str
    settled_count: int
    returned_count: int
    already_known_count: int
    unknown_count: int
    already_imported: bool
    lines: list[ImportedLine]


class BankReports(TypedDict):
    items: list[BankReport]
    next_cursor: str | None


class Bar(TypedDict):
    label: str
    amount_cents: int


class Dashboard(TypedDict):
    """Totals in cents and counts by situation, and amounts ordered by week, by activity, by commune."""

    to_prepare: dict[str, int]
    to_release: dict[str, int]
    sent: dict[str, int]
    paid: dict[str, int]
    returned: dict[str, int]
    by_week: list[Bar]
    by_activity: list[Bar]
    by_commune: list[Bar]
    reconciliation: "Reconciliation | None"
    unsolved_reports: list["UnsolvedReport"]


class UnsolvedReport(TypedDict):
    """A report of late with lines that match none of our transfers."""

    report_id: str
    filename: str
    imported_at: str
    line_count: int


class Difference(TypedDict):
    name: str
    subject: str
    expected: int
    found: int


class Reconciliation(TypedDict):
    at: str
    difference_count: int
    differences: list[Difference]


class Calendar(TypedDict):
    """When batches are prepared by themselves. `weekdays`: 0 is Monday; `month_days`: 1 to 31."""

    frequency: Literal["off", "daily", "weekly", "monthly"]
    weekdays: list[int]
    month_days: list[int]
    hour: int
    next_on: str | None


class PlanEntry(TypedDict):
    """One account of the ledger as the accountants number it."""

    key: str
    code: str
    label: str


class StoryLine(TypedDict):
    """A transaction or one of its corrections; `waits` while no payout holds it."""

    line_id: str
    kind: Literal["transaction", "correction"]
    number: str
    scheme: str
    establishment_name: str
    amount_cents: int
    occurred_at: str
    locked_on: str | None
    waits: bool


class StoryReport(TypedDict):
    """What one line of a bank report said of a payout."""

    report_id: str
    filename: str
    kind: str
    imported_at: str
    outcome: str
    amount_cents: int | None
    reason: str | None
    on: str | None


class StoryPayout(TypedDict):
    """One payout that holds lines of the story, with what the bank reported of it."""

    payout_id: str
    slip_number: str
    end_to_end_id: str
    state: State
    amount_cents: int
    transaction_count: int
    correction_count: int
    settled_on: str | None
    returned_on: str | None
    return_reason: str | None
    structure_id: str
    partner_name: str
    partner_number: str
    batch_id: str
    batch_number: str
    prepared_at: str
    released_at: str | None
    execution_on: str | None
    iban_masked: str
    message_id: str | None
    line_ids: list[str]
    reports: list[StoryReport]


class Story(TypedDict):
    """From the transaction to the bank. Without lines, of the payouts themselves."""

    reference: str
    structure_id: str
    partner_name: str
    partner_number: str | None
    lines: list[StoryLine]
    payouts: list[StoryPayout]
    hold: Hold | None
    expected_on: str | None
