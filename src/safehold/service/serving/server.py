"""The server: Uvicorn, ended by us, in order, when the process is told to or its parent is gone.

with asyncio.Runner() as runner:
    runner.run(serve_until_asked(Server(server_config(app, settings)), listening, parent, ending))
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from safehold.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""Longer than what proxies keep idle connections for (60 s is common), so that they close first, not we."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """Uvicorn's server, ended by us: its own handling would end the process as interrupted."""

    def end(self) -> None:
        """Take no more requests, answer those under way, then return."""
        self.force_exit = self.should_exit  # told twice: at once
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us."""
        yield


def server_config(app: ASGIApp, settings: Settings, *, grace_seconds: int, **more: Any) -> uvicorn.Config:  # noqa: ANN401 - Uvicorn's own
    """Return how an app of ours is served: no log lines of others, no header that names what serves it.

    Args:
        app: what answers.
        settings: of the installation.
        grace_seconds: how long requests under way may take once the process is told to end.
        more: Uvicorn's own settings.
    """
    return uvicorn.Config(
        app,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace_seconds,
        **more,
    )


def listen_for_the_end(ask: Callable[[], None], parent: int | None) -> None:
    """Have something called in the running loop when the process is told to end, or when its parent is gone.

    Args:
        ask: ends the process in order.
        parent: a pipe to which nothing is ever written, so that it can be read only when it is closed; None for none.
    """
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, ask)
    if parent is not None:
        loop.add_reader(parent, _ended, loop, parent, ask)


async def serve_until_asked(server: Server, listening: socket.socket, parent: int | None) -> None:
    """Serve on a socket until the process is told to end."""
    listen_for_the_end(server.end, parent)
    await server.serve([listening])


def _ended(loop: asyncio.AbstractEventLoop, parent: int, ask: Callable[[], None]) -> None:
    loop.remove_reader(parent)
    os.close(parent)
    ask()
