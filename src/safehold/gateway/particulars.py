"""Particulars: what an operator knows of whoever sent something, for the people who investigate; never examined.

Identifiers of the account, when it did what from where, and the turns that came before. They are sealed to the review
key with what is held or denied, in the memory of the request; of everything else, and without a key, nothing is kept.

    Particulars(identifiers=(Identifier(IdentifierKind.SCREEN_NAME, "..."),))

Source: the words are those of NCMEC's CyberTipline API (`personOrUserReported`, `ipCaptureEvent`), documentation of
26 August 2026, so that a report can be made of them without asking the operator again.
"""

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from safehold.gateway.errors import MalformedItemError, RequestTooLargeError
from safehold.gateway.turn import Turn

MOST_IDENTIFIERS = 32
MOST_OCCURRENCES = 64
MOST_TURNS = 256
LONGEST_IDENTIFIER = 2083
"""Characters: an address of a profile, the longest that the CyberTipline takes."""

MOST_CHARACTERS = 65_536
"""Of the earlier turns together: some sixty pages, more than anybody reads of one conversation."""

LAST_PORT = 65_535
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
"""A time with its zone: without one an address finds nobody. Source: RFC 3339 (July 2002), section 5.6."""


class IdentifierKind(Enum):
    """What an identifier is."""

    ACCOUNT = "account"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    SCREEN_NAME = "screen_name"
    DISPLAY_NAME = "display_name"
    PROFILE = "profile"
    """The address of a profile."""
    DEVICE = "device"
    GROUP = "group"
    ASSOCIATED_ACCOUNT = "associated_account"
    OTHER = "other"


class OccurrenceKind(Enum):
    """What somebody did at a time, from an address."""

    LOGIN = "login"
    REGISTRATION = "registration"
    PURCHASE = "purchase"
    UPLOAD = "upload"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name of whoever it was.

    Attributes:
        kind: what it is.
        value: as the operator knows it.
    """

    kind: IdentifierKind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that the account did.

    Attributes:
        kind: what.
        at: when, RFC 3339 with its zone; "" where it is not known.
        address: the network address, IPv4 or IPv6; "" where it is not known.
        port: of the sender, 1 to 65535; None where it is not known. Where many share an address, the port finds one.
        is_proxy: whether the address may be a proxy's; None where it is not known.
    """

    kind: OccurrenceKind
    at: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    port: int | None = field(default=None, repr=False)
    is_proxy: bool | None = None


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an operator knows beside the items.

    Attributes:
        identifiers: names of whoever it was.
        occurrences: what they did, when and from where.
        conversation: turns that came before, oldest first; they are kept, and not examined.
    """

    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    occurrences: tuple[Occurrence, ...] = field(default=(), repr=False)
    conversation: tuple[Turn, ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON values, as they go over the wire."""
        return {
            "identifiers": [{"kind": one.kind.value, "value": one.value} for one in self.identifiers],
            "occurrences": [
                {"kind": one.kind.value, "at": one.at, "address": one.address, "port": one.port, "proxy": one.is_proxy}
                for one in self.occurrences
            ],
            "conversation": [{"role": turn.role, "text": turn.text} for turn in self.conversation],
        }


NOTHING = Particulars()


def refuse_unfit(particulars: Particulars) -> None:
    """Refuse particulars that are too many, or that an authority could do nothing with.

    Raises:
        RequestTooLargeError: there are more, or longer ones, than are kept.
        MalformedItemError: a time has no zone, or an address or port is none. Nothing of it is said.
    """
    if particulars is NOTHING:
        return
    said = sum(len(turn.text) for turn in particulars.conversation)
    if (
        len(particulars.identifiers) > MOST_IDENTIFIERS
        or len(particulars.occurrences) > MOST_OCCURRENCES
        or len(particulars.conversation) > MOST_TURNS
        or said > MOST_CHARACTERS
        or any(len(one.value) > LONGEST_IDENTIFIER for one in particulars.identifiers)
    ):
        raise RequestTooLargeError(
            "more particulars than are kept",
            advice=f"Send at most {MOST_IDENTIFIERS} identifiers, {MOST_OCCURRENCES} occurrences, and {MOST_TURNS} "
            f"earlier turns of {MOST_CHARACTERS} characters together.",
        )
    if not all(map(_is_fit, particulars.occurrences)):
        raise MalformedItemError(
            "an occurrence has no proper time, address or port",
            advice="Send RFC 3339 times with their zone, IPv4 or IPv6 addresses, and ports from 1 to 65535.",
        )


def _is_fit(one: Occurrence) -> bool:
    return (
        (not one.at or _is_instant(one.at))
        and (not one.address or _is_address(one.address))
        and (one.port is None or 1 <= one.port <= LAST_PORT)
    )


def _is_instant(text: str) -> bool:
    if not _INSTANT.fullmatch(text):
        return False
    try:
        dt.datetime.fromisoformat(text.upper().replace(" ", "T"))
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
