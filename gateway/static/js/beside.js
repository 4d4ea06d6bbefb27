// The piece that is chosen takes its place beside the data without the page being loaded anew; the links do it alone.

const beside = document.querySelector("[data-beside]");
const stacked = window.matchMedia("(max-width: 74.99rem)"); // as in application.css: the piece is under the data

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-piece]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const within = beside.contains(link);
  show(link.dataset.piece);
  history.replaceState(null, "", link.href);
  if (within || stacked.matches) beside.focus({ preventScroll: true });
  if (stacked.matches) beside.scrollIntoView();
});

function show(piece) {
  const ready = document.querySelector(`template[data-shows="${piece}"]`);
  beside.replaceChildren(ready.content.cloneNode(true));
  for (const link of document.querySelectorAll("a[data-piece]")) {
    if (link.dataset.piece === piece) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
