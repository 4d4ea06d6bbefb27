// The camera on «Enregistrer une transaction». Without it, the photo and the typed code do the same.
import { scan } from "./scanner.js";

const form = document.querySelector("form[data-scan]");
const panel = form.querySelector("[data-scanner]");
const start = panel.querySelector("[data-scan-start]");
const halt = panel.querySelector("[data-scan-stop]");
const view = panel.querySelector("[data-scan-view]");
const say = panel.querySelector("[data-scan-say]");
let stop = () => {};

function show(open) {
  view.hidden = !open;
  halt.hidden = !open;
  start.hidden = open;
}

async function begin() {
  say.textContent = say.dataset.starting;
  show(true);
  stop = await scan({
    video: view.querySelector("video"),
    files: { detector: form.dataset.detector, wasm: form.dataset.wasm },
    found(text) {
      say.textContent = say.dataset.found;
      form.elements.qr.value = text;
      if (navigator.vibrate) navigator.vibrate(60);
      form.requestSubmit();
    },
    refused(reason) {
      show(false);
      say.textContent = say.dataset[reason];
      form.elements.code.focus();
    },
  });
  if (!view.hidden) say.textContent = say.dataset.looking;
}

start.addEventListener("click", begin);
halt.addEventListener("click", () => {
  stop();
  show(false);
  say.textContent = "";
  start.focus();
});
window.addEventListener("pagehide", () => stop());
window.addEventListener("pageshow", () => {
  form.elements.qr.value = "";
});
