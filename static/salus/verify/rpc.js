// A node of the chain behind a URL, asked by the visitor's own browser.

import { Unanswered } from "./chain.js";

const TIMEOUT = 20_000; // milliseconds
const MAX_ANSWER = 4 * 1024 * 1024;

/** The node's name leaves out what may be an access key; throws TypeError for what is no URL. */
export function nodeAt(url) {
  const parts = new URL(url);
  if (!["http:", "https:"].includes(parts.protocol)) throw new TypeError("http or https");
  return { name: parts.host, ask: (method, params) => ask(parts, method, params) };
}

async function ask(url, method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const answer = read(await fetched(url, body));
  if (typeof answer !== "object" || answer === null || answer.error || !("result" in answer)) {
    throw new Unanswered("refused");
  }
  return answer.result;
}

async function fetched(url, body) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return response.ok ? await response.text() : "";
  } catch {
    throw new Unanswered("unreachable");
  }
}

function read(text) {
  try {
    if (text.length > MAX_ANSWER) throw new Unanswered("nonsense");
    return JSON.parse(text);
  } catch {
    throw new Unanswered("nonsense");
  }
}
