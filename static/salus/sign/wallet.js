// Wallets of the person's own: found by EIP-6963, asked by EIP-1193, signing by EIP-712 and EIP-191.

import { Trouble } from "./trouble.js";

const ADDRESS = /^0x[0-9a-f]{40}$/i;
const SIGNATURE = /^0x(?:[0-9a-f]{2})+$/i;
const PICTURE = /^data:image\//;
const LONGEST_NAME = 40;
const DECLINED = 4001; // EIP-1193
const STILL_ASKING = -32002; // EIP-1474: the wallet shows an earlier question still

/** Calls `found` for each wallet that announces itself, once. */
export function discover(found) {
  const known = new Set();
  addEventListener("eip6963:announceProvider", (event) => {
    const { info, provider } = event.detail ?? {};
    if (typeof provider?.request !== "function" || known.has(info?.uuid)) return;
    known.add(info.uuid);
    const icon = PICTURE.test(info.icon) ? info.icon : "";
    found({ name: String(info.name).slice(0, LONGEST_NAME), icon, provider });
  });
  dispatchEvent(new Event("eip6963:requestProvider"));
}

/** The account with which the person wants to sign; `say` tells how far it is. */
export async function account({ provider }, say) {
  say("account");
  const [address] = (await ask(provider, "eth_requestAccounts")) ?? [];
  if (!ADDRESS.test(address)) throw new Trouble("wallet-empty");
  return address;
}

/** The accounts that the wallet lets this site see already; nobody is asked. */
export async function shared({ provider }) {
  const found = await ask(provider, "eth_accounts").catch(() => []);
  return Array.isArray(found) ? found.filter((address) => ADDRESS.test(address)) : [];
}

/** Have the wallet sign typed data; the fields of the form that it fills. */
export async function sign(wallet, typedData, say) {
  const address = await account(wallet, say);
  await changeNetwork(wallet.provider, typedData.domain.chainId, say);
  const asked = [address, JSON.stringify(typedData)];
  return { address, value: await signed(wallet, "eth_signTypedData_v4", asked, say) };
}

/** Have the wallet sign a message; the same. Which network it is on does not matter. */
export async function signMessage(wallet, address, text, say) {
  const bytes = Array.from(new TextEncoder().encode(text));
  const message = `0x${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return { message, signature: await signed(wallet, "personal_sign", [message, address], say) };
}

async function signed({ provider }, method, asked, say) {
  say("wallet");
  const signature = await ask(provider, method, asked);
  if (!SIGNATURE.test(signature)) throw new Trouble("wallet-failed");
  return signature;
}

/** Wallets sign for the network that they are on alone. */
async function changeNetwork(provider, wanted, say) {
  if (await isOn(provider, wanted)) return;
  say("network");
  const trouble = new Trouble("wallet-network", { network: wanted });
  try {
    const chainId = `0x${wanted.toString(16)}`;
    await ask(provider, "wallet_switchEthereumChain", [{ chainId }]);
  } catch (error) {
    throw error.word === "wallet-failed" ? trouble : error;
  }
  if (!(await isOn(provider, wanted))) throw trouble;
}

async function isOn(provider, wanted) {
  const id = await ask(provider, "eth_chainId");
  return Number(id) === wanted;
}

async function ask(provider, method, params = []) {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    const words = { [DECLINED]: "wallet-refused", [STILL_ASKING]: "wallet-busy" };
    throw new Trouble(words[error?.code] ?? "wallet-failed", {}, error);
  }
}
