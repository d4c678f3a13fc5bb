// A second verifier, written from docs/PROOFS.md alone: whether that page says enough is what it tests.
// In: a list of vectors (docs/proof-vectors/README.md). Out: for each `{exit, steps: [[id, state], ...]}`.
// Nothing here is fast, and the nodes are the vectors' tables. "§" names a section of PROOFS.md.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { keccak_256 } from "@noble/hashes/sha3.js";

const MIB = 1024 * 1024;
const LONGEST_LIST = 200_000;
const DEEPEST_TREE = 16;

/** What was read breaks a rule of the page. */
class Refused extends Error {}
/** A node gave no usable answer (§13). */
class NoAnswer extends Error {}

function must(condition, rule) {
  if (!condition) throw new Refused(rule);
}

/** The result, or null where a rule is broken. Any other error is a fault of this file. */
function unlessRefused(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

// ---- Bytes and hashes ----------------------------------------------------------------------------

const utf8 = (text) => Buffer.from(text, "utf8");
const ZERO_BYTE = Buffer.from([0]);
const toHex = (bytes) => "0x" + Buffer.from(bytes).toString("hex");
const fromHex = (text) => Buffer.from(text.slice(2), "hex");
const toNumber = (bytes) => (bytes.length ? BigInt(toHex(bytes)) : 0n);

/** One word of `abi.encode`: a number, or hex of at most 32 bytes read as one, padded on the left. */
const word = (value) => Buffer.from(BigInt(value).toString(16).padStart(64, "0"), "hex");
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const keccak = (...parts) => Buffer.from(keccak_256(Buffer.concat(parts)));
const selector = (signature) => keccak(utf8(signature)).subarray(0, 4);

/** §3 */
function commitmentOf({ salt, kind, reference }, document) {
  const parts = [utf8(kind), utf8(reference), document].map((part) => sha256(part));
  return toHex(sha256(utf8("salus-commit/1"), ZERO_BYTE, fromHex(salt), ...parts));
}

/** §4 */
const leafOf = (commitment) => keccak(keccak(fromHex(commitment)));
const parentOf = (a, b) => (Buffer.compare(a, b) < 0 ? keccak(a, b) : keccak(b, a));

/** §5: `heads[0]` */
function firstHead(trust) {
  const name = Buffer.alloc(32);
  name.write("salus-log/1");
  return toHex(keccak(word(0x60), word(trust.chain_id), word(trust.log), word(11), name));
}

/** §5: `heads[n]` */
function headAfter(previous, { sequence, root, depth, time }) {
  return toHex(keccak(...[previous, sequence, root, depth, time].map(word)));
}

// ---- JSON (§6) -----------------------------------------------------------------------------------
// JSON.parse will not do: it keeps the last of two equal members, and reads numbers as doubles.

/** A number as it was written; what it may be is for the reader of the member to say. */
class Numeral {
  constructor(text) {
    this.text = text;
  }
}

const NUMERAL = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BLANK = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LITERALS = [
  ["true", true],
  ["false", false],
  ["null", null],
];
/** §8 says 64 for what a browser writes. No other format here is as deep, so it serves for all. */
const DEEPEST_JSON = 64;

class JsonText {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  whole() {
    const value = this.value(1);
    this.blank();
    must(this.at === this.text.length, "something behind the value");
    return value;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found && found[0];
  }

  blank() {
    this.match(BLANK);
  }

  /** Is this the next character, behind blanks? Then it is read. */
  take(character) {
    this.blank();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  value(level) {
    if (this.take("{")) return this.object(level);
    if (this.take("[")) return this.list(level);
    if (this.take('"')) return this.string();
    for (const [name, value] of LITERALS) {
      if (!this.text.startsWith(name, this.at)) continue;
      this.at += name.length;
      return value;
    }
    const numeral = this.match(NUMERAL);
    must(numeral, "not JSON");
    return new Numeral(numeral);
  }

  object(level) {
    must(level <= DEEPEST_JSON, "nested too deep");
    const members = new Map();
    if (this.take("}")) return members;
    do {
      must(this.take('"'), "a member has a name");
      const name = this.string();
      must(this.take(":"), "a colon");
      must(!members.has(name), "a member twice");
      members.set(name, this.value(level + 1));
    } while (this.take(","));
    must(this.take("}"), "the end of an object");
    return members;
  }

  list(level) {
    must(level <= DEEPEST_JSON, "nested too deep");
    const items = [];
    if (this.take("]")) return items;
    do items.push(this.value(level + 1));
    while (this.take(","));
    must(this.take("]"), "the end of a list");
    return items;
  }

  string() {
    let out = "";
    for (;;) {
      out += this.match(PLAIN);
      const character = this.text[this.at];
      this.at += 1;
      if (character === '"') return out;
      must(character === "\\", "an unfinished text or a raw control character");
      out += this.escape();
    }
  }

  escape() {
    const character = this.text[this.at];
    this.at += 1;
    if (character !== "u") {
      must(Object.hasOwn(ESCAPES, character ?? ""), "an unknown escape");
      return ESCAPES[character];
    }
    const digits = this.text.slice(this.at, this.at + 4);
    must(/^[0-9a-fA-F]{4}$/.test(digits), "four hex digits");
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }
}

function parseJson(bytes) {
  let text;
  try {
    // ignoreBOM keeps a byte-order mark in the text, where it is no JSON.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("not UTF-8");
  }
  return new JsonText(text).whole();
}

// ---- The words of §6's table: each reads one value, or refuses it ---------------------------------

const text = (pattern) => (value) => {
  must(typeof value === "string" && pattern.test(value), `not ${pattern}`);
  return value;
};
const exactly = (...allowed) => (value) => {
  must(allowed.includes(value), `not one of ${allowed}`);
  return value;
};
/** Kept as hex text: being lower case, equal text is equal bytes. */
const bytesOf = (least, most = least) => text(new RegExp(`^0x(?:[0-9a-f]{2}){${least},${most}}$`));
const number = (least = 0n, below = 2n ** 64n) => (value) => {
  must(value instanceof Numeral && /^(?:0|[1-9][0-9]*)$/.test(value.text), "not a whole number");
  // Nothing that long is below 2^64, and BigInt would take its time.
  must(value.text.length <= 20, "too large");
  const read = BigInt(value.text);
  must(read >= least && read < below, "out of range");
  return read;
};
const listOf = (item, least = 0, most = LONGEST_LIST) => (value) => {
  must(Array.isArray(value) && value.length >= least && value.length <= most, "not such a list");
  return value.map(item);
};
const nullOr = (reader) => (value) => (value === null ? null : reader(value));

/** An object with just these members; those in `optional` may be absent. */
const object = (members, optional = {}) => (value) => {
  must(value instanceof Map, "not an object");
  for (const name of value.keys()) {
    must(Object.hasOwn(members, name) || Object.hasOwn(optional, name), `unknown: ${name}`);
  }
  const read = {};
  for (const [name, reader] of Object.entries(members)) {
    must(value.has(name), `missing: ${name}`);
    read[name] = reader(value.get(name));
  }
  for (const [name, reader] of Object.entries(optional)) {
    if (value.has(name)) read[name] = reader(value.get(name));
  }
  return read;
};

function base64(value) {
  must(typeof value === "string", "not a text");
  const bytes = Buffer.from(value, "base64");
  // Node's decoder forgives; that encoding gives the same text is the rule itself.
  must(bytes.toString("base64") === value, "not canonical base64");
  return bytes;
}

function instant(value) {
  must(typeof value === "string", "not a text");
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{3}Z$/.exec(value);
  must(parts, "not an instant");
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  must(year >= 1970 && month >= 1 && month <= 12 && day >= 1, "not a day");
  must(day <= new Date(Date.UTC(year, month, 0)).getUTCDate(), "not a day of that month");
  must(hour <= 23 && minute <= 59 && second <= 59, "not a time of day");
  return value;
}

function sentence(value) {
  must(typeof value === "string", "not a text");
  const points = [...value];
  must(points.length >= 1 && points.length <= 2000, "too short or too long");
  must(!/[\u0000-\u001f\u007f-\u009f\ud800-\udfff\u2028-\u202e]/u.test(value), "not allowed");
  return value;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const uuid = text(new RegExp(`^${UUID}$`));
const portal = text(new RegExp(`^urn:uuid:${UUID}$`));
const kind = text(/^[a-z][a-z0-9-]{0,31}$/);
const reference = text(/^[\x21-\x7e]{1,200}$/);
const person = text(/^Patient\/[A-Za-z0-9.-]{1,64}$/);
const bytes20 = bytesOf(20);
const bytes32 = bytesOf(32);
const bytes64 = bytesOf(64);
const depth = number(0n, BigInt(DEEPEST_TREE) + 1n);
const HINTS = { transaction: bytes32, block_number: number(), block_hash: bytes32 };

/** The reference's other half: it begins with the file's portal, a slash, and one character more. */
function mustBelong(name, owner) {
  must(name.startsWith(owner + "/") && name.length > owner.length + 1, "another portal's");
}

function parseFile(bytes, most, reader) {
  must(bytes.length <= most, "too large");
  return reader(parseJson(bytes));
}

// ---- The formats ---------------------------------------------------------------------------------

const RECORD = object({
  format: exactly("salus-proof/1"),
  portal,
  kind,
  reference,
  document: base64,
  salt: bytes32,
  commitment: bytes32,
  root: bytes32,
  path: listOf(bytes32, 0, DEEPEST_TREE),
  batch: object({
    sequence: number(1n),
    previous_head: bytes32,
    head: bytes32,
    depth,
    time: number(),
  }),
  chain: object({ id: number(1n), contract: bytes20, ...HINTS }),
});

/** §7 */
function readRecord(bytes) {
  const file = parseFile(bytes, 32 * MIB, RECORD);
  mustBelong(file.reference, file.portal);
  must(BigInt(file.path.length) === file.batch.depth, "a path as long as the tree is deep");
  return file;
}

const CONSENT_PROOF = object({
  format: exactly("salus-consent-proof/1"),
  portal,
  kind: exactly("consent"),
  reference,
  document: base64,
  salt: bytes32,
  commitment: bytes32,
  chain: object({ id: number(1n), contract: bytes20, ...HINTS }),
  granted_at: number(1n),
  revocation: nullOr(
    object({ document: base64, secret: bytes32, revoked_at: number(1n), ...HINTS }),
  ),
});

/** §8 */
function readConsentProof(bytes) {
  const file = parseFile(bytes, MIB, CONSENT_PROOF);
  mustBelong(file.reference, file.portal);
  return file;
}

const KEYS = {
  es256: object({ type: exactly("es256"), x: bytes32, y: bytes32 }),
  rs256: object({ type: exactly("rs256"), n: bytesOf(256, 512), e: number(3n, 2n ** 32n) }),
};
const SIGNATURES = {
  eip712: object({ type: exactly("eip712"), address: bytes20, value: bytesOf(65) }),
  eip1271: object({ type: exactly("eip1271"), address: bytes20, value: bytesOf(1, 2048) }),
  webauthn: object({
    type: exactly("webauthn"),
    credential: text(/^[A-Za-z0-9_-]{1,1364}$/),
    public_key: byType(KEYS),
    rp_id: text(/^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/),
    authenticator_data: base64,
    client_data: base64,
    signature: base64,
  }),
};

/** An object whose `type` says which members it has. */
function byType(readers) {
  return (value) => {
    const type = value instanceof Map ? value.get("type") : undefined;
    must(typeof type === "string" && Object.hasOwn(readers, type), "an unknown type");
    return readers[type](value);
  };
}

const CONSENT = object({
  format: exactly("salus-consent/1"),
  statement: base64,
  signature: byType(SIGNATURES),
});

const IN_EVERY_STATEMENT = {
  format: exactly("salus-consent-statement/1"),
  portal,
  id: uuid,
  patient: person,
  custody: exactly("own", "portal"),
  issued_at: instant,
  nonce: bytesOf(16),
  registry: object({ chain_id: number(1n), contract: bytes20 }),
  text: sentence,
};
const STATEMENTS = {
  grant: object({
    ...IN_EVERY_STATEMENT,
    action: exactly("grant"),
    grantee: text(new RegExp(`^(?:User|Organization)/${UUID}$`)),
    scope: text(/^[a-z][a-z0-9-]{0,31}$/),
    resource_types: listOf(text(/^[\x21-\x7e]{1,64}$/), 1, 200),
    ends_at: instant,
    lock: bytes32,
  }),
  revoke: object({ ...IN_EVERY_STATEMENT, action: exactly("revoke"), consent: bytes32 }),
};

/** §8: the document, with its statement read and the digest that was signed. */
function readConsent(bytes, action) {
  const { statement, signature } = CONSENT(parseJson(bytes));
  return {
    signature,
    statement: STATEMENTS[action](parseJson(statement)),
    digest: sha256(statement),
  };
}

const HEAD = object({
  format: exactly("salus-head/1"),
  portal,
  person,
  number: number(1n),
  previous: nullOr(bytes32),
  commitments: listOf(bytes32, 1),
  count: number(1n),
});

/** §9 */
function readHead(bytes) {
  const head = parseFile(bytes, 16 * MIB, HEAD);
  const first = head.number === 1n;
  must((head.previous === null) === first, "`previous` is null for the first, and only for it");
  const alone = head.count === BigInt(head.commitments.length);
  must(head.count >= BigInt(head.commitments.length) && alone === first, "an impossible `count`");
  return head;
}

const referenceOfHead = (head) => `${head.portal}/${head.person}/_head/${head.number}`;

const KEPT_HEAD = object({
  format: exactly("salus-kept-head/1"),
  portal,
  reference,
  document: base64,
  salt: bytes32,
  commitment: bytes32,
  signature: object({ public_key: bytes64, value: bytes64 }),
});

/** §9 */
function readKeptHead(bytes) {
  const file = parseFile(bytes, 32 * MIB, KEPT_HEAD);
  mustBelong(file.reference, file.portal);
  const head = readHead(file.document);
  must(file.reference === referenceOfHead(head), "the reference is not the head's");
  return { ...file, head };
}

/** §11 */
function readTrust(bytes) {
  const members = {
    format: exactly("salus-trust/1"),
    portal,
    chain_id: number(1n),
    genesis_hash: bytes32,
    log: bytes20,
    deploy_block: number(),
    code_hash: bytes32,
  };
  const optional = {
    registry: object({ address: bytes20, deploy_block: number(), code_hash: bytes32 }),
    signers: listOf(bytes64, 1, 16),
  };
  return parseFile(bytes, 64 * 1024, object(members, optional));
}

// ---- Elliptic curves ------------------------------------------------------------------------------
// By hand: Node has no recovery of keys, and both curves go through the same few lines.

const SECP256K1 = {
  p: 2n ** 256n - 2n ** 32n - 977n,
  a: 0n,
  b: 7n,
  n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  base: [
    0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
    0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  ],
};
const P256 = {
  p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  a: -3n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  base: [
    0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  ],
};

const modulo = (a, m) => ((a % m) + m) % m;

function inverse(a, m) {
  let [r, next, x, step] = [modulo(a, m), m, 1n, 0n];
  while (next) {
    const q = r / next;
    [r, next, x, step] = [next, r - q * next, step, x - q * step];
  }
  return modulo(x, m);
}

function power(base, exponent, m) {
  let [out, square] = [1n, modulo(base, m)];
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) out = (out * square) % m;
    square = (square * square) % m;
  }
  return out;
}

const rightSide = (curve, x) => modulo(x ** 3n + curve.a * x + curve.b, curve.p);

function isOn(curve, [x, y]) {
  return x < curve.p && y < curve.p && modulo(y * y, curve.p) === rightSide(curve, x);
}

/** Of a point (X : Y : Z), that is (X/Z^2, Y/Z^3); null is the point at infinity. */
function twice({ p, a }, P) {
  if (!P || P[1] === 0n) return null;
  const [x, y, z] = P;
  const square = (y * y) % p;
  const s = (4n * x * square) % p;
  const m = modulo(3n * x * x + a * z ** 4n, p);
  const doubled = modulo(m * m - 2n * s, p);
  return [doubled, modulo(m * (s - doubled) - 8n * square * square, p), (2n * y * z) % p];
}

function add(curve, P, Q) {
  if (!P || !Q) return P ?? Q;
  const { p } = curve;
  const [zz, ww] = [(P[2] * P[2]) % p, (Q[2] * Q[2]) % p];
  const [u, s] = [(P[0] * ww) % p, (P[1] * ww * Q[2]) % p];
  const [h, r] = [modulo(Q[0] * zz - u, p), modulo(Q[1] * zz * P[2] - s, p)];
  if (h === 0n) return r === 0n ? twice(curve, P) : null;
  const [hh, hhh] = [(h * h) % p, (h * h * h) % p];
  const x = modulo(r * r - hhh - 2n * u * hh, p);
  return [x, modulo(r * (u * hh - x) - s * hhh, p), (h * P[2] * Q[2]) % p];
}

/** k times P plus l times Q, all in plain coordinates. */
function combine(curve, k, P, l, Q) {
  const [first, second] = [times(curve, k, P), times(curve, l, Q)];
  const sum = add(curve, first, second);
  if (!sum) return null;
  const back = inverse(sum[2], curve.p);
  return [modulo(sum[0] * back ** 2n, curve.p), modulo(sum[1] * back ** 3n, curve.p)];
}

function times(curve, k, [x, y]) {
  let [out, doubled] = [null, [x, y, 1n]];
  for (let rest = k; rest; rest >>= 1n) {
    if (rest & 1n) out = add(curve, out, doubled);
    doubled = twice(curve, doubled);
  }
  return out;
}

function ecdsaHolds(curve, key, hash, r, s) {
  if (!isOn(curve, key) || r <= 0n || r >= curve.n || s <= 0n || s >= curve.n) return false;
  const w = inverse(s, curve.n);
  const [a, b] = [toNumber(hash), r].map((factor) => modulo(factor * w, curve.n));
  const R = combine(curve, a, curve.base, b, key);
  return R !== null && modulo(R[0], curve.n) === r;
}

const isLow = (s) => s > 0n && s <= (SECP256K1.n - 1n) / 2n;

/** The key for which (r, s) signs `hash`, R's x-coordinate being r; null if there is none. */
function recover(hash, r, s, odd) {
  const { p, n, base } = SECP256K1;
  const square = rightSide(SECP256K1, r);
  let y = power(square, (p + 1n) / 4n, p);
  if (modulo(y * y, p) !== square) return null;
  if ((y & 1n) !== BigInt(odd)) y = p - y;
  const back = inverse(r, n);
  const [a, b] = [s, -toNumber(hash)].map((factor) => modulo(factor * back, n));
  return combine(SECP256K1, a, [r, y], b, base);
}

// ---- Signatures of consents (§8) -------------------------------------------------------------------

/** What a wallet signs: EIP-712, spelled out. */
function typedHash({ statement, digest }) {
  const domain = keccak(
    keccak(
      utf8("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
    ),
    keccak(utf8("Salus")),
    keccak(utf8("1")),
    word(statement.registry.chain_id),
    word(statement.registry.contract),
  );
  const message = keccak(
    keccak(utf8("ConsentStatement(string text,bytes32 statement)")),
    keccak(utf8(statement.text)),
    digest,
  );
  return keccak(Buffer.from([0x19, 0x01]), domain, message);
}

function walletHolds(consent) {
  const value = fromHex(consent.signature.value);
  const [r, s] = [toNumber(value.subarray(0, 32)), toNumber(value.subarray(32, 64))];
  const v = value[64];
  if ((v !== 27 && v !== 28) || r === 0n || r >= SECP256K1.n || !isLow(s)) return false;
  const key = recover(typedHash(consent), r, s, v === 28);
  if (!key) return false;
  return toHex(keccak(...key.map(word)).subarray(12)) === consent.signature.address;
}

/** One INTEGER in DER's only form, and what stands behind it. */
function derInteger(bytes) {
  must(bytes.length >= 2 && bytes[0] === 0x02, "an INTEGER");
  const length = bytes[1];
  // 33 bytes hold every number below n; so the long form of a length never is the shortest.
  must(length >= 1 && length <= 33 && bytes.length >= 2 + length, "its length");
  const body = bytes.subarray(2, 2 + length);
  must(body[0] < 0x80, "not negative");
  must(length === 1 || body[0] !== 0 || body[1] >= 0x80, "no byte too many");
  return [toNumber(body), bytes.subarray(2 + length)];
}

function derSignature(bytes) {
  must(bytes.length >= 2 && bytes[0] === 0x30 && bytes[1] === bytes.length - 2, "a SEQUENCE");
  const [r, behind] = derInteger(bytes.subarray(2));
  const [s, rest] = derInteger(behind);
  must(rest.length === 0, "something behind s");
  return [r, s];
}

function es256Holds({ x, y }, signature, message) {
  const numbers = unlessRefused(() => derSignature(signature));
  return numbers !== null && ecdsaHolds(P256, [BigInt(x), BigInt(y)], sha256(message), ...numbers);
}

const SHA256_INFO = Buffer.from("003031300d060960864801650304020105000420", "hex");

function rs256Holds({ n, e }, signature, message) {
  const modulus = fromHex(n);
  const [m, s] = [toNumber(modulus), toNumber(signature)];
  if (e % 2n === 0n || signature.length !== modulus.length || s >= m) return false;
  const tail = Buffer.concat([SHA256_INFO, sha256(message)]);
  const filling = Buffer.alloc(modulus.length - 2 - tail.length, 0xff);
  const expected = Buffer.concat([Buffer.from([0, 1]), filling, tail]);
  return power(s, e, m) === toNumber(expected);
}

function originFits(origin, rpId) {
  if (typeof origin !== "string") return false;
  const parts = /^(?:https:\/\/([a-z0-9.-]+)|http:\/\/(localhost))(?::[0-9]{1,5})?$/.exec(origin);
  if (!parts) return false;
  const host = parts[1] ?? parts[2];
  return host === rpId || host.endsWith("." + rpId);
}

function clientDataFits(bytes, digest, rpId) {
  const client = unlessRefused(() => parseJson(bytes));
  if (!(client instanceof Map)) return false;
  return (
    client.get("type") === "webauthn.get" &&
    client.get("challenge") === digest.toString("base64url") &&
    originFits(client.get("origin"), rpId) &&
    (!client.has("crossOrigin") || client.get("crossOrigin") === false)
  );
}

function passkeyHolds({ signature, digest }) {
  const { authenticator_data: authenticator, client_data: client, rp_id: rpId } = signature;
  if (!clientDataFits(client, digest, rpId)) return false;
  if (authenticator.length < 37) return false;
  if (!authenticator.subarray(0, 32).equals(sha256(utf8(rpId)))) return false;
  // Somebody was present (0x01), and they were verified (0x04).
  if ((authenticator[32] & 0x05) !== 0x05) return false;
  const message = Buffer.concat([authenticator, sha256(client)]);
  const holds = signature.public_key.type === "es256" ? es256Holds : rs256Holds;
  return holds(signature.public_key, signature.signature, message);
}

/** Whether it holds; of a contract wallet's only a node can say. */
function signatureHolds(consent) {
  if (consent.signature.type === "eip1271") return "ask";
  return consent.signature.type === "eip712" ? walletHolds(consent) : passkeyHolds(consent);
}

// ---- Zip (§10) -------------------------------------------------------------------------------------

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;
const FILE_NAME = /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/;

const isFileName = (name) => name.length <= 200 && FILE_NAME.test(name);

/** node:zlib has one, but not in every Node 20. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Of numbers beyond 2^53 nothing here is of use. */
function large(bytes, at) {
  const value = bytes.readBigUInt64LE(at);
  must(value <= BigInt(Number.MAX_SAFE_INTEGER), "too large");
  return Number(value);
}

/** Where the directory begins and ends, and how many files it says it has. */
function directoryOf(bytes) {
  const end = bytes.length - 22;
  must(end >= 0 && bytes.readUInt32LE(end) === END, "the end record does not end the zip");
  must(bytes.readUInt16LE(end + 20) === 0, "a comment");
  const shorts = [4, 6, 8, 10].map((at) => bytes.readUInt16LE(end + at));
  const longs = [12, 16].map((at) => bytes.readUInt32LE(end + at));
  const zip64 = end >= 76 && bytes.readUInt32LE(end - 20) === LOCATOR_64;
  const numbers = zip64 ? numbersOf64(bytes, end, shorts, longs) : [...shorts, ...longs];
  const [disk, first, here, count, size, start] = numbers;
  must(disk === 0 && first === 0 && here === count, "more than one disk");
  must(size <= 32 * MIB, "too large a directory");
  must(start + size === (zip64 ? end - 76 : end), "the directory does not end at its end record");
  return { count, start, end: start + size };
}

/** The numbers of zip64's record; those of the end record are the same, or all ones. */
function numbersOf64(bytes, end, shorts, longs) {
  const [locator, record] = [end - 20, end - 76];
  const disks = [4, 16].map((at) => bytes.readUInt32LE(locator + at));
  must(disks[0] === 0 && disks[1] === 1, "more than one disk");
  must(large(bytes, locator + 8) === record && bytes.readUInt32LE(record) === END_64, "no record");
  must(large(bytes, record + 4) === 44, "a record of another length");
  const numbers = [16, 20].map((at) => bytes.readUInt32LE(record + at));
  numbers.push(...[24, 32, 40, 48].map((at) => large(bytes, record + at)));
  const same = (short, index) => short === numbers[index];
  must(shorts.every((short, i) => short === FULL_16 || same(short, i)), "another number");
  must(longs.every((long, i) => long === FULL_32 || same(long, i + 4)), "another number");
  return numbers;
}

/** The extra fields of an entry, as pairs of id and data. */
function extraFields(extra) {
  const fields = [];
  for (let at = 0; at < extra.length; ) {
    must(at + 4 <= extra.length, "half a field");
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    must(at + 4 + length <= extra.length, "half a field");
    fields.push([id, extra.subarray(at + 4, at + 4 + length)]);
    at += 4 + length;
  }
  return fields;
}

/** Sizes and place that are too large stand in the field 0x0001, in this order, and only those. */
function widen(file, fields) {
  const wanted = ["size", "packed", "offset"].filter((name) => file[name] === FULL_32);
  const found = fields.filter(([id]) => id === 1).map(([, data]) => data);
  must(found.length === (wanted.length ? 1 : 0), "zip64's field is missing, or not called for");
  if (!wanted.length) return;
  must(found[0].length === 8 * wanted.length, "zip64's field is too short or too long");
  wanted.forEach((name, index) => (file[name] = large(found[0], 8 * index)));
}

/** Bits 0, 5, 6 and 13: encrypted, a patch, encrypted, the directory masked. */
const REFUSED_FLAGS = 0x2061;

function directoryEntry(bytes, at, end) {
  must(at + 46 <= end && bytes.readUInt32LE(at) === ENTRY, "not an entry of the directory");
  const short = (field) => bytes.readUInt16LE(at + field);
  const [extraAt, commentAt, next] = [[28], [28, 30], [28, 30, 32]].map((fields) =>
    fields.reduce((sum, field) => sum + short(field), at + 46),
  );
  must(next <= end, "an entry beyond the directory");
  const file = {
    name: bytes.toString("latin1", at + 46, extraAt),
    method: short(10),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    offset: bytes.readUInt32LE(at + 42),
  };
  const fields = extraFields(bytes.subarray(extraAt, commentAt));
  must(fields.every(([id]) => id !== 0x7075), "a second name");
  widen(file, fields);
  must(short(34) === 0, "on another disk");
  must((short(8) & REFUSED_FLAGS) === 0, "encrypted or patched");
  must(short(6) <= 63, "of a later version");
  must(file.method === 0 || file.method === 8, "neither stored nor deflated");
  must(isFileName(file.name), "a name that is not allowed");
  return [file, next];
}

class Zip {
  constructor(bytes) {
    this.bytes = bytes;
    this.files = new Map();
    const { count, start, end } = directoryOf(bytes);
    must(count <= LONGEST_LIST, "too many files");
    this.end = start;
    const folded = new Set();
    let [packed, total] = [0, 0];
    for (let at = start; at < end; ) {
      const [file, next] = directoryEntry(bytes, at, end);
      at = next;
      packed += file.packed;
      total += file.size;
      folded.add(file.name.toLowerCase());
      this.files.set(file.name, file);
      must(folded.size === this.files.size, "two names that differ in case alone");
      must(packed <= 2048 * MIB && total <= 2048 * MIB, "too much");
    }
    // A name that stood there twice is one file less.
    must(this.files.size === count, "not as many files as it says, or a name twice");
  }

  /** A file's bytes. What is wrong with the file itself shows here, and not before. */
  read(name, most = 2048 * MIB) {
    const file = this.files.get(name);
    must(file, `no ${name}`);
    must(file.size <= most, "too large");
    const bytes = unpack(file, this.packed(file));
    must(bytes.length === file.size && crc32(bytes) === file.crc, "length or checksum");
    return bytes;
  }

  /** All of it stands before the directory. */
  packed({ name, offset, packed }) {
    const { bytes, end } = this;
    must(offset + 30 <= end && bytes.readUInt32LE(offset) === LOCAL, "no file there");
    const nameEnd = offset + 30 + bytes.readUInt16LE(offset + 26);
    must(bytes.toString("latin1", offset + 30, nameEnd) === name, "the file has another name");
    const start = nameEnd + bytes.readUInt16LE(offset + 28);
    must(start + packed <= end, "the file is cut off");
    return bytes.subarray(start, start + packed);
  }
}

function unpack({ method, size }, packed) {
  if (method === 0) return packed;
  const { buffer, engine } = inflated(packed, Math.max(size, 1));
  must(engine.bytesWritten === packed.length, "something behind the stream");
  return buffer;
}

function inflated(packed, maxOutputLength) {
  try {
    return inflateRawSync(packed, { maxOutputLength, info: true });
  } catch {
    throw new Refused("does not unpack");
  }
}

// ---- Archives (§10) --------------------------------------------------------------------------------

const below = (folder) => (value) => {
  must(typeof value === "string" && isFileName(value) && value.startsWith(folder), "no such place");
  return value;
};

const ARCHIVE = object({
  format: exactly("salus-archive/1"),
  portal,
  person,
  made_at: instant,
  items: listOf(
    object({
      kind,
      reference,
      salt: bytes32,
      commitment: bytes32,
      document: below("documents/"),
      batch: number(1n),
      position: number(),
    }),
  ),
  consents: listOf(below("consents/")),
  missing: listOf(object({ commitment: bytes32, reason: exactly("not-final", "erased") })),
});

const TREE = object({
  format: exactly("salus-tree/1"),
  portal,
  chain: object({ id: number(1n), contract: bytes20 }),
  batches: listOf(
    object({
      sequence: number(1n),
      depth,
      time: number(),
      root: bytes32,
      previous_head: bytes32,
      head: bytes32,
      nodes: treeNodes,
    }),
  ),
});

/** The nodes by their names; whether a place exists depends on the depth, so see mustHavePlaces. */
function treeNodes(value) {
  must(value instanceof Map, "not an object");
  return new Map([...value].map(([name, node]) => [name, fromHex(bytes32(node))]));
}

function mustHavePlaces({ depth: levels, nodes }) {
  for (const name of nodes.keys()) {
    const place = /^(0|[1-9]\d?):(0|[1-9]\d{0,4})$/.exec(name);
    must(place && BigInt(place[1]) < levels, "not a place below the root");
    must(BigInt(place[2]) < 2n ** (levels - BigInt(place[1])), "beyond its level");
  }
}

function mustDiffer(values, rule) {
  must(new Set(values).size === values.length, rule);
}

/** The zip, its two lists, and that they fit each other: what the step `archive` is about. */
function readArchive(bytes) {
  const zip = new Zip(bytes);
  const list = parseFile(zip.read("archive.json", 128 * MIB), 128 * MIB, ARCHIVE);
  const tree = parseFile(zip.read("tree.json", 128 * MIB), 128 * MIB, TREE);
  must(list.portal === tree.portal, "two portals");
  mustFitTree(list.items, tree.batches);
  mustListFiles(zip, list);
  for (const item of list.items) mustBelong(item.reference, list.portal);
  for (const member of ["reference", "commitment"]) {
    mustDiffer(list.items.map((item) => item[member]), `two items with one ${member}`);
  }
  mustBeMissing(list, list.items);
  return { zip, list, tree };
}

function mustFitTree(items, batches) {
  batches.forEach(mustHavePlaces);
  const depths = new Map(batches.map((batch) => [batch.sequence, batch.depth]));
  must(depths.size === batches.length, "an entry twice");
  for (const { batch, position } of items) {
    must(depths.has(batch) && position < 2n ** depths.get(batch), "no such place in the tree");
  }
}

function mustListFiles(zip, { items, consents }) {
  const listed = [...items.map((item) => item.document), ...consents];
  mustDiffer(listed, "a file listed twice");
  for (const name of listed) must(zip.files.has(name), `no ${name}`);
  const known = new Set([...listed, "archive.json", "tree.json", "README.txt"]);
  for (const name of zip.files.keys()) must(known.has(name), `nothing lists ${name}`);
}

function mustBeMissing({ missing }, present) {
  const commitments = missing.map((gone) => gone.commitment);
  mustDiffer([...commitments, ...present.map((one) => one.commitment)], "missing, and yet here");
}

/** The consents' files, and that nothing stands there twice: the step `proof` of an archive. */
function readArchiveConsents({ zip, list }) {
  const consents = list.consents.map((name) => readConsentProof(zip.read(name, MIB)));
  for (const consent of consents) must(consent.portal === list.portal, "another portal's consent");
  const all = [...list.items, ...consents];
  mustDiffer(all.map((one) => one.reference), "a reference twice");
  mustDiffer(all.map((one) => one.commitment), "a commitment twice");
  mustBeMissing(list, consents);
  return consents;
}

/** Whether an entry's leaves lead to its root (§12). */
function leadsToRoot(batch, items) {
  let computed = new Map();
  for (const { position, commitment } of items) {
    const leaf = leafOf(commitment);
    const there = computed.get(Number(position));
    if (there && !there.equals(leaf)) return false;
    computed.set(Number(position), leaf);
  }
  for (let level = 0; level < Number(batch.depth); level++) {
    computed = levelAbove(computed, level, batch.nodes);
    if (!computed) return false;
  }
  return computed.size === 1 && computed.has(0) && toHex(computed.get(0)) === batch.root;
}

function levelAbove(computed, level, given) {
  const above = new Map();
  for (const [index, node] of computed) {
    if (!(given.get(`${level}:${index}`) ?? node).equals(node)) return null;
    const sibling = computed.get(index ^ 1) ?? given.get(`${level}:${index ^ 1}`);
    if (!sibling) return null;
    above.set(index >> 1, parentOf(node, sibling));
  }
  return above;
}

// ---- Nodes (§13) -----------------------------------------------------------------------------------

/** JSON with sorted keys and no white space, as the vectors name their calls. */
function sortedJson(value) {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${sortedJson(value[name])}`).join(",")}}`;
}

const quantity = (value) => "0x" + value.toString(16);

function answered(condition) {
  if (!condition) throw new NoAnswer();
}

function usableNumber(answer) {
  answered(typeof answer === "string" && /^0x[0-9a-fA-F]{1,64}$/.test(answer));
  return BigInt(answer);
}

function usableBytes(answer) {
  answered(typeof answer === "string" && /^0x(?:[0-9a-fA-F]{2})*$/.test(answer));
  return answer.toLowerCase();
}

class Node {
  constructor(answers) {
    this.answers = answers;
  }

  ask(method, ...params) {
    const call = `${method} ${sortedJson(params)}`;
    answered(Object.hasOwn(this.answers, call));
    return this.answers[call];
  }

  block(which) {
    const block = this.ask("eth_getBlockByNumber", which, false);
    answered(block !== null && typeof block === "object");
    return block;
  }

  timeOf(block) {
    return usableNumber(this.block(quantity(block)).timestamp);
  }

  codeHash(address, block) {
    return toHex(keccak(fromHex(usableBytes(this.ask("eth_getCode", address, quantity(block))))));
  }

  call(to, block, ...data) {
    const call = { to, data: toHex(Buffer.concat(data)) };
    return usableBytes(this.ask("eth_call", call, quantity(block)));
  }

  head(log, n, block) {
    return this.call(log, block, selector("heads(uint64)"), word(n));
  }

  /** A time that the registry keeps. */
  recorded(registry, what, key, block) {
    const answer = this.call(registry, block, selector(`${what}(bytes32)`), fromHex(key));
    answered(answer.length === 66);
    return BigInt(answer);
  }
}

// ---- Steps (§12) -----------------------------------------------------------------------------------

class Report {
  constructor() {
    this.steps = [];
  }

  /** `true`: ok, `false`: failed; "open" as it stands. Returns whether it holds. */
  step(id, result) {
    this.steps.push([id, result === "open" ? "open" : result ? "ok" : "failed"]);
    return result === true;
  }

  has(state) {
    return this.steps.some((step) => step[1] === state);
  }

  get exit() {
    if (this.has("failed")) return 1;
    return this.has("open") ? 2 : 0;
  }
}

/** One result of many: what fails counts more than what is open. */
function together(results) {
  if (results.includes(false)) return false;
  return results.includes("open") ? "open" : true;
}

/** The same of what a node is asked: a contradiction counts more than a missing answer (§13). */
function togetherAsked(questions) {
  const results = questions.map((ask) => unlessSilent(ask));
  if (!results.includes(false)) answered(!results.includes(null));
  return together(results);
}

/** The result, or null where the node gives no usable answer. */
function unlessSilent(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof NoAnswer) return null;
    throw error;
  }
}

