// Judges a pass's QR without network: `PSL1:` and 76 bytes in Base45 (RFC 9285): key id (2), pass id (8), rotation (2),
// Ed25519 signature (64) over the prefix and the first twelve bytes.
const PREFIX = "PSL1:";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BODY_BYTES = 12;
const ALL_BYTES = 76;

export function fromBase45(text) {
  if (text.length % 3) return null;
  const bytes = new Uint8Array((text.length / 3) * 2);
  for (let index = 0; index < text.length; index += 3) {
    const [low, middle, high] = [0, 1, 2].map((offset) => ALPHABET.indexOf(text[index + offset]));
    const value = low + 45 * middle + 2025 * high;
    if (low < 0 || middle < 0 || high < 0 || value > 0xffff) return null;
    bytes[(index / 3) * 2] = value >> 8;
    bytes[(index / 3) * 2 + 1] = value & 0xff;
  }
  return bytes;
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function rawKey(x) {
  const base64 = x.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64.padEnd(Math.ceil(base64.length / 4) * 4, "=")), (character) => character.charCodeAt(0));
}

// What a QR is worth without network. `verdict`: "genuine" (then with `passId`), "forged" (none of ours, or wrongly
// signed), or "unknown": its key came after our last visit, or this browser can't verify Ed25519; only the API can tell.
// `keys`: [{kid, x}] as the API gives them.
export async function judgeQr(text, keys) {
  const bytes = text.startsWith(PREFIX) ? fromBase45(text.slice(PREFIX.length)) : null;
  if (!bytes || bytes.length !== ALL_BYTES) return { verdict: "forged" };
  const known = keys.find((key) => key.kid === hex(bytes.slice(0, 2)));
  if (!known) return { verdict: "unknown" };
  const body = bytes.slice(0, BODY_BYTES);
  const signed = new Uint8Array([...new TextEncoder().encode(PREFIX), ...body]);
  try {
    const key = await crypto.subtle.importKey("raw", rawKey(known.x), { name: "Ed25519" }, false, ["verify"]);
    const genuine = await crypto.subtle.verify({ name: "Ed25519" }, key, bytes.slice(BODY_BYTES), signed);
    return genuine ? { verdict: "genuine", passId: hex(body.slice(2, 10)) } : { verdict: "forged" };
  } catch {
    return { verdict: "unknown" };
  }
}
