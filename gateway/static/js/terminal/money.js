// Euros as people type and read them; everywhere else an integer number of cents.
const english = document.documentElement.lang === "en";
const format = new Intl.NumberFormat(english ? "en-GB" : "fr-FR", { style: "currency", currency: "EUR" });
const moment = new Intl.DateTimeFormat(english ? "en-GB" : "fr-FR", { dateStyle: "short", timeStyle: "short", timeZone: "Europe/Paris" });

export const euros = (cents) => format.format(cents / 100);
export const instant = (iso) => moment.format(new Date(iso));

// «12», «12,5», «12.50 €» → cents; null when it is no amount above zero.
export function cents(typed) {
  const match = /^([0-9]{1,7})(?:[.,]([0-9]{1,2}))?$/.exec(typed.replace(/[\s€]/gu, ""));
  if (!match) return null;
  const value = Number(match[1]) * 100 + Number((match[2] || "0").padEnd(2, "0"));
  return value > 0 ? value : null;
}

// Today in Paris, as the API wants a day.
export const today = (now) => new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" }).format(new Date(now));
