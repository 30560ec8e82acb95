"""Entries: an event as the ledger holds it, with its place, its time and its leaf hash."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

from safehold.ledger.canonical import Json, NotCanonicalError, canonical, parse
from safehold.ledger.errors import EXPLAIN_TAMPERING, LedgerBrokenError
from safehold.ledger.merkle import leaf_hash
from safehold.vocabulary import Event

_FIELDS = {"seq": int, "at": str, "kind": str, "actor": str, "policy": str, "details": dict}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the ledger.

    Attributes:
        seq: its place, from 0.
        at: when it was recorded, RFC 3339 in UTC.
        event: what happened.
        leaf_hex: SHA-256 of 0x00 and the canonical JSON of the rest, in hexadecimal.
    """

    seq: int
    at: str
    event: Event
    leaf_hex: str

    @classmethod
    def of(cls, seq: int, at: str, event: Event) -> Self:
        """Return the event as the ledger holds it at this place and time."""
        return cls(seq=seq, at=at, event=event, leaf_hex=leaf_hash(canonical(_fields(seq, at, event))).hex())

    def line(self) -> dict[str, Json]:
        """Return the entry as the object of one line of an export."""
        return {**_fields(self.seq, self.at, self.event), "leaf": self.leaf_hex}

    @classmethod
    def read(cls, line: Mapping[str, Json]) -> Self:
        """Return the entry of a line, once its leaf hash is found to be right.

        Raises:
            LedgerBrokenError: a field is missing, added, of another type, or altered.
        """
        fields = dict(line)
        leaf = fields.pop("leaf", None)
        where = f"event {line.get('seq')}" if isinstance(line.get("seq"), int) else "an event"
        if {name: type(value) for name, value in fields.items()} != _FIELDS:
            raise broken(f"{where} has missing, added or wrong fields")
        details = cast("Mapping[str, str | int | bool]", fields["details"])
        if not all(isinstance(value, str | int) for value in details.values()):
            raise broken(f"{where} holds what no event may hold")
        try:
            found = leaf_hash(canonical(fields)).hex()
        except NotCanonicalError as error:
            raise broken(f"{where} holds what no event may hold") from error
        if found != leaf:
            raise broken(f"{where} was altered: its content no longer has its leaf hash")
        words = {name: cast("str", fields[name]) for name in ("kind", "actor", "policy")}
        return cls(cast("int", fields["seq"]), cast("str", fields["at"]), Event(**words, details=details), found)


def details_text(event: Event) -> str:
    """Return the details as the canonical text that the database holds."""
    return canonical(dict(event.details)).decode()


def read_details(seq: int, text: object) -> Json:
    """Return the details from the database's text.

    Raises:
        LedgerBrokenError: the text is not what was written.
    """
    if not isinstance(text, str):
        raise broken(f"event {seq} was altered: its details are not text")
    try:
        return parse(text)
    except NotCanonicalError as error:
        raise broken(f"event {seq} was altered: its details are not canonical") from error


def timestamp(moment: dt.datetime) -> str:
    """Return a time as RFC 3339 text in UTC with microseconds, which sorts by time."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def broken(message: str) -> LedgerBrokenError:
    """Return the error that says what differs, with advice."""
    return LedgerBrokenError(message, advice=EXPLAIN_TAMPERING)


def _fields(seq: int, at: str, event: Event) -> dict[str, Json]:
    return {
        "seq": seq,
        "at": at,
        "kind": event.kind,
        "actor": event.actor,
        "policy": event.policy,
        "details": dict(event.details),
    }
