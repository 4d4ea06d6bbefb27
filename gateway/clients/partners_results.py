"""What the partners service answers, as the pages read it. Instants are ISO 8601 in UTC, days are ISO dates."""

from typing import Any, TypedDict

from gateway.clients.base import AgeBand, Waiting


class DocumentKind(TypedDict):
    """One kind of supporting document that a structure type asks for."""

    kind: str  # "statutes", "identity_document", …
    label: str
    hint: str
    required: bool
    step: int  # the step of the form where it is uploaded: 3, 4, 5 or 6
    max_files: int
    date: str  # "issued" or "expires" when the form asks for its date, else ""


class StructureType(TypedDict):
    """One entry of the drop-down list of step 2, with its documents."""

    code: str
    label: str
    hint: str
    has_rna: bool
    documents: list[DocumentKind]


class Activity(TypedDict):
    """One check box of step 5."""

    code: str
    label: str
    family: str


class Commune(TypedDict):
    """One commune of the department, for suggestions."""

    code: str  # INSEE code
    name: str
    postcodes: list[str]
    centre: list[float] | None  # latitude, longitude


class Catalogue(TypedDict):
    """What the form offers: the same for everybody, changed by configuration only."""

    structure_types: list[StructureType]
    activities: list[Activity]
    communes: list[Commune]
    draft_days: int


class Document(TypedDict):
    """One uploaded file."""

    document_id: str
    kind: str
    label: str
    filename: str
    media_type: str
    size: int
    uploaded_at: str
    round: int


class Representative(TypedDict):
    """Step 4, as identity keeps it."""

    civility: str  # "Mme" or "M."
    first_name: str
    last_name: str
    position: str
    email: str
    mobile: str


class BankAccount(TypedDict):
    """Step 6, without the number itself."""

    iban_masked: str
    bic: str | None
    bank_name: str | None
    holder: str


class Draft(TypedDict):
    """An application being filled in."""

    application_id: str
    state: str
    version: int
    step_versions: dict[str, int]  # "3" → version, to be sent back with `save_step`
    completed: list[int]
    next_step: int
    expires_on: str
    structure_type: str | None
    structure: dict[str, Any]
    activities: list[str]
    federation: str | None
    bank_account: BankAccount | None
    representative: Representative | None  # only when asked for
    documents: list[Document]
    document_dates: dict[str, str]  # kind → the date that its document bears
    missing: list[dict[str, Any]]  # [{step, label}]: what submission would still refuse


class StartedDraft(TypedDict):
    """The token is the only key to the draft: a cookie or the mailed link holds it."""

    draft_token: str
    application_id: str
    expires_on: str


class SavedStep(TypedDict):
    version: int
    step_version: int
    next_step: int


class Submitted(TypedDict):
    application_id: str
    structure_id: str
    reference: str
    submitted_at: str


class Item(TypedDict):
    """One thing that gets a verdict: a document kind or a group of fields."""

    item: str  # "document:statutes" or "fields:structure"
    kind: str  # "document" | "fields"
    label: str
    step: int
    verdict: str  # "pending" | "accepted" | "refused"
    reason: str | None
    open: bool  # whether the partner may change it now
    changed: bool  # whether this round brought something new
    changed_fields: list[str]
    documents: list[Document]
    required: bool
    dated_on: str | None  # the date that the document bears, as the partner read it
    present: bool  # whether there is something to judge
    answered: bool  # whether the partner has answered the refusal in this round


class HistoryEntry(TypedDict):
    at: str
    action: str
    label: str
    round: int
    account_id: str | None
    by_caf: bool
    details: dict[str, Any]


class OwnApplication(TypedDict):
    """The partner's view of its own application."""

    application_id: str
    reference: str
    state: str
    version: int
    round: int
    structure_type: str
    structure_type_label: str
    structure: dict[str, Any]
    activities: list[str]
    federation: str | None
    bank_account: BankAccount
    items: list[Item]
    message: str | None
    partner_number: str | None
    rejection_reason: str | None
    submitted_at: str
    history: list[HistoryEntry]


class QueueItem(TypedDict):
    """One line of «Demandes à instruire»."""

    application_id: str
    reference: str
    structure_id: str
    name: str
    structure_type: str
    structure_type_label: str
    commune_name: str
    state: str
    round: int
    submitted_at: str
    waiting_since: str
    age_days: int
    assigned_to: str | None


class Queue(TypedDict):
    items: list[QueueItem]
    next_cursor: str | None
    counts: dict[str, int]
    ages: list[AgeBand]


class ApplicationCounts(TypedDict):
    """How many applications stand where; what waits for the caller is in nobody's hands or in the caller's."""

    to_take: int  # in nobody's hands
    in_review: int  # in somebody's
    mine: int
    correction_requested: int
    approved: int
    rejected: int
    waiting: Waiting  # for the caller
    corrected: Waiting  # of those, with the partner's corrections


class Duplicate(TypedDict):
    """The same IBAN, SIRET, e-mail or phone at another structure: a warning, not a refusal."""

    what: str  # "iban" | "siret" | "email" | "mobile" | "phone" | "rna"
    structure_id: str
    application_id: str | None
    name: str
    state: str


class Note(TypedDict):
    at: str
    account_id: str
    text: str


class ReviewedApplication(TypedDict):
    """The instructor's screen of one application."""

    application_id: str
    structure_id: str
    reference: str
    state: str
    version: int
    round: int
    assigned_to: str | None
    structure_type: str
    structure_type_label: str
    structure: dict[str, Any]
    activities: list[Activity]
    federation: str | None
    bank_account: BankAccount
    representative: Representative | None
    items: list[Item]
    checks: list[dict[str, str]]  # [{tone: "good"|"waiting"|"bad", text}]
    duplicates: list[Duplicate]
    notes: list[Note]
    history: list[HistoryEntry]
    before: dict[str, dict[str, Any]]  # item → its values in the round before, those that may be kept
    reasons: dict[str, list[str]]  # item kind → sentences to choose from
    may: list[str]  # what the state allows: "take", "verdict", "request_correction", "approve", "reject"
    partner_number: str | None
    rejection_reason: str | None
    submitted_at: str


class StoredDocument(TypedDict):
    """Where a file lives in the store, ready for `gateway.files.send_stored`."""

    sha256: str
    filename: str
    media_type: str


class PublicPartner(TypedDict):
    """One line of «Liste des partenaires»: public facts only."""

    structure_id: str
    name: str
    partner_number: str
    structure_type_label: str
    activities: list[Activity]
    address: dict[str, str]
    commune_name: str
    postcode: str
    email: str | None
    phone: str | None
    website: str | None


class Directory(TypedDict):
    items: list[PublicPartner]
    next_cursor: str | None
    total: int


class StructureForConvention(TypedDict):
    structure_id: str
    application_id: str
    name: str
    legal_form: str
    siret: str
    rna: str | None
    address: dict[str, str]  # line1, line2, postcode, commune, insee_code
    activities: list[str]  # labels
    partner_number: str | None
