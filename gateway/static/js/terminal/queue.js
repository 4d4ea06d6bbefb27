// Transactions that wait for the network, encrypted in the vault. Caps keep the risk of an empty pass small.
export const CAP_ONE_CENTS = 10000; // one transaction: what a season's pass is usually worth
export const CAP_SUM_CENTS = 50000; // all that waits: a busy evening at one desk
export const CAP_AGE_MS = 72 * 3600 * 1000; // the API takes no older scan (INTERFACES)

const PREFIX = "waiting:";

// Why a transaction may not wait: "cap-one", "cap-sum", "cap-pass"; null when it may.
export function whyNot(rows, { amountCents, passId }) {
  if (amountCents > CAP_ONE_CENTS) return "cap-one";
  if (rows.reduce((sum, row) => sum + row.amountCents, 0) + amountCents > CAP_SUM_CENTS) return "cap-sum";
  return rows.some((row) => passId && row.passId === passId) ? "cap-pass" : null;
}

export class Queue {
  constructor(vault) {
    this.vault = vault;
  }

  // Oldest first. A row: {key, qr|code, passId, amountCents, scannedAt, structure, sent, seen, outcome}.
  async rows() {
    const rows = await Promise.all((await this.vault.names(PREFIX)).map((name) => this.vault.get(name)));
    return rows.sort((one, other) => one.scannedAt - other.scannedAt);
  }

  async waiting(structure) {
    return (await this.rows()).filter((row) => !row.outcome && row.structure === structure);
  }

  async judged() {
    return (await this.rows()).filter((row) => row.outcome);
  }

  async put(row) {
    await this.vault.put(PREFIX + row.key, row);
  }

  async remove(key) {
    await this.vault.remove(PREFIX + key);
  }
}
