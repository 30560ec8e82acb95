"""The report form in a real browser: with the keyboard alone, without scripts, in a frame; axe-core looks at it."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.functional.accessibility import complaints

from .chromium import Tab
from .conftest import EMBEDDER, Desks, opened, served

pytestmark = pytest.mark.browser

SIZES = ((1100, "light"), (1100, "dark"), (320, "light"))

SAID = """new Promise(done => setInterval(() => {
  const said = document.querySelector("#picture-done").textContent; if (said) done(said) }, 10))"""


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened(tmp_path_factory.mktemp("browser") / "home") as found:
        yield found


@pytest.fixture(scope="module")
def url(desks: Desks) -> Iterator[str]:
    with served(desks.app) as address:
        yield address


def focused(tab: Tab) -> str:
    return str(tab.ask("document.activeElement.id"))


def go_to(tab: Tab, identifier: str, *, most: int = 60) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        if focused(tab) == identifier:
            return
        tab.press("Tab")
    raise AssertionError(f"{identifier} can't be reached by Tab")


def codes(tab: Tab) -> list[str]:
    return list(tab.ask("[...document.querySelectorAll('code')].map(e => e.textContent)"))


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_every_page_is_accessible_at_every_width_in_light_and_dark(
    tab: Tab, url: str, axe: str, width: int, scheme: str
) -> None:
    tab.size(width, 900, scheme)
    tab.open(f"{url}/report?lang=en&country=GB")
    tab.ask("document.querySelectorAll('details').forEach(e => { e.open = true }), 1")
    assert complaints(tab, axe) == []
    tab.ask("document.querySelector('#kind-take_down').click(), 1")
    assert complaints(tab, axe) == []
    tab.ask("document.querySelector('#send').click(), 1")
    tab.loaded()
    assert tab.ask("document.querySelector('#summary li').textContent")
    assert complaints(tab, axe) == []
    tab.open(f"{url}/report/status?lang=de")
    assert complaints(tab, axe) == []


def test_a_report_is_sent_and_followed_with_the_keyboard_alone(tab: Tab, url: str, axe: str, desks: Desks) -> None:
    tab.size(1100, 900)
    tab.open(f"{url}/report?lang=en&country=GB")
    go_to(tab, "kind-notice")
    tab.press("Tab")
    assert focused(tab) == "category-image_of_child"
    tab.press("ArrowDown")
    assert focused(tab) == "category-text_about_child"
    go_to(tab, "send")
    tab.press("Enter")
    tab.loaded()
    assert focused(tab) == "summary"
    assert "Tell us where it is" in tab.ask("document.title + document.querySelector('#summary').textContent")
    tab.press("Tab")
    tab.press("Enter")
    assert focused(tab) == "reference"
    tab.type("gen-17")
    go_to(tab, "note")
    tab.type("seen in a gallery")
    go_to(tab, "send")
    tab.press("Enter")
    tab.loaded()
    assert focused(tab) == "receipt"
    ticket, token = codes(tab)
    assert desks.people.reports.show(ticket).category.value == "text_about_child"
    assert "seen in a gallery" in desks.note(ticket)
    assert complaints(tab, axe) == []
    tab.press("Tab")
    tab.press("Enter")
    tab.loaded()
    go_to(tab, "token")
    tab.type(token)
    tab.press("Enter")
    tab.loaded()
    assert ticket in tab.ask("document.querySelector('#summary').textContent")
    assert complaints(tab, axe) == []


def test_a_fingerprint_is_computed_on_the_device_and_the_picture_stays_there(
    tab: Tab, url: str, desks: Desks, tmp_path: Path
) -> None:
    picture = tmp_path / "cube.png"
    picture.write_bytes(b"a harmless file " * 4096)
    tab.open(f"{url}/report?lang=en")
    tab.asked.clear()
    tab.errors.clear()
    tab.ask("document.querySelector('#kind-take_down').click(), 1")
    tab.choose("#picture", picture)
    assert tab.ask(SAID) == "The fingerprint is ready. The picture was not sent."
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    assert tab.ask("document.querySelector('#fingerprint').value") == digest
    assert tab.ask("document.querySelector('#picture').files.length") == 0
    assert tab.asked == []
    fill = {"reference": "https://images.example/17", "contact": "person@example.org", "signature": "A Person"}
    for name, value in fill.items():
        tab.ask(f"document.querySelector('#{name}').value = {value!r}, 1")
    tab.ask("document.querySelector('#good_faith').click(), document.querySelector('#send').click(), 1")
    tab.loaded()
    report = desks.people.reports.show(codes(tab)[0])
    assert (report.fingerprints, report.holding) == (1, "held")
    assert tab.errors == []


def test_without_scripts_the_form_is_whole_and_offers_no_file_to_choose(tab: Tab, url: str, desks: Desks) -> None:
    tab.scripts(on=False)
    try:
        tab.open(f"{url}/report?lang=es")
        assert tab.ask("document.querySelector('#compute').hidden")
        tab.ask("document.querySelector('#reference').value = 'gen-99', 1")
        tab.ask("document.querySelector('#category-other').checked = true, document.querySelector('#send').click(), 1")
        tab.loaded()
        assert desks.people.reports.show(codes(tab)[0]).reference == "gen-99"
    finally:
        tab.scripts(on=True)


class _Site(BaseHTTPRequestHandler):
    """An operator's page with the one script tag."""

    page = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_one_script_tag_shows_the_form_on_an_operators_page_that_is_named_and_on_no_other(
    tab: Tab, url: str, desks: Desks, site: Any
) -> None:
    own = f"http://127.0.0.1:{site.server_port}"
    _Site.page = (
        '<!doctype html><html lang="en"><title>site</title><body><main><h1>Site</h1>'
        f'<script src="{url}/report/embed.js" data-lang="fr" data-country="FR" data-reference="gen-5"></script>'
        "</main></body></html>"
    )
    height = """new Promise(done => { const frame = document.querySelector("iframe"); let tries = 0;
      const look = () => { const told = frame.style.height;
        if (told !== "60rem" || ++tries > 60) done(told); else setTimeout(look, 50) }; look() })"""
    tab.size(700, 900)
    tab.open(own)
    assert tab.ask(height) == "60rem", "a page that is not named shows nothing"
    desks.app.state.report_pages._policy = desks.app.state.report_pages._policy.replace(EMBEDDER, own)
    tab.open(own)
    told = str(tab.ask(height))
    assert told.endswith("px")
    assert float(told.removesuffix("px")) > 500
    assert any("lang=fr" in one and "reference=gen-5" in one for one in tab.asked)
