"""The card in a real browser: it renders, asks nobody for anything, fits a telephone, is readable in light and dark.

The browser opens a harness page from a server of our own, which shows the card in frames of several widths, measures it
and leaves the measurements in its document.
"""

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from safehold.datasets.card import render_card

pytestmark = pytest.mark.browser

VECTOR = Path(__file__).parents[1] / "vectors" / "card" / "summary.json"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTHS = (320, 360, 768, 1100)
SCHEMES = {"dark": 0, "light": 1}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the browser's own calls home go nowhere
    "--window-size=1300,1200",
    "--virtual-time-budget=8000",
    "--dump-dom",
)

HARNESS = """<!doctype html><meta charset="utf-8"><title>harness</title><body><pre id="result"></pre><script>
const widths = WIDTHS, result = {};
function luminance([r, g, b]) {
  const f = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
}
const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
function ground(view, element) {
  for (let e = element; e; e = e.parentElement) {
    const colour = rgba(view.getComputedStyle(e).backgroundColor);
    if (colour[3] > 0) return colour;
  }
  return [255, 255, 255, 1];
}
function measure(frame) {
  const page = frame.contentDocument, view = frame.contentWindow, faint = [], small = [];
  const walker = page.createTreeWalker(page.body, 4);
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = view.getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || box.width < 2 || ["title", "desc"].includes(element.tagName)) continue;
    texts += 1;
    const front = luminance(rgba(element instanceof view.SVGElement ? style.fill : style.color));
    const back = luminance(ground(view, element));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) faint.push(walker.currentNode.data.trim().slice(0, 40) + " " + ratio.toFixed(2));
    if (parseFloat(style.fontSize) < 12) small.push(walker.currentNode.data.trim().slice(0, 40));
  }
  const wide = [...page.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > frame.width * 1 + 0.5
    && !e.closest(".scroll")).map(e => e.tagName + "." + e.getAttribute("class"));
  const clipped = [...page.querySelectorAll("svg text")].filter(e => e.getBoundingClientRect().right > frame.width * 1)
    .map(e => e.textContent);
  const asked = view.performance.getEntriesByType("resource").map(e => e.name);
  return {asked, texts, faint, small, wide, clipped, scroll: page.documentElement.scrollWidth,
    background: view.getComputedStyle(page.body).backgroundColor,
    bars: [...page.querySelectorAll("svg.plot rect")].filter(e => e.getBoundingClientRect().width > 0).length,
    h1: page.querySelectorAll("h1").length, main: page.querySelectorAll("main").length,
    height: page.querySelector("main").getBoundingClientRect().height};
}
let left = widths.length;
for (const width of widths) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 900; frame.src = "card.html";
  frame.onload = () => {
    result[width] = measure(frame);
    if (--left === 0) document.getElementById("result").textContent = JSON.stringify(result);
  };
  document.body.append(frame);
}
</script></body>"""


class _Server(ThreadingHTTPServer):
    """Serves the harness and the card, and remembers what it was asked for."""

    def __init__(self, card: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.pages = {"/": HARNESS.replace("WIDTHS", json.dumps(WIDTHS)), "/card.html": card}
        self.asked: list[str] = []


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        text = self.server.pages.get(self.path)
        self.send_response(404 if text is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine; install one with: apt-get install chromium")
    return found


@pytest.fixture
def server() -> Iterator[_Server]:
    serving = _Server(render_card(json.loads(VECTOR.read_text(encoding="utf-8"))))
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


def _measure(browser: str, server: _Server, tmp_path: Path, scheme: str) -> dict[str, Any]:
    """Return the measurements by width."""
    command = [
        browser,
        *FLAGS,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        f"http://127.0.0.1:{server.server_port}/",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    found = re.search(r'<pre id="result">(\{.*?\})</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found.group(1)))


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_the_card_is_readable_at_every_width_and_asks_nobody_for_anything(
    browser: str, server: _Server, tmp_path: Path, scheme: str
) -> None:
    by_width = _measure(browser, server, tmp_path, scheme)
    assert sorted(map(int, by_width)) == sorted(WIDTHS)
    for width, found in by_width.items():
        assert found["texts"] > 150, width
        assert found["asked"] == [], width
        assert (found["faint"], found["small"]) == ([], []), width
        assert (found["wide"], found["clipped"]) == ([], []), width
        assert found["scroll"] <= int(width)
        assert (found["h1"], found["main"], found["bars"] >= 10) == (1, 1, True)
    assert by_width["1100"]["background"] == {"light": "rgb(251, 250, 247)", "dark": "rgb(18, 22, 26)"}[scheme]
    assert set(server.asked) - {"/favicon.ico"} == {"/", "/card.html"}
    assert len([path for path in server.asked if path == "/card.html"]) == len(WIDTHS)
