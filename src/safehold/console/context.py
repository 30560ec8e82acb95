"""What every page of the console works with, and what it asks of whoever keeps sessions.

def show_case(visit: Visit) -> Response:
    visit.console.casework.cases.show(...)
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from safehold.cases import Person
from safehold.console.kept import KeptForms
from safehold.console.preserver import Preserver
from safehold.console.viewing.viewer import Viewer
from safehold.service.watching import Journal
from safehold.settings import Settings
from safehold.vocabulary import Clock
from safehold.wiring.casework import Casework


class Seat(Protocol):
    """Somebody who has signed in, for as long as they stay."""

    @property
    def person(self) -> Person:
        """Who."""
        ...

    @property
    def csrf(self) -> str:
        """What every form of theirs must carry."""
        ...

    @property
    def stepped_up_until(self) -> dt.datetime | None:
        """Until when they count as having shown their second factor just now; None: they have not."""
        ...

    @property
    def confined_to(self) -> str:
        """The only page that they may use until something is done there (a password changed); "" for all."""
        ...


class Seats(Protocol):
    """Who keeps sessions."""

    def find(self, cookie: str) -> Seat | None:
        """Return whose cookie this is; None for nobody's, or an ended session's."""
        ...


@dataclass(frozen=True, slots=True)
class Console:
    """Everything that pages use.

    Attributes:
        casework: cases and what people do with them.
        sessions: who has signed in.
        users: accounts of staff.
        settings: what the installation was told.
        clock: where the time comes from.
        journal: where log lines go.
        viewer: opens content for the reviewing view; None where this process has no review key.
        exporter: makes exports of cases; None only in tests of other pages.
        preserver: takes what is confirmed into the vault; likewise.
        kept: forms that people come back to once they have shown their second factor; None in tests of other pages.
        instruments: what the pages about the installation look at it with (`safehold.console.instruments`).
    """

    casework: Casework
    sessions: Seats
    settings: Settings
    clock: Clock
    journal: Journal
    users: Any = None
    viewer: Viewer | None = None
    preserver: Preserver | None = None
    exporter: Any = None
    instruments: Any = None
    kept: KeptForms | None = None
