// Small comforts for every page; all of it works without them.
// Focus: the error summary speaks first; menus close on Escape and outside; passwords can be shown; forms aren't sent twice.

const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

for (const menu of document.querySelectorAll("details[data-menu]")) {
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    for (const other of document.querySelectorAll("details[data-menu][open]")) if (other !== menu) other.open = false;
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

const words = document.documentElement.lang === "en"
  ? { show: "Show", hide: "Hide", what: "password" }
  : { show: "Afficher", hide: "Masquer", what: "le mot de passe" };

for (const place of document.querySelectorAll("[data-password]")) {
  const input = place.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary small password-show";
  const word = document.createElement("span");
  const what = document.createElement("span");
  what.className = "visually-hidden";
  word.textContent = words.show;
  what.textContent = ` ${words.what}`;
  button.append(word, what);
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    word.textContent = hidden ? words.hide : words.show;
  });
  const row = document.createElement("div");
  row.className = "password-row";
  input.replaceWith(row);
  row.append(input, button);
}

// The form asks before anything it does; a button of it only before what the button does.
for (const form of document.querySelectorAll("form[data-confirm], form:has(button[data-confirm])")) {
  form.addEventListener("submit", (event) => {
    const question = form.dataset.confirm ?? event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
  if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
  }
});
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A page about work under way looks again by itself, but never under somebody's hands.
const again = document.querySelector("meta[name=refresh-after]");
if (again) {
  const look = () => {
    const busy = document.hidden || document.activeElement.matches("input, select, textarea, button, a");
    if (busy) setTimeout(look, 1000);
    else window.location.reload();
  };
  setTimeout(look, Number(again.content) * 1000);
}
