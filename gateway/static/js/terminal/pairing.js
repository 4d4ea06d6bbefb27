// A terminal is paired once with a structure; revoked, it forgets its token but keeps what still waits.
import { desk, tried, waiting } from "./desk.js";
import { home } from "./lists.js";
import { $, notice, show, word } from "./views.js";

export async function pair(code, name) {
  notice("");
  const paired = await tried(() => desk.api.pair(code, { name, model: navigator.userAgentData?.platform || "web", app_version: "web-1" }));
  if (!paired) return;
  desk.device = {
    token: paired.token, structure: paired.structure, establishment: paired.establishment, keys: paired.verification_keys,
    clockOffset: Date.parse(paired.server_time) - Date.now(),
  };
  await desk.vault.put("device", desk.device);
  await home();
}

export async function refreshDevice() {
  const me = await tried(() => desk.api.me());
  if (!me) return;
  Object.assign(desk.device, {
    structure: me.structure, establishment: me.establishment, keys: me.verification_keys,
    clockOffset: Date.parse(me.server_time) - Date.now(),
  });
  await desk.vault.put("device", desk.device);
}

export async function forget(why) {
  const count = desk.device ? (await waiting()).length : 0;
  await desk.vault.remove("device");
  desk.device = null;
  desk.api.token = null;
  $("[data-structure]").textContent = "";
  notice(count ? `${why} ${word("left-behind")}` : why, why ? "bad" : "neutral");
  show("pair");
}

export function foundPairing(text) {
  const match = /([A-Z0-9]{4})-?([A-Z0-9]{4})$/i.exec(text.split("#").pop().trim());
  show("pair");
  if (!match) {
    notice(word("not-a-pairing"));
    return;
  }
  $("#pairing_code").value = `${match[1]}-${match[2]}`.toUpperCase();
  $('[data-form="pair"]').requestSubmit();
}
