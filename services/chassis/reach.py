"""The second wall: rows that belong to somebody are shown by PostgreSQL only to whom they belong.

A table says ``info={"rows_of": "structure_id"}``: an actor whose token is limited to one value of that name
(its scope) sees and writes only rows with that value, whatever the query forgets. Actors without such a
limit, timers and event handlers see all; a session that says nothing sees nothing. The migration runner makes
the policies; a unit of work says how far its actor reaches, in front of its first statement, so that no round
trip is added.
"""

import re
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, MetaData, event, text

SETTING = "psl.reach"
ALL = "all"
CONNECT_OPTIONS = f"-c {SETTING}={ALL}"
_WANTED = "psl_reach"
_PLAIN = re.compile(r"[\w.:-]+")


class ReachInvalid(ValueError):
    """A scope that can't be written as a reach: names and values are plain ids."""


def reach_of(scope: Mapping[str, str]) -> str:
    """``|name=value|name=value|``, or "all" without a scope. Raises ReachInvalid."""
    if not scope:
        return ALL
    for part in (*scope.keys(), *scope.values()):
        if not _PLAIN.fullmatch(str(part)):
            raise ReachInvalid
    return "|" + "".join(f"{name}={value}|" for name, value in sorted(scope.items()))


def connect(engine: Engine, scope: Mapping[str, str]) -> Connection:
    """A connection whose coming transaction reaches no further than the scope. Raises ReachInvalid."""
    wanted = reach_of(scope)
    connection = engine.connect()
    if wanted != ALL:
        connection.info[_WANTED] = wanted
    return connection


def watch(engine: Engine) -> None:
    """Forget how far a transaction was to reach when its connection is given back."""
    event.listen(engine, "checkin", lambda _, record: record.info.pop(_WANTED, None))


def say(connection: Connection) -> tuple[str, ...]:
    """What has to be said before the transaction's first statement; nothing the second time."""
    reach = connection.info.pop(_WANTED, None)
    return () if reach is None else (f"SET LOCAL {SETTING} = '{reach}'",)


def belonging(metadata: MetaData) -> dict[str, str]:
    """The tables whose rows belong to somebody, and the column that says to whom."""
    return {table.name: table.info["rows_of"] for table in metadata.sorted_tables if "rows_of" in table.info}


def protect(connection: Connection, tables: Mapping[str, str]) -> None:
    """Make (anew) the policy of each of these tables. The table's owner is not bound by it."""
    for table, column in tables.items():
        rule = _rule(column)
        connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"DROP POLICY IF EXISTS reach ON {table}"))
        connection.execute(text(f"CREATE POLICY reach ON {table} USING ({rule}) WITH CHECK ({rule})"))


def _rule(column: str) -> str:
    reach = f"current_setting('{SETTING}', true)"
    return (
        f"{reach} = '{ALL}'"
        f" OR (left({reach}, 1) = '|' AND position('|{column}=' in {reach}) = 0)"
        f" OR position('|{column}=' || {column}::text || '|' in {reach}) > 0"
    )
