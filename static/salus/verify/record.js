// A record: sealed in the log.

import { compare, concat, equal, hexOf, utf8, word } from "./bytes.js";
import { laidOut } from "./show.js";

/** A salus-proof/1 file. */
export class Record {
  constructor(proof, { keccak256 }) {
    Object.assign(this, { proof, keccak256 });
  }

  /** From the commitment to the log's head: needs nothing but the file. */
  checkFile(run) {
    const { batch, root } = this.proof;
    run.check("root", equal(this.root(), root), { hash: root, depth: batch.depth });
    const entry = [batch.sequence, root, batch.depth, batch.time];
    run.check("head", equal(this.head(batch.previous_head, ...entry), batch.head), {
      hash: batch.head,
      sequence: batch.sequence,
    });
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

  /** The proof is about the chain and log that are trusted. */
  checkTrust(run, trust) {
    const { chain, batch } = this.proof;
    const same = chain.id === trust.chain_id && equal(chain.contract, trust.log);
    run.check("log", same, { id: trust.chain_id, value: hexOf(trust.log) });
    if (batch.sequence === 1n) {
      run.check("first", equal(batch.previous_head, this.firstHead(trust)));
    }
    return true;
  }

  /** The log holds this entry after the entry before it. */
  async checkState(run, trust, state) {
    if (!(await run.code(state, trust.log, trust.code_hash, "code"))) return;
    const { sequence, head, previous_head: previous } = this.proof.batch;
    const { name } = state.node;
    const now = await this.headAt(state, trust.log, sequence);
    run.check("entry", equal(now, head), { name, sequence });
    const before = await this.headAt(state, trust.log, sequence - 1n);
    run.check("previous", equal(before, previous), { name, sequence: sequence - 1n });
  }

  headAt(state, log, sequence) {
    return state.call(log, this.keccak256(utf8("heads(uint64)")).slice(0, 4), word(sequence));
  }

  /** The document, for reading. */
  shown() {
    return laidOut(this.proof.document);
  }
}
