// The formats salus-proof/1 and salus-trust/1 (docs/PROOFS.md); the same rules, in the same order,
// as in salus_verify.py.

import { bytesOf, fromBase64, toBase64 } from "./bytes.js";
import { parseJson, Refused } from "./json.js";

export { Refused };

export const MAX_PROOF = 32 * 1024 * 1024; // bytes
export const MAX_TRUST = 64 * 1024;
const MAX_DEPTH = 16;
const MAX_INTEGER = 2n ** 64n - 1n;

const constant = (expected) => (value, place) => {
  if (value !== expected) throw new Refused("format", place);
  return value;
};

const text = (pattern) => (value, place) => {
  if (typeof value !== "string" || !pattern.test(value)) throw new Refused("text", place);
  return value;
};

const hexes = (length) => {
  const pattern = new RegExp(`^0x[0-9a-f]{${2 * length}}$`);
  return (value, place) => {
    if (typeof value !== "string" || !pattern.test(value)) throw new Refused("hex", place);
    return bytesOf(value);
  };
};

const integer = (least, most = MAX_INTEGER) => (value, place) => {
  if (typeof value !== "bigint" || value < least || value > most) throw new Refused("range", place);
  return value;
};

function base64Bytes(value, place) {
  const data = typeof value === "string" ? fromBase64(value) : null;
  if (data === null || toBase64(data) !== value) throw new Refused("base64", place);
  return data;
}

const upTo = (most, rule) => (value, place) => {
  if (!Array.isArray(value) || value.length > most) throw new Refused("list", place);
  return value.map((item, index) => rule(item, `${place}[${index}]`));
};

const members = (rules) => (value, place) => {
  if (!(value instanceof Map)) throw new Refused("object", place);
  const prefix = place ? `${place}.` : "";
  for (const name of value.keys()) {
    if (!Object.hasOwn(rules, name)) throw new Refused("unknown", prefix + name);
  }
  for (const name of Object.keys(rules)) {
    if (!value.has(name)) throw new Refused("missing", prefix + name);
  }
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [name, rule(value.get(name), prefix + name)]),
  );
};

const PORTAL = text(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

const PROOF = members({
  format: constant("salus-proof/1"),
  portal: PORTAL,
  kind: text(/^[a-z][a-z0-9-]{0,31}$/),
  reference: text(/^[!-~]{1,200}$/),
  document: base64Bytes,
  salt: hexes(32),
  commitment: hexes(32),
  path: upTo(MAX_DEPTH, hexes(32)),
  root: hexes(32),
  batch: members({
    sequence: integer(1n),
    previous_head: hexes(32),
    depth: integer(0n, BigInt(MAX_DEPTH)),
    time: integer(0n),
    head: hexes(32),
  }),
  chain: members({
    id: integer(1n),
    contract: hexes(20),
    transaction: hexes(32),
    block_number: integer(0n),
    block_hash: hexes(32),
  }),
});

const TRUST = members({
  format: constant("salus-trust/1"),
  portal: PORTAL,
  chain_id: integer(1n),
  genesis_hash: hexes(32),
  log: hexes(20),
  deploy_block: integer(0n),
  code_hash: hexes(32),
});

/** The members of a proof file, hex and base64 as bytes, integers as BigInt; throws Refused. */
export function readProof(data) {
  const proof = PROOF(parseJson(data, MAX_PROOF), "");
  if (BigInt(proof.path.length) !== proof.batch.depth) throw new Refused("depth", "path");
  const start = `${proof.portal}/`;
  if (!proof.reference.startsWith(start) || proof.reference === start) {
    throw new Refused("reference", "reference");
  }
  return proof;
}

/** The members of a trust file; throws Refused. */
export function readTrust(data) {
  return TRUST(parseJson(data, MAX_TRUST), "");
}
