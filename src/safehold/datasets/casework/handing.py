"""Handing over: what a run holds enters its case, so that people decide on it; safe to repeat, and after any kill.

Of very many, the gravest wait first: as they are decided, the next `dataset decide` puts further ones in. What is no
longer held, under another policy or newer lists, has nobody waiting for it any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from safehold.cases import CaseId, ItemId, ItemState, NewItem, Priority, Subject, SubjectKind
from safehold.cases.errors import UnfitTransitionError
from safehold.datasets.casework.candidates import candidates_of
from safehold.datasets.casework.items import Facts, facts_of, item_of
from safehold.datasets.casework.record_cases import Handed, RecordCases
from safehold.datasets.casework.verdicts import Waiting, pseudonym_in
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.equipment import Equipment
from safehold.datasets.layout import Layout
from safehold.datasets.run import Run
from safehold.datasets.sources import Shard
from safehold.ledger import is_fit
from safehold.vocabulary import Event, FindingKind, HarmClass

MOST_WAITING = 10_000
"""How many records of one run wait at a time: some weeks of a team's work, and a case that still opens at once."""

BATCH_ITEMS = 200
"""How many are put in in one transaction."""

UNEXAMINED = "unexamined"
_GRAVEST_FIRST = tuple(one.value for one in HarmClass)


def hand_over(
    layout: Layout, run: Run, shards: Sequence[Shard], equipment: Equipment, *, most: int = MOST_WAITING
) -> Handed | None:
    """Put what a decided run holds into its case; return None where nobody works on cases.

    Args:
        layout: of its output folder, locked by the caller.
        run: which.
        shards: of its mix.
        equipment: what it was decided with.
        most: how many records wait at a time.
    """
    cases = equipment.cases
    if cases is None:
        return None
    cases.runs.note(run.id, layout.root)
    known = cases.verdicts.items(run.id)
    waiting = {name: one for name, one in known.items() if one.state is not ItemState.DECIDED}
    choice = _choose(layout, run, shards, known, room=max(0, most - len(waiting)))
    maker = _Maker(run, equipment, cases)
    items = maker.items(_facts(layout, shards, choice.known), _facts(layout, shards, choice.fresh), known)
    case = maker.enter(items.new)
    stale = [one for name, one in waiting.items() if name not in items.current and one.state is ItemState.UNDECIDED]
    settled = cases.verdicts.standing(run.id)
    again = [known[name] for name in items.current - waiting.keys() if name not in settled]
    withdrawn = maker.mark(stale, ItemState.DECIDED, "record.no_longer_held")
    back = maker.mark(again, ItemState.UNDECIDED, "record.held_again")
    case = case or next((one.case for one in (*again, *waiting.values()) if one not in stale), None)
    added = len(items.new) + back
    return Handed(case, len(waiting) + added - withdrawn, added, choice.left, withdrawn)


_Rows = Mapping[int, Sequence[int]]
"""Rows of shards, by the shard's place in the mix."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which records to read: those that a case has, those that are to enter; and how many more there are."""

    known: _Rows
    fresh: _Rows
    left: int


def _choose(layout: Layout, run: Run, shards: Sequence[Shard], names: Collection[str], *, room: int) -> _Choice:
    """Choose the gravest of the records that no case has."""
    pseudonyms = {pseudonym_in(name) for name in names}
    known: dict[int, list[int]] = defaultdict(list)
    fresh: list[tuple[int, int, int]] = []
    total = 0
    for number, found in enumerate(candidates_of(layout, shards)):
        told = zip(found.ranks.tolist(), found.rows.tolist(), found.keys.to_pylist(), strict=True)
        new = []
        for rank, row, key in told:
            if pseudonyms and run.pseudonym(record_id(found.shard, key)) in pseudonyms:
                known[number].append(row)
            else:
                new.append((rank, number, row))
        total += len(new)
        fresh = sorted([*fresh, *new])[:room]
    chosen: dict[int, list[int]] = defaultdict(list)
    for _, number, row in fresh:
        chosen[number].append(row)
    return _Choice(known, chosen, total - len(fresh))


def _facts(layout: Layout, shards: Sequence[Shard], rows: _Rows) -> Iterator[Facts]:
    for number, places in sorted(rows.items()):
        yield from facts_of(layout, shards[number], sorted(places))


@dataclass(slots=True)
class _Items:
    """Items that are to enter, and what those are called that are there already and still held on the same grounds."""

    new: list[NewItem] = field(default_factory=list)
    current: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Maker:
    """One hand-over at work."""

    run: Run
    equipment: Equipment
    cases: RecordCases

    def items(self, known: Iterator[Facts], fresh: Iterator[Facts], names: Collection[str]) -> _Items:
        made = _Items()
        for facts in known:
            item = self._item(facts)
            if item.reference in names:
                made.current.add(item.reference)
            else:  # something else speaks against it now: somebody looks again
                made.new.append(item)
        made.new += map(self._item, fresh)
        made.new.sort(key=_gravity)
        return made

    def enter(self, items: Sequence[NewItem]) -> CaseId | None:
        case = None
        for start in range(0, len(items), BATCH_ITEMS):
            batch = items[start : start + BATCH_ITEMS]
            is_known = any(_classes(item) - {HarmClass.TEST.value} for item in batch)
            case = self.cases.cases.open(
                Subject(SubjectKind.SOURCE, self.run.id),
                batch,
                actor=self.equipment.actor,
                priority=Priority.URGENT if is_known else Priority.NORMAL,
                label=_label(batch[0]),
            )
        return case

    def mark(self, items: Sequence[Waiting], state: ItemState, kind: str) -> int:
        """Let somebody wait for records, or nobody any more; a case that somebody has just decided on is left alone."""
        by_case: dict[CaseId, dict[ItemId, ItemState]] = defaultdict(dict)
        for one in items:
            by_case[one.case][one.item] = state
        done = 0
        for case, states in by_case.items():
            details: dict[str, str | int | bool] = {"run": self.run.id, "case": case, "items": len(states)}
            told = Event(kind, self.equipment.actor, self.equipment.policy.label, details)
            with suppress(UnfitTransitionError), self.cases.database.writing() as connection:
                self.cases.cases.mark_items(connection, case, states, seen=None, actor=self.equipment.actor)
                self.equipment.ledger.append(told, connection)
                done += len(states)
        return done

    def _item(self, facts: Facts) -> NewItem:
        return item_of(
            facts,
            self.run,
            policy=self.equipment.policy.label,
            at=self.equipment.clock.now(),
            key=self.cases.review_key,
        )


def _classes(item: NewItem) -> set[str]:
    """Return the classes of the lists that know it; an allow list accuses nobody."""
    matched = {finding.subject for finding in item.findings if finding.kind is FindingKind.MATCH}
    return matched - {HarmClass.BENIGN.value}


def _gravity(item: NewItem) -> tuple[int, int]:
    classes = _classes(item)
    is_confirmed = any(finding.is_confirmed for finding in item.findings)
    gravest = min((_GRAVEST_FIRST.index(one) for one in classes if one in _GRAVEST_FIRST), default=len(_GRAVEST_FIRST))
    return (0 if is_confirmed else 1 if classes else 2 if item.findings else 3), gravest


def _label(item: NewItem) -> str:
    """Return what a reviewer is warned of: a class of a list, else a concept; never a severity."""
    classes = _classes(item)
    listed = [one for one in _GRAVEST_FIRST if one in classes]
    words = sorted(finding.subject for finding in item.findings if is_fit(finding.subject))
    return next(iter((*listed, *words)), "" if item.findings else UNEXAMINED)
