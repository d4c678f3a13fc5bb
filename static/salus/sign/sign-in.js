// Forms that a passkey answers: signing in, its second step, and confirming once more who one is.

import { answer } from "./passkey.js";
import { Progress } from "./progress.js";
import { Trouble } from "./trouble.js";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const progress = new Progress(form);
  let waiting = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    progress.say("passkey");
    try {
      const { publicKey } = await question(form);
      progress.send({ credential: JSON.stringify(await answer(publicKey)) });
    } catch (error) {
      progress.fail(error);
    } finally {
      waiting = false;
    }
  });
  progress.button.disabled = false; // nobody answers for it before
}

/** What to ask the device: written into the page, or fetched now, since it holds for a while only. */
async function question(form) {
  const written = form.querySelector("script[type='application/json']");
  if (written) return JSON.parse(written.textContent);
  const answered = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answered.ok) throw new Trouble("passkey-failed");
  return (await answered.json()).request_options;
}
