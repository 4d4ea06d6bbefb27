// The SmartTPE app: pairing, scan, amount, receipt, today's list, and honest waiting without network.
import { cameraAvailable, scan } from "../scanner.js";
import { Api, Problem, Unreachable } from "./api.js";
import { cents, euros, instant, today } from "./money.js";
import { CAP_ONE_CENTS, CAP_SUM_CENTS, Queue, whyNot } from "./queue.js";
import { verifyQr } from "./qr.js";
import { reconcile } from "./reconcile.js";
import { Vault } from "./vault.js";
import { $, badge, facts, notice, reason, row, show, word } from "./views.js";

const files = { detector: document.body.dataset.detector, wasm: document.body.dataset.wasm };
const RETRY_MS = 15000;
const api = new Api();
let vault, queue, device, draft, stopCamera = () => {}, listCursor = null, sending = null;

const now = () => Date.now() + (device ? device.clockOffset : 0);
const online = () => navigator.onLine && !device?.unreachable;
const child = (person) => (person ? `${person.first_name} ${person.last_name}` : "");

// -- network -------------------------------------------------------------------------------------------------------

function reachable(yes) {
  if (device) device.unreachable = !yes;
  const sign = $("[data-network]");
  const up = yes && navigator.onLine;
  sign.textContent = up ? sign.dataset.online : sign.dataset.offline;
  sign.dataset.tone = up ? "good" : "waiting";
}

// Runs a call; says what went wrong. Returns null when it did.
async function tried(call) {
  try {
    const answer = await call();
    reachable(true);
    return answer;
  } catch (fault) {
    if (fault instanceof Unreachable) {
      reachable(false);
      notice(word("network"), "waiting");
    } else if (fault instanceof Problem && fault.status === 401) {
      await forget(word("revoked"));
    } else if (fault instanceof Problem) {
      notice(reason(fault.code, fault.fields));
    } else {
      throw fault;
    }
    return null;
  }
}

// -- pairing -------------------------------------------------------------------------------------------------------

async function pair(code, name) {
  notice("");
  const paired = await tried(() => api.pair(code, { name, model: navigator.userAgentData?.platform || "web", app_version: "web-1" }));
  if (!paired) return;
  device = {
    token: paired.token, structure: paired.structure, establishment: paired.establishment, keys: paired.verification_keys,
    clockOffset: Date.parse(paired.server_time) - Date.now(),
  };
  await vault.put("device", device);
  await home();
}

async function refreshDevice() {
  const me = await tried(() => api.me());
  if (!me) return;
  Object.assign(device, {
    structure: me.structure, establishment: me.establishment, keys: me.verification_keys,
    clockOffset: Date.parse(me.server_time) - Date.now(),
  });
  await vault.put("device", device);
}

async function forget(why) {
  const waiting = device ? (await queue.waiting(device.structure.partner_number)).length : 0;
  await vault.remove("device");
  device = null;
  api.token = null;
  $("[data-structure]").textContent = "";
  notice(waiting ? `${why} ${word("left-behind")}` : why, why ? "bad" : "neutral");
  show("pair");
}

// -- scanning ------------------------------------------------------------------------------------------------------

async function openCamera(found, back) {
  notice("");
  show("scan");
  stopCamera();
  const refuse = (why) => {
    notice(word(`camera-${why}`), "waiting");
    show(back);
  };
  if (!cameraAvailable()) {
    refuse("none");
    return;
  }
  stopCamera = await scan({ video: $('[data-view="scan"] video'), files, found, refused: refuse });
}

function foundPairing(text) {
  const match = /([A-Z0-9]{4})-?([A-Z0-9]{4})$/i.exec(text.split("#").pop().trim());
  show("pair");
  if (!match) {
    notice(word("not-a-pairing"));
    return;
  }
  $("#pairing_code").value = `${match[1]}-${match[2]}`.toUpperCase();
  $('[data-form="pair"]').requestSubmit();
}

async function foundPass(qr) {
  const genuine = await verifyQr(qr, device.keys).catch(() => null);
  if (!genuine) {
    notice(word("not-a-pass"));
    show("home");
    return;
  }
  await checkPass({ qr }, genuine.passId);
}

