"""The process of the console: it opens the home, answers on a socket, and ends in order, or with its parent."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from safehold.console.app import make_console
from safehold.console.context import Console
from safehold.console.serving.opening import open_console
from safehold.console.serving.options import ConsoleOptions
from safehold.service.serving.quiet import be_quiet
from safehold.service.serving.server import Server, serve_until_asked, server_config
from safehold.service.serving.worker import Duty, Worker

PRESERVE_SECONDS = 2.0
FORGET_SECONDS = 3600.0
GRACE_SECONDS = 10
"""How long requests under way may take once the process is told to end: pages take far less."""


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
        config = server_config(make_console(console), console.settings, grace_seconds=GRACE_SECONDS, lifespan="off")
        with _at_its_duties(console), asyncio.Runner() as runner:
            runner.run(serve_until_asked(Server(config), listening, parent))
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
