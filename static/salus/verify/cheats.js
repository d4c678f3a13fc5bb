// "Try to cheat": one small change to the proof or the trust file, made in its text.

import { hexOf, toBase64 } from "./bytes.js";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const replaced = (bytes, from, to) => encoder.encode(decoder.decode(bytes).replace(from, () => to));

/** The same hex with another last digit. */
const otherHex = (hex) => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");

const inHex = (file, bytes) => replaced(file, hexOf(bytes), otherHex(hexOf(bytes)));

/** The file of a proof in which one member is other. */
const withMember = (file, name, value) =>
  encoder.encode(JSON.stringify({ ...JSON.parse(decoder.decode(file)), [name]: value }));

/**
 * Each gives {proof, trust, detail}; `claim` is what was checked, with its parsed `proof`, and
 * `pinned` the parsed trust file.
 */
export const cheats = {
  document({ proof, trust }, { proof: { document } }) {
    const { changed, detail } = otherByte(document, lastDigit(document));
    return { proof: replaced(proof, toBase64(document), toBase64(changed)), trust, detail };
  },
  statement({ proof, trust }, { proof: { document }, signed: { said } }) {
    const { changed, detail } = otherByte(said, digitInSentence(said));
    const other = replaced(document, toBase64(said), toBase64(changed));
    return { proof: replaced(proof, toBase64(document), toBase64(other)), trust, detail };
  },
  salt: ({ proof, trust }, claim) => ({ proof: inHex(proof, claim.proof.salt), trust }),
  path: ({ proof, trust }, claim) => ({ proof: inHex(proof, claim.proof.path[0]), trust }),
  root: ({ proof, trust }, claim) => ({ proof: inHex(proof, claim.proof.root), trust }),
  granted({ proof, trust }, claim) {
    const before = Number(claim.proof.granted_at) - 24 * 60 * 60;
    return { proof: withMember(proof, "granted_at", before), trust };
  },
  end: ({ proof, trust }) => ({ proof: withMember(proof, "revocation", null), trust }),
  trust({ proof, trust }, claim, pinned) {
    const contract = claim.proof.path ? pinned.log : pinned.registry.address;
    return { proof, trust: inHex(trust, contract) };
  },
};

/** Which cheats make sense for what is there. */
export function possible(name, claim, pinned) {
  if (!claim) return false;
  const { proof, signed } = claim;
  const makesSense = {
    document: !proof.granted_at && proof.document.length,
    statement: signed,
    salt: true,
    path: proof.path?.length,
    root: proof.root,
    granted: proof.granted_at,
    end: proof.revocation,
    trust: proof.path ? pinned : pinned?.registry,
  };
  return Boolean(makesSense[name]);
}

function otherByte(bytes, at) {
  const changed = bytes.slice();
  changed[at] = changed[at] === 0x39 ? 0x38 : changed[at] + 1;
  return { changed, detail: { at: at + 1, from: shown(bytes[at]), to: shown(changed[at]) } };
}

const isDigit = (byte) => byte >= 0x30 && byte <= 0x39;

/** The last digit, so that a value becomes another value; else the middle byte. */
function lastDigit(bytes) {
  const digit = bytes.findLastIndex(isDigit);
  return digit < 0 ? Math.floor(bytes.length / 2) : digit;
}

/** The last digit of the statement's sentence, say of a year; else its first letter. */
function digitInSentence(said) {
  const start = decoder.decode(said).indexOf('"text":"');
  const from = encoder.encode(decoder.decode(said).slice(0, start + 8)).length;
  const rest = said.subarray(from);
  const length = rest.indexOf(0x22);
  const digit = rest.subarray(0, length).findLastIndex(isDigit);
  return start < 0 ? lastDigit(said) : from + Math.max(digit, 0);
}

const shown = (byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `0x${byte.toString(16)}`);
