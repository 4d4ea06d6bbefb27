"""The chain of evidence of one convention: each link holds the hash of the one before, so that nothing can be changed,
inserted or taken out of the middle unnoticed. The head of the chain at the last signature is printed in the sealed
PDF, which fixes everything up to that moment by the seal.

The hash of a link is SHA-256 over canonical JSON (RFC 8785 in spirit: sorted keys, no white space, UTF-8; no floats
occur) of ``{convention_id, sequence, at, kind, facts, previous}``. Anybody can compute it again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

GENESIS = "0" * 64
"""What stands before the first link."""


class Evidence(StrEnum):
    PREPARED = "prepared"
    RENDERED = "rendered"
    READ = "read"
    CODE_REQUESTED = "code_requested"
    CODE_SENT = "code_sent"
    CODE_NOT_SENT = "code_not_sent"
    CODE_DELIVERY = "code_delivery"
    CODE_WRONG = "code_wrong"
    SIGNING_BLOCKED = "signing_blocked"
    SIGNING_UNBLOCKED = "signing_unblocked"
    SIGNED = "signed"
    APPROVED = "approved"
    COUNTERSIGNED = "countersigned"
    SEALED = "sealed"
    REFUSED = "refused"
    TERMINATED = "terminated"
    TERMINATION_WITHDRAWN = "termination_withdrawn"
    REPLACED = "replaced"


class ChainBroken(ValueError):
    """The links don't hold together; the text says where."""


@dataclass(frozen=True)
class Link:
    """One piece of evidence. ``at``: ISO 8601, UTC. ``hash`` covers all the rest."""

    sequence: int
    at: str
    kind: str
    facts: Mapping[str, Any]
    previous: str
    hash: str


def canonical(value: Any) -> bytes:
    """The one way to write a value as JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def instant(at: datetime) -> str:
    """An instant as evidence writes it: UTC, microseconds, always the same length."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def link(convention_id: str, sequence: int, at: str, kind: str, facts: Mapping[str, Any], previous: str) -> Link:
    """The next link after the one whose hash is ``previous``."""
    content = {
        "convention_id": convention_id,
        "sequence": sequence,
        "at": at,
        "kind": str(kind),
        "facts": facts,
        "previous": previous,
    }
    return Link(sequence, at, str(kind), facts, previous, digest(content))


def check_chain(convention_id: str, links: Iterable[Link]) -> str:
    """The head of a sound chain (GENESIS if it is empty). Raises ChainBroken."""
    previous, expected = GENESIS, 1
    for found in links:
        if found.sequence != expected:
            raise ChainBroken(f"maillon {expected} manquant : on trouve le {found.sequence}")
        if found.previous != previous:
            raise ChainBroken(f"le maillon {found.sequence} ne suit pas le précédent")
        if link(convention_id, found.sequence, found.at, found.kind, found.facts, previous).hash != found.hash:
            raise ChainBroken(f"le contenu du maillon {found.sequence} ne correspond pas à son empreinte")
        previous, expected = found.hash, expected + 1
    return previous
