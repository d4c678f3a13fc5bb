// The pages on which a decision is signed: which ways there are, and the one that was chosen.

import * as passkey from "./passkey.js";
import { Picker } from "./picker.js";
import { Progress } from "./progress.js";
import { Trouble } from "./trouble.js";
import * as wallet from "./wallet.js";

const form = document.querySelector("form[data-sign]");
const asked = JSON.parse(document.getElementById("to-sign").textContent);
const progress = new Progress(form);
const button = form.querySelector("[data-submit]");
const recorded = button.querySelector("span").textContent; // its words where Salus records
let touched = false; // whether the person has chosen already
let attempt = null; // ends what is being waited for

const way = (name) => form.querySelector(`[data-way="${name}"]`);
const chosen = () => form.querySelector("input[name=way]:checked")?.value;

// -- which ways there are -----------------------------------------------------------------------------

/** Show a way; it is chosen, unless the person has chosen already. */
function offer(name) {
  const place = way(name);
  if (!place.hidden) return;
  place.hidden = false;
  button.hidden = false;
  const before = form.dataset.chosen;
  if (before ? before === name : !touched && better(name)) choose(name);
}

/** A passkey comes before a wallet, and both before what Salus records. */
const better = (name) => name === "passkey" || chosen() !== "passkey";

function choose(name) {
  way(name).querySelector("input[name=way]").checked = true;
  show();
}

function show() {
  const own = chosen() !== "portal" && button.dataset.own;
  button.querySelector("span").textContent = own || recorded;
  form.querySelector("[data-wallets]").hidden = chosen() !== "wallet";
}

// -- signing ----------------------------------------------------------------------------------------

const signers = {
  passkey: (signal) => {
    progress.say("passkey");
    return passkey.sign(asked, signal);
  },
  wallet: (signal) => {
    const say = (word) => signal.aborted || progress.say(word);
    return wallet.sign(picker.picked, asked.typedData, say);
  },
};

async function sign(name) {
  attempt = new AbortController();
  const { signal } = attempt;
  try {
    const fields = await signers[name](signal);
    if (!signal.aborted) progress.send(fields);
  } catch (error) {
    const known = error instanceof Trouble ? error : new Trouble(`${name}-failed`, {}, error);
    if (!signal.aborted) progress.fail(known, { site: asked.site });
  } finally {
    if (!signal.aborted) attempt = null;
  }
}

form.addEventListener("submit", (event) => {
  const name = chosen();
  if (!(name in signers)) return;
  event.preventDefault();
  if (!attempt) sign(name);
});

// Whoever chooses another way no longer waits for this one.
form.addEventListener("change", (event) => {
  touched = true;
  attempt?.abort();
  attempt = null;
  progress.rest();
  if (event.target.name === "way") show();
});

// Back from the next page: what was signed then is not sent again.
addEventListener("pageshow", (event) => event.persisted && location.reload());

if (asked.credentials.length && passkey.possible()) offer("passkey");
const picker = new Picker(form, () => offer("wallet"), asked.wallets);
show();