/** A contract wallet's signature is left to the nodes, if there are any. */
function beforeNodes(result, task) {
  if (result !== "ask") return result;
  return task.nodes.length ? true : "open";
}

/** Reads the trust file; null if it is absent or not good. */
function trustStep(report, { trust }) {
  if (trust === null) {
    report.step("trust", "open");
    return null;
  }
  const read = unlessRefused(() => readTrust(trust));
  report.step("trust", read !== null);
  return read;
}

function logStep(report, chain, trust) {
  report.step("log", chain.id === trust.chain_id && chain.contract === trust.log);
}

function firstStep(report, batch, trust) {
  report.step("first", batch.previous_head === firstHead(trust));
}

const inRegistry = ({ chain }, trust) =>
  chain.id === trust.chain_id && chain.contract === trust.registry.address;

function registryStep(report, consents, trust) {
  report.step("registry", trust.registry ? consents.every((c) => inRegistry(c, trust)) : "open");
}

function keptSignatureHolds(kept) {
  const [key, value] = [kept.signature.public_key, kept.signature.value].map(fromHex);
  const halves = (both) => [toNumber(both.subarray(0, 32)), toNumber(both.subarray(32))];
  const [r, s] = halves(value);
  const hash = keccak(utf8("salus-head/1"), ZERO_BYTE, fromHex(kept.commitment));
  return isLow(s) && ecdsaHolds(SECP256K1, halves(key), hash, r, s);
}

