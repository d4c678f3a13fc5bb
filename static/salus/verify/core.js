// The steps of docs/PROOFS.md, as in salus_verify.py. Knows no page: hashes and nodes are handed in,
// and a step is {id, state, detail}; the words are the page's.

import { concat, equal, hexOf, utf8 } from "./bytes.js";
import { block, dataOf, quantity, State, Unanswered } from "./chain.js";
import { Consent } from "./consent.js";
import { readClaim, readTrust, Refused } from "./files.js";
import { Record } from "./record.js";
import { FAILED, OK, OPEN } from "./states.js";

export { Unanswered };

/**
 * Take all steps that can be taken, for a record's proof or a consent's.
 * @param {{proof: Uint8Array, trust: ?Uint8Array, nodes: {name, ask}[], confirmations: ?bigint}} given
 * @param {{sha256: (b) => Promise<Uint8Array>, keccak256: (b) => Uint8Array,
 *   secp256k1: () => Promise<object>}} tools the last is the curve of @noble/curves, loaded when needed
 * @param {(step) => void} tell called with each step as soon as it is known
 * @returns {Promise<{verdict: "proven"|"failed"|"open", steps: object[], claim: ?object}>}
 */
export async function verify(given, tools, tell = () => {}) {
  const run = new Run(given, tools, tell);
  await run.all();
  return { verdict: run.verdict(), steps: run.steps, claim: run.claim };
}

class Run {
  constructor({ proof, trust, nodes, confirmations }, tools, tell) {
    Object.assign(this, { proofFile: proof, trustFile: trust, nodes, confirmations });
    Object.assign(this, { tools, tell, steps: [], claim: null });
  }

  note(id, state, detail = {}) {
    this.steps.push({ id, state, detail });
    this.tell(this.steps.at(-1));
    return state === OK;
  }

  check(id, holds, detail) {
    return this.note(id, holds ? OK : FAILED, detail);
  }

  /** A step that fails where there is a fault: {fault} or {code, place}. */
  fault(id, fault, detail) {
    return this.note(id, fault ? FAILED : OK, { ...detail, ...fault });
  }

  has(state) {
    return this.steps.some((step) => step.state === state);
  }

  verdict() {
    if (this.has(FAILED)) return "failed";
    return this.has(OPEN) || this.steps.length === 0 ? "open" : "proven";
  }

  async all() {
    const proof = this.read("proof", readClaim, this.proofFile);
    if (!proof) return;
    this.claim = "granted_at" in proof ? new Consent(proof, this.tools) : new Record(proof, this.tools);
    await this.commitment(proof);
    await this.claim.checkFile(this);
    const trust = this.trusted();
    const ready = trust !== null && this.about(trust);
    if (this.has(FAILED)) return;
    if (!ready || this.nodes.length === 0) {
      this.note("chain", OPEN, { why: "unasked" });
      return;
    }
    for (const node of this.nodes) await this.node(trust, node);
  }

  read(id, reader, file) {
    try {
      const found = reader(file);
      this.note(id, OK);
      return found;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.note(id, FAILED, { code: error.code, place: error.place });
      return null;
    }
  }

  async commitment({ salt, kind, reference, document, commitment }) {
    const { sha256 } = this.tools;
    const parts = await Promise.all([utf8(kind), utf8(reference), document].map(sha256));
    const made = await sha256(concat(utf8("salus-commit/1\0"), salt, ...parts));
    this.check("commitment", equal(made, commitment), { hash: commitment });
  }

  trusted() {
    if (this.trustFile) return this.read("trust", readTrust, this.trustFile);
    this.note("trust", OPEN);
    return null;
  }

  /** The claim is about what is trusted; gives whether the chain can be asked at all. */
  about(trust) {
    const { portal } = this.claim.proof;
    this.check("portal", portal === trust.portal, { portal: trust.portal });
    return this.claim.checkTrust(this, trust);
  }

  /** What one node says; the first wrong or missing answer ends it. */
  async node(trust, node) {
    try {
      const state = await this.finalState(trust, node);
      if (state) await this.claim.checkState(this, trust, state);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      this.note("node", OPEN, { name: node.name, why: error.code });
    }
  }

  /** Chain, first block and finality; gives the state after the final block if all hold. */
  async finalState(trust, node) {
    const { name } = node;
    const id = quantity(await node.ask("eth_chainId", []));
    if (!this.check("chain", id === trust.chain_id, { name, id })) return null;
    const first = dataOf((await block(node, "0x0")).hash);
    if (!this.check("genesis", equal(first, trust.genesis_hash), { name })) return null;
    const at = await this.finalBlock(node);
    this.note("final", OK, { name, number: at });
    return new State(node, at);
  }

  async finalBlock(node) {
    if (this.confirmations === null || this.confirmations === undefined) {
      try {
        return quantity((await block(node, "finalized")).number);
      } catch (error) {
        throw error instanceof Unanswered ? new Unanswered("finalized") : error;
      }
    }
    const newest = quantity((await block(node, "latest")).number);
    return newest > this.confirmations ? newest - this.confirmations : 0n;
  }

  /** The contract does what the trusted code does. */
  async code(state, address, hash, says) {
    const held = equal(this.tools.keccak256(await state.code(address)), hash);
    return this.check("code", held, { name: state.node.name, says, value: hexOf(address) });
  }
}
