// The verify page: files in, steps and verdict out. Nothing is sent but questions to the node.

import { keccak_256 } from "../../vendor/noble/sha3.js";
import { cheats } from "./cheats.js";
import { verify } from "./core.js";
import { checkedElsewhere, MAX_PROOF, readTrust } from "./files.js";
import { nodeAt } from "./rpc.js";
import {
  addStep, begin, filled, find, finish, root, showCheats, showElsewhere, trouble, words,
} from "./view.js";

const tools = {
  keccak256: keccak_256,
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  // Only what a wallet signed needs the curve.
  secp256k1: () => import("../../vendor/noble/curves/secp256k1.js"),
};

// What the visitor gave; `cheated` is what is checked instead while they try to cheat.
const given = { proof: null, name: "", trust: null, cheated: null };
let latest = 0; // a check that was overtaken by a newer one shows nothing more
let claim = null; // what the last honest check was about, and the parsed trust file
let pinned = null;

// -- what is checked --------------------------------------------------------------------------------

async function check() {
  const run = ++latest;
  const settings = readSettings();
  if (!given.proof || !settings) return;
  const elsewhere = checkedElsewhere(given.proof);
  if (elsewhere) return showElsewhere(elsewhere, given.name);
  if (!globalThis.crypto?.subtle) return trouble(words.page.insecure);
  const files = given.cheated ?? { proof: given.proof, trust: await trustFile() };
  if (run !== latest) return;
  begin();
  const start = performance.now();
  try {
    const tell = (step) => run === latest && addStep(step);
    const report = await verify({ ...files, ...settings }, tools, tell);
    if (run !== latest) return;
    if (!given.cheated) remember(report.claim, files.trust);
    showCheats(claim, pinned);
    finish(report, (performance.now() - start) / 1000);
  } catch (error) {
    console.error(error);
    if (run === latest) trouble(words.page.unexpected);
  }
}

/** The node and finality as typed; null, with words at the field, where they are wrong. */
function readSettings() {
  const url = find("rpc").value.trim();
  const depth = find("confirmations").value.trim();
  let nodes = [];
  let wrong = "";
  try {
    nodes = url ? [nodeAt(url)] : [];
  } catch {
    wrong = words.page.bad_url;
  }
  const depthWrong = /^[0-9]{0,6}$/.test(depth) ? "" : words.page.bad_number;
  complain("rpc", wrong);
  complain("confirmations", depthWrong);
  if (wrong || depthWrong) {
    root.querySelector(".verify-against").open = true;
    find(wrong ? "rpc" : "confirmations").focus();
    return null;
  }
  return { nodes, confirmations: depth ? BigInt(depth) : null };
}

function complain(name, text) {
  const place = find(`${name}-wrong`);
  place.textContent = text;
  place.hidden = !text;
  find(name).toggleAttribute("aria-invalid", false);
  if (text) find(name).setAttribute("aria-invalid", "true");
}

/** The visitor's own trust file, else this portal's; null where there is none. */
async function trustFile() {
  if (given.trust) return given.trust;
  try {
    const response = await fetch(root.dataset.trust, { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    find("trust-name").textContent = words.page.portal_trust;
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    find("trust-name").textContent = words.page.no_trust;
    return null;
  }
}

function remember(checked, trust) {
  claim = checked;
  try {
    pinned = trust ? readTrust(trust) : null;
  } catch {
    pinned = null;
  }
}

/** What was changed to cheat, with the way back; nothing without words. */
function note(text) {
  find("cheat-words").textContent = text;
  find("cheat-note").hidden = !text;
}

// -- what the visitor does ----------------------------------------------------------------------------

async function takeFile(kind, file) {
  if (!file) return;
  let bytes;
  try {
    // One byte too many is enough for the check to refuse it.
    bytes = new Uint8Array(await file.slice(0, MAX_PROOF + 1).arrayBuffer());
  } catch {
    trouble(words.page.unreadable);
    return;
  }
  given.cheated = null;
  note("");
  if (kind === "trust") {
    given.trust = bytes;
    find("trust-name").textContent = filled(words.page.own_trust, { name: file.name });
  } else takeProof(bytes, file.name);
  await check();
}

function takeProof(bytes, name) {
  Object.assign(given, { proof: bytes, name, cheated: null });
  claim = null;
  note("");
  find("proof-name").textContent = filled(words.page.chosen, { name });
}

/** A proof of this portal: the sample, or the one that the address names behind its #. */
async function takeFrom(url, name, missing) {
  try {
    const response = await fetch(url, { cache: "no-store" });
    if (response.status !== 200) throw new Error(String(response.status));
    takeProof(new Uint8Array(await response.arrayBuffer()), name);
  } catch {
    trouble(missing);
    return;
  }
  await check();
}

async function takeSample(button) {
  button.setAttribute("aria-busy", "true");
  await takeFrom(root.dataset.sample, words.page.sample, words.page.no_sample);
  button.removeAttribute("aria-busy");
}

async function cheat(name) {
  if (!claim) return;
  const honest = { proof: given.proof, trust: await trustFile() };
  const { detail, ...files } = cheats[name](honest, claim, pinned);
  given.cheated = files;
  note(filled(words.page[`cheat_${name}`], detail));
  await check();
  find("verdict-word").focus({ preventScroll: true });
}

async function restore() {
  given.cheated = null;
  note("");
  await check();
  find("verdict-word").focus({ preventScroll: true });
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.cheat) cheat(button.dataset.cheat);
  else if (button.dataset.act === "sample") takeSample(button);
  else if (button.dataset.act === "again") check();
  else if (button.dataset.act === "restore") restore();
});

root.addEventListener("change", (event) => {
  const kind = event.target.dataset.file;
  if (!kind) return;
  takeFile(kind, event.target.files[0]);
  if (kind === "proof") event.target.value = ""; // the same file may be chosen again
});

const zone = root.querySelector("[data-drop]");
for (const type of ["dragenter", "dragover"]) {
  root.addEventListener(type, (event) => {
    event.preventDefault();
    zone.classList.add("dropzone-over");
  });
}
root.addEventListener("dragleave", (event) => {
  if (!root.contains(event.relatedTarget)) zone.classList.remove("dropzone-over");
});
root.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("dropzone-over");
  const kind = event.target.closest(".verify-against") ? "trust" : "proof";
  takeFile(kind, event.dataTransfer.files[0]);
});

const linked = location.hash.match(/^#(\/proofs\/[0-9a-f-]{36}\.json)$/);
if (linked) takeFrom(linked[1], words.page.linked, words.page.no_linked);
