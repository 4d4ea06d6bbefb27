// Sends what waits and learns what became of each row, alone: one bad row never holds back the others.
import { Problem } from "./api.js";
import { CAP_AGE_MS } from "./queue.js";

const CHUNK = 100;
// Answers that say nothing about the row itself: try again later.
const PASSING = new Set(["idempotency_in_progress", "rate_limited", "unavailable"]);

const recorded = (transaction) => ({ status: "recorded", transaction });
const refused = (code, fields = {}) => ({ status: "refused", code, fields });

// A row whose first answer got lost: did it arrive? Undefined: nothing is known of the key, it never did.
async function whatBecame(api, key) {
  try {
    const became = await api.byKey(key);
    return became.problem ? refused(became.problem.code, became.problem) : recorded(became);
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    if (fault.status === 404 && fault.code === "transaction_unknown") return undefined;
    if (fault.status === 401 || PASSING.has(fault.code)) throw fault;
    return refused(fault.code, fault.fields);
  }
}

async function settleSent(api, row, tooOld) {
  const known = await whatBecame(api, row.key);
  if (known) return known;
  if (tooOld) return refused("scan_too_old");
  try {
    return recorded(await api.record(row.key, row.body));
  } catch (fault) {
    if (!(fault instanceof Problem) || fault.status === 401 || PASSING.has(fault.code)) throw fault;
    return refused(fault.code, fault.fields);
  }
}

function outcomeOf(item) {
  if (item.transaction) return recorded(item.transaction);
  const problem = item.problem || {};
  return PASSING.has(problem.code) ? null : refused(problem.code || "unknown", problem);
}

async function settleScanned(api, queue, rows) {
  for (let start = 0; start < rows.length; start += CHUNK) {
    const part = rows.slice(start, start + CHUNK);
    const answer = await api.batch(part.map((row) => ({
      idempotency_key: row.key, ...row.pass, amount_cents: row.amountCents, scanned_at: new Date(row.scannedAt).toISOString(),
    })));
    for (const item of answer.items) {
      const row = part.find((one) => one.key === item.idempotency_key);
      const outcome = outcomeOf(item);
      if (row && outcome) await queue.put({ ...row, outcome });
    }
  }
}

// Returns how many rows still wait. Throws Unreachable or a 401 Problem when nothing more can be sent now.
export async function reconcile(api, queue, structure, now) {
  const rows = await queue.waiting(structure);
  const tooOld = (row) => now - row.scannedAt > CAP_AGE_MS;
  for (const row of rows.filter((one) => !one.sent && tooOld(one))) {
    await queue.put({ ...row, outcome: refused("scan_too_old") });
  }
  for (const row of rows.filter((one) => one.sent)) {
    await queue.put({ ...row, outcome: await settleSent(api, row, tooOld(row)) });
  }
  await settleScanned(api, queue, rows.filter((one) => !one.sent && !tooOld(one)));
  return (await queue.waiting(structure)).length;
}
