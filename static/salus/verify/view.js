// What the verify page shows: verdict, steps, and what the file says.

import { hexOf } from "./bytes.js";
import { possible } from "./cheats.js";
import { signerOf } from "./consent.js";
import { dateOf, printable } from "./show.js";
import { FAILED } from "./states.js";

export const root = document.getElementById("verify");
export const words = JSON.parse(document.getElementById("verify-words").textContent);
export const find = (name, within = root) => within.querySelector(`[data-${name}]`);
export const filled = (text, values = {}) =>
  text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

const part = (name) => root.querySelector(`[data-part="${name}"]`);
const icon = (name) => document.getElementById(`icon-${name}`).content.cloneNode(true);
const ICONS = { proven: "ok", elsewhere: "elsewhere" };

function showVerdict(verdict, sentence) {
  root.querySelector(".verdict").dataset.verdict = verdict;
  find("verdict-icon").replaceChildren(icon(ICONS[verdict] ?? verdict));
  find("verdict-word").textContent = words.verdicts[verdict];
  find("verdict-words").textContent = sentence;
  find("took").textContent = "";
}

function showParts(...names) {
  for (const one of root.querySelectorAll("[data-part]")) one.hidden = !names.includes(one.dataset.part);
}

export function begin() {
  find("found").hidden = false;
  part("steps").hidden = false;
  part("elsewhere").hidden = true;
  root.setAttribute("aria-busy", "true");
  find("steps").replaceChildren();
  showVerdict("busy", words.sentences.busy);
  find("say").textContent = words.verdicts.busy;
}

// -- steps ------------------------------------------------------------------------------------------

const IN_FILE = ["proof", "commitment", "root", "head", "statement", "signature", "ending"];
const AGAINST_TRUST = ["trust", "portal", "log", "first", "registry"];

function groupOf({ id, detail }) {
  if (IN_FILE.includes(id)) return "file";
  if (AGAINST_TRUST.includes(id)) return "trust";
  return detail.name ? "node" : "chain";
}

/** The list that a step belongs to; begun, with its heading, by the first. */
function listOf(step) {
  const group = groupOf(step);
  const last = find("steps").lastElementChild;
  if (last?.dataset.group === group) return last;
  const heading = document.createElement("h3");
  heading.textContent = filled(words.groups[group], step.detail);
  const list = document.createElement("ol");
  list.className = "verify-steps";
  list.dataset.group = group;
  find("steps").append(heading, list);
  return list;
}

export function addStep(step) {
  const { state, detail } = step;
  const item = document.getElementById("step").content.cloneNode(true);
  item.firstElementChild.dataset.state = state;
  find("icon", item).append(icon(state));
  item.querySelector("strong").textContent = `${words.states[state]}:`;
  find("words", item).textContent = wordsOf(step);
  const value = detail.hash ? hexOf(detail.hash) : (detail.value ?? detail.portal);
  find("value", item).hidden = !value;
  find("hash", item).textContent = value ?? "";
  listOf(step).append(item);
}

const wordsOf = ({ id, state, detail }) =>
  filled(words.steps[detail.says ?? id][state], valuesOf(detail));

/** What a step's detail puts into its words. */
function valuesOf(detail) {
  const values = { ...detail, reason: "", why: words.whys[detail.why] ?? "" };
  for (const name of ["time", "now"]) {
    if (detail[name] !== undefined) values[name] = dateOf(detail[name]);
  }
  if (detail.signer) values.signer = nameOf(detail.signer);
  if (detail.fault) values.reason = filled(words.faults[detail.fault], values);
  if (detail.code) {
    values.reason = filled(words.reasons[detail.code], { place: printable(detail.place) });
  }
  return values;
}

const nameOf = ({ kind, key }) => filled(words.signers[kind], { key });

// -- the verdict, and what the file says --------------------------------------------------------------

export function finish({ verdict, steps, claim }, seconds) {
  root.removeAttribute("aria-busy");
  const sentence = sentenceOf(verdict, steps, claim);
  showVerdict(verdict, sentence);
  const figures = { steps: steps.length, seconds: seconds.toFixed(2) };
  find("took").textContent = filled(words.page.took, figures);
  find("say").textContent = `${words.verdicts[verdict]}. ${sentence}`;
  root.querySelector(".verdict").scrollIntoView({ block: "nearest" });
  showClaim(claim, verdict);
}

