"""Searching the journal: newest first, page by page, by what an administrator asks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Select, and_, or_, select, text, tuple_, union_all

from services.chassis import keys, serializer
from services.chassis.refusals import ValidationFailed
from services.chassis.tables import audit, audit_chain

PAGE = 50
MOST = 500


class JournalQuestion(Schema):
    """What of the journal is asked for; everything is optional. ``scope`` keeps the entries whose actor was
    limited to these ids, whose subject is one of them, or whose details name them (the export for one
    organisation)."""

    subject = fields.String()
    actor = fields.String()
    action = fields.String(metadata={"description": "an action, or its beginning"})
    trace_id = fields.String()
    scope = fields.Dict(keys=fields.String(), values=fields.String())
    since = fields.AwareDateTime()
    until = fields.AwareDateTime()
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, MOST))
    cursor = fields.String(allow_none=True)


def search(connection: Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page of entries: ``{"items": […], "next_cursor": text or None}``. An item has the entry's fields
    its ``sequence`` and ``hash`` in the chain (None for the last second's), and the ``cursor`` of what comes
    after it: the same in every service, so that several journals can be read as one. Raises ValidationFailed for
    a bad cursor."""
    limit = asked.get("limit", PAGE)
    rows = connection.execute(_statement(connection, asked, limit + 1)).all()
    items = [_item(row) for row in rows[:limit]]
    more = len(rows) > limit
    return {"items": items, "next_cursor": items[-1]["cursor"] if more else None}


_NEWEST = (audit.c.at.desc(), audit.c.id.desc())
_ACTIONS = text("""
    WITH RECURSIVE known(action) AS (
        (SELECT action FROM audit WHERE action >= :begins ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT action FROM audit WHERE action > known.action ORDER BY action LIMIT 1)
          FROM known WHERE starts_with(known.action, :begins)
    )
    SELECT action FROM known WHERE starts_with(action, :begins)
""")
"""The actions of that beginning that occur: one look into the index for each, however many entries there are."""


def _statement(connection: Connection, asked: Mapping[str, Any], most: int) -> Select[Any]:
    """The newest entries that fit, with their links of the chain. Each way to ask is ordered by an index: what is read
    is what is shown, however long the journal is."""
    if asked.get("action"):
        names = connection.scalars(_ACTIONS, {"begins": asked["action"]}).all()
        fitting: Any = union_all(*(_newest(asked, most, audit.c.action == name) for name in names or [""])).subquery()
    else:
        fitting = _newest(asked, most).subquery()
    return (
        select(fitting, audit_chain.c.sequence, audit_chain.c.hash)
        .join_from(fitting, audit_chain, audit_chain.c.entry_id == fitting.c.id, isouter=True)
        .order_by(fitting.c.at.desc(), fitting.c.id.desc())
        .limit(most)
    )


def _newest(asked: Mapping[str, Any], most: int, *more: Any) -> Select[Any]:
    statement = select(audit).where(*more).order_by(*_NEWEST).limit(most)
    for name in ("subject", "actor", "trace_id"):
        if asked.get(name):
            statement = statement.where(audit.c[name] == asked[name])
    if asked.get("since"):
        statement = statement.where(audit.c.at >= asked["since"])
    if asked.get("until"):
        statement = statement.where(audit.c.at < asked["until"])
    if asked.get("scope"):
        statement = statement.where(_within(asked["scope"]))
    if asked.get("cursor"):
        statement = statement.where(tuple_(audit.c.at, audit.c.id) < tuple_(*_position(asked["cursor"])))
    return statement


def _within(scope: Mapping[str, str]) -> Any:
    acted, concerned = (
        and_(*(column[name].as_string() == value for name, value in scope.items()))
        for column in (audit.c.scope, audit.c.details)
    )
    return or_(acted, concerned, audit.c.subject.in_(list(scope.values())))


def _item(row: Any) -> dict[str, Any]:
    entry = {name: row._mapping[name] for name in audit.c.keys()}  # noqa: SIM118
    entry["roles"] = [role for role in entry["roles"].split(",") if role]
    return {
        **entry,
        "sequence": row.sequence,
        "hash": bytes(row.hash).hex() if row.hash else None,
        "cursor": _cursor(row),
    }


def _cursor(row: Any) -> str:
    return keys.encode(serializer.dumps([row.at, row.id]).encode())


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        at, entry_id = serializer.loads(keys.decode(cursor))
        return datetime.fromisoformat(at), str(entry_id)
    except (ValueError, TypeError):
        raise ValidationFailed({"cursor": ["Page inconnue."]}) from None
