"""Carry checks to a Safehold service over HTTP: pooled connections, bounded waiting, repeats that count once.

A check is sent again only after it failed to arrive or to be answered, always under the same idempotency key. The key
of the service is never part of an error, a log line or a `repr`.
"""

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from safehold.gateway.item import CheckRequest
from safehold.guard.errors import (
    GuardLimitedError,
    GuardSetupError,
    GuardTimedOutError,
    GuardUnavailableError,
    RejectedRequestError,
)
from safehold.guard.options import GuardOptions
from safehold.guard.wire import write

if TYPE_CHECKING:
    import httpx

_PATH = "/v1/checks"
_AGAIN = frozenset({409, 425, 500, 502, 503, 504})
"""A replay that is still under way, too early, or a server that is ill: RFC 9110 section 15, RFC 8470 section 5.2."""
_FIRST_PAUSE_SECONDS = 0.05
_KEY = re.compile(r"[\x21-\x7e]+")


def check_address(url: str) -> str:
    """Return the address of a service without what follows its path.

    Raises:
        GuardSetupError: it is not an address of HTTP, or holds a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise GuardSetupError(
            "that is not the address of a service", advice="Give one such as https://safehold.internal."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise GuardSetupError(
            "the address of the service holds more than a place", advice="Give the key apart from the address."
        )
    return url.rstrip("/")


def client_options(options: GuardOptions, *, secure: bool) -> dict[str, Any]:
    """Return what an HTTP client of either kind is made with.

    Raises:
        GuardSetupError: httpx is not installed.
    """
    try:
        import httpx  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise GuardSetupError("httpx is not installed", advice="pip install 'safehold[client]'") from error
    verify = ssl.create_default_context(cafile=options.ca_file) if secure else True
    return {
        "limits": httpx.Limits(
            max_connections=options.max_connections, max_keepalive_connections=options.max_connections
        ),
        "follow_redirects": False,
        "trust_env": False,  # content goes to the named address alone, not through whatever a variable names
        "verify": verify,
    }


@dataclass(slots=True)
class Attempts:
    """Whether and when one check is sent again; does nothing itself.

    Attributes:
        left: how many attempts there are.
        until: when waiting ends, on the clock.
        clock: seconds that only rise.
        pause: how long to wait before the next attempt.
    """

    left: int
    until: float
    clock: Callable[[], float] = time.monotonic
    pause: float = _FIRST_PAUSE_SECONDS / 2

    @classmethod
    def begin(cls, options: GuardOptions, clock: Callable[[], float] = time.monotonic) -> "Attempts":
        """Start counting and waiting now."""
        return cls(options.attempts, clock() + options.timeout_seconds, clock)

    def waiting(self) -> float:
        """Return how long an attempt that starts now may wait, in seconds above 0."""
        return max(self.until - self.clock(), 0.001)

    def failed(self, cause: Exception | None = None, *, was_reached: bool = False) -> None:
        """Note that an attempt came to nothing; return where there is another one after `pause`.

        Args:
            cause: the client's error.
            was_reached: whether the service took the request, and only its answer did not come.

        Raises:
            GuardUnavailableError: there is none; GuardTimedOutError where the service was reached.
        """
        self.left -= 1
        self.pause *= 2
        if self.left < 1 or self.clock() + self.pause >= self.until:
            if was_reached:
                raise _timed_out() from cause
            raise GuardUnavailableError(
                "the service did not answer", advice="Look whether it runs and can be reached from here."
            ) from cause

    def answer(self, response: "httpx.Response") -> tuple[object] | None:
        """Return what a response says, or None to send again after `pause`.

        Raises:
            GuardUnavailableError, GuardLimitedError, RejectedRequestError: as the response says.
        """
        status = response.status_code
        if status == 503 and _is_timed_out(response):
            raise _timed_out()
        if status in _AGAIN:
            self.failed()
            return None
        if status == 200:
            return (_json(response),)
        if status == 429:
            raise GuardLimitedError("the service asks for fewer requests", advice="Wait, or raise the key's limit.")
        if 400 <= status < 500:
            raise RejectedRequestError(
                f"the service can't use the request: status {status}",
                advice="Look at the key and its scope (401, 403), the size (413) or the form (400, 415, 422).",
            )
        raise GuardUnavailableError(
            f"the service answered with status {status}", advice="Look whether the address is Safehold's."
        )


def _timed_out() -> GuardTimedOutError:
    return GuardTimedOutError(
        "the service decided nothing in time", advice="Send smaller items, or allow it more time."
    )


def _is_timed_out(response: "httpx.Response") -> bool:
    """Whether the service says itself that this request took it too long."""
    told = _json(response) if response.headers.get("content-type", "").startswith("application/problem+json") else {}
    return isinstance(told, dict) and told.get("code") == "timed_out"


def _json(response: "httpx.Response") -> object:
    try:
        return response.json()
    except ValueError as error:
        raise GuardUnavailableError(
            "the service's answer is not JSON", advice="Look whether the address is Safehold's."
        ) from error


class _Service:
    """Where checks go, and with which key; shows neither."""

    __slots__ = ("_key", "is_secure", "url")

    def __init__(self, url: str, key: str) -> None:
        if _KEY.fullmatch(key) is None:
            raise GuardSetupError("that can't be a key", advice="Give the key as `safehold key create` showed it.")
        self.url = check_address(url) + _PATH
        self.is_secure = url.startswith("https:")
        self._key = key

    def headers(self, idempotency_key: str) -> dict[str, str]:
        told = {"Authorization": f"Bearer {self._key}"}
        return {**told, "Idempotency-Key": idempotency_key} if idempotency_key else told


class HttpTransport:
    """Reach a service over HTTP, blocking.

    Args:
        url: the service's address.
        key: with the scope `check`.
        options: how long and how often.
        client: to use in place of an own one, for proxies and client certificates.
    """

    def __init__(self, url: str, key: str, options: GuardOptions, *, client: "httpx.Client | None" = None) -> None:
        self._service = _Service(url, key)
        made = client_options(options, secure=self._service.is_secure)
        import httpx  # noqa: PLC0415  # an extra

        self._client = client or httpx.Client(**made)
        self._errors, self._late = httpx.HTTPError, (httpx.ReadTimeout, httpx.WriteTimeout)
        self._options = options

    def send(self, request: CheckRequest, idempotency_key: str) -> object:
        """Return the answer as JSON values, as `Transport.send` says."""
        told, attempts = write(request), Attempts.begin(self._options)
        while True:
            try:
                response = self._client.post(
                    self._service.url,
                    json=told,
                    headers=self._service.headers(idempotency_key),
                    timeout=attempts.waiting(),
                )
            except self._errors as error:
                attempts.failed(error, was_reached=isinstance(error, self._late))
            else:
                if (answer := attempts.answer(response)) is not None:
                    return answer[0]
            time.sleep(attempts.pause)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class AsyncHttpTransport:
    """Reach a service over HTTP without blocking the event loop; arguments as of `HttpTransport`."""

    def __init__(self, url: str, key: str, options: GuardOptions, *, client: "httpx.AsyncClient | None" = None) -> None:
        self._service = _Service(url, key)
        made = client_options(options, secure=self._service.is_secure)
        import httpx  # noqa: PLC0415  # an extra

        self._client = client or httpx.AsyncClient(**made)
        self._errors, self._late = httpx.HTTPError, (httpx.ReadTimeout, httpx.WriteTimeout)
        self._options = options

    async def send(self, request: CheckRequest, idempotency_key: str) -> object:
        """Return the answer as JSON values, as `Transport.send` says."""
        import anyio  # noqa: PLC0415  # comes with httpx

        told, attempts = write(request), Attempts.begin(self._options)
        while True:
            try:
                response = await self._client.post(
                    self._service.url,
                    json=told,
                    headers=self._service.headers(idempotency_key),
                    timeout=attempts.waiting(),
                )
            except self._errors as error:
                attempts.failed(error, was_reached=isinstance(error, self._late))
            else:
                if (answer := attempts.answer(response)) is not None:
                    return answer[0]
            await anyio.sleep(attempts.pause)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
