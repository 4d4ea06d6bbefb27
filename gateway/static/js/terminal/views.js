// Shows one screen at a time. Words come from the page (`#mots`), so that the catalogue translates them.
import { euros } from "./money.js";

const words = document.querySelector("#mots").dataset;
const camel = (name) => name.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());

export const $ = (selector) => document.querySelector(selector);

export function word(name, values = {}) {
  const text = words[camel(name)] || name;
  return text.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "…");
}

// The sentence for a problem's code.
export function reason(code, fields = {}) {
  const known = words[camel(`reason-${code}`)];
  const balance = fields.balance_cents === undefined ? "…" : euros(fields.balance_cents);
  return known ? known.replace("{balance}", balance) : words.reasonUnknown;
}

export function show(name) {
  for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== name;
  const heading = $(`[data-view="${name}"] h1`);
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  window.scrollTo(0, 0);
}

export function notice(text, tone = "bad", title = "") {
  const box = $("[data-notice]");
  box.hidden = !text;
  box.dataset.tone = tone;
  $("[data-notice-title]").textContent = title;
  $("[data-notice-text]").textContent = text || "";
}

export function facts(list, pairs) {
  list.replaceChildren(...pairs.filter(([, value]) => value).map(([label, value]) => {
    const [row, term, data] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
    term.textContent = label;
    data.textContent = value;
    row.append(term, data);
    return row;
  }));
}

export function badge(text, tone) {
  const made = document.createElement("span");
  made.className = "badge";
  made.dataset.tone = tone;
  made.textContent = text;
  return made;
}

export function row(main, side, below = "", button = null) {
  const item = document.createElement("li");
  const text = document.createElement("p");
  text.textContent = main;
  item.append(text, side);
  if (below) {
    const small = document.createElement("p");
    small.className = "hint";
    small.textContent = below;
    item.append(small);
  }
  if (button) item.append(button);
  return item;
}