/** The step `kept`; the head, if the step does not fail. */
function keptStep(report, task, owner, trust) {
  const kept = unlessRefused(() => readKeptHead(task.against));
  const good =
    kept !== null &&
    kept.portal === owner &&
    commitmentOf({ ...kept, kind: "head" }, kept.document) === kept.commitment &&
    keptSignatureHolds(kept);
  const listed = trust?.signers ? trust.signers.includes(kept?.signature.public_key) : "open";
  report.step("kept", good && listed);
  return good && listed ? kept : null;
}

/** `kept` and `listed`, for a single proof. */
function keptSteps(report, task, file, trust) {
  if (task.against === null) return;
  const kept = keptStep(report, task, file.portal, trust);
  if (!kept) return;
  const there = [kept.commitment, ...kept.head.commitments].includes(file.commitment);
  report.step("listed", there || "open");
}

// ---- A record

function checkRecord(report, task) {
  const file = unlessRefused(() => readRecord(task.file));
  if (!report.step("proof", file !== null)) return;
  const { batch, root } = file;
  report.step("commitment", commitmentOf(file, file.document) === file.commitment);
  const folded = file.path.map(fromHex).reduce(parentOf, leafOf(file.commitment));
  report.step("root", toHex(folded) === root);
  report.step("head", headAfter(batch.previous_head, { ...batch, root }) === batch.head);
  const trust = trustStep(report, task);
  if (trust) {
    report.step("portal", file.portal === trust.portal);
    logStep(report, file.chain, trust);
    if (batch.sequence === 1n) firstStep(report, batch, trust);
  }
  keptSteps(report, task, file, trust);
  askNodes(report, task, trust, (node, final) => askLog(report, node, final, trust, [batch]));
}

