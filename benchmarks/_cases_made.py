"""A home full of made-up cases and events, filled with bulk inserts, the same at every run. For `benchmarks.cases`."""

import datetime as dt
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from safehold.cases import CaseId, CaseState, Form, Origin, Priority, SubjectKind
from safehold.cases.listing import Cursor
from safehold.cases.queues import QUEUES
from safehold.cases.queues.definition import first_queue, route
from safehold.cases.rows import form_bits, rank, turn
from safehold.cases.tables import (
    case_contexts,
    case_counts,
    case_days,
    case_fingerprints,
    case_items,
    case_references,
    case_signals,
    cases,
)
from safehold.home.home import Home
from safehold.ledger import Ledger, Recorded
from safehold.ledger.entry import timestamp
from safehold.ledger.tables import events
from safehold.vocabulary import Algorithm, Event, Signal

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
KINDS = (
    *(["check.decided"] * 12),
    *("case.opened", "case.joined", "case.moved", "case.claimed", "case.items_marked", "exposure.began"),
    *("exposure.ended", "report.received", "held.opened", "policy.activated"),
)
"""Kinds of events by how often they occur; most of a ledger are checks."""

_BATCH = 20_000
_YEAR_SECONDS = 300 * 86400
_CONTEXT_BYTES = 600
"""A prompt with some circumstances, sealed."""


@dataclass
class Made:
    """What is in the home.

    Attributes:
        open: open cases.
        events: of the ledger.
        rare: open cases about links, of low priority, that exchanges brought.
        queues: in which somebody waits.
        kinds: of events.
        viral: a hash that a thousandth of all open cases has.
        joined: the oldest open case with a hash that `joining` has.
    """

    open: int
    events: int
    rare: int = 0
    queues: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=lambda: sorted(set(KINDS)))
    case_ids: list[CaseId] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    viral: str = hashlib.sha256(b"viral").hexdigest()
    joining: tuple[Signal, ...] = (Signal(Algorithm.SHA256, hashlib.sha256(b"viral").digest()),)
    joined: CaseId = CaseId("")  # noqa: RUF009 - a string


def fill(home: Home, ledger: Ledger, *, cases: int, events: int) -> Made:
    """Fill an empty home.

    Args:
        home: which.
        ledger: its ledger.
        cases: how many open ones, and as many closed ones.
        events: how many of the ledger.
    """
    made = Made(cases, events)
    ledger.append(Event("bench.begun", "system"))
    _fill_ledger(home, events)
    _fill_cases(home, made)
    _tidy(home)
    return made


def _tidy(home: Home) -> None:
    """Leave the database as it would be had all of it come over a year: a server's own care, and no log to catch up."""
    if home.database.path is None:
        with home.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
        return
    plain = home.database.engine.raw_connection()
    plain.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    plain.close()


def _fill_ledger(home: Home, number: int) -> None:
    """Append events as the ledger would, their indexes made afterwards."""
    with home.database.writing() as connection:
        for index in events.indexes:
            index.drop(connection)
        first = int(connection.execute(sa.select(sa.func.max(events.c.seq))).scalar() or 0) + 1
        _bulk(connection, events, _event_rows(first, number))
        for index in events.indexes:
            index.create(connection)


def _event_rows(first: int, stop: int) -> Iterator[tuple[Any, ...]]:
    """Give rows whose leaves are right; spelt by hand, since the general way takes ten times as long."""
    draw = random.Random(5)
    begun, step = NOW.timestamp() - _YEAR_SECONDS, _YEAR_SECONDS / max(stop, 1)
    for seq in range(first, stop):
        kind = KINDS[draw.randrange(len(KINDS))]
        actor = "gateway-key-1" if kind == "check.decided" else f"reviewer-{draw.randrange(40)}"
        at = dt.datetime.fromtimestamp(begun + seq * step, dt.UTC).isoformat(timespec="microseconds")[:26] + "Z"
        details = f'{{"case":"case_{seq:020x}","items":{seq % 7}}}'
        text = f'{{"actor":"{actor}","at":"{at}","details":{details},"kind":"{kind}","policy":"","seq":{seq}}}'
        leaf = hashlib.sha256(b"\x00" + text.encode()).digest()
        if seq == first:
            event = Event(kind, actor, "", json.loads(details))
            if Recorded.of(seq, at, event).leaf_hex != leaf.hex():
                raise SystemExit("the generator spells events otherwise than the ledger does")
        yield seq, at, kind, actor, "", details, leaf


