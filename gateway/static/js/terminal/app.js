// The SmartTPE app: which button does what, and how it begins.
import { openCamera, stopCamera } from "./camera.js";
import { desk, reachable, waiting } from "./desk.js";
import { home, nextPage, openToday, send, showWaiting } from "./lists.js";
import { forget, foundPairing, pair, refreshDevice } from "./pairing.js";
import { Queue } from "./queue.js";
import { amountGiven, cancel, checkPass, confirm, foundPass, receipt, wholeBalance } from "./recording.js";
import { Vault } from "./vault.js";
import { $, notice, show, word } from "./views.js";

const RETRY_MS = 15000;

const actions = {
  scan: () => openCamera(foundPass, "home"),
  "scan-pairing": () => openCamera(foundPairing, "pair"),
  "stop-scan": () => {
    stopCamera();
    return desk.device ? home() : show("pair");
  },
  home: () => {
    notice("");
    return home();
  },
  whole: wholeBalance,
  confirm,
  today: () => openToday(),
  more: nextPage,
  send,
  cancel: async () => {
    const changed = await cancel(desk.draft.transaction);
    if (changed) await receipt(changed);
  },
  seen: async () => {
    for (const one of await desk.queue.judged()) await desk.queue.remove(one.key);
    await showWaiting();
  },
  unpair: async () => {
    if ((await waiting()).length) notice(word("unpair-waiting"), "waiting");
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
  if (desk.device && navigator.onLine) send();
}, RETRY_MS);

async function begin() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(document.body.dataset.worker, { scope: "./" });
  desk.vault = await Vault.open();
  desk.queue = new Queue(desk.vault);
  desk.device = await desk.vault.get("device");
  reachable(navigator.onLine);
  if (!desk.device) {
    show("pair");
    if (location.hash.length > 4) foundPairing(location.hash);
    return;
  }
  await home();
  if (navigator.onLine) {
    await refreshDevice();
    await send();
  }
  document.documentElement.dataset.ready = "yes";
}

begin();
