// The steps of docs/PROOFS.md, as in salus_verify.py. Knows no page: hashes and nodes are handed in,
// and a step is {id, state, detail}; the words are the page's.

import { bytesOf, compare, concat, equal, hexOf, utf8, word } from "./bytes.js";
import { readProof, readTrust, Refused } from "./files.js";

export const OK = "ok";
export const FAILED = "failed";
export const OPEN = "open"; // could not be checked

/** A node gave no usable answer: nothing is shown by that, either way. */
export class Unanswered extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * Take all steps that can be taken.
 * @param {{proof: Uint8Array, trust: ?Uint8Array, nodes: {name, ask}[], confirmations: ?bigint}} given
 * @param {{sha256: (b) => Promise<Uint8Array>, keccak256: (b) => Uint8Array}} hashes
 * @param {(step) => void} tell called with each step as soon as it is known
 * @returns {Promise<{verdict: "proven"|"failed"|"open", steps: object[], proof: ?object}>}
 */
export async function verify(given, hashes, tell = () => {}) {
  const run = new Run(given, hashes, tell);
  await run.all();
  return { verdict: run.verdict(), steps: run.steps, proof: run.proof };
}

class Run {
  constructor({ proof, trust, nodes, confirmations }, { sha256, keccak256 }, tell) {
    Object.assign(this, { proofFile: proof, trustFile: trust, nodes, confirmations });
    Object.assign(this, { sha256, keccak256, tell, steps: [], proof: null });
  }

  note(id, state, detail = {}) {
    this.steps.push({ id, state, detail });
    this.tell(this.steps.at(-1));
    return state === OK;
  }

  check(id, holds, detail) {
    return this.note(id, holds ? OK : FAILED, detail);
  }

  has(state) {
    return this.steps.some((step) => step.state === state);
  }

  verdict() {
    if (this.has(FAILED)) return "failed";
    return this.has(OPEN) || this.steps.length === 0 ? "open" : "proven";
  }

  async all() {
    this.proof = this.read("proof", readProof, this.proofFile);
    if (!this.proof) return;
    await this.document();
    const trust = this.trusted();
    if (trust) this.pinned(trust);
    if (this.has(FAILED)) return;
    if (!trust || this.nodes.length === 0) {
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

  /** From the document's bytes to the log's head: needs nothing but the file. */
  async document() {
    const { batch, commitment, root } = this.proof;
    this.check("commitment", equal(await this.commitment(), commitment), { hash: commitment });
    this.check("root", equal(this.root(), root), { hash: root, depth: batch.depth });
    const entry = [batch.sequence, root, batch.depth, batch.time];
    this.check("head", equal(this.head(batch.previous_head, ...entry), batch.head), {
      hash: batch.head,
      sequence: batch.sequence,
    });
  }

  async commitment() {
    const { salt, kind, reference, document } = this.proof;
    const parts = [utf8(kind), utf8(reference), document].map((part) => this.sha256(part));
    const domain = utf8("salus-commit/1\0");
    return this.sha256(concat(domain, salt, ...(await Promise.all(parts))));
  }

  root() {
    let node = this.keccak256(this.keccak256(this.proof.commitment));
    for (const sibling of this.proof.path) {
      const pair = compare(node, sibling) < 0 ? [node, sibling] : [sibling, node];
      node = this.keccak256(concat(...pair));
    }
    return node;
  }

  head(previous, sequence, root, depth, time) {
    return this.keccak256(concat(previous, word(sequence), root, word(depth), word(time)));
  }

  /** What a log holds at 0: keccak256(abi.encode("salus-log/1", chainid, address)). */
  firstHead(trust) {
    const name = utf8("salus-log/1");
    const address = concat(new Uint8Array(12), trust.log);
    const tail = concat(name, new Uint8Array(32 - name.length));
    return this.keccak256(
      concat(word(0x60), word(trust.chain_id), address, word(name.length), tail),
    );
  }

  trusted() {
    if (this.trustFile) return this.read("trust", readTrust, this.trustFile);
    this.note("trust", OPEN);
    return null;
  }

  /** The proof is about the portal, chain and log that are trusted. */
  pinned(trust) {
    const { portal, chain, batch } = this.proof;
    this.check("portal", portal === trust.portal, { portal: trust.portal });
    const same = chain.id === trust.chain_id && equal(chain.contract, trust.log);
    this.check("log", same, { id: trust.chain_id, log: hexOf(trust.log) });
    if (batch.sequence === 1n) {
      this.check("first", equal(batch.previous_head, this.firstHead(trust)));
    }
  }

  /** What one node says; the first wrong or missing answer ends it. */
  async node(trust, node) {
    const name = node.name;
    try {
      const at = await this.chain(trust, node);
      if (at !== null) await this.entry(trust, node, at);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      this.note("node", OPEN, { name, why: error.code });
    }
  }

  /** Chain, first block, finality and code; gives the final block's number if all hold. */
  async chain(trust, node) {
    const name = node.name;
    const id = quantity(await node.ask("eth_chainId", []));
    if (!this.check("chain", id === trust.chain_id, { name, id })) return null;
    const first = dataOf((await block(node, "0x0")).hash);
    if (!this.check("genesis", equal(first, trust.genesis_hash), { name })) return null;
    const at = await this.finalBlock(node);
    this.note("final", OK, { name, number: at });
    const code = dataOf(await node.ask("eth_getCode", [hexOf(trust.log), hexNumber(at)]));
    const held = equal(this.keccak256(code), trust.code_hash);
    return this.check("code", held, { name }) ? at : null;
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

  /** The log holds this entry after the entry before it. */
  async entry(trust, node, at) {
    const { sequence, head, previous_head: previous } = this.proof.batch;
    const name = node.name;
    const now = await this.headAt(node, trust.log, sequence, at);
    this.check("entry", equal(now, head), { name, sequence });
    const before = await this.headAt(node, trust.log, sequence - 1n, at);
    this.check("previous", equal(before, previous), { name, sequence: sequence - 1n });
  }

  async headAt(node, log, sequence, at) {
    const selector = this.keccak256(utf8("heads(uint64)")).slice(0, 4);
    const call = { to: hexOf(log), data: hexOf(concat(selector, word(sequence))) };
    return dataOf(await node.ask("eth_call", [call, hexNumber(at)]));
  }
}

const hexNumber = (number) => `0x${number.toString(16)}`;

async function block(node, tag) {
  const found = await node.ask("eth_getBlockByNumber", [tag, false]);
  if (typeof found !== "object" || found === null) throw new Unanswered("block");
  return found;
}

function quantity(value) {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw new Unanswered("nonsense");
  }
  return BigInt(value);
}

function dataOf(value) {
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(value)) {
    throw new Unanswered("nonsense");
  }
  return bytesOf(value);
}
