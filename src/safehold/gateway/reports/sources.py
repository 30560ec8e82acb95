"""Sources: how much may be reported from one place, counted without keeping where that is."""

import datetime as dt
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.gateway.reports.errors import TooManyReportsError
from safehold.gateway.reports.tables import report_sources
from safehold.gateway.tally import add
from safehold.vocabulary import Seconds

_EVERYBODY = "everybody"
_IPV6_PREFIX = 64
"""What one household or device has at least: addresses below it are changed at will (RFC 6177, section 2; RFC 8981)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many anonymous reports are accepted in an hour.

    Attributes:
        per_source: from one place: a person who is upset may write several times, a script writes more.
        altogether: from all places: what a small team could at all look at, and a database bears.
    """

    per_source: int = 10
    altogether: int = 1000


def count(connection: sa.Connection, source: str, *, now: dt.datetime, digest_key: bytes, limits: Limits) -> None:
    """Count one report from a source.

    Args:
        connection: of a writing transaction, which is rolled back by the error.
        source: a network address, or whatever tells sources apart.
        now: aware, UTC.
        digest_key: of the home.
        limits: how many are accepted.

    Raises:
        TooManyReportsError: the source, or everybody together, sent as many already.
    """
    hour = now.strftime("%Y-%m-%dT%H")
    connection.execute(sa.delete(report_sources).where(report_sources.c.hour < _hour(now - dt.timedelta(days=1))))
    key = _digest(_place(source), now, digest_key)
    for name, most in ((key, limits.per_source), (_EVERYBODY, limits.altogether)):
        query = sa.select(report_sources.c.sent)
        query = query.where(report_sources.c.source == name, report_sources.c.hour == hour)
        if (connection.execute(query).scalar() or 0) >= most:
            raise TooManyReportsError(_left_of_hour(now))
        add(connection, report_sources, {"source": name, "hour": hour}, sent=1)


def _hour(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H")


def _left_of_hour(now: dt.datetime) -> Seconds:
    return Seconds(float(3600 - now.minute * 60 - now.second))


def _place(source: str) -> str:
    """Return what counts as one place: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _digest(place: str, now: dt.datetime, digest_key: bytes) -> str:
    """Return what stands for a place today; tomorrow it is another."""
    return hmac.new(digest_key, f"source {now.date().isoformat()} {place}".encode(), hashlib.sha256).hexdigest()
