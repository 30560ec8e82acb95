"""`safehold serve`: listen, say where, and serve in one process or several until told to end."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress

from safehold.service.serving.listening import address_of, listen
from safehold.service.serving.options import Role, ServeOptions, require_safe
from safehold.service.serving.process import run
from safehold.service.serving.supervisor import Part, Supervisor, parts_of
from safehold.service.watching import Journal
from safehold.settings import Settings, load_settings
from safehold.vocabulary import SystemClock
from safehold.wiring import home_folder, open_workshop

_ANSWERING = {Role.GATEWAY, Role.ALL}


def serve(options: ServeOptions, announce: Callable[[str | None], None], *, beside: Sequence[Part] = ()) -> None:
    """Serve until SIGTERM or Ctrl-C; call in the main thread.

    Args:
        options: what is asked for.
        announce: is told the address once the home is open, None for a worker alone.
        beside: processes of others that live and end with the service.

    Raises:
        UnsafeAddressError: it may not listen there.
        AddressInUseError: it can't listen there.
        ProcessesDieError: its processes can't live.
    """
    settings = load_settings(home_folder(options.home, os.environ), os.environ)
    place = _listen(options, settings) if options.role in _ANSWERING else nullcontext()
    with place as listening, suppress(KeyboardInterrupt):  # a signal before anybody listens for it
        address = None if listening is None else address_of(listening, settings)
        if options.processes == 1 and not beside:
            run(options, listening, on_ready=lambda _: announce(address))
        else:
            _supervise(options, [*parts_of(options, listening), *beside], lambda: announce(address))


def _listen(options: ServeOptions, settings: Settings) -> socket.socket:
    host = options.host or settings.host
    require_safe(host, settings)
    return listen(host, settings.port if options.port is None else options.port)


def _supervise(options: ServeOptions, parts: Sequence[Part], ready: Callable[[], None]) -> None:
    with open_workshop(options.home):  # made ready once, and refused here where it can't be opened
        pass
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ready()
    Supervisor(parts, Journal(SystemClock())).run(stop)
