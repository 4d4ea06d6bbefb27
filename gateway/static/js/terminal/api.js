// The public SmartTPE API v1 and nothing else (docs/terminal-api.md).
const BASE = "/api/v1";
const TIMEOUT_MS = 8000;

// The API said no: `code` is stable, `fields` are the problem's other members.
export class Problem extends Error {
  constructor(status, body) {
    super(body.code || "unknown");
    this.status = status;
    this.code = body.code || "unknown";
    this.fields = body;
  }
}

// Nobody answered, or not in time: the call may or may not have arrived.
export class Unreachable extends Error {}

export class Api {
  constructor(token = null) {
    this.token = token;
  }

  async call(method, path, { body, key } = {}) {
    const headers = { Accept: "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    let answer;
    try {
      answer = await fetch(BASE + path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (fault) {
      throw new Unreachable(String(fault));
    }
    if (answer.status >= 500) throw new Unreachable(`status ${answer.status}`);
    let content;
    try {
      content = await answer.json();
    } catch (fault) {
      throw new Unreachable(String(fault));
    }
    if (!answer.ok) throw new Problem(answer.status, content);
    return content;
  }

  pair(pairingCode, device) {
    return this.call("POST", "/terminals/pair", { body: { pairing_code: pairingCode, device } });
  }

  me() {
    return this.call("GET", "/me");
  }

  check(pass) {
    return this.call("POST", "/passes/check", { body: pass });
  }

  record(key, transaction) {
    return this.call("POST", "/transactions", { key, body: transaction });
  }

  byKey(key) {
    return this.call("GET", `/transactions/by-key/${encodeURIComponent(key)}`);
  }

  batch(items) {
    return this.call("POST", "/transactions/batch", { body: { items } });
  }

  list(day, cursor) {
    const query = new URLSearchParams({ from: day, to: day, limit: "50" });
    if (cursor) query.set("cursor", cursor);
    return this.call("GET", `/transactions?${query}`);
  }

  cancel(number, key) {
    return this.call("POST", `/transactions/${encodeURIComponent(number)}/cancel`, { key });
  }
}
