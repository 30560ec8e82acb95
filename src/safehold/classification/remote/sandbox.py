"""An endpoint on loopback, for tests and demonstrations: it answers by a table, and misbehaves when told to.

    with SandboxEndpoint({"red cube": "S4"}) as sandbox:
        sandbox.url                                  # "http://127.0.0.1:PORT/v1"
        sandbox.misbehave(Fault.GARBAGE)

It speaks all three protocols, told apart by path and by whether there is a system message. It judges nothing: a text
that holds a phrase of the table belongs to the phrase's category, and a picture belongs to `picture_category`.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

MODEL = "sandbox-model"
_HUGE_BYTES = 4 << 20
_SCORE = 0.98


class Fault(Enum):
    """How a sandbox endpoint can misbehave."""

    SLOW = "slow"
    DRIPS = "drips"
    HANGS_UP = "hangs_up"
    SERVER_ERROR = "server_error"
    BUSY = "busy"
    FORBIDDEN = "forbidden"
    REJECTS = "rejects"
    REDIRECTS = "redirects"
    GARBAGE = "garbage"
    EMPTY = "empty"
    HUGE = "huge"
    WRONG_SCHEMA = "wrong_schema"
    CUT_OFF = "cut_off"
    DECLINES = "declines"
    TALKS = "talks"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    REPEATED_KEY = "repeated_key"
    OTHER_MODEL = "other_model"


_STATUS = {
    Fault.SERVER_ERROR: 500,
    Fault.BUSY: 429,
    Fault.FORBIDDEN: 401,
    Fault.REJECTS: 400,
    Fault.REDIRECTS: 307,
}


class SandboxEndpoint:
    """A loopback HTTP server, running while its block does.

    Args:
        table: phrase to the category that a text which holds it belongs to.
        picture_category: the category of every picture; "" for none.
        slow_seconds: how long `Fault.SLOW` waits, and `Fault.DRIPS` between two bytes.
    """

    def __init__(
        self, table: Mapping[str, str] | None = None, *, picture_category: str = "", slow_seconds: float = 1.0
    ) -> None:
        self.table = dict(table or {})
        self.picture_category = picture_category
        self.slow_seconds = slow_seconds
        self.fault: Fault | None = None
        self.categories = tuple(sorted({*self.table.values(), picture_category} - {""}))
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self._stopped = threading.Event()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Return the address that settings name."""
        port = 0 if self._server is None else self._server.server_address[1]
        return f"http://127.0.0.1:{port}/v1"

    def misbehave(self, fault: Fault | None) -> None:
        """Show this fault from now on; None for none."""
        self.fault = fault

    def __enter__(self) -> Self:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def wait(self) -> None:
        """Wait as long as a slow endpoint does, or until the block ends."""
        self._stopped.wait(self.slow_seconds)

    @property
    def is_stopped(self) -> bool:
        """Return whether the block has ended."""
        return self._stopped.is_set()

    def answer(self, path: str, question: dict[str, Any]) -> dict[str, Any]:
        """Return what a well-behaved endpoint answers, or what the fault makes of it."""
        named = self._categories_of(question)
        model = "another-model" if self.fault is Fault.OTHER_MODEL else MODEL
        if path.endswith("/moderations"):
            return {"id": "modr-sandbox", "model": model, "results": [self._moderated(named)]}
        if self.fault is Fault.WRONG_SCHEMA:
            return {"model": model, "choices": [{"text": "safe"}]}
        message: dict[str, Any] = {"role": "assistant", "content": self._said(question, named)}
        if self.fault is Fault.DECLINES:
            message = {"role": "assistant", "content": None, "refusal": "declined"}
        reason = "length" if self.fault is Fault.CUT_OFF else "stop"
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return {"id": "chatcmpl-sandbox", "object": "chat.completion", "model": model, "choices": [choice]}

    def _categories_of(self, question: dict[str, Any]) -> list[str]:
        messages = [one for one in question.get("messages", []) if one.get("role") != "system"]
        text = json.dumps([question.get("input"), messages], ensure_ascii=False)
        if '"image_url"' in text:
            return [self.picture_category] if self.picture_category else []
        return sorted({category for phrase, category in self.table.items() if phrase in text})

    def _moderated(self, named: list[str]) -> dict[str, Any]:
        result: dict[str, Any] = {
            "flagged": bool(named),
            "categories": {one: one in named for one in self.categories},
            "category_scores": {one: _SCORE if one in named else 0.01 for one in self.categories},
            "category_applied_input_types": {one: ["text", "image"] for one in self.categories},
        }
        match self.fault:
            case Fault.WRONG_SCHEMA | Fault.CUT_OFF | Fault.DECLINES | Fault.TALKS:
                return {"flagged": False}
            case Fault.NOT_A_NUMBER:
                return {**result, "category_scores": dict.fromkeys(self.categories, float("nan"))}
            case Fault.OUT_OF_RANGE:
                return {**result, "category_scores": dict.fromkeys(self.categories, -0.5)}
            case _:
                return result

    def _said(self, question: dict[str, Any], named: list[str]) -> str:
        is_policy = any(one.get("role") == "system" for one in question.get("messages", []))
        match self.fault:
            case Fault.TALKS:
                return "It is safe, I think."
            case Fault.NOT_A_NUMBER | Fault.OUT_OF_RANGE:
                return '{"violation": NaN, "categories": []}' if self.fault is Fault.NOT_A_NUMBER else _BEYOND
            case Fault.REPEATED_KEY if is_policy:
                return '{"violation": 1, "violation": 0, "categories": []}'
            case _ if is_policy:
                return json.dumps({"violation": int(bool(named)), "categories": named})
            case _:
                return "\n\nunsafe\n" + ",".join(named) if named else "\n\nsafe"


_BEYOND = '{"violation": 2, "categories": []}'


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, sandbox: SandboxEndpoint) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.sandbox = sandbox

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  the server's signature
        """Say nothing: callers that give up are what is tested."""


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        sandbox = cast("_Server", self.server).sandbox
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        question = json.loads(body)
        sandbox.asked.append(question)
        sandbox.keys.append(self.headers.get("Authorization"))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._misbehave_or(sandbox, lambda: sandbox.answer(self.path, question))

    def _misbehave_or(self, sandbox: SandboxEndpoint, answer: Callable[[], dict[str, Any]]) -> None:
        fault = sandbox.fault
        match fault:
            case Fault.SLOW:
                sandbox.wait()
                self._send(200, json.dumps(answer()).encode())
            case Fault.DRIPS:
                self._drip(sandbox)
            case Fault.HANGS_UP:
                self.close_connection = True
            case Fault.SERVER_ERROR | Fault.BUSY | Fault.FORBIDDEN | Fault.REJECTS | Fault.REDIRECTS:
                self._send(_STATUS[fault], b'{"error": {"message": "no"}}')
            case Fault.GARBAGE:
                self._send(200, b"\x00\xffnot json")
            case Fault.EMPTY:
                self._send(200, b"")
            case Fault.HUGE:
                self._send(200, b'{"padding": "' + b"x" * _HUGE_BYTES + b'"}')
            case Fault.REPEATED_KEY:
                self._send(200, json.dumps(answer()).replace('"model"', '"model": "m", "model"', 1).encode())
            case _:
                self._send(200, json.dumps(answer()).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        if status == 307:
            self.send_header("Location", "/v1/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, sandbox: SandboxEndpoint) -> None:
        """Send a header that never ends, one byte at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not sandbox.is_stopped:
            time.sleep(min(0.01, sandbox.slow_seconds))
            self.wfile.write(b"x")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the handler's signature
        """Log nothing."""
