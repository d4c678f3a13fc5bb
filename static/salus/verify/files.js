// The formats salus-proof/1, salus-consent-proof/1 and salus-trust/1 (docs/PROOFS.md); the same rules,
// in the same order, as in salus_verify.py.

import { bytesOf, fromBase64, toBase64 } from "./bytes.js";
import { parseJson, Refused } from "./json.js";

export { Refused };

export const MAX_PROOF = 32 * 1024 * 1024; // bytes
export const MAX_TRUST = 64 * 1024;
const MAX_CONSENT = 1024 * 1024;
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

/** A sentence: 1 to 2000 characters, none that controls others or turns their direction. */
function prose(value, place) {
  const length = typeof value === "string" ? [...value].length : 0;
  if (length < 1 || length > 2000 || UNSPOKEN.test(value)) throw new Refused("text", place);
  return value;
}

const UNSPOKEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\ud800-\udfff]/u;
const INSTANT =
  /^(?:19[7-9]|[2-9][0-9]{2})[0-9]-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{3}Z$/;

/** An instant in UTC, to the millisecond, of a day that the calendar has; stays a text. */
function instant(value, place) {
  if (typeof value !== "string" || !INSTANT.test(value)) throw new Refused("instant", place);
  const at = new Date(value);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== value) throw new Refused("instant", place);
  return value;
}

const hexes = (least, most = least) => {
  const pattern = new RegExp(`^0x(?:[0-9a-f]{2}){${least},${most}}$`);
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

const listOf = (least, most, rule, code = "length") => (value, place) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    throw new Refused(code, place);
  }
  return value.map((item, index) => rule(item, `${place}[${index}]`));
};

const upTo = (most, rule) => listOf(0, most, rule, "list");

/** An object: these members, each of them, and no other but the optional ones. */
const members = (rules, optional = {}) => {
  const every = { ...rules, ...optional };
  return (value, place) => {
    if (!(value instanceof Map)) throw new Refused("object", place);
    const prefix = place ? `${place}.` : "";
    for (const name of value.keys()) {
      if (!Object.hasOwn(every, name)) throw new Refused("unknown", prefix + name);
    }
    for (const name of Object.keys(rules)) {
      if (!value.has(name)) throw new Refused("missing", prefix + name);
    }
    const here = Object.entries(every).filter(([name]) => value.has(name));
    return Object.fromEntries(
      here.map(([name, rule]) => [name, rule(value.get(name), prefix + name)]),
    );
  };
};

const nullable = (rule) => (value, place) => (value === null ? null : rule(value, place));

/** An object in which one member says by which rule it is read. */
const chosen = (name, rules) => (value, place) => {
  if (!(value instanceof Map)) throw new Refused("object", place);
  const inside = place ? `${place}.${name}` : name;
  if (!value.has(name)) throw new Refused("missing", inside);
  const which = value.get(name);
  if (typeof which !== "string" || !Object.hasOwn(rules, which)) throw new Refused("text", inside);
  return rules[which](value, place);
};

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const PORTAL = text(new RegExp(`^urn:uuid:${UUID}$`));
const REFERENCE = text(/^[!-~]{1,200}$/);
const HINTS = { transaction: hexes(32), block_number: integer(0n), block_hash: hexes(32) };
const CHAIN = members({ id: integer(1n), contract: hexes(20), ...HINTS });

const PROOF = members({
  format: constant("salus-proof/1"),
  portal: PORTAL,
  kind: text(/^[a-z][a-z0-9-]{0,31}$/),
  reference: REFERENCE,
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
  chain: CHAIN,
});

const TRUST = members(
  {
    format: constant("salus-trust/1"),
    portal: PORTAL,
    chain_id: integer(1n),
    genesis_hash: hexes(32),
    log: hexes(20),
    deploy_block: integer(0n),
    code_hash: hexes(32),
  },
  {
    registry: members({ address: hexes(20), deploy_block: integer(0n), code_hash: hexes(32) }),
    signers: listOf(1, 16, hexes(64)),
  },
);

const CONSENT = members({
  format: constant("salus-consent-proof/1"),
  portal: PORTAL,
  kind: text(/^consent$/),
  reference: REFERENCE,
  document: base64Bytes,
  salt: hexes(32),
  commitment: hexes(32),
  chain: CHAIN,
  granted_at: integer(1n),
  revocation: nullable(
    members({ document: base64Bytes, secret: hexes(32), revoked_at: integer(1n), ...HINTS }),
  ),
});

