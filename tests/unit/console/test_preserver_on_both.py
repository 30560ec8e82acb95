"""Preservation, what is taken back, and what leaves for auditors: the same on both databases."""

import datetime as dt
import io
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import Places
from tests.unit.console.preserving import decide, make_home, report, standing_place

from safehold.cases import Origin, Person, Role
from safehold.cases.awaiting import Preserved
from safehold.cases.exports import Scope, verify_export
from safehold.gateway.tables import contents, held
from safehold.home.outbox.tables import jobs

pytestmark = pytest.mark.long


def test_evidence_is_found_sealed_or_taken_back_and_exported(places: Places, tmp_path: Path) -> None:
    environment = places.environment(tmp_path / "home")
    make_home(tmp_path, environment)
    with standing_place(tmp_path, environment, is_decided=False) as place:
        report(place.casework)
        decide(place.casework)
        database = place.casework.workshop.home.database
        with database.writing() as connection:
            connection.execute(sa.delete(jobs))  # no job knows of it any more
        place.vault.after = lambda number: place.reverse() if number == 1 else None
        place.preserver.settle()
        place.vault.after = None
        for _ in range(3):
            place.pass_days(0.6)
            place.preserver.settle()
        assert place.sealed() == []
        assert place.kinds().count("evidence.withdrawn") == 2
        with database.writing() as connection:  # decided once more, the same way
            connection.exec_driver_sql("UPDATE case_item_decisions SET standing = 'stands'")
        for _ in range(3):
            place.pass_days(0.6)
            place.preserver.settle()
        assert place.state() is Preserved.KEPT
        (told,) = [one for one in place.items() if one.told.origin is Origin.REPORT]
        assert place.account(told)["report"]["category"] == "other"
        auditor = Person("auda", frozenset({Role.AUDITOR}))
        now, out = place.clock.now(), io.BytesIO()
        since, until = now - dt.timedelta(days=9), now + dt.timedelta(days=9)
        assert place.casework.exports.audit(auditor, Scope((), since, until), out) == 1
        assert verify_export(out.getvalue()).cases == 1
        place.pass_days(90)
        place.forget()
        with database.reading() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(held)).scalar() == 0
            assert connection.execute(sa.select(sa.func.count()).select_from(contents)).scalar() == 0
