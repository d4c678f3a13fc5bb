// Runs before the first paint: applies the chosen theme, or the system's.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      return localStorage.getItem("salus-theme") ?? "system";
    } catch {
      return "system"; // storage may be forbidden; the page works all the same
    }
  };

  const apply = () => {
    const choice = chosen();
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
    document.dispatchEvent(new CustomEvent("salus:theme"));
  };

  window.salusTheme = {
    choose(choice) {
      try {
        localStorage.setItem("salus-theme", choice);
      } catch {
        // the choice holds for this page only
      }
      apply();
    },
  };

  root.classList.add("js");
  dark.addEventListener("change", apply);
  apply();
})();
