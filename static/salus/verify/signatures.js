// Who signed a consent: a wallet (EIP-712), a passkey (WebAuthn), or a contract that a node asks
// (EIP-1271). A fault is a word of the page's; "" where the signature holds or only a node can say.

import { bytesOf, concat, equal, hexOf, toBase64, utf8, word } from "./bytes.js";
import { parseAnyJson, Refused } from "./json.js";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n; // of secp256k1
const DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const KIND = "ConsentStatement(string text,bytes32 statement)";

export const isContract = ({ signature }) => signature.type === "eip1271";

const numberOf = (bytes) => BigInt(bytes.length ? hexOf(bytes) : 0);

/** The hash of the typed data that a wallet signs for a statement. */
export async function typedDigest({ statement, said }, { sha256, keccak256 }) {
  const { chain_id: id, contract } = statement.registry;
  const [domain, name, version, kind, text] = [DOMAIN, "Salus", "1", KIND, statement.text].map(
    (part) => keccak256(utf8(part)),
  );
  const where = keccak256(concat(domain, name, version, word(id), new Uint8Array(12), contract));
  const what = keccak256(concat(kind, text, await sha256(said)));
  return keccak256(concat(new Uint8Array([0x19, 1]), where, what));
}

export async function signatureFault(signed, tools) {
  const judges = { eip712: walletFault, webauthn: passkeyFault };
  return (await judges[signed.signature.type]?.(signed, tools)) ?? "";
}

/** The key that made the signature has the address. */
async function walletFault(signed, tools) {
  const { value, address } = signed.signature;
  if (![27, 28].includes(value[64]) || numberOf(value.slice(32, 64)) > N / 2n) return "form";
  const { secp256k1 } = await tools.secp256k1();
  const recovered = concat(new Uint8Array([value[64] - 27]), value.slice(0, 64));
  const digest = await typedDigest(signed, tools);
  try {
    const key = secp256k1.recoverPublicKey(recovered, digest, { prehash: false });
    const { x, y } = secp256k1.Point.fromBytes(key).toAffine();
    return equal(tools.keccak256(concat(word(x), word(y))).slice(12), address) ? "" : "wallet";
  } catch {
    return "wallet"; // r or s is not in its range, or r is no point's
  }
}

/** The authenticator was asked for this statement, by this host, with the person. */
async function passkeyFault({ signature, said }, tools) {
  const { authenticator_data: data, client_data: text, rp_id: host } = signature;
  const client = clientData(text);
  const flags = data.length >= 37 ? data[32] : 0;
  const hash = await tools.sha256(utf8(host));
  if (!client) return "client";
  if (client.get("type") !== "webauthn.get") return "purpose";
  if (client.get("challenge") !== base64url(await tools.sha256(said))) return "challenge";
  if (!atHome(client, host)) return "origin";
  if (!equal(data.slice(0, 32), hash)) return "host";
  if (!(flags & 1)) return "present";
  if (!(flags & 4)) return "verified";
  return (await passkeyHolds(signature, await tools.sha256(text), tools)) ? "" : "key";
}

/** What the browser says that it asked for: an object in which other members may stand. */
function clientData(text) {
  try {
    const found = parseAnyJson(text);
    return found instanceof Map ? found : null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return null;
  }
}

const base64url = (bytes) =>
  toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** The page's host is the relying party or below it, and no other site framed the page. */
function atHome(client, host) {
  const origin = client.get("origin");
  const secure = /^(?:https:\/\/([a-z0-9.-]+)|http:\/\/(localhost))(?::[0-9]{1,5})?$/;
  const found = typeof origin === "string" ? secure.exec(origin) : null;
  const page = found?.[1] ?? found?.[2] ?? "";
  const framed = client.has("crossOrigin") && client.get("crossOrigin") !== false;
  return (page === host || page.endsWith(`.${host}`)) && !framed;
}

async function passkeyHolds({ public_key: key, authenticator_data: data, signature }, hash, tools) {
  const message = concat(data, hash);
  if (key.type === "rs256") return rsaHolds(key, await tools.sha256(message), signature);
  const raw = fromDer(signature);
  return raw !== null && ecdsaHolds(key, message, raw);
}

/** ECDSA over P-256 with SHA-256; WebCrypto wants r before s, and refuses a key that is no point. */
async function ecdsaHolds({ x, y }, message, raw) {
  const kind = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  try {
    const point = concat(new Uint8Array([4]), x, y);
    const key = await crypto.subtle.importKey("raw", point, kind, false, ["verify"]);
    return await crypto.subtle.verify(kind, key, raw, message);
  } catch {
    return false;
  }
}

/** The 64 bytes of r and s in a signature that is in DER's one form; else null. */
function fromDer(signature) {
  if (signature.length < 8 || signature.length > 72) return null;
  const end = 4 + signature[3];
  const numbers = [signature.slice(4, end), signature.slice(end + 2)].map(numberOf);
  const body = concat(...numbers.map(integerInDer));
  const whole = concat(new Uint8Array([0x30, body.length]), body);
  return equal(whole, signature) && numbers.every((number) => number < 2n ** 256n)
    ? concat(...numbers.map(word))
    : null;
}

/** A number as DER writes it: with a zero before a high bit. */
function integerInDer(number) {
  const size = Math.floor(number.toString(2).length / 8) + 1;
  const bytes = bytesOf(`0x${number.toString(16).padStart(2 * size, "0")}`);
  return concat(new Uint8Array([2, size]), bytes);
}

/**
 * RSASSA-PKCS1-v1_5 with SHA-256, by hand: the whole padded block is compared, nothing is parsed.
 * (WebCrypto takes fewer keys than the format admits, and each browser others.)
 */
function rsaHolds({ n, e }, hash, signature) {
  const [modulus, number] = [n, signature].map(numberOf);
  if (e % 2n === 0n || signature.length !== n.length || number >= modulus) return false;
  const sha256 = "3031300d060960864801650304020105000420"; // "a SHA-256 follows"
  const padding = "ff".repeat(n.length - 3 - sha256.length / 2 - hash.length);
  const block = BigInt(`0x01${padding}00${sha256}${hexOf(hash).slice(2)}`);
  return power(number, e, modulus) === block;
}

function power(base, exponent, modulus) {
  let made = 1n;
  for (const bit of exponent.toString(2)) {
    made = (made * made) % modulus;
    if (bit === "1") made = (made * base) % modulus;
  }
  return made;
}
