// Small conveniences on top of pages that work without them.

const within = (root, selector) => [
  ...(root.matches?.(selector) ? [root] : []),
  ...root.querySelectorAll(selector),
];

// -- theme ------------------------------------------------------------------------------------------

const showThemeChoice = () => {
  const choice = document.documentElement.dataset.themeChoice;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    if (button === document.documentElement) continue;
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
};

// -- menus: a <details class="menu"> closes on Escape and when the focus goes elsewhere ---------------

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
};

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("focusin", (event) => closeMenus(event.target));

// -- copying ----------------------------------------------------------------------------------------

const say = (text) => {
  const region = document.getElementById("announcements");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
};

const copy = async (button) => {
  const source = button.closest("[data-copy-root]").querySelector("[data-copy-text]");
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    const label = button.querySelector("[data-label]");
    const before = label.textContent;
    label.textContent = button.dataset.done;
    say(button.dataset.done);
    setTimeout(() => (label.textContent = before), 2000);
  } catch {
    getSelection().selectAllChildren(source); // no permission: the person can press Ctrl-C
  }
};

// -- clicks -------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const theme = event.target.closest("button[data-theme-choice]");
  if (theme) {
    window.salusTheme.choose(theme.dataset.themeChoice);
    showThemeChoice();
  }
  const copying = event.target.closest("[data-copy]");
  if (copying) copy(copying);
  const toggle = event.target.closest("[data-nav-toggle]");
  if (toggle) {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    toggle.setAttribute("aria-expanded", String(open));
  }
});

// -- forms --------------------------------------------------------------------------------------------

// A form that is on its way is not sent twice. It wakes up when the browser comes back to the page, or
// after a while, since an answer may be a download. What a script sends by itself is its own affair.
const wake = (form) => {
  delete form.dataset.sending;
  for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => wake(form), 10_000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(wake));

// -- what a page or a swapped-in part of it needs once ---------------------------------------------------

const prepare = (root) => {
  const summary = within(root, "[data-error-summary]")[0];
  if (summary) {
    summary.focus();
    if (!document.title.startsWith(summary.dataset.errorSummary)) {
      document.title = `${summary.dataset.errorSummary} ${document.title}`;
    }
  }
};

document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
showThemeChoice();
prepare(document);
