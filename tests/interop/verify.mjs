// Runs the browser's verifier over cases on stdin (JSON, see test_verifiers.py), without a browser.

import { readFileSync } from "node:fs";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { verify, Unanswered } from "../../static/salus/verify/core.js";
import { laidOut } from "../../static/salus/verify/show.js";

const hashes = {
  keccak256: keccak_256,
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
};

const bytes = (base64) => (base64 === null ? null : new Uint8Array(Buffer.from(base64, "base64")));

function nodeOf(answers, index) {
  const ask = async (method, params) => {
    const key = JSON.stringify([method, params]);
    if (!Object.hasOwn(answers, key)) throw new Unanswered("unreachable");
    return answers[key];
  };
  return { name: `node ${index}`, ask };
}

async function run({ proof, trust, nodes, confirmations }) {
  const given = { proof: bytes(proof), trust: bytes(trust), nodes: nodes.map(nodeOf) };
  given.confirmations = confirmations === null ? null : BigInt(confirmations);
  const report = await verify(given, hashes);
  const broken = report.steps.find((step) => step.detail.code)?.detail ?? null;
  return {
    exit: { proven: 0, failed: 1, open: 2 }[report.verdict],
    steps: report.steps.map((step) => [step.id, step.state]),
    broken: broken && [broken.code, broken.place],
    shown: report.proof && laidOut(report.proof.document),
  };
}

const results = [];
for (const item of JSON.parse(readFileSync(0, "utf8"))) results.push(await run(item));
process.stdout.write(JSON.stringify(results));
