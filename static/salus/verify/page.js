// The verify page: files in, steps and verdict out. Nothing is sent but questions to the node.

import { keccak_256 } from "../../vendor/noble/sha3.js";
import { hexOf } from "./bytes.js";
import { cheats, possible } from "./cheats.js";
import { verify } from "./core.js";
import { MAX_PROOF, readTrust } from "./files.js";
import { nodeAt } from "./rpc.js";
import { dateOf, laidOut } from "./show.js";

const root = document.getElementById("verify");
const words = JSON.parse(document.getElementById("verify-words").textContent);
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const find = (name, within = root) => within.querySelector(`[data-${name}]`);
const filled = (text, values = {}) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

const hashes = {
  keccak256: keccak_256,
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
};

// What the visitor gave; `cheated` is what is checked instead while they try to cheat.
const given = { proof: null, name: "", trust: null, trustName: "", cheated: null };
let latest = 0; // a check that was overtaken by a newer one shows nothing more
let found = null; // the parsed proof and trust file of the last honest check
let pinned = null;

// -- what is checked --------------------------------------------------------------------------------

async function check() {
  const run = ++latest;
  const settings = readSettings();
  if (!given.proof || !settings) return;
  const files = given.cheated ?? { proof: given.proof, trust: await trustFile() };
  if (run !== latest) return;
  begin();
  const start = performance.now();
  try {
    const tell = (step) => run === latest && addStep(step);
    const report = await verify({ ...files, ...settings }, hashes, tell);
    if (run === latest) finish(report, files, (performance.now() - start) / 1000);
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

// -- what is shown ----------------------------------------------------------------------------------

const icon = (name) => document.getElementById(`icon-${name}`).content.cloneNode(true);

function showVerdict(verdict, sentence) {
  root.querySelector(".verdict").dataset.verdict = verdict;
  find("verdict-icon").replaceChildren(icon(verdict === "proven" ? "ok" : verdict));
  find("verdict-word").textContent = words.verdicts[verdict];
  find("verdict-words").textContent = sentence;
  find("took").textContent = "";
}

function begin() {
  find("found").hidden = false;
  part("steps").hidden = false;
  root.setAttribute("aria-busy", "true");
  find("steps").replaceChildren();
  showVerdict("busy", words.sentences.busy);
  find("say").textContent = words.verdicts.busy;
}

const GROUPS = { proof: "file", commitment: "file", root: "file", head: "file" };
Object.assign(GROUPS, { trust: "trust", portal: "trust", log: "trust", first: "trust" });

/** The list that a step belongs to; begun, with its heading, by the first. */
function listOf({ id, detail }) {
  const group = GROUPS[id] ?? (detail.name ? "node" : "chain");
  const last = find("steps").lastElementChild;
  if (last?.dataset.group === group) return last;
  const heading = document.createElement("h3");
  heading.textContent = filled(words.groups[group], detail);
  const list = document.createElement("ol");
  list.className = "verify-steps";
  list.dataset.group = group;
  find("steps").append(heading, list);
  return list;
}

function addStep(step) {
  const { id, state, detail } = step;
  const item = document.getElementById("step").content.cloneNode(true);
  const values = { ...detail, reason: "", why: words.whys[detail.why] ?? "" };
  if (detail.code) values.reason = filled(words.reasons[detail.code], { place: detail.place });
  item.firstElementChild.dataset.state = state;
  find("icon", item).append(icon(state));
  const label = item.querySelector("strong");
  label.textContent = `${words.states[state]}:`;
  find("words", item).textContent = filled(words.steps[id][state], values);
  const value = detail.hash ? hexOf(detail.hash) : detail.log ?? detail.portal;
  find("value", item).hidden = !value;
  find("hash", item).textContent = value ?? "";
  listOf(step).append(item);
}

function finish(report, files, seconds) {
  root.removeAttribute("aria-busy");
  const { verdict, proof, steps } = report;
  const time = proof ? dateOf(proof.batch.time) : "";
  const sentence = filled(words.sentences[verdict], { time });
  showVerdict(verdict, sentence);
  const figures = { steps: steps.length, seconds: seconds.toFixed(2) };
  find("took").textContent = filled(words.page.took, figures);
  find("say").textContent = `${words.verdicts[verdict]}. ${sentence}`;
  root.querySelector(".verdict").scrollIntoView({ block: "nearest" });
  if (!given.cheated) remember(proof, files.trust);
  showDocument(proof, time);
  showCheats();
}

function remember(proof, trust) {
  found = proof;
  try {
    pinned = trust ? readTrust(trust) : null;
  } catch {
    pinned = null;
  }
}

function showDocument(proof, time) {
  part("document").hidden = !proof;
  if (!proof) return;
  find("kind").textContent = proof.kind;
  find("reference").textContent = proof.reference;
  find("sequence").textContent = proof.batch.sequence;
  find("time").textContent = time;
  find("document").textContent = laidOut(proof.document);
}

function showCheats() {
  part("cheat").hidden = !found;
  for (const button of root.querySelectorAll("[data-cheat]")) {
    button.hidden = !possible(button.dataset.cheat, found, pinned);
  }
}

/** What was changed to cheat, with the way back; nothing without words. */
function note(text) {
  find("cheat-words").textContent = text;
  find("cheat-note").hidden = !text;
}

/** Something went wrong before or beside the check. */
function trouble(text) {
  root.removeAttribute("aria-busy");
  find("found").hidden = false;
  part("steps").hidden = true;
  showVerdict("open", text);
  find("say").textContent = text;
  showDocument(null);
  showCheats();
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
  given.proof = bytes;
  given.cheated = null;
  found = null;
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
  if (!found) return;
  const honest = { proof: given.proof, trust: await trustFile() };
  const { detail, ...files } = cheats[name](honest, found, pinned);
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
