"""What `safehold serve` is asked to do, and whether it may listen where it is told to."""

import ipaddress
import json
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Self

from safehold.service.errors import UnsafeAddressError
from safehold.settings import Settings


class Role(Enum):
    """What a process does."""

    GATEWAY = "gateway"
    WORKER = "worker"
    ALL = "all"
    CONSOLE = "console"
    """Nothing of the gateway: what runs beside it, alone."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What was asked for.

    Attributes:
        home: the folder; None for the environment's or the platform's.
        host: where to listen; None for the settings' word.
        port: on which port, 0 for any; None for the settings' word.
        role: what to do.
        processes: of the gateway.
    """

    home: Path | None = None
    host: str | None = None
    port: int | None = None
    role: Role = Role.ALL
    processes: int = 1

    def to_text(self) -> str:
        """Return them as one argument of a process."""
        home = None if self.home is None else str(self.home)
        return json.dumps({**asdict(self), "home": home, "role": self.role.value})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return what `to_text` wrote."""
        told = json.loads(text)
        home = None if told["home"] is None else Path(told["home"])
        return cls(home, told["host"], port=told["port"], role=Role(told["role"]), processes=told["processes"])


def require_safe(host: str, settings: Settings) -> None:
    """Refuse to listen for others where what they send could be read on its way.

    Raises:
        UnsafeAddressError: not loopback, and neither TLS nor a proxy that is said to have it.
    """
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise UnsafeAddressError(
            "a TLS certificate and its key go together", advice="Set tls_certificate and tls_key, or neither."
        )
    if is_loopback(host) or settings.tls_certificate is not None or settings.trusted_proxies:
        return
    raise UnsafeAddressError(
        "without TLS the service listens to this machine alone",
        advice="Set tls_certificate and tls_key; or trusted_proxies, if a proxy before it has TLS: docs/service.md.",
    )


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own; names but localhost are not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
