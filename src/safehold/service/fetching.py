"""Fetching media that is given as an address: off unless the settings turn it on.

Rules: every hop is resolved and judged by us before anything is connected to, and the address that was judged is the
one that is connected to, so that no second look-up can give another. Where any of a name's addresses is internal,
loopback, link-local (where clouds' metadata is), multicast or reserved, none is used. Ports are 80 and 443. There is an
end to redirects, bytes and time. Compressed answers are refused. What is wrong is told in one way, whatever it is: or
fetching would be a way to look around in the operator's network.

Source: RFC 6890 (April 2013), special-purpose addresses, as `ipaddress` has them; RFC 6052 section 2.1 and RFC 3056
section 2 for IPv4 addresses inside IPv6 ones.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore
import httpx

from safehold.classification.remote.transport import Backend, Deadline
from safehold.service.problem import Problem
from safehold.settings import MalformedSettingsError, Settings

MOST_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MIB = 1024 * 1024
_FAULTS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system's resolver gives them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Gets the bytes of an address.

    Attributes:
        seconds: for all of it.
        most_bytes: of the answer.
        networks: internal ones that may be fetched from, on any port.
        resolve: gives the addresses of a host.
    """

    seconds: float
    most_bytes: int
    networks: tuple[Network, ...] = ()
    resolve: Resolve = field(default=resolve)

    def fetch(self, url: str) -> bytes:
        """Return the bytes; blocks.

        Raises:
            Problem: 422, it may not be fetched or can't be.
        """
        until = time.monotonic() + self.seconds
        try:
            with httpx.Client(transport=_Bounded(until), trust_env=False, follow_redirects=False) as client:
                for _ in range(MOST_REDIRECTS + 1):
                    found, url = self._hop(client, url, until)
                    if found is not None:
                        return found
        except (httpx.HTTPError, httpx.InvalidURL, *_FAULTS, OSError, ValueError):
            raise _failed() from None
        raise _failed()

    def _hop(self, client: httpx.Client, url: str, until: float) -> tuple[bytes | None, str]:
        """Return the bytes, or None and where to look next."""
        parts = urlsplit(url)
        request = self._request(client, parts, until)
        response = client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS:
                return None, urljoin(url, response.headers.get("location", ""))
            return self._read(response, until), url
        finally:
            response.close()

    def _request(self, client: httpx.Client, parts: SplitResult, until: float) -> httpx.Request:
        address = self._judged(parts)
        host = f"[{address}]" if address.version == 6 else str(address)
        port = parts.port or _PORTS[parts.scheme]
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return client.build_request(
            "GET",
            f"{parts.scheme}://{host}:{port}{path}",
            headers={"Host": parts.netloc, "Accept-Encoding": "identity", "User-Agent": "safehold"},
            timeout=max(until - time.monotonic(), 0.001),
            extensions={"sni_hostname": parts.hostname or ""},
        )

    def _judged(self, parts: SplitResult) -> Address:
        """Return the address to connect to.

        Raises:
            ValueError: it may not be connected to.
        """
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise ValueError
        port = parts.port or _PORTS[parts.scheme]
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in self.resolve(parts.hostname, port)]
        allowed = [any(address in network for network in self.networks) for address in found]
        fine = [is_public(address) and port == _PORTS[parts.scheme] for address in found]
        if not found or not all(one or other for one, other in zip(allowed, fine, strict=True)):
            raise ValueError
        return found[0]

    def _read(self, response: httpx.Response, until: float) -> bytes:
        if response.status_code != 200 or response.headers.get("content-encoding", "identity") != "identity":
            raise ValueError
        content = bytearray()
        for chunk in response.iter_raw():  # as it comes: gathering chunks would hide a server that drips
            content += chunk
            if len(content) > self.most_bytes or time.monotonic() > until:
                raise ValueError
        return bytes(content)


class _Bounded(httpx.BaseTransport):
    """Connections of which every step, also each read of a head that drips in, ends at one moment.

    Args:
        until: that moment, as `time.monotonic` counts.
    """

    def __init__(self, until: float) -> None:
        deadline = Deadline()
        deadline.at = until
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=Backend(deadline)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def is_public(address: Address) -> bool:
    """Whether an address, and one that it carries inside, is everybody's."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inside is None and address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None and not is_public(inside):
            return False
    return address.is_global and not address.is_multicast


def fetcher(settings: Settings) -> Callable[[str], bytes]:
    """Return what gets the bytes of an address, as far as the settings allow.

    Raises:
        MalformedSettingsError: `url_networks` holds what is no network.
    """
    try:
        networks = tuple(map(ipaddress.ip_network, settings.url_networks))
    except ValueError as error:
        raise MalformedSettingsError(
            "setting 'url_networks' holds what is no network", advice="Write networks such as 10.1.0.0/16."
        ) from error
    if not settings.url_inputs:
        return _refuse
    return Fetcher(settings.url_seconds, settings.largest_request_mib * _MIB, networks).fetch


def _refuse(_url: str) -> bytes:
    raise Problem(422, "url_off", "Addresses are not fetched here", "Send the bytes as data, or turn on url_inputs.")


def _failed() -> Problem:
    return Problem(
        422, "url_failed", "An address could not be fetched", "Nothing was decided. Send the bytes as data instead."
    )
