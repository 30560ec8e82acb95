"""Work on a room's evidence in a process that is killed on the way: at a step of the vault, or at an event.

One interpreter imports what is needed once and forks for each try, so that a try costs little.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from tests.unit.cases.evidence.stand import Room

_SCRIPT = """
import datetime as dt, json, os, signal, sys
from pathlib import Path
from safehold.cases import Person, Role
from safehold.cases.evidence import Ceremony, Destructions, Openings
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.settings import load_settings
from safehold.vault import LocalVault
from safehold.vocabulary import FixedClock

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Countdown:
    def __init__(self, name, nth):
        self.name, self.left = name, nth
    def __call__(self, name):
        self.left -= name == self.name
        if name == self.name and self.left == 0:
            die()

class DyingLedger:
    def __init__(self, ledger, watch):
        self._ledger, self._watch = ledger, watch
    def append(self, event, connection=None):
        place = self._ledger.append(event, connection)
        self._watch(event.kind)
        return place

class DyingVault(LocalVault):
    def erase(self, *args, **more):
        self._watched("before")
        super().erase(*args, **more)
        self._watched("after")

def work(told):
    watch = Countdown(told["step"], told["nth"])
    server = load_settings(Path(told["home"]), told["environment"]).server()
    with Home.open(Path(told["home"]), FixedClock(dt.datetime.fromisoformat(told["at"])), server=server) as home:
        ledger = DyingLedger(open_ledger(home), watch)
        vault = DyingVault(home, ledger.append, watch=lambda step: watch(step.value))
        vault._watched = watch
        if told["action"] == "expire":
            Openings(home.database, ledger, home.clock, Ceremony(vault, None)).expire()
            return
        destructions = Destructions(home.database, ledger, home.clock, vault)
        if told["action"] == "settle":
            destructions.settle()
        else:
            destructions.approve(Person("sam", frozenset({Role.REPORTER})), told["action"])

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(json.loads(line))
            status = 0
        finally:
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Mortal:
    """A process whose children do the work and die."""

    process: "subprocess.Popen[str]"

    def try_to(self, action: str, room: Room, *, dying_at: str, nth: int = 1) -> int:
        """Do something in another process, killed when it comes to a step or event; return its exit status.

        Args:
            action: "settle", "expire", or the id of a destruction to approve.
            room: where.
            dying_at: a step of the vault, the kind of an event that was just written, "before" or "after" an erasure.
            nth: at which time that it comes there.
        """
        database = room.home.database
        url = None if database.path is not None else database.engine.url.render_as_string(hide_password=False)
        told = {
            "action": action,
            "home": str(room.home.path),
            "at": room.clock.at.isoformat(),
            "step": dying_at,
            "nth": nth,
            "environment": {} if url is None else {"SAFEHOLD_DATABASE": url},
        }
        if self.process.stdin is None or self.process.stdout is None:
            raise ValueError("the process has no pipes")
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def mortal() -> Mortal:
    command = [sys.executable, "-c", _SCRIPT]
    pipe = subprocess.PIPE
    return Mortal(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=dict(os.environ)))
