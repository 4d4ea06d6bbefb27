"""The signed actor token: who is asking, in which role, on whose behalf.

A token is ``<payload>.<signature>``, both URL-safe base64: the payload is compact JSON, the signature Ed25519 over the
encoded payload. Who may say what is checked here too: a service speaks for itself only, an anonymous front end may
only say "visitor", and one issuer may name every other role. **Every service checks the token itself**, since the
front end isn't the only thing on the bus. Expiry follows the machine's clock, not the platform's movable one.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature

from services.chassis import keys, serializer
from services.chassis.ids import new_id
from services.chassis.refusals import Refused

PURPOSE = "actor"
VISITOR = "visitor"
LIFETIME_S = 60
_CACHE_SIZE = 4096

ISSUER_OF_PEOPLE = "identity"
ISSUER_OF_VISITORS = "gateway"


class ActorInvalid(Refused):
    """No token, a forged or an expired one. The caller asks for a fresh token and repeats."""

    def __init__(self) -> None:
        super().__init__("actor_invalid")


class ActorRevoked(Refused):
    """The session, delegation or device behind the token has been withdrawn. The caller signs in again."""

    def __init__(self) -> None:
        super().__init__("actor_revoked")


@dataclass(frozen=True)
class Actor:
    """Who asks. ``scope`` holds the ids that the token is limited to, by name (``structure_id``, ``session_id``…)."""

    roles: frozenset[str]
    account_id: str | None = None
    scope: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    issuer: str = ""
    token_id: str = ""
    expires_at: float = 0.0

    def has(self, *roles: str) -> bool:
        """Whether at least one of ``roles`` is among the actor's."""
        return not self.roles.isdisjoint(roles)

    @property
    def label(self) -> str:
        """For logs and the journal: an id, never a name."""
        return self.account_id or self.scope.get("terminal_id") or ",".join(sorted(self.roles))


def anonymous(role: str = VISITOR) -> Actor:
    """An actor without a token, for timers and tests."""
    return Actor(roles=frozenset({role}))


def sign(payload: Mapping[str, Any], *, issuer: str, purpose: str = PURPOSE) -> str:
    """The payload as a token signed with ``issuer``'s current key."""
    key = keys.keyring(issuer, purpose).current
    body = keys.encode(serializer.dumps({**payload, "iss": issuer, "kid": key.kid}).encode())
    return f"{body}.{keys.encode(key.signer().sign(body.encode()))}"


def issue(
    roles: Iterable[str],
    *,
    issuer: str,
    account_id: str | None = None,
    scope: Mapping[str, str] | None = None,
    lifetime_s: float = LIFETIME_S,
) -> tuple[str, float]:
    """A fresh actor token and the moment (Unix seconds) at which it expires."""
    expires_at = time.time() + lifetime_s
    payload = {
        "roles": sorted(roles),
        "acc": account_id,
        "scope": {name: value for name, value in (scope or {}).items() if value},
        "jti": new_id(),
        "exp": expires_at,
    }
    return sign(payload, issuer=issuer), expires_at


def open_token(token: str, *, purpose: str = PURPOSE) -> dict[str, Any]:
    """The payload of a genuine, unexpired token. Raises ActorInvalid."""
    try:
        body, _, signature = token.partition(".")
        payload = serializer.loads(keys.decode(body))
        known = keys.public_key(purpose, payload["iss"], payload["kid"])
        if known is None:
            raise ActorInvalid
        known.verify(keys.decode(signature), body.encode())
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        raise ActorInvalid from None
    if not isinstance(payload.get("exp"), int | float) or payload["exp"] <= time.time():
        raise ActorInvalid
    return payload


def _may_say(issuer: str, roles: frozenset[str]) -> bool:
    """Whether ``issuer`` is entitled to name these roles."""
    if issuer == ISSUER_OF_PEOPLE:
        return all(not role.startswith("service:") or role == f"service:{issuer}" for role in roles)
    if issuer == ISSUER_OF_VISITORS:
        return roles == {VISITOR}
    return roles == {f"service:{issuer}"}


def _actor_of(payload: Mapping[str, Any]) -> Actor:
    roles = frozenset(payload["roles"])
    if not roles or not _may_say(payload["iss"], roles):
        raise ActorInvalid
    return Actor(
        roles=roles,
        account_id=payload.get("acc"),
        scope=MappingProxyType(dict(payload.get("scope") or {})),
        issuer=payload["iss"],
        token_id=payload.get("jti", ""),
        expires_at=payload["exp"],
    )


_verified: dict[str, Actor] = {}


def verify(token: str | None) -> Actor:
    """Who the token speaks for. A signature is computed once; expiry is looked at each time. Raises ActorInvalid."""
    if not token:
        raise ActorInvalid
    actor = _verified.get(token)
    if actor is None:
        actor = _actor_of(open_token(token))
        if len(_verified) >= _CACHE_SIZE:
            _verified.clear()
        _verified[token] = actor
    if actor.expires_at <= time.time():
        _verified.pop(token, None)
        raise ActorInvalid
    return actor


PROOF_PURPOSE = "proof"


def issue_proof(account_id: str, act: str, *, lifetime_s: float = 300) -> str:
    """A proof that the account has just confirmed who it is (password or TOTP again), for one kind of ``act``."""
    payload = {"acc": account_id, "act": act, "jti": new_id(), "exp": time.time() + lifetime_s}
    return sign(payload, issuer=ISSUER_OF_PEOPLE, purpose=PROOF_PURPOSE)


def verify_proof(proof: str | None, actor: Actor, act: str) -> str:
    """The proof's own id (to burn it, where it may serve once), if it was made for this actor and this act.

    Raises Refused ``step_up_required``.
    """
    try:
        payload = open_token(proof or "", purpose=PROOF_PURPOSE)
    except ActorInvalid:
        raise Refused("step_up_required", {"act": act}) from None
    genuine = payload["iss"] == ISSUER_OF_PEOPLE and payload.get("acc") == actor.account_id
    if not genuine or actor.account_id is None or payload.get("act") != act:
        raise Refused("step_up_required", {"act": act})
    return str(payload["jti"])
