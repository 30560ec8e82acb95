"""Listening: the socket that every process of a service shares."""

import socket

from safehold.service.errors import AddressInUseError
from safehold.settings import Settings

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, inheritable by processes that are named it.

    Args:
        host: an address or a name of this machine.
        port: 0 for any that is free.

    Raises:
        AddressInUseError: another process listens there, or this one may not.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused() from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise _refused() from error
    return made


def address_of(listening: socket.socket, settings: Settings) -> str:
    """Return the address of the service, for people and programs on this machine."""
    host, port = listening.getsockname()[:2]
    scheme = "http" if settings.tls_certificate is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _refused() -> AddressInUseError:
    return AddressInUseError(
        "the service can't listen there", advice="Choose another --port or --host, or stop what listens there."
    )
