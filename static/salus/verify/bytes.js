// Bytes, hex and base64.

/** The bytes of a hex text with 0x. */
export function bytesOf(hex) {
  const bytes = new Uint8Array((hex.length - 2) / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = Number.parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16);
  }
  return bytes;
}

/** Lower case, with 0x. */
export function hexOf(bytes) {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Enough of a hash to compare by eye. */
export const short = (bytes) => `${hexOf(bytes).slice(0, 14)}…`;

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Below 0, 0 or above 0, as the first difference says. */
export function compare(a, b) {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

export const equal = (a, b) => a.length === b.length && compare(a, b) === 0;

export const utf8 = (text) => new TextEncoder().encode(text);

/** A number as Solidity's ABI writes it: 32 bytes, big-endian. */
export const word = (number) => bytesOf(`0x${BigInt(number).toString(16).padStart(64, "0")}`);

/** null where the text is no base64 at all; the caller compares with what encoding gives again. */
export function fromBase64(text) {
  try {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}

export function toBase64(bytes) {
  const size = 3 * 8192; // whole groups of three, and few enough arguments for a call
  let text = "";
  for (let at = 0; at < bytes.length; at += size) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + size)));
  }
  return text;
}
