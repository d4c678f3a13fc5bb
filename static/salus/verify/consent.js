// A consent: signed by a person, recorded in the registry, and ended since or not.

import { concat, equal, hexOf, utf8, word } from "./bytes.js";
import { State, Unanswered } from "./chain.js";
import { readSigned, Refused } from "./files.js";
import { laidOut } from "./show.js";
import { isContract, signatureFault, typedDigest } from "./signatures.js";
import { FAILED, OK, OPEN } from "./states.js";

/** A salus-consent-proof/1 file. */
export class Consent {
  constructor(proof, tools) {
    Object.assign(this, { proof, tools });
    this.signed = null; // once the statement was read
    this.ended = null;
    this.seen = null; // {time, number} of the newest final block
  }

  /** What was said, and who signed it. */
  async checkFile(run) {
    if (!run.fault("statement", this.statementFault())) return;
    this.noteSigned(run, "signature", this.signed, faultOf(await this.judged(this.signed)));
    if (this.proof.revocation === null) return;
    const fault = await this.endingFault();
    this.noteSigned(run, "ending", this.ended, fault);
  }

  /** Read what was said; give what is wrong with it. */
  statementFault() {
    const [signed, refused] = read(this.proof.document);
    if (refused) return refused;
    this.signed = signed;
    const { action, portal, id } = signed.statement;
    if (action !== "grant") return faultOf("no_grant");
    if (portal !== this.proof.portal) return faultOf("portal");
    const place = this.proof.reference.slice(this.proof.portal.length + 1);
    return place === `Consent/${id}/_history/1` ? null : faultOf("id");
  }

  /** Read how it was ended; give what is wrong with that. */
  async endingFault() {
    const { document, secret } = this.proof.revocation;
    const [ended, refused] = read(document);
    if (refused) return refused;
    this.ended = ended;
    const [said, first] = [ended.statement, this.signed.statement];
    const same = ["portal", "patient", "id"].every((name) => said[name] === first[name]);
    if (said.action !== "revoke") return faultOf("no_end");
    if (!same) return faultOf("another");
    if (!equal(said.consent, this.proof.commitment)) return faultOf("another_consent");
    if (!equal(this.tools.keccak256(secret), first.lock)) return faultOf("secret");
    return faultOf(await this.judged(ended));
  }

  judged(signed) {
    return signatureFault(signed, this.tools);
  }

  /** A step about a signature; a contract's is left to the nodes. */
  noteSigned(run, id, signed, fault) {
    const detail = signed ? { signer: signerOf(signed) } : {};
    const contract = signed !== null && isContract(signed);
    if (contract) detail.says = `${id}_contract`;
    if (fault) run.note(id, FAILED, { ...fault, signer: detail.signer });
    else run.note(id, contract && run.nodes.length === 0 ? OPEN : OK, detail);
  }

  /** It is on record where one trusts; gives whether the chain can be asked. */
  checkTrust(run, trust) {
    if (!trust.registry) {
      run.note("registry", OPEN);
      return false;
    }
    const { chain_id: id, registry } = trust;
    const { chain } = this.proof;
    const here = chain.id === id && equal(chain.contract, registry.address);
    const where = this.signed?.statement.registry;
    const again = where && !(where.chain_id === id && equal(where.contract, registry.address));
    const says = here && again ? "registry_again" : "registry";
    return run.check("registry", here, { id, says, value: hexOf(registry.address) });
  }

  /** The registry holds it, and its end or none. */
  async checkState(run, trust, state) {
    const { address, code_hash: hash } = trust.registry;
    if (!(await run.code(state, address, hash, "code_registry"))) return;
    await this.checkWallets(run, trust.chain_id, state);
    const { name } = state.node;
    const granted = await this.time(state, address, "grantedAt(bytes32)", this.proof.commitment);
    run.fault("granted", this.grantedFault(granted), { name, time: granted });
    const { lock } = this.signed.statement;
    const ended = await this.time(state, address, "revokedAt(bytes32)", lock);
    const fault = this.standingFault(ended);
    const now = await this.now(state, fault);
    const says = ended && !fault ? "standing_ended" : "standing";
    run.fault("standing", fault, { name, says, time: ended, now });
  }

  /** The final block's time; where something is wrong anyway, it may be missing. */
  async now(state, fault) {
    try {
      const now = { time: await state.time(), number: state.at };
      if (!this.seen || later(now, this.seen)) this.seen = now;
      return now.time;
    } catch (error) {
      if (!(error instanceof Unanswered) || !fault) throw error;
      return undefined;
    }
  }

