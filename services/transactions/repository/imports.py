"""Imports: their progress, and the set-based statements that write some hundred children at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Text, any_, cast, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from services.chassis import serializer
from services.transactions.models import Beneficiary, Family, Import, ImportRefusal, Pass

WORKING = ("checking", "running")


def add(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(Import).values(row))


def by_id(connection: Connection, import_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    found = select(*Import.__table__.c).where(Import.import_id == import_id)
    row = connection.execute(found.with_for_update() if lock else found).mappings().one_or_none()
    return dict(row) if row else None


def of_season(connection: Connection, season_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """Newest first."""
    found = select(*Import.__table__.c).where(Import.season_id == season_id)
    ordered = found.order_by(Import.started_at.desc()).limit(limit)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def working(connection: Connection) -> list[str]:
    """The imports that have something left to do, oldest first."""
    return list(
        connection.scalars(select(Import.import_id).where(Import.state.in_(WORKING)).order_by(Import.started_at))
    )


def change(connection: Connection, import_id: str, **values: Any) -> None:
    connection.execute(update(Import).where(Import.import_id == import_id).values(**values))


def open_one(connection: Connection, season_id: str) -> bool:
    """Whether a file is on its way for this season."""
    going = Import.state.in_((*WORKING, "checked"))
    return connection.scalar(select(Import.import_id).where(Import.season_id == season_id, going)) is not None


def add_refusals(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(ImportRefusal), list(rows))


def forget_refusals(connection: Connection, import_id: str) -> None:
    connection.execute(ImportRefusal.__table__.delete().where(ImportRefusal.import_id == import_id))


def refusals(connection: Connection, import_id: str, after_line: int, limit: int) -> list[tuple[int, list[str]]]:
    """Some refused lines, in the order of the file."""
    found = select(ImportRefusal.line, ImportRefusal.reasons).where(
        ImportRefusal.import_id == import_id, ImportRefusal.line > after_line
    )
    rows = connection.execute(found.order_by(ImportRefusal.line).limit(limit))
    return [(row.line, row.reasons) for row in rows]


def known_children(connection: Connection, season_id: str, prints: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Children that we know already, by fingerprint, with their pass of the season if they have one."""
    found = (
        select(
            Beneficiary.reference_print,
            Beneficiary.beneficiary_id,
            Beneficiary.family_id,
            Beneficiary.identity_print,
            Pass.pass_id,
        )
        .outerjoin(Pass, (Pass.beneficiary_id == Beneficiary.beneficiary_id) & (Pass.season_id == season_id))
        .where(Beneficiary.reference_print == _any(prints))
    )
    return {row["reference_print"]: dict(row) for row in connection.execute(found).mappings()}


def known_families(connection: Connection, prints: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Families that we know already, by fingerprint."""
    columns = (Family.reference_print, Family.family_id, Family.email_print)
    found = select(*columns).where(Family.reference_print == _any(prints))
    return {row["reference_print"]: dict(row) for row in connection.execute(found).mappings()}


def _any(values: Sequence[str]) -> Any:
    return any_(cast(list(values), ARRAY(Text)))


_WRITE = {
    "families": text(
        "INSERT INTO families (family_id, reference_print, email_sealed, email_print) "
        "SELECT family_id, reference_print, email_sealed, email_print "
        "FROM jsonb_populate_recordset(NULL::families, CAST(:rows AS jsonb)) "
        "ON CONFLICT (family_id) DO UPDATE SET email_sealed = excluded.email_sealed, "
        "email_print = excluded.email_print"
    ),
    "beneficiaries": text(
        "INSERT INTO beneficiaries SELECT r.* "
        "FROM jsonb_populate_recordset(NULL::beneficiaries, CAST(:rows AS jsonb)) r "
        "ON CONFLICT (beneficiary_id) DO UPDATE SET family_id = excluded.family_id, "
        "identity_sealed = excluded.identity_sealed, identity_print = excluded.identity_print, "
        "last_name_print = excluded.last_name_print"
    ),
    "passes": text("INSERT INTO passes SELECT r.* FROM jsonb_populate_recordset(NULL::passes, CAST(:rows AS jsonb)) r"),
    "codes": text(
        "INSERT INTO pass_codes SELECT r.* FROM jsonb_populate_recordset(NULL::pass_codes, CAST(:rows AS jsonb)) r"
    ),
    "entries": text(
        "INSERT INTO ledger_entries (movement_id, kind, account, account_id, amount_cents, subject_id, at) "
        "SELECT movement_id, kind, account, account_id, amount_cents, subject_id, at "
        "FROM jsonb_populate_recordset(NULL::ledger_entries, CAST(:rows AS jsonb))"
    ),
    "notices": text(
        "INSERT INTO family_notices (kind, pass_id) SELECT kind, pass_id "
        "FROM jsonb_populate_recordset(NULL::family_notices, CAST(:rows AS jsonb))"
    ),
}


def write(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Write new and changed families and children, and new passes with all that belongs to them."""
    for table, statement in _WRITE.items():
        if rows.get(table):
            connection.execute(statement, {"rows": serializer.dumps(rows[table])})
