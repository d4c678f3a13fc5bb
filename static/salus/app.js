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

// A form that is on its way can't be sent twice; it wakes up when the browser comes back to the page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sending) event.preventDefault();
  else if (form.method === "post" && !form.matches("[hx-post],[hx-put],[hx-delete],[hx-patch]")) {
    form.dataset.sending = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  }
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) {
    delete form.dataset.sending;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});

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