  async time(state, registry, name, key) {
    const selector = this.tools.keccak256(utf8(name)).slice(0, 4);
    const answer = await state.call(registry, selector, key);
    if (answer.length !== 32) throw new Unanswered("nonsense");
    return BigInt(hexOf(answer));
  }

  grantedFault(granted) {
    if (granted === 0n) return faultOf("not_recorded");
    return granted === this.proof.granted_at ? null : faultOf("other_time");
  }

  standingFault(ended) {
    const { revocation } = this.proof;
    if (revocation === null) return ended ? faultOf("hidden_end") : null;
    if (ended === 0n) return faultOf("not_ended");
    return ended === revocation.revoked_at ? null : faultOf("other_end");
  }

  /** The contracts that signed say so, now or when it was recorded. */
  async checkWallets(run, chainId, state) {
    const wallets = this.wallets();
    if (wallets.length === 0) return;
    const { name } = state.node;
    const away = ({ signed }) => signed.statement.registry.chain_id !== chainId;
    let silent = null;
    for (const wallet of wallets.filter((one) => !away(one))) {
      try {
        if (await this.accepts(state, wallet)) continue;
        run.note("wallet", FAILED, { name, value: hexOf(wallet.signed.signature.address) });
        return;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        silent = error; // a wallet that refuses counts more
      }
    }
    if (silent) throw silent;
    run.note("wallet", wallets.some(away) ? OPEN : OK, { name });
  }

  /** The signatures that only contracts can judge, with when and where each was recorded. */
  wallets() {
    const { chain, granted_at, revocation } = this.proof;
    const given = { signed: this.signed, time: granted_at, block: chain.block_number };
    const { revoked_at, block_number } = revocation ?? {};
    const ended = { signed: this.ended, time: revoked_at, block: block_number };
    return [given, ended].filter(({ signed }) => signed && isContract(signed));
  }

  /**
   * Whether a contract calls a signature its own, or did when the consent was recorded: it may have
   * changed its keys since. The block is the file's hint, so its time must be the registry's.
   */
  async accepts(state, { signed, time, block }) {
    const then = new State(state.node, block);
    const data = await this.walletCall(signed);
    let silent = null;
    for (const where of [state, then]) {
      try {
        const known = where === state || (block <= state.at && (await then.time()) === time);
        if (known && equal(await where.call(signed.signature.address, data), ACCEPTED)) return true;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        silent = error; // what a contract that reverts comes to
      }
    }
    if (silent) throw silent;
    return false;
  }

  /** `isValidSignature(bytes32 typed, bytes value)`. */
  async walletCall(signed) {
    const { value } = signed.signature;
    const selector = this.tools.keccak256(utf8("isValidSignature(bytes32,bytes)")).slice(0, 4);
    const typed = await typedDigest(signed, this.tools);
    const padding = new Uint8Array((32 - (value.length % 32)) % 32);
    return concat(selector, typed, word(0x40), word(value.length), value, padding);
  }

  /** "ended", "ran_out" or "stands", as of the newest final block; "" before a node was asked. */
  get standing() {
    if (!this.seen || !this.signed) return "";
    if (this.ended) return "ended";
    const end = BigInt(Date.parse(this.signed.statement.ends_at));
    return end <= this.seen.time * 1000n ? "ran_out" : "stands";
  }

  /** The statements, as they were signed. */
  shown() {
    const found = [this.signed, this.ended].filter(Boolean).map(({ said }) => said);
    return (found.length ? found : [this.proof.document]).map(laidOut).join("\n");
  }
}

const ACCEPTED = concat(new Uint8Array([0x16, 0x26, 0xba, 0x7e]), new Uint8Array(28));

const later = (a, b) => a.time > b.time || (a.time === b.time && a.number > b.number);

const faultOf = (fault) => (fault ? { fault } : null);

/** The signed statement in a document and null, or null and why it is refused. */
function read(document) {
  try {
    return [readSigned(document), null];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [null, { code: error.code, place: error.place }];
  }
}

/** Who signed, as far as the file says. */
export function signerOf({ signature, statement }) {
  const kinds = { eip712: "wallet", eip1271: "contract", webauthn: "passkey" };
  const key = signature.rp_id ?? hexOf(signature.address);
  return { kind: kinds[signature.type], key, custody: statement.custody };
}
