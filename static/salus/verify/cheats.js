// "Try to cheat": one small change to the proof or the trust file, made in its text.

import { hexOf, toBase64 } from "./bytes.js";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const replaced = (bytes, from, to) => encoder.encode(decoder.decode(bytes).replace(from, () => to));

/** The same hex with another last digit. */
const otherHex = (hex) => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");

const inHex = (file, bytes) => replaced(file, hexOf(bytes), otherHex(hexOf(bytes)));

/** Each gives {proof, trust, detail}; `found` is the parsed proof, `pinned` the parsed trust file. */
export const cheats = {
  document({ proof, trust }, found) {
    const changed = found.document.slice();
    const at = placeToChange(changed);
    const from = shown(changed[at]);
    changed[at] = changed[at] === 0x39 ? 0x38 : changed[at] + 1;
    return {
      proof: replaced(proof, toBase64(found.document), toBase64(changed)),
      trust,
      detail: { at: at + 1, from, to: shown(changed[at]) },
    };
  },
  salt: ({ proof, trust }, found) => ({ proof: inHex(proof, found.salt), trust }),
  path: ({ proof, trust }, found) => ({ proof: inHex(proof, found.path[0]), trust }),
  root: ({ proof, trust }, found) => ({ proof: inHex(proof, found.root), trust }),
  trust: ({ proof, trust }, _found, pinned) => ({ proof, trust: inHex(trust, pinned.log) }),
};

/** Which cheats make sense for what is there. */
export function possible(name, found, pinned) {
  if (name === "trust") return Boolean(pinned);
  if (name === "document") return Boolean(found?.document.length);
  return name === "path" ? Boolean(found?.path.length) : Boolean(found);
}

/** The last digit of the document, so that a value becomes another value; else the middle byte. */
function placeToChange(bytes) {
  const digit = bytes.findLastIndex((byte) => byte >= 0x30 && byte <= 0x39);
  return digit < 0 ? Math.floor(bytes.length / 2) : digit;
}

const shown = (byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `0x${byte.toString(16)}`);
