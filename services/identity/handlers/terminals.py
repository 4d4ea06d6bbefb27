"""«Mes terminaux»: pairing by a short code, bearer tokens, revoking at once."""

from datetime import datetime
from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.chassis.revocations import revoke
from services.identity import personal, repository
from services.identity.domain import accounts, terminals
from services.identity.domain.refusals import (
    EstablishmentUnknown,
    PairingCodeInvalid,
    PairingUnknown,
    TerminalUnknown,
    TooManyPairings,
)
from services.identity.handlers import counting, resolving
from services.identity.handlers.delegates import own_structure
from services.identity.messages import TerminalRevoked
from services.identity.models import Pairing, Terminal

_PLACE = ("pairings", "code")


def create_pairing(uow: UnitOfWork, name: str, establishment_id: str | None) -> dict[str, Any]:
    """A fresh pairing code for a terminal to be called `name`."""
    structure_id = own_structure(uow)
    repository.lock_structure(uow.session, structure_id)
    _check_establishment(uow, structure_id, establishment_id)
    if repository.waiting_pairings(uow.session, structure_id, uow.now) >= terminals.WAITING_PAIRINGS:
        raise TooManyPairings
    code, pairing_id = terminals.pairing_code(), new_id()
    pairing = Pairing(
        pairing_id=pairing_id,
        structure_id=structure_id,
        establishment_id=establishment_id,
        name=name,
        code_fingerprint=_fingerprint(code),
        code=personal.seal(code, *_PLACE, pairing_id),
        created_at=uow.now,
        expires_at=uow.now + terminals.PAIRING_LIFETIME,
    )
    uow.session.add(pairing)
    uow.audit("terminal:offer_pairing", pairing_id, structure_id=structure_id)
    return _pairing(pairing, uow.now)


def _fingerprint(code: str) -> str:
    return personal.code_fingerprint(terminals.normalise_pairing_code(code), "pairing")


def _check_establishment(uow: UnitOfWork, structure_id: str, establishment_id: str | None) -> None:
    if establishment_id and not repository.open_establishment(uow.session, structure_id, establishment_id):
        raise EstablishmentUnknown


def _pairing(pairing: Pairing, now: datetime) -> dict[str, Any]:
    waits = pairing.used_at is None and now < pairing.expires_at
    state = "paired" if pairing.used_at else "waiting" if waits else "expired"
    return {
        "pairing_id": pairing.pairing_id,
        "code": personal.unseal(pairing.code, *_PLACE, pairing.pairing_id) if waits else None,
        "state": state,
        "name": pairing.name,
        "establishment_id": pairing.establishment_id,
        "expires_at": pairing.expires_at,
        "terminal_id": pairing.terminal_id,
    }


def show_pairing(uow: UnitOfWork, pairing_id: str) -> dict[str, Any]:
    pairing = uow.session.get(Pairing, pairing_id)
    if pairing is None or pairing.structure_id != own_structure(uow):
        raise PairingUnknown
    return _pairing(pairing, uow.now)


def pair_terminal(
    uow: UnitOfWork,
    pairing_code: str,
    device_name: str,
    device_model: str | None,
    app_version: str | None,
    ip: str,
) -> dict[str, Any]:
    """A device shows the code and gets its token, once. A refused code stays counted for its address."""
    key = counting.pairing_key(ip)
    counting.count_try(uow, key, free_tries=terminals.FREE_TRIES)
    pairing = (
        uow.session.query(Pairing)
        .filter_by(code_fingerprint=_fingerprint(pairing_code))
        .with_for_update()
        .one_or_none()
    )
    if pairing is None or pairing.used_at is not None or uow.now >= pairing.expires_at:
        raise uow.keep(PairingCodeInvalid())
    counting.forget(uow, key)
    token = accounts.link_token()
    terminal = Terminal(
        terminal_id=new_id(),
        structure_id=pairing.structure_id,
        establishment_id=pairing.establishment_id,
        name=pairing.name,
        device={"name": device_name, "model": device_model, "app_version": app_version},
        token_hash=personal.digest(token),
        paired_at=uow.now,
    )
    uow.session.add(terminal)
    pairing.used_at, pairing.terminal_id = uow.now, terminal.terminal_id
    uow.audit("terminal:pair", terminal.terminal_id, structure_id=terminal.structure_id)
    return resolving.actor_of(terminal) | {"token": token}


def list_terminals(uow: UnitOfWork) -> dict[str, list[dict[str, Any]]]:
    """The structure's terminals, those in use first."""
    return {"items": [_item(each) for each in repository.terminals(uow.session, own_structure(uow))]}


def _item(terminal: Terminal) -> dict[str, Any]:
    device = " ".join(filter(None, (terminal.device.get("name"), terminal.device.get("model"))))
    return {
        "terminal_id": terminal.terminal_id,
        "name": terminal.name,
        "device": device,
        "establishment_id": terminal.establishment_id,
        "paired_at": terminal.paired_at,
        "last_seen_at": terminal.last_seen_at,
        "revoked_at": terminal.revoked_at,
    }


def _own(uow: UnitOfWork, terminal_id: str) -> Terminal:
    terminal = uow.session.get(Terminal, terminal_id, with_for_update=True)
    if terminal is None or terminal.structure_id != own_structure(uow) or terminal.revoked_at is not None:
        raise TerminalUnknown
    return terminal


def rename_terminal(uow: UnitOfWork, terminal_id: str, name: str) -> dict[str, Any]:
    _own(uow, terminal_id).name = name
    return {}


def limit_terminal(uow: UnitOfWork, terminal_id: str, establishment_id: str | None) -> dict[str, Any]:
    """Limit to one establishment, or lift the limit; known to the terminal within a minute."""
    terminal = _own(uow, terminal_id)
    _check_establishment(uow, terminal.structure_id, establishment_id)
    terminal.establishment_id = establishment_id
    uow.audit("terminal:limit", terminal_id, establishment_id=establishment_id)
    return {}


def revoke_terminal(uow: UnitOfWork, terminal_id: str) -> dict[str, Any]:
    """Withdraw the terminal's token: refused here at once, everywhere as soon as the event arrives."""
    terminal = _own(uow, terminal_id)
    terminal.revoked_at = uow.now
    revoke(uow, terminal_id)
    uow.publish(TerminalRevoked, terminal_id=terminal_id, structure_id=terminal.structure_id)
    uow.audit("terminal:revoke", terminal_id, structure_id=terminal.structure_id)
    return {}
