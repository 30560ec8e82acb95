"""Real servers on loopback: an ASGI app under uvicorn, and the service over checks of a test's choice."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from safehold.gateway import Scope
from safehold.gateway.checks import Checks
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.settings import Settings
from safehold.vocabulary import SystemClock

STARTED_SECONDS = 20.0


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an app on a free port of loopback; give its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="on", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + STARTED_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(STARTED_SECONDS)


@dataclass
class Running:
    """A running service.

    Attributes:
        url: its address.
        key: with the scope `check`.
        checks: what decides in it.
    """

    url: str
    key: str = field(repr=False)
    checks: Checks


@contextmanager
def service_over(checks: Checks, folder: Path) -> Iterator[Running]:
    """Serve `checks` as the real service does, on a home in `folder`."""
    home = Home.open(folder, SystemClock())
    ledger = open_ledger(home)
    try:
        with GroupCommit(home.database, ledger) as commits:
            service = build(home, ledger, checks=checks, commits=commits, settings=Settings(), index=None)
            _, token = service.keys.create("test", (Scope.CHECK,))
            with served(make_app(service)) as url:
                yield Running(url, token.written, checks)
    finally:
        home.close()