// ---- A consent

/** The grant in a consent's file; null if it is none, or not this file's. */
function grantOf(file) {
  const grant = unlessRefused(() => readConsent(file.document, "grant"));
  if (!grant || grant.statement.portal !== file.portal) return null;
  const named = `${file.portal}/Consent/${grant.statement.id}/_history/1`;
  return file.reference === named ? grant : null;
}

/** The ending, if it is one of this grant; whether its signature holds is another question. */
function endingOf(file, grant) {
  const { document, secret } = file.revocation;
  const ending = unlessRefused(() => readConsent(document, "revoke"));
  if (!ending) return null;
  const same = ["portal", "patient", "id"].every(
    (member) => ending.statement[member] === grant.statement[member],
  );
  const fits =
    same &&
    ending.statement.consent === file.commitment &&
    toHex(keccak(fromHex(secret))) === grant.statement.lock;
  return fits ? ending : null;
}

/** A contract wallet to ask: what it signed, and when the file says that it was recorded. */
function walletOf(consent, record, time) {
  if (consent?.signature.type !== "eip1271") return [];
  return [{ consent, block: record.block_number, time }];
}

/** `signature` and `ending`; which contract wallets are still to be asked. */
function signatureSteps(report, task, cases) {
  const wallets = [];
  const signatures = cases.map(({ file, grant }) => {
    wallets.push(...walletOf(grant, file.chain, file.granted_at));
    return beforeNodes(signatureHolds(grant), task);
  });
  report.step("signature", together(signatures));
  const ended = cases.filter(({ file }) => file.revocation);
  if (!ended.length) return wallets;
  const endings = ended.map(({ file, grant }) => {
    const ending = endingOf(file, grant);
    wallets.push(...walletOf(ending, file.revocation, file.revocation.revoked_at));
    return ending ? beforeNodes(signatureHolds(ending), task) : false;
  });
  report.step("ending", together(endings));
  return wallets;
}

