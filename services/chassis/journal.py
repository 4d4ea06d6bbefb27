"""Searching the journal: newest first, page by page, by what an administrator asks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Select, and_, func, or_, select, tuple_

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
    rows = connection.execute(_statement(asked).limit(limit + 1)).all()
    items = [_item(row) for row in rows[:limit]]
    more = len(rows) > limit
    return {"items": items, "next_cursor": items[-1]["cursor"] if more else None}


def _statement(asked: Mapping[str, Any]) -> Select[Any]:
    statement = (
        select(audit, audit_chain.c.sequence, audit_chain.c.hash)
        .join_from(audit, audit_chain, audit_chain.c.entry_id == audit.c.id, isouter=True)
        .order_by(audit.c.at.desc(), audit.c.id.desc())
    )
    for name in ("subject", "actor", "trace_id"):
        if asked.get(name):
            statement = statement.where(audit.c[name] == asked[name])
    if asked.get("action"):
        statement = statement.where(func.starts_with(audit.c.action, asked["action"]))
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
