"""What the identity service answers, as the pages read it. Instants are ISO 8601 in UTC, days are ISO
dates."""

from typing import TypedDict


class StructureChoice(TypedDict):
    """One structure that the person may administer, with the right held there (the orange rectangle)."""

    structure_id: str
    name: str
    partner_number: str | None
    role: str
    establishment_id: str | None
    delegation_id: str
    ends_on: str | None


class Viewer(TypedDict):
    """Who looks at the page, and the signed actor token (about a minute) that speaks for them."""

    kind: str  # "person" | "agent"
    account_id: str
    session_id: str
    civility: str | None
    first_name: str
    last_name: str
    email: str
    roles: list[str]
    must_personalise: bool
    second_factor: bool
    structure: StructureChoice | None
    structures: list[StructureChoice]
    actor_token: str
    actor_expires_at: str


class SignedIn(TypedDict):
    """Answer of `sign_in`. `next` says what follows: "session" (signed in), "totp" (type the code of the
    authenticator: agents, and partners who chose to have one), "enrol" (an agent without authenticator yet)."""

    next: str
    session_token: str | None
    session_expires_at: str | None
    device_token: str | None
    step_token: str | None
    must_personalise: bool


class OpenedSession(TypedDict):
    session_token: str
    session_expires_at: str
    device_token: str | None
    must_personalise: bool


class Enrolment(TypedDict):
    """`uri` is what the QR code carries; `secret` is the same for typing by hand."""

    uri: str
    secret: str


class EnrolledSession(OpenedSession):
    recovery_codes: list[str]


class SessionItem(TypedDict):
    session_id: str
    current: bool
    opened_at: str
    last_seen_at: str
    device: str
    address: str


class TerminalActor(TypedDict):
    """Answer of `resolve_terminal`: what the gateway caches for a bearer token."""

    terminal_id: str
    structure_id: str
    establishment_id: str | None
    name: str
    actor_token: str
    actor_expires_at: str


class PairedTerminal(TerminalActor):
    token: str


class Pairing(TypedDict):
    """`code` is None once it was used or has expired; `terminal_id` is there once a device has paired."""

    pairing_id: str
    code: str | None
    state: str  # "waiting" | "paired" | "expired"
    name: str
    establishment_id: str | None
    expires_at: str
    terminal_id: str | None


class TerminalItem(TypedDict):
    terminal_id: str
    name: str
    device: str
    establishment_id: str | None
    paired_at: str
    last_seen_at: str | None
    revoked_at: str | None


class DelegationItem(TypedDict):
    delegation_id: str
    role: str
    establishment_id: str | None
    granted_at: str
    ends_on: str | None


class DelegateItem(TypedDict):
    """`email` is the address as the structure typed it; `state` is "invited" or "active"."""

    account_id: str
    first_name: str
    last_name: str
    email: str
    state: str
    is_me: bool
    delegation: DelegationItem | None


class OwnPerson(TypedDict):
    account_id: str
    kind: str
    civility: str | None
    first_name: str
    last_name: str
    position: str | None
    email: str
    mobile_masked: str | None
    pending_email: str | None


class PersonName(TypedDict):
    first_name: str
    last_name: str
    position: str | None
    kind: str


class AgentItem(TypedDict):
    account_id: str
    first_name: str
    last_name: str
    email: str
    roles: list[str]
    state: str
    totp_enrolled: bool
    last_signed_in_at: str | None


class SecondFactor(TypedDict):
    """One's own."""

    enrolled: bool
    recovery_codes_left: int


class AccountItem(TypedDict):
    """A partner's account in a list of the back office."""

    account_id: str
    first_name: str
    last_name: str
    email: str
    state: str
    second_factor: bool
    last_signed_in_at: str | None


class HeldRight(TypedDict):
    structure_id: str
    structure_name: str
    role: str
    ends_on: str | None


class SignedInBrowser(TypedDict):
    opened_at: str
    last_seen_at: str
    device: str


class PartnerAccount(AccountItem):
    """The same on its own page."""

    rights: list[HeldRight]
    sessions: list[SignedInBrowser]
    recovery_codes_left: int


class Transfer(TypedDict):
    """A request to change the legal representative; personal fields are there for those who may read them."""

    transfer_id: str
    structure_id: str
    structure_name: str
    state: str  # "requested" | "approved" | "rejected" | "withdrawn"
    requested_at: str
    decided_at: str | None
    decision_reason: str | None
    reason: str
    civility: str
    first_name: str
    last_name: str
    position: str
    email: str
    mobile_masked: str


class SentCode(TypedDict):
    provider: str
    provider_id: str
    masked_phone: str
    delivery_state: str


class Proof(TypedDict):
    proof: str
    expires_at: str
