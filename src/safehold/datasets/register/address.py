"""Addresses, taken apart as leniently as a browser does: what a browser would reach, a register must recognise."""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote

_DROPPED = str.maketrans({"\t": None, "\n": None, "\r": None, "\\": "/"})
_SCHEMES = ("http:", "https:", "ftp:", "s3:", "gs:")
_AUTHORITY = re.compile(r"[^/?#]*")
_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*"
_HOST = re.compile(_NAME + r"|\[[0-9a-f:.]+\]")
_PLAIN = re.compile(r"https?://(" + _NAME + r")(?=[/?#]|\Z)")
_LONGEST_HOST = 253  # RFC 1035, section 2.3.4, without the trailing dot


@dataclass(frozen=True, slots=True)
class Address:
    """An address in the one form that is compared.

    Attributes:
        host: lower case, in ASCII (IDNA), without port or trailing dot.
        path: decoded, lower case, without dot segments; with the query, if there is one; always begins with a slash.
    """

    host: str
    path: str


def parse_address(text: str) -> Address | None:
    """Return an address taken apart, or None if its host can't be read."""
    rest = _without_scheme(text.strip().translate(_DROPPED)).lstrip("/")
    authority = _AUTHORITY.match(rest)
    end = authority.end() if authority else 0
    host = host_of(rest[:end])
    return None if host is None else Address(host, _path(rest[end:]))


def read_host(text: str) -> str | None:
    """Return an address's host as `parse_address` would, faster for the plain ones that most are."""
    plain = _PLAIN.match(text)
    if plain is not None and len(plain[1]) <= _LONGEST_HOST:
        return plain[1]
    address = parse_address(text)
    return None if address is None else address.host


def host_of(authority: str) -> str | None:
    """Return the host of an authority (``user@host:port``) as it is compared, or None if it can't be read."""
    host = _decoded(authority.rpartition("@")[2]).casefold()
    if not host.startswith("["):
        host = host.partition(":")[0].rstrip(".")
    elif "]" in host:
        host = host[: host.index("]") + 1]
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else None


def above(host: str) -> list[str]:
    """Return a host and all domains above it, the host first."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _without_scheme(text: str) -> str:
    _, separator, rest = text.partition("://")
    if separator:
        return rest
    for scheme in _SCHEMES:
        if text[: len(scheme)].lower() == scheme:
            return text[len(scheme) :]
    return text


def _path(text: str) -> str:
    path, mark, query = text.partition("#")[0].partition("?")
    plain = posixpath.normpath("/" + _decoded(path).lstrip("/"))
    return (plain + mark + _decoded(query)).casefold()


def _decoded(text: str) -> str:
    """Undo percent-encoding, and up to two encodings of encodings."""
    for _ in range(3):
        if "%" not in text:
            break
        text = unquote(text)
    return text
