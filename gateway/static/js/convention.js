// Takes note that the end of the convention was reached, so that the box needn't be ticked. Without a script, the box
// is there to be ticked.

const end = document.querySelector("[data-end-of-text]");
const form = document.querySelector("form[data-reading]");

if (end && form && "IntersectionObserver" in window) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    form.elements.reached_the_end.value = "1";
    if (form.elements.read) form.elements.read.checked = true;
  });
  observer.observe(end);
}
