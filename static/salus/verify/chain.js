// What nodes are asked, and how their answers are read.

import { bytesOf, concat, hexOf } from "./bytes.js";

/** A node gave no usable answer: nothing is shown by that, either way. */
export class Unanswered extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const hexNumber = (number) => `0x${number.toString(16)}`;

/** A block's header, by number or tag. */
export async function block(node, tag) {
  const found = await node.ask("eth_getBlockByNumber", [tag, false]);
  if (typeof found !== "object" || found === null) throw new Unanswered("block");
  return found;
}

/** A number in a node's answer. */
export function quantity(value) {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw new Unanswered("nonsense");
  }
  return BigInt(value);
}

/** Bytes in a node's answer. */
export function dataOf(value) {
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(value)) {
    throw new Unanswered("nonsense");
  }
  return bytesOf(value);
}

/** The chain as it stood after block `at`, as one node tells it. */
export class State {
  constructor(node, at) {
    Object.assign(this, { node, at });
  }

  async code(address) {
    return dataOf(await this.node.ask("eth_getCode", [hexOf(address), hexNumber(this.at)]));
  }

  /** What a contract answers to a function's selector and its words. */
  async call(to, ...data) {
    const call = { to: hexOf(to), data: hexOf(concat(...data)) };
    return dataOf(await this.node.ask("eth_call", [call, hexNumber(this.at)]));
  }

  /** The block's own time. */
  async time() {
    return quantity((await block(this.node, hexNumber(this.at))).timestamp);
  }
}
