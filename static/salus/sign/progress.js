// How far a form that is being signed is: words of the page, the button that waits, what went wrong.

import { Trouble } from "./trouble.js";

export class Progress {
  constructor(form) {
    this.form = form;
    this.button = form.querySelector("[data-submit]");
    this.waiting = form.querySelector("[data-waiting]");
    this.trouble = form.querySelector("[data-trouble]");
  }

  /** Something is asked of the person. */
  say(word) {
    this.trouble.hidden = true;
    this.waiting.textContent = this.#words(word);
    this.button.setAttribute("aria-busy", "true");
  }

  /** Nothing is waited for any more. */
  rest() {
    this.waiting.textContent = "";
    this.button.removeAttribute("aria-busy");
  }

  /** It did not work: says why, where the focus then is. */
  fail(error, values = {}) {
    this.rest();
    const known = error instanceof Trouble ? error : new Trouble("passkey-failed", {}, error);
    if (known.cause) console.warn(known.cause);
    const words = this.#words(known.word, { ...values, ...known.values });
    this.trouble.querySelector("[data-trouble-words]").textContent = words;
    this.trouble.classList.toggle("declined", known.word.endsWith("-refused"));
    this.trouble.hidden = false;
    this.trouble.focus();
  }

  /** Put what was made into the form's fields, and send it. */
  send(fields) {
    for (const [name, value] of Object.entries(fields)) this.form.elements[name].value = value;
    this.say("signed");
    this.form.submit();
  }

  #words(name, values = {}) {
    const words = this.form.querySelector("template[data-words]").content;
    const found = words.querySelector(`[data-word="${name}"]`) ?? words.querySelector("[data-word$='-failed']");
    return found.textContent.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
  }
}
