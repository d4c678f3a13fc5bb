// The wallets that this browser knows, as a list from which one is picked.

import { discover, shared } from "./wallet.js";

export class Picker {
  /** `found` is called for each wallet; `linked` are the addresses in the account, with their names. */
  constructor(form, found, linked = []) {
    this.form = form;
    this.list = form.querySelector("[data-wallets]");
    this.wallets = [];
    this.linked = new Map(linked.map(({ address, name }) => [address.toLowerCase(), name]));
    discover((wallet) => {
      this.#add(wallet);
      found(wallet);
    });
  }

  /** The one that signs. */
  get picked() {
    return this.wallets[Number(this.form.querySelector("input[name=wallet]:checked")?.value ?? 0)];
  }

  #add(wallet) {
    const row = this.form.querySelector("template[data-wallet]").content.cloneNode(true);
    const [input, picture, name] = row.querySelectorAll("input, img, span");
    const note = row.querySelector("[data-linked]");
    input.value = String(this.wallets.length);
    input.checked = this.wallets.length === 0;
    name.textContent = wallet.name;
    if (wallet.icon) picture.src = wallet.icon;
    else picture.remove();
    this.wallets.push(wallet);
    this.list.append(row);
    this.list.classList.toggle("wallets-one", this.wallets.length === 1);
    // Who has no wallet in the account has nothing to compare: then no wallet is asked.
    if (note && this.linked.size) this.#note(wallet, note);
  }

  /** Say which of the wallet's accounts is in the person's account; asks nobody anything. */
  async #note(wallet, note) {
    const known = (await shared(wallet)).filter((address) => this.linked.has(address.toLowerCase()));
    const words = known.map((address) => {
      const values = { name: this.linked.get(address.toLowerCase()), address: shortened(address) };
      return note.dataset.linked.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
    });
    note.textContent = words.join(" ");
    note.hidden = !words.length;
  }
}

const shortened = (address) => `${address.slice(0, 6)}…${address.slice(-4)}`;
