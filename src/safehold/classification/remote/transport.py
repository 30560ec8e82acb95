"""HTTP to one endpoint: within one deadline for the whole call, never more than so many bytes, no redirects followed.

The deadline holds for connecting, sending and every single read together, so that a server which sends one byte now
and then is cut off too (resolving a name is the system's business, and has the system's time limit). The only module
of the room that speaks to the network.
"""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpcore

from safehold.classification.remote.answers import NoAnswerError
from safehold.classification.remote.errors import RemoteSettingsError
from safehold.classification.remote.reading import Failure

_PIECE = 64 << 10
_IDLE_SECONDS = 5.0
"""Connections that nobody used for so long are closed by us; shorter than what servers commonly keep them open."""
_STATUS = {
    401: Failure.REFUSED_ACCESS,
    403: Failure.REFUSED_ACCESS,
    404: Failure.REFUSED_ACCESS,
    408: Failure.OVERLOADED,
    429: Failure.OVERLOADED,
}


class Deadline(threading.local):
    """When this thread's call must be over, in seconds of the monotonic clock."""

    at: float = float("inf")

    def left(self, timeout: float | None) -> float:
        """Return the seconds that one step may take.

        Raises:
            httpcore.ReadTimeout: there is no time left.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class Transport:
    """Connections to one address; threads may share them.

    Args:
        address: the whole address that is posted to.
        key: the bearer key; "" for none.
        connections: the most at a time.
        ca_file: a private certificate authority, PEM; None for the usual ones.

    Raises:
        RemoteSettingsError: the certificate authority can't be read.
    """

    def __init__(self, address: str, key: str, *, connections: int, ca_file: Path | None = None) -> None:
        self._address = address
        self._headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
        self._headers += [("Accept-Encoding", "identity"), ("User-Agent", "safehold")]
        if key:
            self._headers.append(("Authorization", f"Bearer {key}"))
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusting(ca_file) if address.startswith("https:") else None,
            max_connections=connections,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=Backend(self._deadline),
        )

    def post(self, body: bytes, *, until: float, most: int) -> bytes:
        """Return the body of the answer, at most `most` bytes.

        Args:
            body: JSON.
            until: when it must be over, in seconds of `time.monotonic`.
            most: a longer answer is none.

        Raises:
            NoAnswerError: there was no answer with status 200 in time and size.
        """
        self._deadline.at = until
        try:
            return self._post(body, most)
        except httpcore.TimeoutException:
            raise NoAnswerError(Failure.TIMED_OUT) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, UnicodeError):
            raise NoAnswerError(Failure.UNREACHABLE) from None
        finally:
            self._deadline.at = float("inf")

    def _post(self, body: bytes, most: int) -> bytes:
        try:
            return self._post_once(body, most)
        except (httpcore.NetworkError, httpcore.RemoteProtocolError):
            # An idle connection may have been closed by the other side in the moment that we took it up.
            return self._post_once(body, most)

    def _post_once(self, body: bytes, most: int) -> bytes:
        wait = self._deadline.left(None)
        timeouts = {"connect": wait, "read": wait, "write": wait, "pool": wait}
        with self._pool.stream(
            "POST", self._address, headers=self._headers, content=body, extensions={"timeout": timeouts}
        ) as response:
            if response.status != 200:
                raise NoAnswerError(_failure_of(response.status))
            received = bytearray()
            for piece in response.iter_stream():
                received += piece
                if len(received) > most:
                    raise NoAnswerError(Failure.ANSWER_TOO_LARGE)
            return bytes(received)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _trusting(ca_file: Path | None) -> Any:  # noqa: ANN401  an SSLContext, which this room may not import
    context = httpcore.default_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:  # ssl's errors are such, too
            raise RemoteSettingsError(
                "a remote classifier's ca_file can't be read", advice="Name a PEM file of certificates."
            ) from error
    return context


def _failure_of(status: int) -> Failure:
    if status >= 500:
        return Failure.BROKEN
    return _STATUS.get(status, Failure.REJECTED)


class Backend(httpcore.NetworkBackend):
    """The network, with every step of a call under the call's deadline.

    Args:
        deadline: whose time is left.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(  # noqa: D102  httpcore's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._plain.connect_tcp(host, port, self._deadline.left(timeout), local_address, socket_options)
        return _Stream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:  # noqa: D102
        time.sleep(self._deadline.left(seconds))


class _Stream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._plain = plain
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._plain.write(buffer[start : start + _PIECE], self._deadline.left(timeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self,
        ssl_context: Any,  # noqa: ANN401  httpcore's signature
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._plain.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  httpcore's signature
        return self._plain.get_extra_info(info)
