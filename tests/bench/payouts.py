"""What a season's largest batch costs: a million transactions of twenty thousand partners, and one slip."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from deploy.local.platform import Platform
from deploy.local.waiting import wait_for
from services.chassis import migrate, topology
from services.chassis.actor import issue, issue_proof
from services.chassis.bus import Bus
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.identity.service import IdentityService
from services.partners.service import PartnersService
from services.payouts import slips
from services.payouts.handlers.batches import RELEASE_ACT
from services.payouts.handlers.partners import seal_iban
from services.transactions.service import TransactionsService
from tests.bench.results import Line, median
from tests.bench.stage import Stage
from tests.factories.payouts import IBAN

PARTNERS, LINES_EACH = 20_000, 50
SLIP_LINES, SLIPS = 100, 40
LISTENERS = (IdentityService, PartnersService, TransactionsService)

PARTNER_ROWS = """
INSERT INTO partners (structure_id, name, partner_number, commune_name, activities, updated_at)
SELECT uuidv7(), 'Club ' || n, '93-' || lpad(n::text, 6, '0'), 'Bobigny', '["Judo"]', now()
FROM generate_series(1, :partners) AS n
"""
LINE_ROWS = """
INSERT INTO lines (line_id, kind, reference_id, transaction_id, structure_id, locked_on, announcement_id, number,
  establishment_name, scheme, amount_cents, occurred_at)
SELECT made.id, 'transaction', made.id, made.id, partner.structure_id, CAST(:on AS date),
  partner.structure_id, 'T-' || left(made.id::text, 8),
  'Gymnase', 'Pass''Sports-Loisirs', 100 + made.n, now() - interval '1 day'
FROM partners AS partner CROSS JOIN generate_series(1, :each) AS n
CROSS JOIN LATERAL (SELECT uuidv7() AS id, partner.structure_id, n) AS made
"""
FOLLOWING = (
    "INSERT INTO open_lines (line_id, structure_id) SELECT line_id, structure_id FROM lines",
    """
    INSERT INTO announced_days (announcement_id, structure_id, locked_on, chunks, total_cents, line_count,
      received_chunks, received_cents, received_count)
    SELECT announcement_id, structure_id, locked_on, 1, sum(amount_cents), count(*), 1, sum(amount_cents), count(*)
    FROM lines GROUP BY announcement_id, structure_id, locked_on
    """,
    """
    INSERT INTO ledger_movements (movement_id, kind, reference, piece, structure_id, moved_at)
    SELECT uuidv7(), 'lines_locked', structure_id || '/1', locked_on::text, structure_id, now()
    FROM announced_days
    """,
    """
    INSERT INTO ledger_entries (movement_id, account, structure_id, amount_cents)
    SELECT movement_id, account, structure_id, sign * total_cents
    FROM ledger_movements JOIN announced_days USING (structure_id)
    CROSS JOIN (VALUES ('scheme_expense', 1), ('partners_payable', -1)) AS side (account, sign)
    """,
)


def measure(stage: Stage) -> Iterator[Line]:
    """The service's own processes; what other services do with the events is theirs."""
    yield _slip()
    partners = stage.size(PARTNERS, 300)
    migrate.upgrade("payouts")
    database = BoundDatabase("payouts")
    owed_cents = _furnish(database, partners)
    topology.declare(LISTENERS, stage.surroundings["AMQP_URI"])
    made = Platform(stage.folder, stage.port, stage.surroundings, services=("payouts",), gateway=False)
    try:
        made.start()
        yield from _batch(made, stage.bus, database, owed_cents)
    finally:
        made.stop()
        database.close()


