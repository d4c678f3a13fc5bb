"""axe-core in a page: nothing that it objects to, or a failure that says what and where."""

from typing import Any

from playwright.sync_api import Page

from portal.stack.state import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"type": "tag", "values": TAGS}
# A theme changes colours and nothing else.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
RUN = """([runOnly, exclude]) =>
  axe.run({ include: [["html"]], exclude: exclude.map((part) => [part]) },
          { runOnly, resultTypes: ["violations"], preload: false })
    .then(({ violations }) => violations.map(({ id, impact, help, nodes }) => ({
      id, impact, help,
      nodes: nodes.map(({ target, failureSummary }) => [target.join(" "), failureSummary]),
    })))
"""
SETTLED = """() => Promise.all(
  document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
    .map((animation) => animation.finished.catch(() => null)))
  .then(() => null)
"""
MOST_NODES = 6  # of a rule, in the text of a failure


DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 640}  # WCAG 1.4.10: nothing scrolls sideways here


def check(page: Page, *, phone: bool = False, exclude: tuple[str, ...] = ()) -> None:
    """Nothing to object to, light and dark, and on a phone if asked; else the test fails."""
    _wear(page, "dark")
    _assert_fine(page, "dark, 1280 px", COLOURS, exclude)
    _wear(page, "light")
    _assert_fine(page, "light, 1280 px", EVERYTHING, exclude)
    if phone:
        page.set_viewport_size(PHONE)
        _assert_fine(page, "light, 390 px", EVERYTHING, exclude)
        page.set_viewport_size(NARROWEST)
        _assert_narrow_enough(page)
        page.set_viewport_size(DESK)


def _assert_narrow_enough(page: Page) -> None:
    for _ in range(20):  # a chart is drawn anew some frames after the window has changed
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if sideways <= 0:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{page.url} scrolls sideways by {sideways} px on 320 px")


def _wear(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    other = "dark" if theme == "light" else "light"
    page.locator(f"html:not([data-bs-theme={other}])").wait_for(state="attached")
    page.evaluate(SETTLED)  # Django's own pages fade from one theme to the other


def _assert_fine(page: Page, how: str, rules: dict[str, Any], exclude: tuple[str, ...]) -> None:
    # Evaluated through the debugger, so that the page's own CSP can stay as it is.
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(RUN, [rules, list(exclude)])
    text = "\n".join(_words(rule) for rule in found)
    assert not found, f"{page.url} ({how})\n{text}"


def _words(rule: dict[str, Any]) -> str:
    lines = [f"{rule['id']} ({rule['impact']}): {rule['help']}"]
    for target, summary in rule["nodes"][:MOST_NODES]:
        why = " ".join(summary.split())
        lines.append(f"    {target}\n        {why}")
    more = len(rule["nodes"]) - MOST_NODES
    return "\n".join([*lines, *([f"    … and {more} more"] if more > 0 else [])])
