"""What the conventions service answers, as the pages read it. Instants are ISO 8601 in UTC, days are ISO dates."""

from typing import Any, TypedDict

from gateway.clients.base import AgeBand, Waiting


class ConventionStanding(TypedDict):
    """Where the caller's structure stands with its convention (dashboard).

    `state`: "prepared" (to sign), "signed_by_partner" (the Caf's turn), "active", "refused", "terminated".
    """

    convention_id: str
    kind: str  # "initial" | "amendment" | "renewal"
    state: str
    text_version: str
    prepared_at: str
    signed_at: str | None
    activated_at: str | None
    effective_on: str | None
    ends_on: str | None
    terminated_on: str | None
    reason: str | None
    cause: str | None  # why it is over, as in `CafConvention`
    downloadable: bool
    in_force: bool  # whether the structure is a partner today, by this convention or by the one before
    current_ends_on: str | None  # until when at least, as far as both have signed


class Article(TypedDict):
    """One article as it stands in the document, for reading on the page."""

    number: int
    title: str
    paragraphs: list[str]


class ConventionText(TypedDict):
    title: str
    parties: list[str]
    articles: list[Article]


class StoredDocument(TypedDict):
    """Where a file lives in the store, ready for `gateway.files.send_stored`."""

    sha256: str
    filename: str
    media_type: str


class Document(StoredDocument):
    size: int
    pages: int


class SigningCodeStanding(TypedDict):
    """`state`: "none", "sent" (may be typed), "expired", "blocked" (too many wrong codes, until `blocked_until`)."""

    state: str
    masked_phone: str | None
    delivery_state: str | None  # "accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed"
    sent_at: str | None
    expires_at: str | None
    tries_left: int
    sends_left: int
    next_send_at: str | None
    blocked_until: str | None


class Words(TypedDict):
    kind: str  # "same" | "removed" | "added"
    text: str


class ChangedPassage(TypedDict):
    """One paragraph of two compared versions. `heading`: its article. `parts`: a changed one word by word."""

    kind: str  # "same" | "removed" | "added" | "changed"
    heading: str
    text: str
    parts: list[Words]


class OpenedConvention(ConventionStanding):
    """What «Je signe la convention» shows. `read_at`: when this very document was declared read."""

    structure_name: str
    document: Document
    text: ConventionText
    changes: list[ChangedPassage] | None  # against the version before
    read_at: str | None
    code: SigningCodeStanding


class SignedConvention(TypedDict):
    convention_id: str
    state: str
    signed_at: str
    document_sha256: str


class ConventionLine(TypedDict):
    """One line of the Caf's list. `countersignable`: signed by the partner, and the application is approved."""

    convention_id: str
    kind: str
    structure_id: str
    structure_name: str
    partner_number: str | None
    state: str
    countersignable: bool
    text_version: str
    prepared_at: str
    signed_at: str | None
    activated_at: str | None
    effective_on: str | None
    ends_on: str | None
    waiting_since: str | None
    age_days: int | None  # whole days of waiting for a signature
    has_document: bool  # whether its facts are known: a text can be previewed with them


class ConventionList(TypedDict):
    items: list[ConventionLine]
    next_cursor: str | None
    ages: list[AgeBand]
    to_countersign: int  # of all pages
    at_once: int  # most that «Tout contresigner» signs in one go
    at: str  # the instant of the list


class EvidenceEntry(TypedDict):
    """One link of a convention's chain of evidence; `facts` hold personal data (masked phone, address …)."""

    sequence: int
    at: str
    kind: str
    facts: dict[str, Any]
    hash: str


class StructureConvention(TypedDict):
    """One line among the conventions of a structure. `cause`: why it is over, as in `CafConvention`."""

    convention_id: str
    kind: str
    state: str
    cause: str | None
    prepared_at: str
    effective_on: str | None
    ends_on: str | None
    terminated_on: str | None
    in_force: bool


class CafConvention(ConventionLine):
    """The Caf's screen of one convention. `may`: "countersign", "refuse", "terminate", "withdraw_termination",
    "evidence", "unblock", "amend", "prepare_again", "document". `cause`: of a refusal "decision",
    "application_rejected", "termination", of an end "decision", "term", "replacement"."""

    commune_name: str | None
    renamed: bool  # the structure has another name now than in the document that waits
    approved_at: str | None
    refused_at: str | None
    terminated_on: str | None
    reason: str | None
    cause: str | None
    others: list[StructureConvention]  # of the same structure, the newest first
    document_sha256: str | None
    sealed_sha256: str | None
    chain_length: int
    chain_head: str | None
    history: list[EvidenceEntry]
    may: list[str]


class CountersignItem(TypedDict):
    """`state`: "waiting", "signed", "already_signed", "failed" (then `reason` is a refusal code)."""

    convention_id: str
    structure_name: str
    partner_number: str | None
    state: str
    reason: str | None
    done_at: str | None


class CountersignStanding(TypedDict):
    """How far a counter-signing job is. ``account_id``: the signatory."""

    job_id: str
    account_id: str
    started_at: str
    finished_at: str | None
    total: int
    waiting: int
    signed: int
    already_signed: int
    failed: int


class CountersignJob(CountersignStanding):
    """«Contresigner» for one or many: each item reports for itself."""

    items: list[CountersignItem]


class ConventionCounts(TypedDict):
    """For the back office's home."""

    to_countersign: int
    awaiting_approval: int
    awaiting_partner: int
    oldest_awaiting_partner_at: str | None
    active: int
    ending_soon: int
    waiting: Waiting  # those to counter-sign


class TextVersion(TypedDict):
    """`conventions`: how many in force have this version."""

    version: str
    effective_on: str
    articles: int
    conventions: int


class TextVersions(TypedDict):
    """Newest first. `in_effect`: the version offered today; `to_amend`: conventions in force with another one."""

    in_effect: str
    to_amend: int
    items: list[TextVersion]


class TextDifference(TypedDict):
    before: str
    now: str
    lines: list[ChangedPassage]