async function checkPass(pass, passId) {
  draft = { key: crypto.randomUUID(), pass, passId, offline: false, checked: null };
  if (navigator.onLine) {
    try {
      draft.checked = await api.check(pass);
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
  if (!draft.checked && !passId) {
    notice(word("code-offline"), "waiting");
    show("home");
    return;
  }
  if (draft.checked && !draft.checked.usable) {
    notice(reason(draft.checked.reason, draft.checked));
    show("home");
    return;
  }
  draft.offline = !draft.checked;
  askAmount();
}

// -- amount and confirmation ---------------------------------------------------------------------------------------

function passFacts() {
  const checked = draft.checked;
  if (!checked) return [[word("pass"), word("signature")]];
  return [
    [word("child"), child(checked.beneficiary)], [word("balance"), euros(checked.balance_cents)],
    [word("scheme"), `${checked.scheme} · ${checked.season}`],
  ];
}

function askAmount() {
  notice("");
  facts($("[data-pass]"), passFacts());
  $("[data-amount-offline]").hidden = !draft.offline;
  $("#amount").value = "";
  show("amount");
  $("#amount").focus();
}

async function amountGiven(typed) {
  draft.amountCents = cents(typed);
  if (!draft.amountCents) return notice(word("amount-wrong"));
  if (draft.checked && draft.amountCents > draft.checked.balance_cents) {
    return notice(word("amount-above", { balance: euros(draft.checked.balance_cents) }));
  }
  if (draft.offline && !(await mayWait())) return undefined;
  return askConfirmation();
}

async function mayWait() {
  const why = whyNot(await queue.waiting(device.structure.partner_number), draft);
  if (!why) return true;
  notice(word(why, { cap: euros(why === "cap-one" ? CAP_ONE_CENTS : CAP_SUM_CENTS) }), "waiting");
  return false;
}

function askConfirmation(duplicate = false) {
  if (!duplicate) notice("");
  $("[data-confirm-amount]").textContent = euros(draft.amountCents);
  facts($("[data-confirm-pass]"), passFacts());
  $("[data-duplicate]").hidden = !duplicate;
  $("[data-duplicate] input").checked = false;
  const button = $('[data-do="confirm"]');
  button.textContent = draft.offline ? button.dataset.offline : button.dataset.online;
  show("confirm");
}

async function confirm() {
  const button = $('[data-do="confirm"]');
  if (button.disabled) return;
  button.disabled = true;
  try {
    await (draft.offline ? waitForNetwork(false) : recordNow());
  } finally {
    button.disabled = false;
  }
}

function recordBody() {
  const duplicate = !$("[data-duplicate]").hidden && $("[data-duplicate] input").checked;
  return { ...draft.pass, amount_cents: draft.amountCents, ...(duplicate ? { confirm_duplicate: true } : {}) };
}

async function recordNow() {
  draft.body = recordBody();
  try {
    const transaction = await api.record(draft.key, draft.body);
    reachable(true);
    await receipt(transaction);
  } catch (fault) {
    if (fault instanceof Unreachable) {
      reachable(false);
      await waitForNetwork(true);
    } else if (fault instanceof Problem && fault.code === "duplicate_suspected") {
      draft.key = crypto.randomUUID();
      notice(reason(fault.code, fault.fields), "waiting");
      askConfirmation(true);
    } else {
      await tried(() => Promise.reject(fault));
      if (device) show("home");
    }
  }
}

// `sent`: the call left and its answer got lost; what became of it is asked for under its key before anything is sent.
async function waitForNetwork(sent) {
  await queue.put({
    key: draft.key, pass: draft.pass, passId: draft.passId, amountCents: draft.amountCents, scannedAt: now(),
    structure: device.structure.partner_number, sent, body: draft.body,
  });
  draft.transaction = null;
  $("[data-receipt-box]").dataset.tone = "waiting";
  $("[data-receipt-title]").textContent = word("waiting");
  $("[data-receipt-amount]").textContent = euros(draft.amountCents);
  $("[data-receipt-text]").textContent = word(sent ? "lost" : "waiting-text");
  facts($("[data-receipt-facts]"), [[word("scanned-at"), instant(now())]]);
  $('[data-do="cancel"]').hidden = true;
  notice("");
  show("receipt");
}

async function receipt(transaction) {
  const cancelled = transaction.state === "cancelled";
  draft = { ...draft, transaction };
  $("[data-receipt-box]").dataset.tone = cancelled ? "muted" : "good";
  $("[data-receipt-title]").textContent = word(cancelled ? "cancelled" : "recorded");
  $("[data-receipt-amount]").textContent = euros(transaction.amount_cents);
  $("[data-receipt-text]").textContent = "";
  facts($("[data-receipt-facts]"), [
    [word("number"), transaction.number], [word("child"), child(transaction.beneficiary)],
    [word("balance-after"), transaction.balance_cents === undefined ? "" : euros(transaction.balance_cents)],
    [word("recorded-at"), instant(transaction.recorded_at)],
    [word("until"), cancelled ? "" : instant(transaction.cancellable_until)],
  ]);
  $('[data-do="cancel"]').hidden = transaction.state !== "recorded" || Date.parse(transaction.cancellable_until) <= now();
  notice("");
  show("receipt");
}

async function cancel(transaction) {
  if (!window.confirm(word("cancel", { number: transaction.number }))) return null;
  return tried(() => api.cancel(transaction.number, `cancel-${transaction.number}`));
}

// -- lists ---------------------------------------------------------------------------------------------------------

function stateOf(transaction) {
  if (transaction.state === "recorded") return badge(word("state-recorded"), "good");
  return transaction.state === "cancelled" ? badge(word("state-cancelled"), "muted") : badge(word("state-other"), "neutral");
}

function todayRow(transaction) {
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

async function openToday(cursor = null) {
  notice("");
  const page = await tried(() => api.list(today(now()), cursor));
  if (!page) return;
  const list = $("[data-today-rows]");
  if (!cursor) list.replaceChildren();
  list.append(...page.items.map(todayRow));
  listCursor = page.next_cursor;
  $('[data-do="more"]').hidden = !listCursor;
  $("[data-today-none]").hidden = list.childElementCount > 0;
  show("today");
}

async function showWaiting() {
  const rows = await queue.waiting(device.structure.partner_number);
  $("[data-waiting]").hidden = !rows.length;
  const sum = rows.reduce((total, one) => total + one.amountCents, 0);
  const line = $("[data-waiting-sum]");
  line.textContent = line.dataset.words.replace("{count}", rows.length).replace("{sum}", euros(sum)).replace("{cap}", euros(CAP_SUM_CENTS));
  $("[data-waiting-rows]").replaceChildren(...rows.map((one) => row(euros(one.amountCents), badge(word("waiting"), "waiting"), instant(one.scannedAt))));
  const judged = await queue.judged();
  $("[data-results]").hidden = !judged.length;
  $("[data-result-rows]").replaceChildren(...judged.map(judgedRow));
}

function judgedRow(one) {
  if (one.outcome.status === "recorded") {
    return row(euros(one.amountCents), badge(word("state-recorded"), "good"), `${one.outcome.transaction.number} · ${child(one.outcome.transaction.beneficiary)}`);
  }
  return row(euros(one.amountCents), badge(word("refused"), "bad"), `${reason(one.outcome.code, one.outcome.fields)} ${instant(one.scannedAt)}`);
}

async function home() {
  stopCamera();
  api.token = device.token;
  const place = device.establishment ? ` · ${device.establishment.name}` : "";
  $("[data-structure]").textContent = device.structure.name + place;
  $("#code").value = "";
  await showWaiting();
  show("home");
}

// One run at a time; while rows wait it comes back by itself.
function send() {
  sending ||= sendWaiting().finally(() => {
    sending = null;
  });
  return sending;
}

async function sendWaiting() {
  if (!device || !navigator.onLine) return;
  try {
    await reconcile(api, queue, device.structure.partner_number, now());
    reachable(true);
  } catch (fault) {
    if (fault instanceof Unreachable) reachable(false);
    else if (fault instanceof Problem && fault.status === 401) await forget(word("revoked"));
    else if (!(fault instanceof Problem)) throw fault;
  }
  if (device) await showWaiting();
}

// -- wiring --------------------------------------------------------------------------------------------------------

const actions = {
  scan: () => openCamera(foundPass, "home"),
  "scan-pairing": () => openCamera(foundPairing, "pair"),
  "stop-scan": () => {
    stopCamera();
    return device ? home() : show("pair");
  },
  home: () => {
    notice("");
    return home();
  },
  confirm,
  today: () => openToday(),
  more: () => openToday(listCursor),
  send,
  cancel: async () => {
    const changed = await cancel(draft.transaction);
    if (changed) await receipt(changed);
  },
  seen: async () => {
    for (const one of await queue.judged()) await queue.remove(one.key);
    await showWaiting();
  },
  unpair: async () => {
    if ((await queue.waiting(device.structure.partner_number)).length) notice(word("unpair-waiting"), "waiting");
    else if (window.confirm(word("unpair"))) await forget("");
  },
};

const forms = {
  pair: (fields) => pair(fields.get("pairing_code"), fields.get("device_name")),
  code: (fields) => (fields.get("code").trim() ? checkPass({ code: fields.get("code").trim() }, null) : $("#code").focus()),
  amount: (fields) => amountGiven(fields.get("amount")),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) actions[button.dataset.do]();
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  forms[event.target.dataset.form](new FormData(event.target));
});
window.addEventListener("online", () => {
  reachable(true);
  send();
});
window.addEventListener("offline", () => reachable(false));
setInterval(() => {
  if (device && navigator.onLine) send();
}, RETRY_MS);

async function begin() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(document.body.dataset.worker, { scope: "./" });
  vault = await Vault.open();
  queue = new Queue(vault);
  device = await vault.get("device");
  reachable(navigator.onLine);
  if (!device) {
    show("pair");
    if (location.hash.length > 4) foundPairing(location.hash);
    return;
  }
  await home();
  if (online()) {
    await refreshDevice();
    await send();
  }
  document.documentElement.dataset.ready = "yes";
}

begin();
