"""A real Chromium, driven over a pipe: pages are opened, keys pressed, scripts asked, pictures taken.

Source: Chrome DevTools Protocol, version 1.3, domains Page, Runtime, Input, Emulation and Network; Chromium's
``--remote-debugging-pipe``: messages of JSON, each ended by a zero byte, on file descriptors 3 and 4.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WAIT_SECONDS = 30.0
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    # The browser's own calls home go nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-pipe",
)
_WIRE = """import os, sys
os.dup2(int(sys.argv[1]), 3), os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])"""
"""Puts the pipe where the browser looks for it."""

_KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40, "ArrowUp": 38, "Home": 36, "Escape": 27}
_SHIFT, _CONTROL = 8, 2


def find() -> str | None:
    """Return the path of a Chromium; None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class Tab:
    """One page of the browser."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        self._buffer = b""
        self._number = 0
        self._session = ""
        self.asked: list[str] = []
        self.errors: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def size(self, width: int, height: int, scheme: str = "light") -> None:
        """Show the page at a width and height in CSS pixels, in a light or dark scheme."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", features=features)

    def scripts(self, *, on: bool) -> None:
        """Let pages run scripts, or not."""
        self._call("Emulation.setScriptExecutionDisabled", value=not on)

    def open(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self._call("Page.navigate", url=address)
        self.loaded()

    def loaded(self) -> None:
        """Wait until a page is loaded."""
        self._until("Page.loadEventFired")

    def ask(self, expression: str) -> Any:
        """Return the value of a script's expression; a promise's once it is there."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"]["exception"].get("description"))
        return found["result"].get("value")

    def press(self, key: str, times: int = 1, *, shift: bool = False) -> None:
        """Press a key."""
        for _ in range(times):
            self.key_down(key, shift=shift)
            self.key_up(key, shift=shift)

    def key_down(self, key: str, *, shift: bool = False, control: bool = False) -> None:
        """Press a key and hold it."""
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 and not control else {}
        modifiers = (_SHIFT if shift else 0) | (_CONTROL if control else 0)
        self._call("Input.dispatchKeyEvent", type="keyDown", modifiers=modifiers, **_told(key), **text)

    def key_up(self, key: str, *, shift: bool = False, control: bool = False) -> None:
        """Let a key go."""
        modifiers = (_SHIFT if shift else 0) | (_CONTROL if control else 0)
        self._call("Input.dispatchKeyEvent", type="keyUp", modifiers=modifiers, **_told(key))

    def click(self, selector: str) -> None:
        """Click on the middle of an element, as a person would."""
        self.hold(selector)
        self.release(selector)

    def hold(self, selector: str) -> None:
        """Press the mouse on the middle of an element, and keep it pressed."""
        self._mouse("mousePressed", selector)

    def release(self, selector: str) -> None:
        """Let the mouse go, over the middle of an element."""
        self._mouse("mouseReleased", selector)

    def fill(self, selector: str, text: str) -> None:
        """Type a text into a field."""
        self.ask(f"document.querySelector({selector!r}).focus(), 1")
        self.type(text)

    def cookie(self, address: str, name: str, value: str) -> None:
        """Have the browser keep a cookie for an address, as the server would set it."""
        self._call("Network.setCookie", url=address, name=name, value=value, path="/", secure=True, httpOnly=True)

    def kept(self, address: str, name: str) -> str:
        """Return a cookie that the browser keeps for an address."""
        found = self._call("Network.getCookies", urls=[address])["cookies"]
        return next(str(one["value"]) for one in found if one["name"] == name)

    def forget_cookies(self) -> None:
        """Forget every cookie."""
        self._call("Network.clearBrowserCookies")

    def wait(self, expression: str, seconds: float = WAIT_SECONDS) -> Any:
        """Return the value of a script's expression once it is true."""
        until = time.monotonic() + seconds
        while True:
            try:
                if found := self.ask(expression):
                    return found
            except AssertionError:  # a page that is being left has no scripts
                time.sleep(0.02)
            if time.monotonic() > until:
                raise AssertionError(f"this never became true: {expression}")
            time.sleep(0.02)

    def _mouse(self, kind: str, selector: str) -> None:
        place = self.ask(
            f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'nearest'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        told = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        self._call("Input.dispatchMouseEvent", type=kind, **told)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self._call("Input.insertText", text=text)

    def choose(self, selector: str, path: Path) -> None:
        """Choose a file in a file field, as a person would."""
        found = self._call("Runtime.evaluate", expression=f"document.querySelector({selector!r})")
        self._call("DOM.setFileInputFiles", files=[str(path)], objectId=found["result"]["objectId"])

    def picture(self, path: Path) -> None:
        """Take a picture of the whole page."""
        taken = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        told = {"id": number, "method": method, "params": parameters}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._writes, json.dumps(told).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']['message']}")
                return dict(message["result"])
            self._note(message)

    def _until(self, event: str) -> None:
        while True:
            message = self._read()
            self._note(message)
            if message.get("method") == event:
                return

    def _note(self, message: dict[str, Any]) -> None:
        told = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        if message.get("method") == "Log.entryAdded" and told["entry"]["level"] != "verbose":
            self.errors.append(told["entry"]["text"])
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(told["exceptionDetails"]["text"])

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + WAIT_SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reads], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise AssertionError("the browser says nothing any more")
            self._buffer += os.read(self._reads, 1 << 20)
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))


def _told(key: str) -> dict[str, Any]:
    code = {" ": "Space"}.get(key, f"Key{key.upper()}" if len(key) == 1 and key.isalpha() else key)
    return {"key": key, "code": code, "windowsVirtualKeyCode": _KEYS.get(key) or ord(key.upper())}


@contextmanager
def running(browser: str, profile: Path) -> Iterator[Tab]:
    """Run a browser with one tab while the block runs."""
    to_browser, writes = os.pipe()
    reads, from_browser = os.pipe()

    command = [browser, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    wired = [sys.executable, "-c", _WIRE, str(to_browser), str(from_browser), *command]
    process = subprocess.Popen(
        wired, pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Tab(reads, writes)
    finally:
        process.kill()
        process.wait()
        os.close(reads)
        os.close(writes)