const PUBLIC_KEY = chosen("type", {
  es256: members({ type: constant("es256"), x: hexes(32), y: hexes(32) }),
  rs256: members({ type: constant("rs256"), n: hexes(256, 512), e: integer(3n, 2n ** 32n - 1n) }),
});

const SIGNATURE = chosen("type", {
  eip712: members({ type: constant("eip712"), address: hexes(20), value: hexes(65) }),
  eip1271: members({ type: constant("eip1271"), address: hexes(20), value: hexes(1, 2048) }),
  webauthn: members({
    type: constant("webauthn"),
    credential: text(/^[A-Za-z0-9_-]{1,1364}$/),
    public_key: PUBLIC_KEY,
    rp_id: text(/^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/),
    authenticator_data: base64Bytes,
    client_data: base64Bytes,
    signature: base64Bytes,
  }),
});

const SIGNED = members({
  format: constant("salus-consent/1"),
  signature: SIGNATURE,
  statement: base64Bytes,
});

/** In every statement. */
const SAID = {
  custody: text(/^(?:own|portal)$/),
  format: constant("salus-consent-statement/1"),
  id: text(new RegExp(`^${UUID}$`)),
  issued_at: instant,
  nonce: hexes(16),
  patient: text(/^Patient\/[A-Za-z0-9.-]{1,64}$/),
  portal: PORTAL,
  registry: members({ chain_id: integer(1n), contract: hexes(20) }),
  text: prose,
};

/** Statements that say more than their scope have them. */
const PROVISION = members({
  codes: listOf(0, 50, text(/^[!-~]{1,200}$/)),
  effect: text(/^(?:permit|deny)$/),
  from: nullable(instant),
  labels: listOf(0, 20, text(/^[A-Z]{1,16}$/)),
  purposes: listOf(0, 10, text(/^[a-z-]{1,32}$/)),
  role: text(/^[a-z-]{0,32}$/),
  types: listOf(1, 200, text(/^[!-~]{1,64}$/)),
  until: nullable(instant),
});

const STATEMENT = chosen("action", {
  grant: members({
    ...SAID,
    action: constant("grant"),
    ends_at: instant,
    grantee: text(new RegExp(`^(?:User|Organization)/${UUID}$`)),
    lock: hexes(32),
    resource_types: listOf(1, 200, text(/^[!-~]{1,64}$/)),
    scope: text(/^[a-z][a-z0-9-]{0,31}$/),
  }, { provisions: listOf(1, 20, PROVISION) }),
  revoke: members({ ...SAID, action: constant("revoke"), consent: hexes(32) }),
});

/** The members of a record's or consent's proof: bytes, and integers as BigInt; throws Refused. */
export function readClaim(data) {
  const value = parseJson(data, MAX_PROOF);
  const consent = value instanceof Map && value.get("format") === "salus-consent-proof/1";
  if (consent && data.length > MAX_CONSENT) throw new Refused("size");
  const proof = (consent ? CONSENT : PROOF)(value, "");
  if (!consent && BigInt(proof.path.length) !== proof.batch.depth) {
    throw new Refused("depth", "path");
  }
  const start = `${proof.portal}/`;
  if (!proof.reference.startsWith(start) || proof.reference === start) {
    throw new Refused("reference", "reference");
  }
  return proof;
}

/** A salus-consent/1 document: the statement, its very bytes, and the signature; throws Refused. */
export function readSigned(document) {
  const { statement: said, signature } = SIGNED(parseJson(document, MAX_CONSENT), "");
  return { statement: STATEMENT(parseJson(said, MAX_CONSENT), "statement"), said, signature };
}

/** The members of a trust file; throws Refused. */
export function readTrust(data) {
  return TRUST(parseJson(data, MAX_TRUST), "");
}

/** What a file is that only salus_verify.py checks: "archive", "head", or "" for any other. */
export function checkedElsewhere(data) {
  if (data[0] === 0x50 && data[1] === 0x4b && [3, 5].includes(data[2])) {
    return data[3] === data[2] + 1 ? "archive" : "";
  }
  try {
    const value = parseJson(data, MAX_PROOF);
    return value instanceof Map && value.get("format") === "salus-kept-head/1" ? "head" : "";
  } catch {
    return "";
  }
}
