"""What waits on a terminal without network: how much may, for how long, and what becomes of each row. The app's own
modules run in Node, against an API and a vault that only remember."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.static_files import STATIC

NODE = Path(sys.prefix) / "bin" / "node"
HOUR_MS = 3_600_000
NOW = 1_000 * HOUR_MS
STAGE = """
import { Problem, Unreachable } from "./api.js";
import { Queue } from "./queue.js";
import { reconcile } from "./reconcile.js";
const said = [];
class Shelf extends Map {
  async put(name, value) { this.set(name, value); }
  async get(name) { return super.get(name); }
  async remove(name) { this.delete(name); }
  async names(prefix) { return [...this.keys()].filter((name) => name.startsWith(prefix)); }
}
const given = %s;
const problem = (code, status = 409) => new Problem(status, { code });
const api = {
  async byKey(key) {
    said.push(["byKey", key]);
    if (key in given.arrived) return given.arrived[key];
    throw problem("transaction_unknown", 404);
  },
  async record(key) {
    said.push(["record", key]);
    if (key in given.refused) throw problem(given.refused[key]);
    return { number: `T-${key}` };
  },
  async batch(items) {
    said.push(["batch", ...items.map((one) => one.idempotency_key)]);
    if (given.unreachable) throw new Unreachable("away");
    return { items: items.map(({ idempotency_key: key }) => ({
      idempotency_key: key,
      ...(key in given.refused ? { problem: { code: given.refused[key] } } : { transaction: { number: `T-${key}` } }),
    })) };
  },
};
const queue = new Queue(new Shelf());
for (const row of given.rows) await queue.put(row);
let left = null;
try {
  left = await reconcile(api, queue, "93-1", %d);
} catch (fault) {
  left = fault.constructor.name;
}
const outcome = ({ outcome }) => outcome?.code ?? outcome?.transaction.number ?? null;
const became = Object.fromEntries((await queue.rows()).map((row) => [row.key, outcome(row)]));
console.log(JSON.stringify({ said, left, became }));
"""


def run(script: str) -> Any:
    """What a module prints, as JSON; it is at home where the app's modules lie."""
    command = [str(NODE), "--input-type=module", "--eval", script]
    done = subprocess.run(command, cwd=STATIC / "js" / "terminal", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def row(key: str, *, hours_ago: float = 1, sent: bool = False) -> dict[str, Any]:
    told = {"key": key, "pass": {"qr": key}, "amountCents": 500, "structure": "93-1", "sent": sent}
    return {**told, "scannedAt": NOW - int(hours_ago * HOUR_MS)}


def reconciled(*rows: dict[str, Any], **answers: Any) -> Any:
    given = {"rows": rows, "arrived": {}, "refused": {}, **answers}
    return run(STAGE % (json.dumps(given), NOW))


def may_wait(waiting: list[tuple[str, int]], pass_id: str | None, amount_cents: int) -> str | None:
    rows = [{"passId": one, "amountCents": cents} for one, cents in waiting]
    asked = json.dumps([rows, {"passId": pass_id, "amountCents": amount_cents}])
    return run(f'import {{ whyNot }} from "./queue.js"; console.log(JSON.stringify(whyNot(...{asked})));')


@pytest.mark.parametrize(
    ("waiting", "amount_cents", "why"),
    [
        ([], 100_00, None),
        ([], 100_01, "cap-one"),
        ([("b", 100_00)] * 4, 100_00, None),
        ([("b", 100_00)] * 4 + [("c", 1)], 100_00, "cap-sum"),
        ([("a", 5_00)], 5_00, "cap-pass"),
    ],
)
def test_little_waits_without_network(waiting, amount_cents: int, why: str | None) -> None:
    assert may_wait(waiting, "a", amount_cents) == why


def test_a_scan_waits_72_hours_and_no_longer() -> None:
    told = reconciled(row("just", hours_ago=72), row("late", hours_ago=72.01))
    assert told == {"said": [["batch", "just"]], "left": 0, "became": {"just": "T-just", "late": "scan_too_old"}}


def test_a_call_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() -> None:
    told = reconciled(row("there", sent=True), row("never", sent=True), arrived={"there": {"number": "T-1"}})
    assert told["said"] == [["byKey", "there"], ["byKey", "never"], ["record", "never"]]
    assert told["became"] == {"there": "T-1", "never": "T-never"}


def test_a_call_that_never_arrived_is_not_sent_after_72_hours() -> None:
    late = row("there", sent=True, hours_ago=200), row("never", sent=True, hours_ago=72.01)
    told = reconciled(*late, arrived={"there": {"number": "T-1"}})
    assert sorted(told["said"]) == [["byKey", "never"], ["byKey", "there"]]
    assert told["became"] == {"there": "T-1", "never": "scan_too_old"}


def test_each_row_is_judged_alone_and_what_says_nothing_waits_on() -> None:
    refused = {"bad": "insufficient_balance", "busy": "idempotency_in_progress"}
    told = reconciled(row("bad"), row("busy"), row("good"), refused=refused)
    assert told["became"] == {"bad": "insufficient_balance", "busy": None, "good": "T-good"}
    assert told["left"] == 1


def test_nothing_is_lost_when_the_network_goes_again() -> None:
    told = reconciled(row("one"), row("two"), unreachable=True)
    assert (told["left"], told["became"]) == ("Unreachable", {"one": None, "two": None})
