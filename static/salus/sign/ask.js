// The pages on which a wallet is added or signs somebody in: it signs a message that Salus writes.

import { Picker } from "./picker.js";
import { Progress } from "./progress.js";
import { Trouble } from "./trouble.js";
import { account, signMessage } from "./wallet.js";

const LATE = 800; // milliseconds after which no wallet announces itself any more
const form = document.querySelector("form[data-ask]");
const none = document.querySelector("[data-no-wallet]");
const asked = JSON.parse(document.getElementById("to-ask").textContent);
const progress = new Progress(form);
let attempt = null; // the one whose answer counts

const picker = new Picker(form, () => {
  form.hidden = false;
  none.hidden = true;
});
setTimeout(() => (none.hidden = !form.hidden), LATE);

/** The message for this account, from the server. */
async function messageFor(address) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const body = new URLSearchParams({ purpose: asked.purpose, address, csrfmiddlewaretoken: token });
  const said = await answered(() => fetch(asked.ask, { method: "POST", body }));
  if (said.message) return said.message;
  throw said.detail ? new Trouble("site-said", { words: said.detail }) : new Trouble("site-silent");
}

async function answered(ask) {
  try {
    return await (await ask()).json();
  } catch (error) {
    throw new Trouble("site-silent", {}, error);
  }
}

async function sign(mine) {
  const say = (word) => mine !== attempt || progress.say(word);
  try {
    if (location.origin !== asked.site) throw new Trouble("wallet-elsewhere");
    const wallet = picker.picked;
    const address = await account(wallet, say);
    const fields = await signMessage(wallet, address, await messageFor(address), say);
    if (mine === attempt) progress.send(fields);
  } catch (error) {
    if (mine !== attempt) return;
    attempt = null;
    progress.fail(error instanceof Trouble ? error : new Trouble("wallet-failed", {}, error), {
      site: asked.site,
    });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (attempt || !form.reportValidity()) return;
  attempt = Symbol("attempt");
  sign(attempt);
});

// Whoever picks another wallet no longer waits for this one.
form.addEventListener("change", (event) => {
  if (event.target.name !== "wallet") return;
  attempt = null;
  progress.rest();
});

// Back from the next page: what was signed then is not sent again.
addEventListener("pageshow", (event) => event.persisted && location.reload());
