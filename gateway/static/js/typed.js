// What is typed in a step survives a lost connection, a closed page and «back»: kept in this tab until the step is
// saved or the tab is closed. Put back only into the draft and the version of the step that it was typed on; never files.
// It runs before the first paint (blocking="render" where the page names it), so that nothing moves when values come back.

const KEY = "psl-typed:";
const form = document.querySelector("[name=step_version]")?.form;
const told = document.querySelector("[data-put-back]");
const step = Number(told.dataset.step);
const typedOn = told.dataset.draft + "/" + form?.elements.step_version.value;

// Who has come to a step has saved those before it.
for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith(KEY) && Number(key.slice(KEY.length)) < step) sessionStorage.removeItem(key);
}
if (form) {
  putBack();
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
}

function fields() {
  return [...form.elements].filter((one) => one.name && !["hidden", "file", "submit", "button", "password"].includes(one.type));
}

function ticked(field) {
  return field.type === "checkbox" || field.type === "radio";
}

function keep() {
  const typed = fields().map((field) => [field.name, ticked(field) ? field.value : null, ticked(field) ? field.checked : field.value]);
  sessionStorage.setItem(KEY + step, JSON.stringify({ typedOn, typed }));
}

function putBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEY + step) || "null");
  if (kept?.typedOn !== typedOn) return;
  let changed = false;
  for (const field of fields()) {
    const found = kept.typed.find(([name, choice]) => name === field.name && choice === (ticked(field) ? field.value : null));
    const property = ticked(field) ? "checked" : "value";
    if (!found || field[property] === found[2]) continue;
    field[property] = found[2];
    changed = true;
  }
  told.hidden = !changed;
}
