"""Fetching: every hop is judged, the judged address is connected to, and there is an end to everything."""

import http.server
import ipaddress
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from safehold.service.fetching import Fetcher, fetcher, is_public
from safehold.service.problem import Problem
from safehold.settings import Settings

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
NAMES = {"inside.example": ["127.0.0.1"], "outside.example": ["93.184.215.14"]}


class Pages(http.server.BaseHTTPRequestHandler):
    """A server that answers by path."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        match self.path:
            case "/picture":
                self.answer(200, b"bytes of " + str(self.headers["Host"]).encode())
            case "/large":
                self.answer(200, b"x" * 100_000)
            case "/slow" | "/slow-head":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + (b"\r\n\r\n" if self.path == "/slow" else b""))
                for _ in range(40):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)
            case "/compressed":
                self.answer(200, b"x", {"Content-Encoding": "gzip"})
            case "/missing":
                self.answer(404, b"")
            case "/again":
                self.answer(302, b"", {"Location": "/picture"})
            case "/round":
                self.answer(302, b"", {"Location": "/round"})
            case "/elsewhere":
                self.answer(302, b"", {"Location": f"http://metadata.example:{port}/picture"})
            case _:
                self.answer(302, b"", {"Location": "file:///etc/hostname"})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.daemon_threads = True
        threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def looked_up(host: str, _port: int) -> Sequence[str]:
    return {**NAMES, "metadata.example": ["169.254.169.254"]}.get(host) or [host]


def allowed(seconds: float = 2.0) -> Fetcher:
    return Fetcher(seconds, 50_000, (LOOPBACK,), looked_up)


def refused(fetch: Fetcher, url: str) -> str:
    with pytest.raises(Problem) as caught:
        fetch.fetch(url)
    assert "example" not in str(caught.value.__dict__)
    return caught.value.code


def test_a_network_that_is_allowed_is_fetched_from_under_its_own_name(port: int) -> None:
    assert allowed().fetch(f"http://inside.example:{port}/picture") == f"bytes of inside.example:{port}".encode()


def test_redirects_are_followed_up_to_an_end(port: int) -> None:
    assert allowed().fetch(f"http://inside.example:{port}/again").startswith(b"bytes")
    assert refused(allowed(), f"http://inside.example:{port}/round") == "url_failed"


@pytest.mark.parametrize("path", ["elsewhere", "file"])
def test_every_hop_is_judged(port: int, path: str) -> None:
    assert refused(allowed(), f"http://inside.example:{port}/{path}") == "url_failed"


@pytest.mark.parametrize("path", ["large", "compressed", "missing"])
def test_what_is_too_large_compressed_or_not_there_fails(port: int, path: str) -> None:
    assert refused(allowed(), f"http://inside.example:{port}/{path}") == "url_failed"


@pytest.mark.parametrize("path", ["slow", "slow-head"])
def test_a_slow_answer_ends_in_time(port: int, path: str) -> None:
    began = time.monotonic()
    assert refused(allowed(0.3), f"http://inside.example:{port}/{path}") == "url_failed"
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://169.254.169.254/latest/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://inside.example/",
        "http://metadata.example/",
        "http://user@outside.example/",
        "http://outside.example:22/",
        "ftp://outside.example/",
        "file:///etc/hostname",
        "//outside.example/",
        "http://",
        "",
        "http://[nonsense",
        "http://outside.example:99999/",
    ],
)
def test_without_permission_nothing_internal_is_connected_to(url: str) -> None:
    assert refused(Fetcher(1.0, 100, (), looked_up), url) == "url_failed"


def test_a_name_with_one_internal_address_is_refused() -> None:
    both = Fetcher(1.0, 100, (), lambda _host, _port: ["93.184.215.14", "127.0.0.1"])
    assert refused(both, "http://outside.example/") == "url_failed"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:1::", False),
        ("2001:0:a00:1::", False),
    ],
)
def test_an_address_inside_another_counts(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_it_is_off_unless_it_is_turned_on() -> None:
    with pytest.raises(Problem) as caught:
        fetcher(Settings())("http://outside.example/")
    assert caught.value.code == "url_off"
