// How long a transaction can still be cancelled. The server decides; this only says it.
const english = document.documentElement.lang === "en";

function shown(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours) return `${hours} h ${String(minutes).padStart(2, "0")}`;
  return minutes ? `${minutes} min` : `${seconds} ${english ? "seconds" : "secondes"}`;
}

for (const place of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(place.dataset.until);
  const tick = () => {
    const seconds = Math.floor((until - Date.now()) / 1000);
    place.textContent = seconds > 0 ? place.dataset.words.replace("{time}", shown(seconds)) : place.dataset.over;
    if (seconds > 0) setTimeout(tick, seconds > 90 ? 15000 : 1000);
  };
  tick();
}
