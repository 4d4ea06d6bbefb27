// From a scanned or typed pass to its receipt; without network, to an honest «en attente».
import { Problem, Unreachable } from "./api.js";
import { child, desk, now, reachable, tried, waiting } from "./desk.js";
import { cents, euros, instant } from "./money.js";
import { CAP_ONE_CENTS, CAP_SUM_CENTS, whyNot } from "./queue.js";
import { refreshDevice } from "./pairing.js";
import { judgeQr } from "./qr.js";
import { $, facts, notice, reason, show, word } from "./views.js";

export async function foundPass(qr) {
  const { verdict, passId } = await judgeQr(qr, desk.device.keys);
  if (verdict === "forged") {
    notice(word("not-a-pass"));
    show("home");
    return;
  }
  await checkPass({ qr }, passId);
  if (verdict === "unknown" && desk.device && desk.draft.checked) await refreshDevice();
}

export async function checkPass(pass, passId) {
  desk.draft = { key: crypto.randomUUID(), pass, passId, offline: false, checked: null };
  if (navigator.onLine) {
    try {
      desk.draft.checked = await desk.api.check(pass);
      reachable(true);
    } catch (fault) {
      if (!(fault instanceof Unreachable)) {
        show("home");
        await tried(() => Promise.reject(fault));
        return;
      }
      reachable(false);
    }
  }
  if (!desk.draft.checked && !passId) {
    notice(word(pass.qr ? "cannot-verify" : "code-offline"), "waiting");
    show("home");
    return;
  }
  if (desk.draft.checked && !desk.draft.checked.usable) {
    notice(reason(desk.draft.checked.reason, desk.draft.checked));
    show("home");
    return;
  }
  desk.draft.offline = !desk.draft.checked;
  askAmount();
}

export function passFacts() {
  const checked = desk.draft.checked;
  if (!checked) return [[word("pass"), word("signature")]];
  return [
    [word("child"), child(checked.beneficiary)], [word("balance"), euros(checked.balance_cents)],
    [word("scheme"), `${checked.scheme} · ${checked.season}`],
  ];
}

export function askAmount() {
  notice("");
  facts($("[data-pass]"), passFacts());
  $("[data-amount-offline]").hidden = !desk.draft.offline;
  $("#amount").value = "";
  const whole = $('[data-do="whole"]');
  whole.hidden = !desk.draft.checked;
  whole.textContent = desk.draft.checked ? word("whole", { balance: euros(desk.draft.checked.balance_cents) }) : "";
  show("amount");
  $("#amount").focus();
}

export function wholeBalance() {
  $("#amount").value = (desk.draft.checked.balance_cents / 100).toFixed(2).replace(".", ",");
  $("#amount").form.requestSubmit();
}

export async function amountGiven(typed) {
  desk.draft.amountCents = cents(typed);
  if (!desk.draft.amountCents) return notice(word("amount-wrong"));
  if (desk.draft.checked && desk.draft.amountCents > desk.draft.checked.balance_cents) {
    return notice(word("amount-above", { balance: euros(desk.draft.checked.balance_cents) }));
  }
  if (desk.draft.offline && !(await mayWait())) return undefined;
  return askConfirmation();
}

export async function mayWait() {
  const why = whyNot(await waiting(), desk.draft);
  if (!why) return true;
  notice(word(why, { cap: euros(why === "cap-one" ? CAP_ONE_CENTS : CAP_SUM_CENTS) }), "waiting");
  return false;
}

export function askConfirmation(duplicate = false) {
  if (!duplicate) notice("");
  $("[data-confirm-amount]").textContent = euros(desk.draft.amountCents);
  facts($("[data-confirm-pass]"), passFacts());
  $("[data-duplicate]").hidden = !duplicate;
  $("[data-duplicate] input").checked = false;
  const button = $('[data-do="confirm"]');
  button.textContent = desk.draft.offline ? button.dataset.offline : button.dataset.online;
  show("confirm");
}

export async function confirm() {
  const button = $('[data-do="confirm"]');
  if (button.disabled) return;
  button.disabled = true;
  try {
    await (desk.draft.offline ? waitForNetwork(false) : recordNow());
  } finally {
    button.disabled = false;
  }
}

export function recordBody() {
  const duplicate = !$("[data-duplicate]").hidden && $("[data-duplicate] input").checked;
  return { ...desk.draft.pass, amount_cents: desk.draft.amountCents, ...(duplicate ? { confirm_duplicate: true } : {}) };
}

export async function recordNow() {
  desk.draft.body = recordBody();
  try {
    const transaction = await desk.api.record(desk.draft.key, desk.draft.body);
    reachable(true);
    await receipt(transaction);
  } catch (fault) {
    if (fault instanceof Unreachable) {
      reachable(false);
      await waitForNetwork(true);
    } else if (fault instanceof Problem && fault.code === "duplicate_suspected") {
      desk.draft.key = crypto.randomUUID();
      notice(reason(fault.code, fault.fields), "waiting");
      askConfirmation(true);
    } else {
      await tried(() => Promise.reject(fault));
      if (desk.device) show("home");
    }
  }
}

// `sent`: the call left and its answer got lost; what became of it is asked for under its key before anything is sent.
export async function waitForNetwork(sent) {
  await desk.queue.put({
    key: desk.draft.key, pass: desk.draft.pass, passId: desk.draft.passId, amountCents: desk.draft.amountCents, scannedAt: now(),
    structure: desk.device.structure.partner_number, sent, body: desk.draft.body,
  });
  desk.draft.transaction = null;
  $("[data-receipt-box]").dataset.tone = "waiting";
  $("[data-receipt-title]").textContent = word("waiting");
  $("[data-receipt-amount]").textContent = euros(desk.draft.amountCents);
  $("[data-receipt-text]").textContent = word(sent ? "lost" : "waiting-text");
  facts($("[data-receipt-facts]"), [[word("scanned-at"), instant(now())]]);
  $('[data-do="cancel"]').hidden = true;
  notice("");
  show("receipt");
}

export async function receipt(transaction) {
  const cancelled = transaction.state === "cancelled";
  desk.draft = { ...desk.draft, transaction };
  $("[data-receipt-box]").dataset.tone = cancelled ? "muted" : "good";
  $("[data-receipt-title]").textContent = word(cancelled ? "cancelled" : "recorded");
  $("[data-receipt-amount]").textContent = euros(transaction.amount_cents);
  $("[data-receipt-text]").textContent = "";
  facts($("[data-receipt-facts]"), [
    [word("number"), transaction.number], [word("child"), child(transaction.beneficiary)],
    [word("balance-after"), transaction.balance_cents === undefined ? "" : euros(transaction.balance_cents)],
    [word("recorded-at"), instant(transaction.recorded_at)],
    [word("until"), cancelled ? "" : word("until-midnight")],
  ]);
  $('[data-do="cancel"]').hidden = transaction.state !== "recorded" || Date.parse(transaction.cancellable_until) <= now();
  notice("");
  show("receipt");
}

export async function cancel(transaction) {
  if (!window.confirm(word("cancel", { number: transaction.number }))) return null;
  return tried(() => desk.api.cancel(transaction.number, `cancel-${transaction.number}`));
}
