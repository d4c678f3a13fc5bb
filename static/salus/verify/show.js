// How a checked document is shown: as text, laid out, with nothing hidden.

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{[]\s*[}\]]|[{}[\],:]|[^\s{}[\],:"]+/gs;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** The document for reading: JSON is indented; what does not print is shown as its code. */
export function laidOut(bytes) {
  let text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  try {
    JSON.parse(text);
    text = indented(text);
  } catch {
    // no JSON: shown as it is
  }
  return printable(text);
}

/** A text in which what does not print, and might move the others, is shown as its code. */
export function printable(text) {
  return text.replace(UNSEEN, (c) => (c === "\n" ? c : `\\u{${c.codePointAt(0).toString(16)}}`));
}

/** JSON with line breaks and indentation; no number or text in it is touched. */
function indented(source) {
  const out = [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of source.matchAll(TOKEN)) {
    if ("}]".includes(token)) {
      depth -= 1;
      out.push(line());
    }
    out.push(token === ":" ? ": " : token);
    if ("{[".includes(token)) depth += 1;
    if ("{[,".includes(token)) out.push(line());
  }
  return out.join("");
}

/** The chain's time for people, in the page's language; the bare number where no calendar reaches. */
export function dateOf(seconds) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  const { lang } = document.documentElement;
  const format = { dateStyle: "long", timeStyle: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, format).format(date);
}
