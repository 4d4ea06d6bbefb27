"""Structures as they are after approval, made directly in the tables that their owner would have filled."""

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from services.chassis.actor import Actor
from services.chassis.ids import new_id
from services.partners import secrets
from services.partners.domain.identifiers import masked_iban
from services.partners.handlers import structures
from services.partners.models import BankAccount, Establishment, Structure

IBANS = ("FR7630006000011234567890189", "FR1420041010050500013M02606", "FR7610107001011234567890129")


@dataclass
class Call:
    """A call as a service method sees it."""

    actor: Actor
    arguments: dict[str, Any] = field(default_factory=dict)
    trace_id: str = "t"


def actor(*roles: str, **scope: str) -> Actor:
    return Actor(roles=frozenset(roles), account_id=scope.pop("account_id", new_id()), scope=scope)


def as_role(role: str, structure_id: str, **arguments: Any) -> Call:
    return Call(actor(role, structure_id=structure_id), arguments)


def png() -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(stream, "PNG")
    stream.seek(0)
    return stream


def structure(
    database: Any,
    name: str = "Judo Club de Bobigny",
    *,
    number: str | None = None,
    activities: tuple[str, ...] = ("judo",),
    commune: tuple[str, str, str] = ("93008", "Bobigny", "93000"),
    active: bool = True,
    iban: str = IBANS[0],
) -> str:
    """An approved structure with its seat and a verified account; returns its id."""
    code, commune_name, postcode = commune
    with database.unit_of_work() as uow:
        structure_id = new_id()
        place = {
            "address_line1": "1 rue du Stade",
            "postcode": postcode,
            "commune_name": commune_name,
            "commune_code": code,
            "created_at": uow.now,
            "updated_at": uow.now,
        }
        uow.session.add(
            Structure(
                structure_id=structure_id,
                structure_type="association",
                name=name,
                siret="73282932000074",
                email=f"{structure_id[-6:]}@club.example",
                activities=list(activities),
                partner_number=number or structure_id[-8:],
                **place,
            )
        )
        uow.session.flush()
        uow.session.add(
            Establishment(establishment_id=new_id(), structure_id=structure_id, name="Siège", is_seat=True, **place)
        )
        uow.session.add(_account(structure_id, iban, uow))
    if active:
        with database.unit_of_work() as uow:
            structures.on_convention_activated(uow, uow.now, structure_id=structure_id, activated_at=uow.now)
    return structure_id


def _account(structure_id: str, iban: str, uow: Any) -> BankAccount:
    bank_account_id = new_id()
    return BankAccount(
        bank_account_id=bank_account_id,
        structure_id=structure_id,
        version=1,
        state="verified",
        iban_sealed=secrets.seal_iban(iban, "bank_accounts", bank_account_id),
        iban_fingerprint=secrets.iban_fingerprint(iban),
        iban_masked=masked_iban(iban),
        holder="Judo Club",
        submitted_at=uow.now,
    )
