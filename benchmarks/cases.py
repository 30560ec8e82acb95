"""How long lists, searches, overviews, queues and pages of the ledger take among very many cases and events.

    python -m benchmarks.cases [--json] [--database sqlite|postgresql|both] [--cases N] [--events N] [--repeat N]

Makes a home with so many open cases, as many closed ones, and so many events of the ledger, all of them made up and
repeatable (seed 5), with bulk inserts; then asks what the console asks, each question `--repeat` times with values that
differ, on one connection after another. Prints one JSON line for each question: `p50_ms`, `p95_ms` and `worst_ms`, the
`limit_ms` (1 s on SQLite, 300 ms on PostgreSQL) and whether 95 of 100 stayed within; then one line with the slowest of
these, the time that filling took, the sizes, and the machine's `load` by then: on a busy one all of it takes longer.
PostgreSQL is the machine's own, or that of the development dependencies, with 16 MB of shared buffers, started for this
and gone afterwards. Every answer is also compared with what was made: an empty list would be quick.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from tests import postgresql

from benchmarks._cases_made import NOW, Made, fill
from safehold.cases import CaseId, CaseState, NewItem, Origin, Person, Priority, Role, Subject, SubjectKind
from safehold.cases.item import Form
from safehold.cases.listing import CaseFilter
from safehold.cases.queues import Queues
from safehold.cases.store import CaseStore
from safehold.console.explorer import Wanted, kinds, read_sheet
from safehold.console.explorer.sheet import place_at
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.vocabulary import Action, FixedClock

LIMITS_MS = {"sqlite": 1000.0, "postgresql": 300.0}
"""Source: issue 5, "Must hold"."""

REVIEWER = Person("reviewer-1", frozenset({Role.SPECIALIST}))


@dataclass(frozen=True)
class Asked:
    """What is asked of a full home.

    Attributes:
        home: it.
        ledger: its ledger.
        made: what is in it.
        cases: its cases.
        queues: its queues.
    """

    home: Home
    ledger: Ledger
    made: Made
    cases: CaseStore
    queues: Queues

    def questions(self) -> dict[str, Callable[[int], bool]]:
        """Return the questions by name; each is told how often it was asked, and says if its answer is right."""
        return {
            "overview": self._overview,
            "list_first_page": lambda _: len(self.cases.list().cases) == 50,
            "list_deep_page": self._deep,
            "list_queue": lambda n: self._listed(CaseFilter(queue=self.made.queues[n % len(self.made.queues)])),
            "list_state": lambda n: self._listed(CaseFilter(state=list(CaseState)[n % len(CaseState)])),
            "list_queue_and_state": lambda _: self._listed(CaseFilter(CaseState.OPEN, "reports")),
            "list_rare": self._rare,
            "list_nothing": self._nothing,
            "list_assignee": lambda _: self._listed(CaseFilter(assignee="reviewer-1")),
            "show_with_items": self._shown,
            "find_case": lambda n: self._found(self.made.case_ids[n * 31]),
            "find_check": lambda n: self._found(self.made.checks[n * 31]),
            "find_hash": lambda n: self._found(self.made.hashes[n * 31]),
            "find_viral_hash": lambda _: self._found(self.made.viral),
            "find_account": lambda n: self._found(self.made.marks[n * 31]),
            "find_nothing": lambda n: not self.cases.find(f"nothing-{n}"),
            "queue_next": self._next,
            "open_new": self._opened,
            "join_by_hash": self._joined,
            "ledger_newest": lambda _: self._sheet(Wanted(), 50),
            "ledger_deep": lambda n: self._sheet(Wanted(before=self.made.events // (n + 2)), 50),
            "ledger_kind": lambda n: self._sheet(Wanted(kind=self.made.kinds[n % len(self.made.kinds)]), 1),
            "ledger_actor": lambda n: self._sheet(Wanted(actor=f"reviewer-{n % 40}"), 1),
            "ledger_kind_and_actor": lambda n: self._sheet(Wanted("check.decided", f"reviewer-{n % 40}"), 0),
            "ledger_kinds": self._kinds,
            "ledger_at_time": self._at_time,
        }

    def _overview(self, _: int) -> bool:
        seen = self.cases.overview(NOW)
        return sum(seen.queues.values()) == self.made.open and sum(seen.origins.values()) >= self.made.open

    def _listed(self, wanted: CaseFilter) -> bool:
        page = self.cases.list(wanted)
        return len(page.cases) > 0 and all(wanted.queue in {None, one.queue} for one in page.cases)

    def _deep(self, number: int) -> bool:
        cursor = self.made.cursors[number % len(self.made.cursors)]
        return len(self.cases.list(after=cursor).cases) == 50

    def _rare(self, _: int) -> bool:
        wanted = CaseFilter(subject_kind=SubjectKind.LINK, priority=Priority.LOW, origin=Origin.EXCHANGE)
        return len(self.cases.list(wanted).cases) == self.made.rare

    def _nothing(self, _: int) -> bool:
        wanted = CaseFilter(queue="gateway", subject_kind=SubjectKind.MODEL, origin=Origin.EXCHANGE)
        return not self.cases.list(wanted).cases

    def _shown(self, number: int) -> bool:
        case_id = self.made.case_ids[number * 17]
        return len(self.cases.items(case_id)) == self.cases.show(case_id).items

    def _found(self, text: str) -> bool:
        return len(self.cases.find(text)) > 0

    def _next(self, number: int) -> bool:
        person = Person(f"next-{number}", REVIEWER.roles)
        return self.queues.next(person, self.made.queues[number % len(self.made.queues)]) is not None

    def _opened(self, number: int) -> bool:
        return bool(self._put(Subject(SubjectKind.ACCOUNT, f"new-{number}"), number, ()))

    def _joined(self, number: int) -> bool:
        return (
            self._put(Subject(SubjectKind.ACCOUNT, f"joined-{number}"), number, self.made.joining) == self.made.joined
        )

    def _put(self, subject: Subject, number: int, signals: tuple[object, ...]) -> CaseId:
        reference = f"{subject.mark}#{number}"
        item = NewItem(Origin.GATEWAY, reference, Form.IMAGE, "image", Action.HOLD, NOW, signals=signals)  # type: ignore[arg-type]
        return self.cases.open(subject, [item], actor="system")

    def _sheet(self, wanted: Wanted, least: int) -> bool:
        with self.home.database.reading() as connection:
            return len(read_sheet(connection, wanted).lines) >= least

    def _kinds(self, _: int) -> bool:
        with self.home.database.reading() as connection:
            return set(kinds(connection)) >= set(self.made.kinds)

    def _at_time(self, number: int) -> bool:
        with self.home.database.reading() as connection:
            return 0 < place_at(connection, f"2026-0{number % 7 + 3}-11") <= self.made.events


def measure(asked: Asked, database: str, repeat: int) -> Iterator[dict[str, object]]:
    """Ask every question and give what it took."""
    for name, question in asked.questions().items():
        waits = []
        for number in range(repeat):
            begun = time.perf_counter()
            is_right = question(number)
            waits.append(1000 * (time.perf_counter() - begun))
            if not is_right:
                raise SystemExit(f"{name} was answered wrongly on {database}")
        limit, slow = LIMITS_MS[database], statistics.quantiles(waits, n=20, method="inclusive")[-1]
        yield {
            "name": "cases",
            "database": database,
            "question": name,
            "p50_ms": round(statistics.median(waits), 2),
            "p95_ms": round(slow, 2),
            "worst_ms": round(max(waits), 2),
            "limit_ms": limit,
            "within": slow <= limit,
        }


@contextmanager
def home_on(database: str, folder: Path) -> Iterator[Home]:
    """Give an empty home whose tables lie in SQLite, or in a PostgreSQL of our own."""
    clock = FixedClock(NOW)
    if database == "sqlite":
        with Home.open(folder / "home", clock) as home:
            yield home
        return
    with postgresql.running() as server, Home.open(folder / "home", clock, server=server.place(is_ready=False)) as home:
        yield home


def size_bytes(home: Home) -> int:
    """Return what the tables and indexes take."""
    if home.database.path is not None:
        return home.database.path.stat().st_size
    with home.database.reading() as connection:
        ours = "relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        query = f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {ours}"  # noqa: S608 - our own words
        return int(connection.execute(sa.text(query)).scalar() or 0)


def run(database: str, options: argparse.Namespace) -> None:
    """Fill a home, measure it, and print what it took."""
    with tempfile.TemporaryDirectory(dir=options.folder) as name, home_on(database, Path(name)) as home:
        begun = time.perf_counter()
        ledger = open_ledger(home)
        made = fill(home, ledger, cases=options.cases, events=options.events)
        filled = time.perf_counter() - begun
        size = size_bytes(home)
        clock = home.clock
        asked = Asked(home, ledger, made, CaseStore(home.database, ledger, clock), Queues(home.database, ledger, clock))
        lines = []
        for line in measure(asked, database, options.repeat):
            print(json.dumps(line), flush=True)
            lines.append(line)
    summary = {
        "name": "cases",
        "database": database,
        "question": "all",
        "open_cases": options.cases,
        "events": options.events,
        "filled_seconds": round(filled, 1),
        "size_bytes": size,
        "p95_ms": max(float(str(line["p95_ms"])) for line in lines),
        "limit_ms": LIMITS_MS[database],
        "within": all(line["within"] for line in lines),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(summary), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--cases", type=int, default=100_000, metavar="N", help="open ones; as many closed are made")
    parser.add_argument("--events", type=int, default=5_000_000, metavar="N", help="of the ledger")
    parser.add_argument("--repeat", type=int, default=20, metavar="N", help="how often each question is asked")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where the home is made, some gigabytes large")
    options = parser.parse_args()
    chosen = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    for database in chosen:
        run(database, options)


if __name__ == "__main__":
    main()