function checkConsent(report, task) {
  const file = unlessRefused(() => readConsentProof(task.file));
  if (!report.step("proof", file !== null)) return;
  report.step("commitment", commitmentOf(file, file.document) === file.commitment);
  const cases = [{ file, grant: grantOf(file) }];
  const understood = report.step("statement", cases[0].grant !== null);
  const wallets = understood ? signatureSteps(report, task, cases) : [];
  const trust = trustStep(report, task);
  if (trust) {
    report.step("portal", file.portal === trust.portal);
    registryStep(report, [file], trust);
  }
  keptSteps(report, task, file, trust);
  const pinned = trust?.registry ? trust : null;
  askNodes(report, task, pinned, (node, final) =>
    askRegistry(report, node, final, trust, cases, wallets),
  );
}

// ---- An archive

/** The archive's heads: each item of that kind, with what it says where that can be read. */
function headsOf(items, documents) {
  const read = (item) => {
    const document = documents.get(item);
    return document && unlessRefused(() => readHead(document));
  };
  return items.filter((item) => item.kind === "head").map((item) => ({ item, head: read(item) }));
}

function headsHold(heads, list) {
  if (!heads.length) return "open";
  if (heads.some(({ head }) => !head)) return false;
  const sorted = heads.toSorted((a, b) => Number(a.head.number - b.head.number));
  let [previous, count] = [null, 0n];
  return sorted.every(({ item, head }, index) => {
    count += BigInt(head.commitments.length);
    const holds =
      head.portal === list.portal &&
      head.person === list.person &&
      item.reference === referenceOfHead(head) &&
      head.number === BigInt(index + 1) &&
      head.previous === previous &&
      head.count === count;
    previous = item.commitment;
    return holds;
  });
}