def _fill_cases(home: Home, made: Made) -> None:
    draw = random.Random(5)
    rows = [_case(draw, number, is_open=number < made.open) for number in range(2 * made.open)]
    with home.database.writing() as connection:
        _bulk(connection, cases, (tuple(row[column.name] for column in cases.c) for row in rows))
        items = [item for row in rows for item in _items(draw, row, made)]
        _bulk(connection, case_items, (item["row"] for item in items))
        _bulk(connection, case_contexts, ((item["row"][0], bytes(_CONTEXT_BYTES)) for item in items))
        signals = [(item["row"][0], name, value, item["row"][1]) for item in items for name, value in item["signals"]]
        _bulk(connection, case_signals, iter(signals))
        _bulk(connection, case_fingerprints, iter({(value, name, case): None for _, name, value, case in signals}))
        _bulk(connection, case_references, ((f"case_{item['row'][0][5:]}{'0' * 12}", item["row"][1]) for item in items))
        _count(connection, rows)
    open_rows = [row for row in rows if row["is_open"]]
    made.queues = sorted({row["queue"] for row in open_rows})
    made.case_ids = [CaseId(row["id"]) for row in open_rows]
    made.marks = [row["subject"] for row in open_rows]
    made.cursors = sorted(Cursor(row["turn"]) for row in open_rows)[:: max(1, made.open // 20)][:18]
    made.rare = sum(
        (row["subject_kind"], row["priority"], row["origin"]) == ("link", 3, "exchange") for row in open_rows
    )
    with_viral = [row for row in open_rows if _is_viral(row["number"])]
    made.joined = CaseId(min(with_viral, key=lambda row: (row["opened_at"], row["id"]))["id"])


def _case(draw: random.Random, number: int, *, is_open: bool) -> dict[str, Any]:
    kinds = (SubjectKind.ACCOUNT, SubjectKind.SESSION, SubjectKind.NOBODY, SubjectKind.LINK, SubjectKind.SOURCE)
    (kind,) = draw.choices(kinds, (80, 12, 5, 2, 1))
    (origin,) = draw.choices((Origin.GATEWAY, Origin.REPORT, Origin.HAND, Origin.EXCHANGE), (85, 10, 4, 1))
    origin = Origin.DATASET if kind is SubjectKind.SOURCE else origin
    (priority,) = draw.choices(tuple(Priority), (1, 9, 80, 10))
    states = (CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.ESCALATED, CaseState.DECIDED)
    (state,) = (
        draw.choices(states, (85, 10, 5, 0))
        if is_open
        else (CaseState.DECIDED if number % 50 == 0 else CaseState.CLOSED,)
    )
    opened_at = timestamp(NOW - dt.timedelta(seconds=draw.uniform(0, _YEAR_SECONDS)))
    due_at = timestamp(NOW + dt.timedelta(hours=draw.uniform(-24, 48))) if origin is Origin.REPORT else None
    case_id, mark = f"case_{draw.randbytes(10).hex()}", draw.randbytes(16).hex()
    first = first_queue(QUEUES, origin, kind, priority=priority).name
    count = 1 + (draw.random() < 0.3) * draw.randrange(1, 4)
    needs = count if is_open else 0
    return {
        "number": number,
        "id": case_id,
        "subject_kind": kind.value,
        "subject": mark,
        "open_subject": f"{kind.value}:{mark}"
        if state is not CaseState.CLOSED and kind is not SubjectKind.NOBODY
        else None,
        "state": state.value,
        "is_open": int(state is not CaseState.CLOSED),
        "is_waiting": int(is_open),
        "priority": rank(priority),
        "turn": turn(priority=rank(priority), due_at=due_at, opened_at=opened_at, case_id=case_id),
        "queue": route(QUEUES, state, first=first, priority=priority),
        "first_queue": first,
        "origin": origin.value,
        "forms": form_bits([draw.choice((Form.IMAGE, Form.TEXT))]),
        "label": draw.choice(("csam", "ncii", "minor", "")),
        "assignee": f"reviewer-{draw.randrange(40)}" if draw.random() < 0.1 else "",
        "opened_at": opened_at,
        "changed_at": opened_at,
        "due_at": due_at,
        "items": count,
        "undecided": needs * (state is not CaseState.SECOND_REVIEW),
        "second": needs * (state is CaseState.SECOND_REVIEW),
        "version": 1,
    }


def _is_viral(number: int) -> bool:
    return number % 1000 == 7


def _items(draw: random.Random, case: dict[str, Any], made: Made) -> Iterator[dict[str, Any]]:
    """Give the items of a case, each with its row and its fingerprints."""
    state = {"second_review": "second_review", "decided": "decided", "closed": "decided"}.get(
        case["state"], "undecided"
    )
    for place in range(case["items"]):
        check = f"chk_{draw.randbytes(16).hex()}"
        digest = made.viral if _is_viral(case["number"]) else draw.randbytes(32).hex()
        signals = [("sha256", digest), ("md5", draw.randbytes(16).hex()), ("pdq", draw.randbytes(32).hex())]
        if case["is_waiting"]:
            made.checks.append(check)
            made.hashes.append(digest)
        told = {
            "id": f"item_{draw.randbytes(10).hex()}",
            "case_id": case["id"],
            "number": place + 1,
            "state": state,
            "subject_kind": case["subject_kind"],
            "subject": case["subject"],
            "origin": case["origin"],
            "reference": f"{check}#{place}",
            "source": check,
            "form": "image",
            "role": "source_image",
            "action": "hold",
            "at": case["opened_at"],
            "added_at": case["opened_at"],
            "policy": "default@1.0.0",
            "findings": json.dumps([["match", "pdq", "csam", "bank@3#17", "trusted", 12, None, ""]]),
            "gaps": "[]",
            "signals": json.dumps([[name, value, None, None, ""] for name, value in signals]),
            "place": "held",
            "content": f"held_{draw.randbytes(10).hex()}",
        }
        yield {"row": tuple(told[column.name] for column in case_items.c), "signals": signals}


def _count(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    counted = Counter((row["queue"], row["state"], row["origin"]) for row in rows)
    _bulk(connection, case_counts, ((*key, number) for key, number in counted.items()))
    opened = Counter((row["opened_at"][:10], row["origin"]) for row in rows)
    _bulk(connection, case_days, ((*key, number, number, number // 2) for key, number in opened.items()))


def _bulk(connection: sa.Connection, table: sa.Table, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert rows, whose values are in the order of the columns, as fast as the database can."""
    names = ", ".join(f'"{column.name}"' for column in table.c)
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.c))
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # type: ignore[union-attr]  # noqa: S608 - our own names
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:  # type: ignore[union-attr]
        for row in rows:
            copy.write_row(row)
