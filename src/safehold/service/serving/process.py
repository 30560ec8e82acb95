"""One process of the service: it opens the home, answers on the shared socket, works, and ends in order."""

import asyncio
import gc
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import uvicorn
from fastapi import FastAPI

from safehold.gateway.lifecycle import PolicyStore
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.service.context import Service
from safehold.service.serving.duties import duties_of
from safehold.service.serving.options import Role, ServeOptions
from safehold.service.serving.quiet import be_quiet
from safehold.service.serving.server import Server, listen_for_the_end, server_config
from safehold.service.serving.worker import Worker
from safehold.service.webhooks.setup import endpoints_of
from safehold.settings import Settings
from safehold.wiring.casework import open_casework
from safehold.wiring.gateway import Gateway, open_gateway
from safehold.wiring.people import open_people

GRACE_SECONDS = 30
"""How long requests under way may take once the process is told to end."""

SWITCH_SECONDS = 0.0005
"""After how long a thread lets another one run: a tenth of Python's default, so that the event loop does not wait for
threads that compute. Source: ours: at 120 prompts a second on two shared cores, the 90th percentile fell in all 4 runs.
"""


@dataclass(slots=True)
class Ending:
    """Whether this process was told to end; and whom to tell then."""

    is_asked: bool = False
    _tell: list[Callable[[], None]] = field(default_factory=list)

    def tell(self, what: Callable[[], None]) -> None:
        """Call this when the process is told to end."""
        self._tell.append(what)

    def ask(self) -> None:
        """Tell the process to end."""
        self.is_asked = True
        for what in self._tell:
            what()


def run(
    options: ServeOptions,
    listening: socket.socket | None,
    *,
    on_ready: Callable[[Settings], None],
    parent: int | None = None,
) -> None:
    """Run this process until it is told to end.

    Args:
        options: what was asked for.
        listening: where requests come from; None for a worker alone.
        on_ready: is called once the home is open.
        parent: a pipe that ends when the parent does; None for none.
    """
    with open_gateway(options.home) as gateway:
        service = service_of(gateway)
        be_quiet(service.journal)
        sys.setswitchinterval(SWITCH_SECONDS)
        on_ready(service.settings)
        service.journal.write("process.started", role=options.role.value)
        try:
            with _working(gateway, service, options):
                _wait(service, listening, parent)
        finally:
            service.lanes.close()
            service.journal.write("process.ended", role=options.role.value)


def service_of(gateway: Gateway) -> Service:
    """Return the service over an opened gateway."""
    workshop = gateway.workshop
    people = open_people(workshop)
    made = build(
        workshop.home,
        workshop.ledger,
        checks=gateway.checks,
        settings=workshop.settings,
        index=gateway.index,
        commits=gateway.commits,
    )
    return replace(
        made,
        messages=people.messages,
        reports=people,
        policies=PolicyStore(
            workshop.home.database,
            workshop.ledger,
            workshop.home.clock,
            is_single_operator=workshop.settings.single_operator,
        ),
        outbox=gateway.outbox,
        casework=open_casework(workshop),
        webhooks=endpoints_of(workshop.home, workshop.ledger),
    )


@contextmanager
def _working(gateway: Gateway, service: Service, options: ServeOptions) -> Iterator[None]:
    """Do a worker's duties in a thread while the block runs, where that is this process' role."""
    if options.role is Role.GATEWAY:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=Worker(duties_of(gateway, service), service.journal).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _wait(service: Service, listening: socket.socket | None, parent: int | None) -> None:
    server = None if listening is None else Server(_config(make_app(service), service.settings))
    factory = None if server is None else server.config.get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_until_asked(server, listening, parent))


async def _until_asked(server: Server | None, listening: socket.socket | None, parent: int | None) -> None:
    asked = asyncio.Event()
    ending = Ending()
    ending.tell(asked.set)
    listen_for_the_end(ending.ask, parent)
    if server is None or listening is None:
        await asked.wait()
        return
    ending.tell(server.end)
    gc.collect()
    gc.freeze()  # what is there by now stays: looking through it again and again is what the slowest answers wait for
    await server.serve([listening])


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return server_config(app, settings, grace_seconds=GRACE_SECONDS, lifespan="on")
