"""Shapes of what the second half of the partners client returns. Instants are ISO 8601 text."""

from typing import Any, TypedDict

from gateway.clients.base import AgeBand


class Activity(TypedDict):
    code: str
    label: str
    family: str


class Slot(TypedDict):
    """`day`: 0 is Monday; times as "17:00"."""

    day: int
    opens: str
    closes: str


class Establishment(TypedDict):
    establishment_id: str
    version: int
    name: str
    is_seat: bool
    open: bool
    address_line1: str
    address_line2: str | None
    postcode: str
    commune_name: str
    commune_code: str | None
    activities: list[Activity]
    age_min: int | None
    age_max: int | None
    accessible: bool
    accessibility_note: str | None


class OwnProfile(TypedDict):
    structure_id: str
    name: str
    partner_number: str | None
    structure_type_label: str
    activities: list[Activity]
    address: dict[str, Any]
    email: str
    phone: str | None
    website: str | None
    version: int
    description: str
    age_min: int | None
    age_max: int | None
    opening_hours: list[Slot]
    links: list[dict[str, str]]
    logo: dict[str, str] | None


class PublicPage(OwnProfile):
    establishments: list[Establishment]
    active: bool


class BankAccount(TypedDict, total=False):
    """`state`: submitted, verified, rejected, suspended or replaced. The last two keys are for agents only."""

    bank_account_id: str
    structure_id: str
    version: int
    state: str
    iban_masked: str
    bic: str | None
    bank_name: str | None
    holder: str
    submitted_at: str
    decided_at: str | None
    verifiable_from: str
    reason: str | None
    has_document: bool
    structure_name: str
    partner_number: str | None


class BankAccountQueue(TypedDict):
    items: list[BankAccount]
    ages: list[AgeBand]


class ReviewedBankAccount(BankAccount):
    iban: str
    used_by: dict[str, str]
    versions: list[BankAccount]


class Card(TypedDict):
    """One result of the directory."""

    structure_id: str
    partner_number: str
    name: str
    structure_type_label: str
    activities: list[str]
    communes: list[str]
    postcode: str
    address_line1: str
    phone: str | None
    email: str
    website: str | None
    accessible: bool
    distance_km: float | None


class Found(TypedDict):
    items: list[Card]
    total: int
    page: int
    pages: int


class Resource(TypedDict):
    resource_id: str
    version: int
    category: str
    title: str
    description: str
    audience: str
    position: int
    filename: str
    media_type: str
    size: int
    published_at: str
    withdrawn_at: str | None


class Request(TypedDict):
    """`state`: unconfirmed, open (the Caf's turn), answered or closed."""

    request_id: str
    reference: str
    structure_id: str | None
    account_id: str | None
    visitor: bool
    category: str
    category_label: str
    subject: str
    state: str
    assigned_to: str | None
    created_at: str
    updated_at: str


class Message(TypedDict):
    from_caf: bool
    account_id: str | None
    text: str
    posted_at: str
    attachments: list[dict[str, Any]]


class Thread(Request):
    messages: list[Message]


class RequestQueue(TypedDict):
    items: list[Request]
    next_cursor: str | None
    waiting: int
    ages: list[AgeBand]
