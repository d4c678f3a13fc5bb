// Runs the browser's verifier over cases on stdin (JSON, see test_verifiers.py), without a browser.

import { readFileSync } from "node:fs";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { verify, Unanswered } from "../../static/salus/verify/core.js";

const tools = {
  keccak256: keccak_256,
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  secp256k1: () => import("@noble/curves/secp256k1.js"),
};

const bytes = (base64) => (base64 === null ? null : new Uint8Array(Buffer.from(base64, "base64")));

/** Members in the order of their names, as test_verifiers.py writes calls. */
const sorted = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function nodeOf(answers, index) {
  const ask = async (method, params) => {
    const key = `${method} ${JSON.stringify(params, sorted)}`;
    if (!Object.hasOwn(answers, key)) throw new Unanswered("unreachable");
    return answers[key];
  };
  return { name: `node ${index}`, ask };
}

async function run({ proof, trust, nodes, confirmations }) {
  const given = { proof: bytes(proof), trust: bytes(trust), nodes: nodes.map(nodeOf) };
  given.confirmations = confirmations === null ? null : BigInt(confirmations);
  const { verdict, steps, claim } = await verify(given, tools);
  const broken = steps.find((step) => step.detail.code)?.detail ?? null;
  return {
    exit: { proven: 0, failed: 1, open: 2 }[verdict],
    steps: steps.map((step) => [step.id, step.state]),
    broken: broken && [broken.code, broken.place],
    faults: steps.map((step) => step.detail.fault).filter(Boolean),
    standing: claim?.standing ?? "",
    says: steps.map((step) => [step.detail.says ?? step.id, step.state]),
    shown: claim?.shown() ?? null,
  };
}

const results = [];
for (const item of JSON.parse(readFileSync(0, "utf8"))) results.push(await run(item));
process.stdout.write(JSON.stringify(results));
