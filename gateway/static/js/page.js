// Small comforts for every page; all of it works without them.
// Focus: the error summary speaks first; menus close on Escape and outside; passwords can be shown; forms aren't sent twice.

const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

for (const menu of document.querySelectorAll("details[data-menu]")) {
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
  ? { show: "Show password", hide: "Hide password" }
  : { show: "Afficher le mot de passe", hide: "Masquer le mot de passe" };

for (const place of document.querySelectorAll("[data-password]")) {
  const input = place.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary small password-show";
  button.textContent = words.show;
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = hidden ? words.hide : words.show;
  });
  input.insertAdjacentElement("afterend", button);
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
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
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
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
