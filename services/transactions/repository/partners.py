"""The read model of partners and their establishments. Events may come twice, late, or out of order."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, case, func, select
from sqlalchemy.dialects.postgresql import insert

from services.transactions.models import Establishment, Partner


def by_id(connection: Connection, structure_id: str) -> dict[str, Any] | None:
    row = connection.execute(select(*Partner.__table__.c).where(Partner.structure_id == structure_id))
    found = row.mappings().one_or_none()
    return dict(found) if found else None


def establishments(connection: Connection, structure_id: str) -> list[dict[str, Any]]:
    """The open ones, the seat first."""
    columns = (
        Establishment.establishment_id,
        Establishment.name,
        Establishment.commune_name,
        Establishment.is_seat,
    )
    found = select(*columns).where(Establishment.structure_id == structure_id, Establishment.open)
    ordered = found.order_by(Establishment.is_seat.desc(), Establishment.name)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def name_structure(
    connection: Connection, structure_id: str, name: str, partner_number: str | None, at: datetime
) -> None:
    """Take a newer name; an older event changes nothing, and a number once known stays."""
    row = {"structure_id": structure_id, "name": name, "partner_number": partner_number, "named_at": at}
    known = insert(Partner).values(row)
    connection.execute(
        known.on_conflict_do_update(
            index_elements=["structure_id"],
            set_={
                "name": known.excluded.name,
                "named_at": known.excluded.named_at,
                "partner_number": _coalesce(known.excluded.partner_number),
            },
            where=(Partner.named_at.is_(None)) | (Partner.named_at <= at),
        )
    )


def _coalesce(newer: Any) -> Any:
    return func.coalesce(newer, Partner.partner_number)


def activate(connection: Connection, structure_id: str, partner_number: str, effective_on: date, at: datetime) -> None:
    """The convention is active from ``effective_on`` on; a termination that was told earlier no longer counts, whenever
    it is heard, one that is told later does."""
    row = {
        "structure_id": structure_id,
        "partner_number": partner_number,
        "active_from": effective_on,
        "active_until": None,
        "ended_at": at,
    }
    told_later = {
        "active_until": case((Partner.ended_at > at, Partner.active_until), else_=None),
        "ended_at": func.greatest(Partner.ended_at, at),
    }
    known = insert(Partner).values(row)
    connection.execute(known.on_conflict_do_update(index_elements=["structure_id"], set_=row | told_later))


def terminate(connection: Connection, structure_id: str, effective_on: date, at: datetime) -> None:
    """The convention no longer holds from ``effective_on`` on; an older word than the last one changes nothing."""
    _end(connection, structure_id, effective_on, at)


def keep(connection: Connection, structure_id: str, at: datetime) -> None:
    """The termination was withdrawn before its day: the convention holds on."""
    _end(connection, structure_id, None, at)


def _end(connection: Connection, structure_id: str, active_until: date | None, at: datetime) -> None:
    connection.execute(
        insert(Partner)
        .values(structure_id=structure_id, active_until=active_until, ended_at=at)
        .on_conflict_do_update(
            index_elements=["structure_id"],
            set_={"active_until": active_until, "ended_at": at},
            where=(Partner.ended_at.is_(None)) | (Partner.ended_at <= at),
        )
    )


def save_establishment(connection: Connection, row: dict[str, Any]) -> None:
    """Take a newer state of a place; an older event changes nothing."""
    saved = insert(Establishment).values(row)
    connection.execute(
        saved.on_conflict_do_update(
            index_elements=["establishment_id"],
            set_={name: saved.excluded[name] for name in row if name != "establishment_id"},
            where=Establishment.saved_at <= row["saved_at"],
        )
    )
