// The page on which a passkey is added.

import { make } from "./passkey.js";
import { Progress } from "./progress.js";

const form = document.querySelector("form[data-add]");
const options = JSON.parse(document.getElementById("to-make").textContent);
const progress = new Progress(form);
let waiting = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (waiting) return;
  waiting = true;
  progress.say("passkey");
  try {
    progress.send({ credential: JSON.stringify(await make(options)) });
  } catch (error) {
    progress.fail(error);
  } finally {
    waiting = false;
  }
});
progress.button.disabled = false; // nobody answers for it before
