"""What a page is looked at with in a browser: axe-core, and two checks of our own that it has not."""

import importlib.util
from pathlib import Path

import pytest
from tests.functional.people.chromium import Tab

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OWN_CHECKS = """(() => {
  const shown = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
    .filter(e => e.checkVisibility() && !e.closest(".visually-hidden, .away") && !e.matches(".skip"))
    .filter(e => !(e.matches("a") && e.closest("p, dd, td, th, li:not(.nav li), label, .hint, time")));
  const small = shown.filter(e => { const b = (e.closest("label") || e).getBoundingClientRect();
    return b.height < 24 || b.width < 24; }).map(e => "small: " + e.outerHTML.slice(0, 90));
  return {small, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    headings: document.querySelectorAll("h1").length};
})()"""
"""WCAG 2.2, 2.5.8 (targets of 24 pixels, but for links in a line of text) and 1.4.10 (no scrolling sideways)."""


def axe_source() -> str:
    """Return axe-core's script; the test is skipped where it is not installed."""
    found = importlib.util.find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def complaints(tab: Tab, axe: str) -> list[str]:
    """Return what axe-core and our own checks find wrong with the page that is shown."""
    tab.ask(f"{axe}; 1")
    found = tab.ask(f"axe.run({{runOnly: {AXE_TAGS}}}).then(r => r.violations)")
    own = tab.ask(OWN_CHECKS)
    told = [f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}" for one in found]
    wide = [f"{own['wide']} pixels too wide"] if own["wide"] > 0 else []
    return told + own["small"] + wide + ([f"{own['headings']} h1"] if own["headings"] != 1 else [])
