"""What the transactions service answers: plain dictionaries, amounts in euro cents, instants and days in ISO 8601."""

from typing import Any, Literal, TypedDict

State = Literal["recorded", "cancelled", "locked", "in_payout", "paid", "returned"]


class Beneficiary(TypedDict):
    first_name: str
    last_name: str


class PassChecked(TypedDict):
    """`reason` is None when `usable`; else `pass_revoked`, `season_closed`, `already_used_here`,
    `already_used_elsewhere` or `insufficient_balance` (nothing left). `beneficiary` is None for a revoked pass."""

    usable: bool
    reason: str | None
    scheme: str
    season: str
    valid_until: str
    balance_cents: int
    beneficiary: Beneficiary | None


class Transaction(TypedDict):
    """`cancellable_until` is midnight in Paris, as an instant; `cancellable` is judged when the answer is made."""

    transaction_id: str
    number: str
    state: State
    contested: bool
    contestation: Literal["open", "accepted", "rejected"] | None
    correction_cents: int | None  # what the Caf took back from the partner, negative
    amount_cents: int
    recorded_at: str
    recorded_on: str
    cancellable: bool
    cancellable_until: str
    cancelled_at: str | None
    scheme: str
    season: str
    beneficiary: Beneficiary
    structure_id: str
    structure_name: str
    partner_number: str | None
    establishment_id: str | None
    establishment_name: str | None
    operator_id: str | None  # a person's account; names come from identity's `persons`
    terminal_id: str | None
    origin: Literal["web", "terminal", "offline"]
    slip_number: str | None
    payout_id: str | None


class Decision(TypedDict):
    """What the Caf decided on a contested transaction. `correction_cents` is None where nothing was taken back."""

    state: Literal["accepted", "rejected"]
    opened_by: Literal["structure", "family"]
    decided_at: str
    decision: str
    correction_cents: int | None


class ShownTransaction(Transaction):
    """One transaction on its own page."""

    decision: Decision | None


class Receipt(Transaction):
    """A transaction with the pass's balance just after it."""

    balance_cents: int


class Recorded(TypedDict):
    """`replayed`: this is the stored answer of an earlier call under the same key."""

    replayed: bool
    transaction: Receipt


class BatchItem(TypedDict, total=False):
    idempotency_key: str
    qr: str
    code: str
    amount_cents: int
    scanned_at: str


class Problem(TypedDict):
    code: str
    fields: dict[str, Any]


class BatchOutcome(TypedDict):
    """`status`: `recorded` (with `transaction`), or `refused` (with `problem`)."""

    idempotency_key: str
    status: Literal["recorded", "refused"]
    replayed: bool
    transaction: Receipt | None
    problem: Problem | None


class ByKey(TypedDict):
    """What became of a call: `transaction`, or the `problem` it was refused with."""

    transaction: Receipt | None
    problem: Problem | None


class Page(TypedDict):
    items: list[Transaction]
    next_cursor: str | None


class Totals(TypedDict):
    """Cancelled transactions don't count in `amount_cents`."""

    count: int
    amount_cents: int
    cancelled_count: int


class PlaceTotals(Totals):
    """Of one establishment. `name` is None for transactions without a known one."""

    establishment_id: str
    name: str | None


class PartnerTotals(Totals):
    """Of one partner. `name` and `partner_number` are None for one that no event has named yet."""

    structure_id: str
    name: str | None
    partner_number: str | None


class PartnersPage(TypedDict):
    items: list[PartnerTotals]
    next_cursor: str | None


class VerificationKey(TypedDict):
    """`x` is the raw Ed25519 public key in URL-safe base64, as in a JWK (RFC 8037)."""

    kid: str
    x: str


class Establishment(TypedDict):
    establishment_id: str
    name: str
    commune_name: str
    is_seat: bool


class Partner(TypedDict):
    """What a partner's desk needs to know of itself. `active`: may record transactions today."""

    structure_id: str
    name: str
    partner_number: str | None
    active: bool
    establishments: list[Establishment]


class AmountRule(TypedDict):
    """Ages are whole years on the season's `age_on`, bounds included; None means no bound."""

    min_age: int | None
    max_age: int | None
    min_quotient: int | None
    max_quotient: int | None
    amount_cents: int


class SeasonFigures(TypedDict):
    """`committed_cents`: what passes were issued for; `spent_cents`: what was used at partners."""

    pass_count: int
    committed_cents: int
    spent_cents: int
    transaction_count: int


class Season(TypedDict):
    season_id: str
    scheme: str
    name: str
    state: Literal["draft", "open", "closed"]
    starts_on: str
    ends_on: str
    age_on: str
    budget_cents: int
    amount_rules: list[AmountRule]
    figures: SeasonFigures


class Import(TypedDict):
    """States: `checking` (dry run) → `checked` → `running` → `done`; `failed` with `failure` in French."""

    import_id: str
    season_id: str
    filename: str
    state: Literal["checking", "checked", "running", "done", "failed", "abandoned"]
    started_at: str
    finished_at: str | None
    encoding: str
    delimiter: str
    rows: int
    rows_done: int
    created: int
    updated: int
    unchanged: int
    refused: int
    amount_cents: int
    failure: str | None


class StoredDocument(TypedDict):
    sha256: str
    filename: str
    media_type: str


class Pass(TypedDict):
    """A pass as its family or the Caf sees it; `qr` is the text of the code, `code` the one to type."""

    pass_id: str
    season: str
    scheme: str
    state: Literal["active", "exhausted", "cancelled", "expired"]
    beneficiary: Beneficiary
    amount_cents: int
    balance_cents: int
    valid_from: str
    valid_until: str
    code: str
    qr: str


class FamilyPass(Pass):
    transactions: list[Transaction]


class Family(TypedDict):
    passes: list[FamilyPass]
    debit_mails: bool


class Contestation(TypedDict):
    contestation_id: str
    number: str
    transaction: Transaction
    opened_by: Literal["structure", "family"]
    opened_at: str
    reason: str
    state: Literal["open", "accepted", "rejected"]
    decided_at: str | None
    decision: str | None
    correction_cents: int | None
