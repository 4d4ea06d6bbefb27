// What the desk knows, and what every screen needs: is there a network, what went wrong.
import { Api, Problem, Unreachable } from "./api.js";
import { forget } from "./pairing.js";
import { $, notice, reason, word } from "./views.js";

export const desk = { api: new Api(), vault: null, queue: null, device: null, draft: null };

export const now = () => Date.now() + (desk.device ? desk.device.clockOffset : 0);
export const child = (person) => (person ? `${person.first_name} ${person.last_name}` : "");
export const waiting = () => desk.queue.waiting(desk.device.structure.partner_number);

export function reachable(yes) {
  if (desk.device) desk.device.unreachable = !yes;
  const sign = $("[data-network]");
  const up = yes && navigator.onLine;
  sign.textContent = up ? sign.dataset.online : sign.dataset.offline;
  sign.dataset.tone = up ? "good" : "waiting";
  if (up && $("[data-notice-text]").textContent === word("network")) notice("");
}

// Runs a call; says what went wrong. Returns null when it did.
export async function tried(call) {
  try {
    const answer = await call();
    reachable(true);
    return answer;
  } catch (fault) {
    if (fault instanceof Unreachable) {
      reachable(false);
      notice(word("network"), "waiting");
    } else if (fault instanceof Problem && fault.status === 401) {
      await forget(word("revoked"));
    } else if (fault instanceof Problem) {
      notice(reason(fault.code, fault.fields));
    } else {
      throw fault;
    }
    return null;
  }
}
