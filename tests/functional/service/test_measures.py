"""The measures of a service that is asked: what waits for the vault is looked at then, by whichever process answers."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from safehold.cases.awaiting import PRESERVE
from safehold.home.errors import DatabaseUnreachableError
from safehold.home.outbox import Outbox
from safehold.home.outbox.tables import jobs

from .conftest import Served


def _text(served: Served) -> str:
    answer = served.client.get("/metrics")
    assert answer.status_code == 200
    return str(answer.text)


def test_what_waits_for_the_vault_is_looked_at_when_measures_are_asked_for(served: Served) -> None:
    assert "safehold_evidence_oldest_seconds 0.0" in _text(served)
    database = served.service.keys._database
    with database.writing() as connection:
        Outbox(database, served.service.clock).enqueue(connection, PRESERVE, {"item": "item_zebra-4711"})
    text = _text(served)
    assert 'safehold_evidence_jobs{standing="waiting"} 1.0' in text
    assert "zebra" not in text
    with database.writing() as connection:
        connection.execute(sa.delete(jobs))
    assert 'safehold_evidence_jobs{standing="waiting"} 0.0' in _text(served)


def test_measures_are_told_without_numbers_of_evidence_while_the_database_can_not_be_read(served: Served) -> None:
    def lost() -> None:
        raise DatabaseUnreachableError("gone", advice="wait")

    served.post({"items": [{"kind": "prompt", "text": "blue ball"}]})
    object.__setattr__(served.service, "awaited", lost)
    text = _text(served)
    assert "safehold_evidence_oldest_seconds NaN" in text
    assert "safehold_checks_total" in text


TWO = """
import sys
from safehold.cases.awaiting import Awaited
from safehold.service.watching import Measures
measures = Measures()
measures.tell_evidence(Awaited(items=int(sys.argv[1]), dead=int(sys.argv[1])))
print(measures.text().decode())
"""


def test_of_several_processes_the_one_that_looked_last_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for number in (7, 3):
        told = subprocess.run(
            [sys.executable, "-c", TWO, str(number)], capture_output=True, text=True, check=True, timeout=60
        ).stdout
    assert "safehold_evidence_items_waiting 3.0" in told
    assert 'safehold_evidence_jobs{standing="dead"} 3.0' in told
