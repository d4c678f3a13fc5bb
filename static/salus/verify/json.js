// Strict JSON for proof and trust files, as salus_verify.py reads them: no name twice, whole
// numbers below 2^64 alone (as BigInt, so that none is rounded). JSON.parse does neither.
// And looser JSON for what a browser says of a passkey, which may hold any number.

export class Refused extends Error {
  constructor(code, place = "") {
    super(place ? `${place}: ${code}` : code);
    this.code = code;
    this.place = place;
  }
}

const MAX_NESTING = 16; // the formats need three levels
const MOST_NESTING = 64; // of which the outermost is the first
const MAX_INTEGER = 2n ** 64n - 1n;
// White space, then one token: a mark, a string, a number, a word. The string's pattern is unrolled:
// written as (plain+|escape)*, a string that never ends would take exponential time.
const TOKEN =
  /[ \t\n\r]*(?:([{}[\]:,])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(true|false|null|NaN|-?Infinity))/y;
const END = /[ \t\n\r]*$/y;
const WORDS = { true: true, false: false, null: null };

/** The value of a JSON text in UTF-8 bytes; objects as Map; throws Refused. */
export function parseJson(bytes, most) {
  if (bytes.length > most) throw new Refused("size");
  return new Reader(decoded(bytes)).whole();
}

/** The same, but numbers are left as texts: nothing depends on them. */
export function parseAnyJson(bytes) {
  return new Reader(decoded(bytes), MOST_NESTING - 1, String).whole();
}

function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("utf8");
  }
}

class Reader {
  constructor(text, nesting = MAX_NESTING, number = whole) {
    Object.assign(this, { text, nesting, number, at: 0 });
  }

  whole() {
    const value = this.value(0);
    this.end();
    return value;
  }

  /** The next token: [mark, string, number, word], one of which is set. */
  token() {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (!found) throw new Refused("json");
    this.at = TOKEN.lastIndex;
    return found.slice(1);
  }

  value(depth, token = this.token()) {
    const [mark, string, number, word] = token;
    if (mark && depth > this.nesting) throw new Refused("json");
    if (mark === "{") return this.object(depth);
    if (mark === "[") return this.list(depth);
    if (mark) throw new Refused("json");
    if (string) return JSON.parse(string);
    if (number) return this.number(number);
    if (word in WORDS) return WORDS[word];
    throw new Refused("number"); // NaN and Infinity
  }

  object(depth) {
    const found = [];
    let token = this.token();
    while (token[0] !== "}") {
      if (!token[1]) throw new Refused("json");
      this.expect(":");
      found.push([JSON.parse(token[1]), this.value(depth + 1)]);
      token = this.next("}");
    }
    return once(found);
  }

  list(depth) {
    const found = [];
    let token = this.token();
    while (token[0] !== "]") {
      found.push(this.value(depth + 1, token));
      token = this.next("]");
    }
    return found;
  }

  /** After a member: the closing mark, or what follows the comma, which can't be the mark. */
  next(closing) {
    const token = this.token();
    if (token[0] === closing) return token;
    if (token[0] !== ",") throw new Refused("json");
    const after = this.token();
    if (after[0] === closing) throw new Refused("json");
    return after;
  }

  expect(mark) {
    if (this.token()[0] !== mark) throw new Refused("json");
  }

  end() {
    END.lastIndex = this.at;
    if (!END.test(this.text)) throw new Refused("json");
  }
}

function once(pairs) {
  const found = new Map();
  for (const [name, value] of pairs) {
    if (found.has(name)) throw new Refused("duplicate", name);
    found.set(name, value);
  }
  return found;
}

function whole(text) {
  if (!/^[0-9]{1,20}$/.test(text)) throw new Refused("number");
  const value = BigInt(text);
  if (value > MAX_INTEGER) throw new Refused("number");
  return value;
}
