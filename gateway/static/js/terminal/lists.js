// The first screen, what waits, what became of it, and the transactions of the day.
import { Problem, Unreachable } from "./api.js";
import { stopCamera } from "./camera.js";
import { child, desk, now, reachable, tried, waiting } from "./desk.js";
import { euros, instant, today } from "./money.js";
import { forget } from "./pairing.js";
import { CAP_SUM_CENTS } from "./queue.js";
import { reconcile } from "./reconcile.js";
import { cancel } from "./recording.js";
import { $, badge, notice, reason, row, show, word } from "./views.js";

let nextCursor = null;
let sending = null;

export const nextPage = () => openToday(nextCursor);

export function stateOf(transaction) {
  if (transaction.state === "recorded") return badge(word("state-recorded"), "good");
  return transaction.state === "cancelled" ? badge(word("state-cancelled"), "muted") : badge(word("state-other"), "neutral");
}

export function todayRow(transaction) {
  let button = null;
  if (transaction.state === "recorded" && Date.parse(transaction.cancellable_until) > now()) {
    button = document.createElement("button");
    button.className = "danger small";
    button.textContent = word("cancel-button");
    button.addEventListener("click", async () => {
      const changed = await cancel(transaction);
      if (changed) await openToday();
    });
  }
  const main = `${euros(transaction.amount_cents)} · ${child(transaction.beneficiary)}`;
  return row(main, stateOf(transaction), `${transaction.number} · ${instant(transaction.recorded_at)}`, button);
}

export async function openToday(cursor = null) {
  notice("");
  const page = await tried(() => desk.api.list(today(now()), cursor));
  if (!page) return;
  const list = $("[data-today-rows]");
  if (!cursor) list.replaceChildren();
  list.append(...page.items.map(todayRow));
  nextCursor = page.next_cursor;
  $('[data-do="more"]').hidden = !nextCursor;
  $("[data-today-none]").hidden = list.childElementCount > 0;
  show("today");
}

export async function showWaiting() {
  const rows = await waiting();
  $("[data-waiting]").hidden = !rows.length;
  const sum = rows.reduce((total, one) => total + one.amountCents, 0);
  const line = $("[data-waiting-sum]");
  line.textContent = line.dataset.words.replace("{count}", rows.length).replace("{sum}", euros(sum)).replace("{cap}", euros(CAP_SUM_CENTS));
  $("[data-waiting-rows]").replaceChildren(...rows.map((one) => row(euros(one.amountCents), badge(word("waiting"), "waiting"), instant(one.scannedAt))));
  const judged = await desk.queue.judged();
  $("[data-results]").hidden = !judged.length;
  $("[data-result-rows]").replaceChildren(...judged.map(judgedRow));
}

export function judgedRow(one) {
  if (one.outcome.status === "recorded") {
    return row(euros(one.amountCents), badge(word("state-recorded"), "good"), `${one.outcome.transaction.number} · ${child(one.outcome.transaction.beneficiary)}`);
  }
  const button = one.outcome.code === "duplicate_suspected" ? secondMeant(one) : null;
  return row(euros(one.amountCents), badge(word("refused"), "bad"), `${reason(one.outcome.code, one.outcome.fields)} ${instant(one.scannedAt)}`, button);
}

// The desk says that a suspected duplicate is meant: the row waits again, as a call whose answer is still to come. Its key
// follows from the first one, so that a second press changes nothing.
function secondMeant(one) {
  const button = document.createElement("button");
  button.className = "secondary small";
  button.textContent = word("second-meant");
  button.addEventListener("click", async () => {
    const body = { ...one.pass, amount_cents: one.amountCents, confirm_duplicate: true };
    await desk.queue.put({ ...one, key: `${one.key}-2`, sent: true, body, outcome: undefined });
    await desk.queue.remove(one.key);
    await showWaiting();
    await send();
  });
  return button;
}

export async function home() {
  stopCamera();
  desk.api.token = desk.device.token;
  const place = desk.device.establishment ? ` · ${desk.device.establishment.name}` : "";
  $("[data-structure]").textContent = desk.device.structure.name + place;
  $("#code").value = "";
  await showWaiting();
  show("home");
}

// One run at a time; while rows wait it comes back by itself.
export function send() {
  sending ||= sendWaiting().finally(() => {
    sending = null;
  });
  return sending;
}

export async function sendWaiting() {
  if (!desk.device || !navigator.onLine) return;
  try {
    await reconcile(desk.api, desk.queue, desk.device.structure.partner_number, now());
    reachable(true);
  } catch (fault) {
    if (fault instanceof Unreachable) reachable(false);
    else if (fault instanceof Problem && fault.status === 401) await forget(word("revoked"));
    else if (!(fault instanceof Problem)) throw fault;
  }
  if (desk.device) await showWaiting();
}
