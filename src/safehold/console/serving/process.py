"""The process of the console: it opens the home, answers on a socket, and ends in order, or with its parent."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from safehold.console.app import make_console
from safehold.console.context import Console
from safehold.console.edge import Edge
from safehold.console.serving.opening import open_console
from safehold.console.serving.options import ConsoleOptions
from safehold.service.serving.quiet import be_quiet
from safehold.service.serving.worker import Duty, Worker
from safehold.settings import Settings

KEEP_ALIVE_SECONDS = 75
PRESERVE_SECONDS = 2.0
FORGET_SECONDS = 3600.0
GRACE_SECONDS = 10
"""How long requests under way may take once the process is told to end: pages take far less."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(
    options: ConsoleOptions,
    listening: socket.socket,
    *,
    on_ready: Callable[[Console], None],
    parent: int | None = None,
) -> None:
    """Run this process until it is told to end.

    Args:
        options: what was asked for.
        listening: where requests come from.
        on_ready: is called once the home is open.
        parent: a pipe that ends when the parent does; None for none.
    """
    with open_console(options.home) as console:
        be_quiet(console.journal)
        console.journal.write("console.started", opens_content=console.viewer is not None)
        on_ready(console)
        server = _Server(_config(make_console(console), console.settings))
        with _at_its_duties(console), asyncio.Runner() as runner:
            runner.run(_until_asked(server, listening, parent))
        console.journal.write("console.ended")


@contextmanager
def _at_its_duties(console: Console) -> Iterator[None]:
    """Do, in a thread while the block runs, what nobody asks for: preserve what is confirmed, forget old sessions.

    Where there is no review key nothing can be preserved.
    """
    duties = [Duty("users.forget", FORGET_SECONDS, console.users.forget)]
    if console.preserver is not None:
        duties.append(Duty("evidence.preserve", PRESERVE_SECONDS, console.preserver.settle))
    stop = threading.Event()
    thread = threading.Thread(target=Worker(tuple(duties), console.journal).run, args=(stop,), name="duties")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _until_asked(server: "_Server", listening: socket.socket, parent: int | None) -> None:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, server.end)
    if parent is not None:
        loop.add_reader(parent, lambda: _ended(loop, parent, server))
    await server.serve([listening])


def _ended(loop: asyncio.AbstractEventLoop, parent: int, server: "_Server") -> None:
    """End with the parent: nothing is ever written to the pipe, so that it can be read only when it is closed."""
    loop.remove_reader(parent)
    os.close(parent)
    server.end()


class _Server(uvicorn.Server):
    """Uvicorn's server, ended by us: its own handling would end the process as interrupted."""

    def end(self) -> None:
        """Take no more requests, answer those under way, then return."""
        self.force_exit = self.should_exit  # told twice: at once
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us."""
        yield


def _config(app: Edge, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