/** `heads`, `complete` and `listed` */
function headsSteps(report, { list }, consents, heads) {
  report.step("heads", headsHold(heads, list));
  const listed = heads.flatMap(({ head }) => head?.commitments ?? []);
  const owed = [...list.items.filter((item) => item.kind !== "head"), ...consents];
  const here = new Set([...owed, ...list.missing].map((one) => one.commitment));
  report.step("complete", listed.every((commitment) => here.has(commitment)));
  const once = new Set(listed);
  const none = once.size === listed.length;
  report.step("listed", none && owed.every((one) => once.has(one.commitment)));
}

function historyStep(report, { list }, heads, kept) {
  const { head, commitment } = kept;
  if (head.person !== list.person) return report.step("history", false);
  const there = heads.find(({ item }) => item.reference === kept.reference);
  if (there) return report.step("history", there.item.commitment === commitment);
  const later = list.missing.some(
    (gone) => gone.commitment === commitment && gone.reason === "not-final",
  );
  return report.step("history", later ? "open" : false);
}

/** Every item's bytes; an item whose file can't be read has none. */
function documentsOf({ zip, list }) {
  const documents = new Map();
  for (const item of list.items) documents.set(item, unlessRefused(() => zip.read(item.document)));
  return documents;
}

function commitmentsHold({ list }, documents, consents) {
  const holds = (one, document) => document && commitmentOf(one, document) === one.commitment;
  return (
    list.items.every((item) => holds(item, documents.get(item))) &&
    consents.every((consent) => holds(consent, consent.document))
  );
}

