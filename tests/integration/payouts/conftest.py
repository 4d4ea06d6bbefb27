"""A payouts database with the events that other services would have sent."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.chassis.actor import Actor, issue_proof
from services.chassis.database import BoundDatabase
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.payouts.handlers import batches, lines, orders, partners, reports
from services.payouts.reconciliation import reconcile
from tests.factories.payouts import IBAN

LOCKED_ON = date(2026, 11, 23)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Call:
    """What a handler needs to know of a call."""

    def __init__(self, account_id: str, *roles: str):
        self.actor = Actor(roles=frozenset(roles), account_id=account_id)
        self.trace_id = new_id()


class House:
    """The service's handlers, called as the bus would call them."""

    def __init__(self, database: BoundDatabase, store: FileStore):
        self.database, self.store = database, store
        self.preparer = Call(new_id(), "agent", "preparer")
        self.releaser = Call(new_id(), "agent", "releaser")
        self._numbers = iter(range(1, 1_000_000))

    def uow(self, call: Any = None):
        return self.database.unit_of_work(call)

    def partner(self, *, number: str | None = "auto", iban: str | None = IBAN, version: int = 1) -> str:
        """A partner with a verified account; returns the structure's id."""
        structure_id = new_id()
        given = f"93{next(self._numbers):06d}" if number == "auto" else number
        with self.uow() as uow:
            partners.on_structure_updated(
                uow,
                datetime.now(UTC),
                structure_id=structure_id,
                name=f"Club {structure_id[-4:]}",
                partner_number=given,
                commune_name="Bobigny",
                activities=["Judo"],
            )
        if iban:
            self.account(structure_id, iban, version)
        return structure_id

    def account(self, structure_id: str, iban: str = IBAN, version: int = 1, in_force_at: datetime = LONG_AGO) -> str:
        """A verified version of a partner's account; returns its id."""
        bank_account_id = new_id()
        sealed = Vault("transport").seal(iban, table="bank_account", column="iban", row_id=bank_account_id)
        with self.uow() as uow:
            partners.on_bank_account_verified(
                uow,
                structure_id=structure_id,
                bank_account_id=bank_account_id,
                version=version,
                iban_sealed=sealed,
                iban_masked=f"{iban[:4]} •••• {iban[-3:]}",
                bic=None,
                holder="Club sportif",
                in_force_at=in_force_at,
            )
        return bank_account_id

    def day(
        self,
        structure_id: str,
        amounts: list[int],
        *,
        on: date = LOCKED_ON,
        chunks: int = 1,
        send: int | None = None,
    ) -> list[str]:
        """A locked day in ``chunks`` of which the first ``send`` arrive; returns the transactions' ids."""
        rows = [self._line(amount) for amount in amounts]
        announcement_id = new_id()
        size = -(-len(rows) // chunks)
        for chunk in range(1, (send or chunks) + 1):
            self.chunk(structure_id, rows, rows[(chunk - 1) * size : chunk * size], on, chunk, chunks, announcement_id)
        return [row["transaction_id"] for row in rows]

    def chunk(
        self,
        structure_id: str,
        day: list[dict],
        part: list[dict],
        on: date,
        chunk: int,
        chunks: int,
        announcement_id: str | None = None,
    ) -> None:
        with self.uow() as uow:
            lines.on_transactions_locked(
                uow,
                announcement_id=announcement_id,
                locked_on=on,
                structure_id=structure_id,
                partner_number=None,
                chunk=chunk,
                chunks=chunks,
                total_cents=sum(row["amount_cents"] for row in day),
                count=len(day),
                lines=part,
            )

    def _line(self, amount_cents: int) -> dict[str, Any]:
        return {
            "transaction_id": new_id(),
            "number": f"T-{next(self._numbers):08d}",
            "establishment_name": "Gymnase",
            "amount_cents": amount_cents,
            "recorded_at": datetime(2026, 11, 23, 10, tzinfo=UTC),
            "scheme": "Pass'Sports-Loisirs",
        }

    def correction(self, structure_id: str, transaction_id: str, amount_cents: int) -> str:
        correction_id = new_id()
        with self.uow() as uow:
            lines.on_correction_accepted(
                uow,
                correction_id=correction_id,
                transaction_id=transaction_id,
                number="T-00000001",
                structure_id=structure_id,
                amount_cents=amount_cents,
                accepted_at=datetime.now(UTC) - timedelta(minutes=1),
            )
        return correction_id

    def prepare(self, call: Any = None) -> str:
        with self.uow(call or self.preparer) as uow:
            return batches.prepare_by_agent(uow)

    def proof(self, call: Any = None) -> str:
        return issue_proof((call or self.releaser).actor.account_id, batches.RELEASE_ACT)

    def release(self, batch_id: str, *, call: Any = None, proof: str | None = None, cents: int | None = None) -> None:
        call = call or self.releaser
        seen = (
            self.one("SELECT amount_cents FROM batches WHERE batch_id = :id", id=batch_id) if cents is None else cents
        )
        batches.release(self.database, call, batch_id, proof or self.proof(call), seen or 0)

    def order(self, batch_id: str) -> None:
        orders.order_batch(self.database, self.store, batch_id)

    def pay(self) -> str:
        """Prepare, release and order what is due; returns the batch's id."""
        batch_id = self.prepare()
        self.release(batch_id)
        self.order(batch_id)
        return batch_id

    def report(self, content: str | bytes) -> list[dict[str, Any]]:
        """Import a bank report; returns what became of its lines."""
        raw = content.encode() if isinstance(content, str) else content
        report_id, _ = reports.import_report(self.database, self.store, self.preparer, raw, "retour.xml")
        return self.rows("SELECT * FROM bank_report_lines WHERE report_id = :id ORDER BY position", id=report_id)

    def rows(self, query: str, **parameters: Any) -> list[Any]:
        with self.database.engine.connect() as connection:
            return list(connection.execute(text(query), parameters).mappings())

    def one(self, query: str, **parameters: Any) -> Any:
        found = self.rows(query, **parameters)
        return next(iter(found[0].values())) if found else None

    def events(self, event_type: str) -> list[dict[str, Any]]:
        rows = self.rows("SELECT body FROM outbox WHERE type = :type ORDER BY id", type=event_type)
        return [json.loads(row["body"])["data"] for row in rows]

    def differences(self) -> list[Any]:
        return reconcile(self.database, self.store)


@pytest.fixture
def house(database: Callable[[str], BoundDatabase], tmp_path) -> House:
    return House(database("payouts"), FileStore(f"file://{tmp_path}/files"))
