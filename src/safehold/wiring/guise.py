"""Guises: the circumstances of a golden item, told anew each time that it is placed, so that nobody knows it again.

Names, ids, addresses and times become others of the same kind; what was written stays. The same name becomes the same
other one everywhere, so that the circumstances agree with each other and with the mark of the case.

    Guises(moved=now - item.at).circumstances(told, check=check)
"""

import datetime as dt
import ipaddress
import re
import secrets
import string
from collections.abc import Mapping
from typing import Any

from safehold.cases import NewItem, Origin

_HEX = re.compile(r"[0-9a-f]{6,}")
_CHECK_BYTES = 10
"""As the gateway draws for a check, behind its time."""

_KEPT_KINDS = frozenset({"name", "display_name", "group"})
"""What many people have alike: the same once more is nothing odd."""


class Guises:
    """Other names for what one golden item came with.

    Args:
        moved: by how much later it is shown than it came.
    """

    def __init__(self, moved: dt.timedelta) -> None:
        self._moved = moved
        self._others: dict[str, str] = {"": ""}

    def other(self, name: str) -> str:
        """Return another name of the same kind; always the same for one."""
        if name not in self._others:
            self._others[name] = _other(name)
        return self._others[name]

    def circumstances(self, told: Mapping[str, Any], *, check: str) -> dict[str, Any]:
        """Return circumstances (`safehold.gateway.circumstances`) as those of another check.

        Args:
            told: as they were sealed.
            check: what the other check is called; "" keeps what there is.
        """
        return {
            **told,
            "check": check or told.get("check", ""),
            "at": self._later(told.get("at", "")),
            "account": self.other(told.get("account", "")),
            "session": self.other(told.get("session", "")),
            "items": [{**item, "id": self.other(item.get("id", ""))} for item in told.get("items", ())],
            "identifiers": [self._identifier(one) for one in told.get("identifiers", ())],
            "occurrences": [self._occurrence(one) for one in told.get("occurrences", ())],
        }

    def _identifier(self, told: Mapping[str, Any]) -> dict[str, Any]:
        value = told.get("value", "")
        return {**told, "value": value if told.get("kind") in _KEPT_KINDS else self.other(value)}

    def _occurrence(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return {**told, "at": self._later(told.get("at", "")), "address": self._address(told.get("address", ""))}

    def _address(self, text: str) -> str:
        """Return another address of the same network."""
        if text not in self._others:
            self._others[text] = _other_address(text)
        return self._others[text]

    def _later(self, text: str) -> str:
        """Return a time moved on, in the same form."""
        try:
            moment = dt.datetime.fromisoformat(text) + self._moved
        except ValueError:
            return text
        precision = "microseconds" if "." in text else "seconds"
        said = moment.isoformat(timespec=precision)
        return said.replace("+00:00", "Z") if text.endswith(("Z", "z")) else said


def reference_like(source: NewItem, now: dt.datetime) -> str:
    """Return a reference as something of this origin has that comes now."""
    if source.origin is Origin.GATEWAY:
        place = source.reference.partition("#")[2] or "0"
        return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(_CHECK_BYTES)}#{place}"
    head, colon, number = source.reference.rpartition(":")
    return f"{head}{colon}{_other(number)}"


def _other(name: str) -> str:
    head, at, host = name.partition("@")
    if at:
        return f"{_other(head)}@{host}"
    if _HEX.search(name):
        return _HEX.sub(lambda found: secrets.token_hex(len(found[0]))[: len(found[0])], name)
    if not any(one in string.digits for one in name):
        return f"{name}{secrets.randbelow(90) + 10}"
    made = name
    while made == name:
        made = "".join(secrets.choice(string.digits) if one in string.digits else one for one in name)
    return made


def _other_address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    bits = 8 if address.version == 4 else 64
    network = int(address) >> bits << bits
    return str(type(address)(network | secrets.randbelow((1 << bits) - 2) + 1))
