// Comforts of the seven-step form and of what is changed later; they are complete without them.
// Fields are checked when they are left, the bank is named, files are sent as soon as they are chosen.

for (const form of document.querySelectorAll("form[data-check], form[data-uploads]")) {
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  if (form.dataset.check) checkAsTyped(form);
  if (form.dataset.uploads) sendChosenFiles(form);
}

function token(form) {
  return form.querySelector("[name=csrf_token]").value;
}

function checkAsTyped(form) {
  form.addEventListener("change", async (event) => {
    const input = event.target;
    if (input.type === "file" || input.type === "password" || !input.name || !input.value || input.name === "csrf_token") return;
    const body = new FormData();
    body.set(input.name, input.value);
    if (input.name === "commune_name") body.set("postcode", form.elements.postcode.value);
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body, headers: { "X-CSRFToken": token(form) } });
      if (!answer.ok) return;
      const told = await answer.json();
      showError(input, (told.errors[input.name] || []).join(" "));
      const bank = form.querySelector("[data-bank]");
      if (bank && input.name === "iban") bank.textContent = told.found.bank_name || "";
      if (told.found.communes) offerCommunes(form, told.found.communes);
    } catch {
      // The server checks again when the step is sent.
    }
  });
}

// The communes of the postcode that was typed; a single one is filled in. Who is in the field already and types it
// replaces it.
function offerCommunes(form, names) {
  const input = form.elements.commune_name;
  input.list?.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.length !== 1 || input.value) return;
  input.value = names[0];
  if (document.activeElement === input) input.select();
  showError(input, "");
}

function showError(input, text) {
  const field = input.closest(".field");
  if (!field || input.type === "radio") return;
  const id = `${input.id}-error`;
  let line = document.getElementById(id);
  if (!line && text) {
    line = document.createElement("p");
    line.id = id;
    line.className = "field-error";
    line.setAttribute("role", "status");
    line.append(document.createElement("span"));
    input.before(line);
  }
  if (line) {
    line.hidden = !text;
    line.querySelector("span").textContent = text;
  }
  field.classList.toggle("field--wrong", Boolean(text));
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// A step that is sent while files are on their way leaves once they have arrived: otherwise one might arrive after the
// next page was made, which would then be out of date.
function sendChosenFiles(form) {
  const underway = new Set();
  let waiting = null;
  for (const place of form.querySelectorAll("[data-upload]")) {
    const input = place.querySelector("input[type=file]");
    input.addEventListener("change", async () => {
      const sent = send(form, place, input);
      underway.add(sent);
      form.setAttribute("aria-busy", "true");
      const accepted = await sent;
      underway.delete(sent);
      if (!accepted) waiting = stopWaiting(waiting, input);
      if (underway.size) return;
      form.removeAttribute("aria-busy");
      const button = waiting;
      waiting = stopWaiting(waiting);
      if (button) form.requestSubmit(button);
    });
  }
  form.addEventListener("submit", (event) => {
    if (!underway.size) return;
    event.preventDefault();
    waiting = event.submitter ?? form.querySelector("[type=submit]");
    waiting.setAttribute("aria-busy", "true");
  });
}

// Nobody waits to leave any more; with an input, because its file was refused.
function stopWaiting(button, input) {
  button?.removeAttribute("aria-busy");
  if (button) input?.focus();
  return null;
}

// The file as soon as it is chosen; resolves to whether nothing is wrong with it. One that could not be sent stays in the
// input and leaves with the form.
function send(form, place, input) {
  if (!input.files.length) return Promise.resolve(true);
  const body = new FormData();
  for (const file of input.files) body.append(input.name, file);
  const progress = document.createElement("progress");
  progress.className = "uploading";
  progress.max = 100;
  progress.setAttribute("aria-label", place.querySelector("label").textContent);
  input.after(progress);
  const request = new XMLHttpRequest();
  request.open("POST", form.dataset.uploads);
  request.setRequestHeader("X-CSRFToken", token(form));
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.value = (100 * event.loaded) / event.total;
  });
  request.send(body);
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => {
      progress.remove();
      const told = request.response;
      if (told?.files) {
        place.querySelector("[data-files]").innerHTML = told.files[input.name] || "";
        showError(input, (told.errors[input.name] || []).join(" "));
        input.value = "";
      }
      resolve(!told?.errors?.[input.name]);
    });
  });
}
