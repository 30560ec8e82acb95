"""A receiver of webhooks for tests and for trying out, on loopback, which verifies and can misbehave on demand.

with Receiver(public_keys=["whpk_..."]) as receiver:
    receiver.moods.append(Mood.BROKEN)         # the next delivery is answered with 500
    ...                                        # deliver to receiver.url
    receiver.taken
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from safehold.service.webhooks.errors import DeliveryRefusedError, DeliverySeenError
from safehold.service.webhooks.verification import Delivered, verify
from safehold.vocabulary import Clock, SystemClock

_LARGEST_BYTES = 1 << 20
_DRIP_SECONDS = 0.05


class Mood(Enum):
    """How one request is answered."""

    WELL = "well"
    BROKEN = "broken"
    GONE = "gone"
    REDIRECTING = "redirecting"
    DRIPPING = "dripping"
    HANGING_UP = "hanging_up"
    FORGETFUL = "forgetful"


class Receiver:
    """An endpoint on a free port.

    Args:
        public_keys: whose deliveries are taken.
        clock: where the receiver's time comes from.

    Attributes:
        moods: how the next requests are answered, first to last; well once none is left. FORGETFUL takes the delivery
            and answers as if it had not.
        taken: the deliveries that were verified and new, in order.
        refused: how many requests were not.
        repeated: how many came again.
        bodies: every body that came, in order.
    """

    def __init__(self, public_keys: Sequence[str], clock: Clock | None = None) -> None:
        self.moods: deque[Mood] = deque()
        self.taken: list[Delivered] = []
        self.refused = 0
        self.repeated = 0
        self.bodies: list[bytes] = []
        self._keys = tuple(public_keys)
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The address to deliver to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Verify a delivery, and return the status to answer with."""
        with self._lock:
            self.bodies.append(body)
            seen = {delivered.id for delivered in self.taken}
            try:
                now = self._clock.now()
                self.taken.append(verify(headers, body, public_keys=self._keys, now=now, seen=seen))
            except DeliverySeenError:
                self.repeated += 1
            except DeliveryRefusedError:
                self.refused += 1
                return 400
            return 200

    def mood(self) -> Mood:
        """Return how the next request is to be answered."""
        with self._lock:
            return self.moods.popleft() if self.moods else Mood.WELL


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.receiver = receiver


class _Request(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer as the receiver's mood is."""
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), _LARGEST_BYTES))
        match self.server.receiver.mood():
            case Mood.WELL:
                self._answer(self._take(body))
            case Mood.FORGETFUL:
                self._take(body)
                self._answer(500)
            case Mood.BROKEN:
                self._answer(500)
            case Mood.GONE:
                self._answer(410)
            case Mood.REDIRECTING:
                self._answer(307, self.server.receiver.url)
            case Mood.DRIPPING:
                self._drip()
            case Mood.HANGING_UP:
                self.close_connection = True

    def _take(self, body: bytes) -> int:
        return self.server.receiver.take(dict(self.headers.items()), body)

    def _answer(self, status: int, location: str | None = None) -> None:
        self.send_response(status)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self) -> None:
        self.close_connection = True
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:  # the other side has had enough
                return
            time.sleep(_DRIP_SECONDS)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Write nothing."""
