"""Where a delivery may go: to public addresses over TLS, and to internal networks that the settings name.

The name is resolved and judged at every delivery, and the address that was judged is the one that is connected to, so
that a name can't come to mean an internal address later, or between judging and connecting.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from safehold.service.fetching import Address, Network, is_public
from safehold.service.webhooks.errors import DeliveryFailedError, WebhookAddressError

_PORTS = {"http": 80, "https": 443}
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that may be delivered to, once its host is resolved and judged.

    Attributes:
        scheme: http or https.
        host: its name, as the certificate must have it.
        port: on it.
        target: path and query.
        authority: host and port as they were written, for the request's Host.
    """

    scheme: str
    host: str
    port: int
    target: str
    authority: str

    @classmethod
    def parse(cls, url: str) -> "Destination":
        """Return where an address leads.

        Raises:
            WebhookAddressError: it is none of http or https, or holds a user's name, or a fragment.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _malformed() from None
        if parts.scheme not in _PORTS or not parts.hostname or not _is_plain(url, parts):
            raise _malformed()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], target, parts.netloc)

    def judged(self, found: Sequence[str], networks: Sequence[Network]) -> Address:
        """Return which of the host's addresses to connect to.

        Args:
            found: all of the host's addresses.
            networks: internal ones that may be delivered to, also without TLS.

        Raises:
            DeliveryFailedError: one of them may not be delivered to, so none is; or there is none.
        """
        addresses = [ipaddress.ip_address(one.partition("%")[0]) for one in found]
        if not addresses:
            raise DeliveryFailedError("unresolved")
        for address in addresses:
            is_allowed = any(address in network for network in networks)
            if not is_allowed and not (is_public(address) and self.scheme == "https"):
                raise DeliveryFailedError("address_refused")
        return addresses[0]

    def at(self, address: Address) -> str:
        """Return the address to send to, with the host's own address in place of its name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.target}"


def _is_plain(url: str, parts: SplitResult) -> bool:
    is_printable = url.isascii() and url.isprintable() and " " not in url
    return is_printable and len(url) <= _LONGEST and parts.username is None and not parts.fragment


def _malformed() -> WebhookAddressError:
    return WebhookAddressError(
        "this address can't be delivered to",
        advice="Give https://HOST/PATH, without a user's name; http goes to networks that webhook_networks allows.",
    )
