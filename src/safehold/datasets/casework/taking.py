"""Taking back: what people decided on a run's records in its cases becomes releases; what was reversed, none.

Only a standing "not a violation" frees a record, on the grounds that were known to whoever looked, and only one that
the policy merely holds: what a list confirms, or the policy removes, stays out whatever anybody says of it.

    take_back(layout, run, shards, equipment)
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from safehold.cases.decisions.decision import Decision as Verdicted
from safehold.datasets.casework.candidates import candidates_of
from safehold.datasets.casework.items import Facts, facts_of
from safehold.datasets.casework.verdicts import Verdict, pseudonym_in, reference_of
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.release import Release, decode_releases, encode_releases
from safehold.datasets.equipment import Equipment
from safehold.datasets.layout import Layout
from safehold.datasets.run import Run
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.vocabulary import Action, Event, GapReason

_BY_CASE = re.compile(r"decided in case_[0-9a-f]+ by dec_[0-9a-f]+")
"""The reason of a release that a case's decision led to."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came back.

    Attributes:
        released: records that are newly free.
        withdrawn: releases that do not count any more, since their decision was reversed.
    """

    released: int = 0
    withdrawn: int = 0


def take_back(layout: Layout, run: Run, shards: Sequence[Shard], equipment: Equipment) -> TakenBack:
    """Bring a run's releases into agreement with what stands in its cases; the next judging obeys them.

    Args:
        layout: of its output folder, locked by the caller; a run that was never decided has nothing to take back.
        run: which.
        shards: of its mix.
        equipment: the ledger, the clock and who it is.
    """
    if equipment.cases is None or not layout.decided.exists():
        return TakenBack()
    verdicts = equipment.cases.verdicts.standing(run.id)
    freeing = {name: one for name, one in verdicts.items() if one.verdict is Verdicted.NOT_A_VIOLATION}
    known = decode_releases(layout.releases.read_bytes() if layout.releases.exists() else b"")
    in_cases = equipment.cases.verdicts.items(run.id).keys()
    kept = {name: one for name, one in known.items() if _stands(one, run, freeing, in_cases)}
    asked = [_release(facts, freeing[name]) for name, facts in _freed(layout, run, shards, freeing)]
    new = [one for one in asked if one.record not in kept or kept[one.record].grounds != one.grounds]
    gone = [one for name, one in known.items() if name not in kept]
    for one in new:  # before it takes effect, so that nothing is ever freed without its event
        equipment.ledger.append_once(_event("record.released", run, one, equipment))
    for one in gone:
        equipment.ledger.append_once(_event("record.release_withdrawn", run, one, equipment))
    if new or gone:
        write_atomic(layout.releases, encode_releases([*kept.values(), *new]))
    return TakenBack(len(new), len(gone))


def _stands(release: Release, run: Run, freeing: Mapping[str, Verdict], in_cases: Collection[str]) -> bool:
    """Return whether a release still counts: one that somebody made here does, whatever cases say.

    So does one whose case was forgotten in time, or lies in another home: only a reversal takes it back.
    """
    if not _BY_CASE.fullmatch(release.reason):
        return True
    name = reference_of(run.id, run.pseudonym(release.record), release.grounds)
    verdict = freeing.get(name)
    return name not in in_cases if verdict is None else release.reason == _reason(verdict)


def _freed(
    layout: Layout, run: Run, shards: Sequence[Shard], freeing: Mapping[str, Verdict]
) -> Iterator[tuple[str, Facts]]:
    """Yield the held records that somebody freed, on the grounds that they saw, with their items' references."""
    pseudonyms = {pseudonym_in(name) for name in freeing}
    if not pseudonyms:
        return
    for found in candidates_of(layout, shards):
        keys = zip(found.rows.tolist(), found.keys.to_pylist(), strict=True)
        rows = [row for row, key in keys if run.pseudonym(record_id(found.shard, key)) in pseudonyms]
        for facts in facts_of(layout, found.shard, rows):
            name = reference_of(run.id, run.pseudonym(facts.record), facts.grounds)
            if name in freeing and facts.decision.action is Action.HOLD and not _is_ambiguous(facts):
                yield name, facts


def _is_ambiguous(facts: Facts) -> bool:
    """Return whether several records have this one's name: nobody can say which of them was looked at."""
    return any(gap.reason is GapReason.DUPLICATE_KEY for gap in facts.decision.gaps)


def _release(facts: Facts, verdict: Verdict) -> Release:
    return Release(facts.record, _reason(verdict), verdict.person, verdict.at.isoformat(), facts.grounds)


def _reason(verdict: Verdict) -> str:
    return f"decided in {verdict.case} by {verdict.decision}"


def _event(kind: str, run: Run, one: Release, equipment: Equipment) -> Event:
    details = {"run": run.id, "record": run.pseudonym(one.record), "grounds": one.grounds, "by": _decision_of(one)}
    return Event(kind, equipment.actor, equipment.policy.label, details)


def _decision_of(one: Release) -> str:
    return one.reason.rpartition(" ")[2]