function archiveRootStep(report, { list, tree }) {
  const items = new Map(tree.batches.map((batch) => [batch.sequence, []]));
  for (const item of list.items) items.get(item.batch).push(item);
  report.step("root", tree.batches.every((batch) => leadsToRoot(batch, items.get(batch.sequence))));
}

/** `statement`, `signature` and `ending` for all consents; the contract wallets to be asked. */
function archiveConsentSteps(report, task, { list }, cases) {
  if (!cases.length) return [];
  const understood = cases.every(({ grant }) => grant?.statement.patient === list.person);
  return report.step("statement", understood) ? signatureSteps(report, task, cases) : [];
}

function archiveTrustSteps(report, { list, tree }, consents, trust) {
  report.step("portal", list.portal === trust.portal);
  logStep(report, tree.chain, trust);
  const first = tree.batches.find((batch) => batch.sequence === 1n);
  if (first) firstStep(report, first, trust);
  if (consents.length) registryStep(report, consents, trust);
}

function checkArchive(report, task) {
  const archive = unlessRefused(() => readArchive(task.file));
  if (!report.step("archive", archive !== null)) return;
  const { list, tree } = archive;
  const consents = unlessRefused(() => readArchiveConsents(archive));
  if (list.consents.length && !report.step("proof", consents !== null)) return;
  const documents = documentsOf(archive);
  report.step("commitment", commitmentsHold(archive, documents, consents));
  archiveRootStep(report, archive);
  report.step("head", tree.batches.every((b) => headAfter(b.previous_head, b) === b.head));
  const heads = headsOf(list.items, documents);
  headsSteps(report, archive, consents, heads);
  const cases = consents.map((file) => ({ file, grant: grantOf(file) }));
  const wallets = archiveConsentSteps(report, task, archive, cases);
  const trust = trustStep(report, task);
  if (trust) archiveTrustSteps(report, archive, consents, trust);
  if (task.against !== null) {
    const kept = keptStep(report, task, list.portal, trust);
    if (kept) historyStep(report, archive, heads, kept);
  }
  askNodes(report, task, trust, (node, final) => {
    askLog(report, node, final, trust, tree.batches);
    if (!cases.length || !trust.registry) return;
    askRegistry(report, node, final, trust, cases, wallets);
  });
}

// ---- What nodes say

/** The first three steps at each node, then `further`; unless there is nobody or nothing to ask. */
function askNodes(report, task, trust, further) {
  if (report.has("failed")) return;
  if (!trust || !task.nodes.length) {
    report.step("chain", "open");
    return;
  }
  for (const answers of task.nodes) askNode(report, task, trust, new Node(answers), further);
}

