"""The worker: what is done now and then, and what follows from decisions.

Rules: duties are safe to repeat and to share between processes, since what they take is leased or idempotent. One that
fails is tried again at its next time, and holds no other up for longer than itself.

    Worker(duties, journal).run(stop)
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safehold.service.edge import where
from safehold.service.watching import Journal

_SHORTEST_WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again.

    Attributes:
        name: in the journal.
        every_seconds: how often.
        do: the work; what it returns is how much was done, for the journal.
    """

    name: str
    every_seconds: float
    do: Callable[[], int]


class Worker:
    """Does duties until it is stopped.

    Args:
        duties: what to do.
        journal: where lines go.
    """

    def __init__(self, duties: Sequence[Duty], journal: Journal) -> None:
        self._due = dict.fromkeys(duties, 0.0)
        self._journal = journal

    def run(self, stop: threading.Event) -> None:
        """Do what is due, wait, and so on."""
        while not stop.is_set():
            for duty, due in self._due.items():
                if time.monotonic() >= due and not stop.is_set():
                    self._do(duty)
                    self._due[duty] = time.monotonic() + duty.every_seconds
            next_due = min(self._due.values(), default=time.monotonic() + 1)
            stop.wait(max(next_due - time.monotonic(), _SHORTEST_WAIT_SECONDS))

    def _do(self, duty: Duty) -> None:
        try:
            done = duty.do()
        except Exception as error:  # noqa: BLE001 - the worker loop: one that fails holds no other up
            self._journal.write("duty.failed", duty=_word(duty), **where(error))
        else:
            if done:
                self._journal.write("duty.done", duty=_word(duty), count=done)


def _word(duty: Duty) -> str:
    """Return a duty's name as the journal takes it: a point there belongs to a version."""
    return duty.name.replace(".", ":")
