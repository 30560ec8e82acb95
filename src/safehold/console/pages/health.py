"""Health: whether the installation does its work, as this process sees it, and what it waits for."""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa
from starlette.responses import Response

from safehold import __version__
from safehold.cases import Ability
from safehold.cases.awaiting import preserving
from safehold.console.explorer import Tallied
from safehold.console.instruments import Instruments
from safehold.console.page import Page
from safehold.console.visit import PageVisit
from safehold.home.outbox.outbox import Backlog
from safehold.ledger.tables import checkpoints
from safehold.matching.banks.tables import bank_parts
from safehold.service.readiness import STALE_SECONDS
from safehold.vault.review import ReviewKey
from safehold.vocabulary import SafeholdError

LATE_SECONDS = 300.0
"""How long a job may be due before it is worth a look: several rounds of the workers."""

UNPRESERVED_SECONDS = 86_400.0
"""How long confirmed evidence may wait for the vault before somebody must act: a day. Ours."""

LITTLE_SPACE = 0.1
"""The share of a disk that should stay free: a database that can't write stops every check."""


class Standing(Enum):
    """How one part is."""

    GOOD = "good"
    NOTICE = "notice"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation.

    Attributes:
        name: what.
        standing: how it is.
        told: what was seen.
        advice: what to do; "" for nothing.
    """

    name: str
    standing: Standing
    told: str
    advice: str = ""


def show_health(visit: PageVisit) -> Response:
    """Show how every part is."""
    instruments = _instruments(visit)
    tallied = instruments.tally.read()
    parts = (*_storage(visit), *_lists(visit), *_work(instruments.outbox.backlog()), *_preserving(visit))
    parts = (*parts, *_checks(tallied), *_keys(visit))
    dead = Counter((job.kind, job.reason) for job in instruments.outbox.dead() if job.acknowledged is None)
    return visit.page(
        "health/show.html",
        parts=parts,
        worst=max((part.standing for part in parts), key=list(Standing).index),
        days=[day for day in reversed(tallied.days) if day.open_minutes],
        dead=sorted(dead.items()),
        version=__version__,
    )


def _storage(visit: PageVisit) -> Iterator[Part]:
    home = visit.console.casework.workshop.home
    failures = _instruments(visit).readiness.failures()
    kind = "PostgreSQL" if home.database.path is None else "SQLite"  # never where it lies: that is the machine's
    if "database" in failures:
        yield Part("Database", Standing.FAILED, f"{kind} can't be read", "Nothing is decided meanwhile.")
    else:
        yield Part("Database", Standing.GOOD, f"{kind} answers")
    disk = shutil.disk_usage(home.path)
    free = disk.free / disk.total
    told = f"{free:.0%} of the disk is free ({disk.free / 2**30:,.0f} GiB)"
    if free < LITTLE_SPACE:
        yield Part("Disk", Standing.NOTICE, told, "Make room: without it nothing can be recorded, and nothing passes.")
    else:
        yield Part("Disk", Standing.GOOD, told)
    with home.database.reading() as connection:
        signed = connection.execute(
            sa.select(checkpoints.c.size, checkpoints.c.issued_at).order_by(checkpoints.c.size.desc()).limit(1)
        ).first()
    if signed is None:
        advice = "Sign one, and keep it elsewhere: safehold ledger checkpoint --out FILE."
        yield Part("Ledger", Standing.NOTICE, "no checkpoint is signed yet", advice)
    else:
        yield Part("Ledger", Standing.GOOD, f"last checkpoint over {signed.size:,} events, {_at(signed.issued_at)}")


def _lists(visit: PageVisit) -> Iterator[Part]:
    instruments = _instruments(visit)
    failures = instruments.readiness.failures()
    if "index" in failures:
        yield Part("Index", Standing.FAILED, "the lists can't be searched", "Every picture is held as not examined.")
        return
    behind = instruments.index.behind
    changed = _last_change(visit)
    since = f"; lists last changed {_at(changed)}" if changed else "; no list is imported yet"
    if behind:
        standing = Standing.FAILED if "index_stale" in failures else Standing.NOTICE
        told = f"{behind:,} imported entries are not searched yet{since}"
        yield Part("Index", standing, told, f"They should be within {STALE_SECONDS:.0f} seconds of their import.")
    else:
        yield Part("Index", Standing.GOOD, f"follows {len(instruments.index.current().banks)} lists{since}")


def _last_change(visit: PageVisit) -> str:
    with visit.console.casework.workshop.home.database.reading() as connection:
        return str(connection.execute(sa.select(sa.func.max(bank_parts.c.at))).scalar() or "")


def _at(text: str) -> str:
    """Return a kept time as people read it, to the minute."""
    return f"{text[:10]} {text[11:16]} UTC"


def _work(backlog: Backlog) -> Iterator[Part]:
    told = _counted(backlog.waiting, "job waits", "jobs wait")
    if backlog.overdue_seconds > LATE_SECONDS:
        advice = "Is a worker running? Started with: safehold serve."
        yield Part("Workers", Standing.FAILED, f"{told}; the oldest is {backlog.overdue_seconds:,.0f} s late", advice)
    else:
        yield Part("Workers", Standing.GOOD, told)
    if backlog.dead:
        advice = "Find out why under Jobs, then try them again there, or take note of them."
        yield Part(
            "Given up",
            Standing.NOTICE,
            _counted(backlog.dead, "job is tried no more", "jobs are tried no more"),
            advice,
        )


def _preserving(visit: PageVisit) -> Iterator[Part]:
    home = visit.console.casework.workshop.home
    with home.database.reading() as connection:
        standing = preserving(connection, home.clock.now() - dt.timedelta(seconds=UNPRESERVED_SECONDS))
    advice = (
        "Two custodians and a console with the review key do it; then: safehold job retry --kind evidence.preserve."
    )
    if standing.given_up:
        told = f"{_counted(standing.given_up, 'confirmed item', 'confirmed items')} could not be preserved"
        yield Part("Evidence", Standing.FAILED, told, advice)
    if standing.late:
        late = _counted(standing.late, "confirmed item has", "confirmed items have")
        told = f"{late} waited for the vault for more than a day"
        yield Part("Evidence", Standing.FAILED, told, advice)


def _checks(tallied: Tallied) -> Iterator[Part]:
    minutes = sum(day.open_minutes for day in tallied.days)
    sofar = "" if tallied.is_whole else " so far (still counting)"
    if minutes:
        spent = _counted(minutes, "minute", "minutes")
        told = f"in {spent} of {len(tallied.days)} days something passed unexamined{sofar}"
        yield Part("Fail-open", Standing.NOTICE, told, "Which surfaces fail open, the policy says; see Policies.")
    else:
        yield Part("Fail-open", Standing.GOOD, f"nothing passed unexamined in {len(tallied.days)} days{sofar}")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _keys(visit: PageVisit) -> Iterator[Part]:
    workshop = visit.console.casework.workshop
    try:
        key = ReviewKey.load(workshop.home.keys)
    except SafeholdError:
        yield Part("Review key", Standing.FAILED, "its public half can't be read", "Restore it from a backup.")
    else:
        if key is None:
            advice = "Make one: safehold vault review-key --out FILE."
            yield Part("Review key", Standing.NOTICE, "there is none: nothing held can be looked at", advice)
        elif visit.console.viewer is None:
            told = "this console has not been given its private half"
            yield Part("Review key", Standing.NOTICE, told, "Set review_key; until then nothing can be revealed here.")
        else:
            yield Part("Review key", Standing.GOOD, "held items can be looked at here")
    custodians = len(workshop.vault.custodians.list())
    if custodians < 2:
        told = f"{custodians} custodian{'' if custodians == 1 else 's'}: openings need two"
        yield Part("Vault", Standing.NOTICE, told, "Register another: safehold vault keygen NAME --out FILE.")
    else:
        yield Part("Vault", Standing.GOOD, f"{custodians} custodians")


def _instruments(visit: PageVisit) -> Instruments:
    instruments: Instruments = visit.console.instruments
    return instruments


PAGES = (Page("GET", "/health", show_health, needs=Ability.READ_HEALTH),)