function askNode(report, task, trust, node, further) {
  try {
    const chain = usableNumber(node.ask("eth_chainId"));
    if (!report.step("chain", chain === trust.chain_id)) return;
    const genesis = usableBytes(node.block("0x0").hash);
    if (!report.step("genesis", genesis === trust.genesis_hash)) return;
    const final = finalBlock(node, task.confirmations);
    report.step("final", true);
    further(node, final);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    report.step("node", "open");
  }
}

/** §13, Finality */
function finalBlock(node, confirmations) {
  if (confirmations === null) return usableNumber(node.block("finalized").number);
  const latest = usableNumber(node.block("latest").number);
  const below = latest - BigInt(confirmations);
  return below > 0n ? below : 0n;
}

function codeStep(report, node, final, address, hash) {
  return report.step("code", node.codeHash(address, final) === hash);
}

function askLog(report, node, final, trust, batches) {
  if (!codeStep(report, node, final, trust.log, trust.code_hash)) return;
  const holds = (n, head) => () => node.head(trust.log, n, final) === head;
  report.step("entry", togetherAsked(batches.map((b) => holds(b.sequence, b.head))));
  const before = batches.map((b) => holds(b.sequence - 1n, b.previous_head));
  report.step("previous", togetherAsked(before));
}

function askRegistry(report, node, final, trust, cases, wallets) {
  const { address, code_hash: hash } = trust.registry;
  if (!codeStep(report, node, final, address, hash)) return;
  if (wallets.length) walletStep(report, node, final, trust, wallets);
  const recorded = (what, key) => node.recorded(address, what, key, final);
  const granted = cases.map(
    ({ file }) => () => recorded("grantedAt", file.commitment) === file.granted_at,
  );
  report.step("granted", togetherAsked(granted));
  const standing = cases.map(({ file, grant }) => () => {
    return recorded("revokedAt", grant.statement.lock) === (file.revocation?.revoked_at ?? 0n);
  });
  // Only for telling whether a consent had run out; but a node that can't say gave no usable answer.
  const dated = () => node.timeOf(final) >= 0n;
  report.step("standing", togetherAsked([...standing, dated]));
}

const ACCEPTED = "0x1626ba7e" + "00".repeat(28);

function walletStep(report, node, final, trust, wallets) {
  const results = wallets.map((wallet) => () => {
    if (wallet.consent.statement.registry.chain_id !== trust.chain_id) return "open";
    return walletAccepts(node, final, wallet);
  });
  report.step("wallet", togetherAsked(results));
}

/** §8, Contract wallets: in the final state, or else when it was recorded. */
function walletAccepts(node, final, { consent, block, time }) {
  const now = askWallet(node, final, consent);
  if (now === true) return true;
  const counts = block <= final && node.timeOf(block) === time;
  const then = counts ? askWallet(node, block, consent) : false;
  if (then === true) return true;
  answered(now !== null && then !== null);
  return false;
}

/** Whether it accepts in the state after `block`; null if there is no usable answer. */
function askWallet(node, block, consent) {
  const value = fromHex(consent.signature.value);
  const padding = Buffer.alloc((32 - (value.length % 32)) % 32);
  const data = [typedHash(consent), word(0x40), word(value.length), value, padding];
  const name = selector("isValidSignature(bytes32,bytes)");
  const { address } = consent.signature;
  return unlessSilent(() => node.call(address, block, name, ...data) === ACCEPTED);
}

// ---- The log

const APPENDED = toHex(keccak(utf8("Appended(uint64,bytes32,uint8,uint64,bytes32)")));
const MOST_BLOCKS = 10_000n;

function checkLog(report, task) {
  const trust = trustStep(report, task);
  const told = [];
  askNodes(report, task, trust, (node, final) => {
    const heads = auditLog(report, node, final, trust);
    if (heads) told.push(heads);
  });
  if (told.length < 2) return;
  const shared = Math.min(...told.map((heads) => heads.length)) - 1;
  report.step("agree", new Set(told.map((heads) => heads[shared])).size === 1);
}

/** All heads from number 0 on, if `end` holds. */
function auditLog(report, node, final, trust) {
  if (!codeStep(report, node, final, trust.log, trust.code_hash)) return null;
  const heads = followEvents(node, final, trust);
  if (!report.step("entries", heads !== null)) return null;
  const n = BigInt(heads.length - 1);
  report.step("last", node.head(trust.log, n, final) === heads.at(-1));
  const ends = report.step("end", node.head(trust.log, n + 1n, final) === toHex(word(0)));
  return ends ? heads : null;
}

function followEvents(node, final, trust) {
  const heads = [firstHead(trust)];
  for (const event of eventsOf(node, final, trust)) {
    const made = headAfter(heads.at(-1), event);
    if (event.sequence !== BigInt(heads.length) || made !== event.head) return null;
    heads.push(made);
  }
  return heads;
}

/** §13: range by range; one that is refused is halved, and none is larger from then on. */
function* eventsOf(node, final, trust) {
  let most = MOST_BLOCKS;
  for (let from = trust.deploy_block; from <= final; ) {
    const left = final - from + 1n;
    const blocks = left < most ? left : most;
    const events = eventsBetween(node, trust.log, from, from + blocks - 1n);
    if (events) {
      yield* events;
      from += blocks;
    } else {
      answered(blocks > 1n);
      most = blocks / 2n;
    }
  }
}

/** Null if there is no usable answer for this range. */
function eventsBetween(node, address, from, to) {
  const range = { fromBlock: quantity(from), toBlock: quantity(to) };
  return unlessSilent(() => {
    const answer = node.ask("eth_getLogs", { address, topics: [APPENDED], ...range });
    answered(Array.isArray(answer));
    return answer.map(readEvent);
  });
}

function readEvent(event) {
  answered(event !== null && typeof event === "object");
  answered(!Object.hasOwn(event, "removed") || event.removed === false);
  answered(Array.isArray(event.topics) && event.topics.length === 3);
  const [name, n, root] = event.topics.map(usableBytes);
  answered([name, n, root].every((topic) => topic.length === 66) && name === APPENDED);
  const data = usableBytes(event.data);
  answered(data.length === 2 + 3 * 64);
  const [levels, time, head] = [0, 1, 2].map((i) => "0x" + data.slice(2 + 64 * i, 66 + 64 * i));
  return { sequence: BigInt(n), root, depth: levels, time, head };
}

// ---- One vector ------------------------------------------------------------------------------------

const ZIP_BEGINNINGS = ["504b0304", "504b0506"];

/** What a file is (§12). */
function checkerFor(file) {
  if (file === null) return checkLog;
  if (ZIP_BEGINNINGS.includes(file.toString("hex", 0, 4))) return checkArchive;
  const read = unlessRefused(() => parseJson(file));
  const format = read instanceof Map ? read.get("format") : null;
  return format === "salus-consent-proof/1" ? checkConsent : checkRecord;
}

function verify(vector) {
  const decode = (member) => (member === null ? null : Buffer.from(member, "base64"));
  const task = {
    ...vector,
    file: decode(vector.file),
    trust: decode(vector.trust),
    against: decode(vector.against),
  };
  const report = new Report();
  checkerFor(task.file)(report, task);
  return { exit: report.exit, steps: report.steps };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(verify)));
