"""The journal takes no content; measures count what was decided; allowances fill at a steady rate."""

import io
import json
import re
from typing import Self

import pytest

from safehold.cases.awaiting import Awaited
from safehold.gateway import Answer, ItemAnswer
from safehold.service.allowance import Allowances
from safehold.service.readiness import STALE_SECONDS, Readiness
from safehold.service.watching import Journal, Measures
from safehold.vocabulary import Action, Gap, GapReason, HarmClass, SystemClock


@pytest.mark.parametrize("value", ["two words", "a/path", "name@example.org", "kanarienvogel.png", "x" * 65, "ü"])
def test_what_could_be_content_is_not_written(value: str) -> None:
    out = io.StringIO()
    Journal(SystemClock(), out).write("request.answered", key=value, status=200)
    told = json.loads(out.getvalue())
    assert (told["key"], told["status"], told["event"]) == ("unfit", 200, "request.answered")


def test_a_reader_that_is_gone_stops_no_decision() -> None:
    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    journal = Journal(SystemClock(), Broken())
    journal.write("one")
    journal.write("two")


def test_decisions_are_counted_by_action_kind_and_gap() -> None:
    measures = Measures()
    gaps = (Gap("pdq", GapReason.TIMED_OUT, "frame"), Gap("sha256", GapReason.TIMED_OUT))
    item = ItemAnswer("0", "image", Action.ALLOW_UNEXAMINED, gaps=gaps)
    measures.count(Answer("a", Action.ALLOW_UNEXAMINED, (item,), policy="p"))
    text = measures.text().decode()
    assert 'safehold_checks_total{action="allow_unexamined"} 1.0' in text
    assert 'safehold_items_total{action="allow_unexamined",kind="image"} 1.0' in text
    assert 'safehold_gaps_total{reason="timed_out"} 1.0' in text
    assert "safehold_allowed_unexamined_total 1.0" in text
    assert not any(word in text for word in ("pdq", "frame", HarmClass.CSAM.value))


def test_what_waits_for_the_vault_is_told_in_numbers_and_no_number_where_nobody_knows() -> None:
    measures = Measures()
    measures.tell_evidence(Awaited(items=4, waiting=1, failed=2, dead=1, oldest_seconds=90.5))
    text = measures.text().decode()
    assert "safehold_evidence_items_waiting 4.0" in text
    assert "safehold_evidence_oldest_seconds 90.5" in text
    told = re.findall(r'^safehold_evidence_jobs\{standing="([a-z]+)"\} (\S+)$', text, re.MULTILINE)
    assert dict(told) == {"waiting": "1.0", "failed": "2.0", "dead": "1.0", "noted": "0.0"}
    measures.tell_evidence(None)
    assert set(re.findall(r"^safehold_evidence_\S+ (\S+)$", measures.text().decode(), re.MULTILINE)) == {"NaN"}


def test_an_allowance_fills_at_its_rate_and_no_further_than_a_burst() -> None:
    now = [0.0]
    allowances = Allowances(lambda: now[0])
    assert [allowances.take("k", 2) for _ in range(5)] == [0, 0, 0, 0, pytest.approx(0.5)]
    now[0] = 0.5
    assert (allowances.take("k", 2), allowances.take("k", 2) > 0, allowances.take("other", 2)) == (0, True, 0)
    now[0] = 1000.0
    assert sum(allowances.take("k", 2) == 0 for _ in range(100)) == 4


def test_an_import_that_stays_unsearched_makes_it_not_ready() -> None:
    class Behind:
        behind = 1

        def current(self) -> object:
            return self

    now = [0.0]
    index = Behind()
    readiness = Readiness(_Reachable(), index, lambda: now[0])  # type: ignore[arg-type]
    assert readiness.failures() == []
    now[0] = STALE_SECONDS + 1
    assert readiness.failures() == ["index_stale"]
    index.behind = 0
    assert readiness.failures() == []
    readiness.stop()
    assert readiness.failures() == ["stopping"]


class _Reachable:
    """A database that can be read."""

    def reading(self) -> "_Reachable":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, _query: object) -> None:
        pass