/** The verdict in a sentence; of what fails, the first is said. */
function sentenceOf(verdict, steps, claim) {
  const failed = steps.find(({ state }) => state === FAILED);
  if (failed) return filled(words.sentences.failed, { step: wordsOf(failed) });
  if (verdict !== "proven") return words.sentences[verdict];
  const { proof, signed, seen, standing } = claim;
  if (!standing) return filled(words.sentences.proven, { time: dateOf(proof.batch.time) });
  return filled(words.sentences[standing], {
    granted: dateOf(proof.granted_at),
    until: dateOf(secondsOf(signed.statement.ends_at)),
    now: dateOf(seen.time),
    ended: dateOf(proof.revocation?.revoked_at ?? 0n),
  });
}

const secondsOf = (instant) => Date.parse(instant) / 1000;

function showClaim(claim, verdict) {
  const shown = ["steps", "limits"];
  if (claim) shown.push("document");
  if (claim?.signed) shown.push("consent");
  if (!part("cheat").hidden) shown.push("cheat");
  showParts(...shown);
  for (const one of root.querySelectorAll("[data-of]")) {
    one.hidden = one.dataset.of !== (claim?.proof.granted_at ? "consent" : "record");
  }
  // What breaks is what matters, unless nothing does.
  part("steps")[verdict === "failed" ? "after" : "before"](part("consent"));
  if (!claim) return;
  const { proof } = claim;
  find("kind").textContent = proof.kind;
  find("reference").textContent = proof.reference;
  find("sequence").textContent = proof.batch?.sequence ?? "";
  find("time").textContent = proof.batch ? dateOf(proof.batch.time) : "";
  find("document").textContent = claim.shown();
  if (claim.signed) showConsent(claim, verdict);
}

/** The sentence that was signed, its details, by whom, and whether it was ended. */
function showConsent({ proof, signed, ended }, verdict) {
  const said = signed.statement;
  const notes = { failed: words.page.not_proven, open: words.page.not_decided };
  find("consent-note").textContent = notes[verdict] ?? "";
  find("consent-note").hidden = !notes[verdict];
  find("said").textContent = printable(said.text);
  find("patient").textContent = said.patient;
  find("grantee").textContent = said.grantee;
  find("scope").textContent = `${said.scope}: ${said.resource_types.join(", ")}`;
  find("until").textContent = dateOf(secondsOf(said.ends_at));
  find("granted").textContent = dateOf(proof.granted_at);
  find("signer").textContent = filled(words.page.signed_with, { signer: nameOf(signerOf(signed)) });
  find("custody").textContent = words.custodies[said.custody];
  find("ended").closest(".summary-row").hidden = !ended;
  if (!ended) return;
  const values = { time: dateOf(proof.revocation.revoked_at), signer: nameOf(signerOf(ended)) };
  find("ended").textContent = filled(words.page.ended_at, values);
  find("ended-custody").textContent = words.custodies[ended.statement.custody];
}

/** The ways to cheat that make sense for what was checked. */
export function showCheats(claim, pinned) {
  part("cheat").hidden = !claim;
  for (const button of root.querySelectorAll("[data-cheat]")) {
    button.hidden = !possible(button.dataset.cheat, claim, pinned);
  }
}

/** A file that only salus_verify.py checks: "archive" or "head". */
export function showElsewhere(kind, name) {
  find("found").hidden = false;
  root.removeAttribute("aria-busy");
  showParts("elsewhere");
  find("without-head").hidden = kind === "head";
  find("proof-name").textContent = filled(words.page.not_checked, { name });
  showVerdict("elsewhere", words.sentences[kind]);
  find("say").textContent = words.sentences[kind];
}

/** Something went wrong before or beside the check. */
export function trouble(text) {
  root.removeAttribute("aria-busy");
  find("found").hidden = false;
  showParts();
  showVerdict("open", text);
  find("say").textContent = text;
}