def _furnish(database: BoundDatabase, partners: int) -> int:
    """Partners with a verified account, and a locked day of each; returns what is owed, in cents."""
    with database.unit_of_work() as uow:
        uow.connection.execute(text(PARTNER_ROWS), {"partners": partners})
        ids = [str(one) for one in uow.connection.scalars(text("SELECT structure_id FROM partners"))]
        uow.connection.execute(text(ACCOUNT_ROW), [_account(structure_id) for structure_id in ids])
        uow.connection.execute(text(LINE_ROWS), {"each": LINES_EACH, "on": date(2026, 11, 2)})
        for statement in (*FOLLOWING, NO_CALENDAR):
            uow.connection.execute(text(statement))
        owed: int = uow.connection.scalar(text("SELECT CAST(sum(amount_cents) AS bigint) FROM lines"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return owed


NO_CALENDAR = """
INSERT INTO calendar_settings (frequency, weekdays, month_days, hour, set_at, set_by)
VALUES ('off', '[]', '[]', 6, now(), 'bench')
"""
ACCOUNT_ROW = """
INSERT INTO bank_accounts (bank_account_id, structure_id, version, iban_sealed, iban_masked, holder, in_force_at)
VALUES (:bank_account_id, :structure_id, 1, :iban_sealed, 'FR76 •••• 189', 'Club sportif', '2026-01-01T00:00:00Z')
"""


def _account(structure_id: str) -> dict[str, str]:
    account_id = new_id()
    return {
        "bank_account_id": account_id,
        "structure_id": structure_id,
        "iban_sealed": seal_iban(IBAN, account_id),
    }


def _batch(platform: Platform, bus: Bus, database: BoundDatabase, owed_cents: int) -> Iterator[Line]:
    preparer, releaser = new_id(), new_id()

    def call(method: str, role: str, account_id: str, **arguments: Any) -> Any:
        token, _ = issue([role], issuer="identity", account_id=account_id, scope={"session_id": new_id()})
        return bus.call("payouts", method, arguments, token=token, deadline_s=300)

    began = time.perf_counter()
    batch_id = call("prepare_batch", "preparer", preparer)["batch_id"]
    prepared = time.perf_counter()
    proof = issue_proof(releaser, RELEASE_ACT)
    call("release_batch", "releaser", releaser, batch_id=batch_id, proof=proof, amount_cents=owed_cents)
    released = time.perf_counter()
    wait_for(lambda: call("batch", "releaser", releaser, batch_id=batch_id)["state"] == "ordered", "ordered", 600, 0.5)
    ordered = time.perf_counter()
    wait_for(lambda: _unsent(database) == 0, "every event is with the broker", 600, 0.5)
    sent = time.perf_counter()
    yield Line("payout_million", sent - began, "s", goal="<= 120")
    yield Line("payout_million_memory", max(_peak_mib(platform).values()), "MiB", goal="<= 512")
    yield Line("payout_million_prepare", prepared - began, "s")
    yield Line("payout_million_release", released - prepared, "s")
    yield Line("payout_million_order", ordered - released, "s")
    yield Line("payout_million_send", sent - ordered, "s")


def _unsent(database: BoundDatabase) -> int:
    with database.reading() as connection:
        found: int = connection.scalar(text("SELECT count(*) FROM outbox WHERE sent_at IS NULL"))
    return found


def _peak_mib(platform: Platform) -> Mapping[str, float]:
    """The most memory that each process of the platform has held."""
    return {
        name: _peak_of(process.child.pid) for name, process in platform.processes.items() if process.child is not None
    }


def _peak_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _slip() -> Line:
    slip = slips.Slip(
        number="BP-2026-0000001", end_to_end_id="PSL-BP-2026-0000001", batch_number="LOT-2026-00001",
        partner_name="Judo Club de Bobigny", partner_number="93-000017", iban_masked="FR76 •••• 189",
        execution_on=date(2026, 11, 26), amount_cents=SLIP_LINES * 1_500, caf_name="Caf", platform_name="Pass",
        lines=[
            slips.SlipLine(
                "transaction", f"T-{n:08d}", "Pass'Sports-Loisirs", "Gymnase municipal", 1_500,
                datetime(2026, 11, 2, 10, tzinfo=UTC),
            )
            for n in range(SLIP_LINES)
        ],
    )  # fmt: skip
    slips.as_pdf(slip)
    return Line("slip", median([_timed(lambda: slips.as_pdf(slip)) for _ in range(SLIPS)]) * 1000, "ms", goal="<= 20")


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
