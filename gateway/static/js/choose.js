// Lists of which some lines are chosen: a box that ticks the page's lines all at once, and how many are ticked, on the
// button that acts on them. Without a script the lines are ticked one by one.

for (const form of document.querySelectorAll("form[data-choices]")) {
  const boxes = [...form.querySelectorAll('td input[type="checkbox"]')];
  const all = form.querySelector("[data-choose-all]");
  const told = form.querySelector("[data-chosen]");

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    if (told) told.textContent = chosen ? ` (${chosen})` : "";
    if (!all) return;
    const box = all.querySelector("input");
    box.checked = chosen === boxes.length;
    box.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  if (all) {
    all.hidden = false;
    all.querySelector("input").addEventListener("change", (event) => {
      for (const box of boxes) box.checked = event.target.checked;
    });
  }
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
}
