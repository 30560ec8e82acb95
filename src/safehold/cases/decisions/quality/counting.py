"""Counting: the pairs of decisions that agreement is made of, by queue, without the persons.

What is said of a group of identical items counts once. Fewer pairs than the rules ask for say nothing, and of fewer
people than they ask for nothing is said: it would be said of each of them.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.decisions.decision import Decision, Standing
from safehold.cases.decisions.quality.agreement import Agreement, AgreementBy, agreement
from safehold.cases.decisions.tables import case_decisions, case_goldens, case_item_decisions
from safehold.cases.rules import ReviewRules
from safehold.ledger.entry import timestamp

_SURE = (Decision.CONFIRM.value, Decision.NOT_A_VIOLATION.value)


@dataclass(frozen=True, slots=True)
class QueueAgreement:
    """How well a queue decides.

    Attributes:
        queue: its name.
        by: what its decisions were compared with.
        agreement: the numbers; None where there are too few pairs or people for any.
    """

    queue: str
    by: AgreementBy
    agreement: Agreement | None


@dataclass(frozen=True, slots=True)
class _Pair:
    queue: str
    people: frozenset[str]
    first: str
    second: str


def agreement_by_queue(
    connection: sa.Connection, rules: ReviewRules, *, since: dt.datetime | None = None
) -> tuple[QueueAgreement, ...]:
    """Return how well each queue decides, by name; in decisions since a time, or all of them."""
    found: list[QueueAgreement] = []
    for by, pairs in (
        (AgreementBy.SECOND_REVIEW, _second_reviews(connection, since)),
        (AgreementBy.GOLDEN, _goldens(connection, since)),
    ):
        queues: Mapping[str, list[_Pair]] = defaultdict(list)
        for pair in pairs:
            queues[pair.queue].append(pair)
        found += [QueueAgreement(queue, by, _told(group, rules)) for queue, group in queues.items()]
    return tuple(sorted(found, key=lambda one: (one.queue, one.by.value)))


def _told(pairs: list[_Pair], rules: ReviewRules) -> Agreement | None:
    people = frozenset().union(*(pair.people for pair in pairs))
    if len(pairs) < rules.least_pairs or len(people) < rules.least_people:
        return None
    return agreement([(pair.first, pair.second) for pair in pairs])


def _second_reviews(connection: sa.Connection, since: dt.datetime | None) -> Iterator[_Pair]:
    """Yield pairs of sure decisions of two people, the second of whom had not seen the first."""
    first, second = case_item_decisions.alias("first"), case_item_decisions.alias("second")
    query = (
        sa.select(
            case_decisions.c.queue,
            first.c.person.label("one"),
            second.c.person.label("other"),
            *(first.c.verdict.label("verdict"), first.c.harm.label("harm")),
            *(second.c.verdict.label("other_verdict"), second.c.harm.label("other_harm")),
        )
        .join(case_decisions, case_decisions.c.id == first.c.decision)
        .join(second, sa.and_(second.c.item == first.c.item, second.c.round == 2))
        .where(
            first.c.round == 1,
            first.c.is_alike == 0,
            second.c.is_alike == 0,
            first.c.verdict.in_(_SURE),
            case_decisions.c.is_automatic == 0,
            first.c.standing != Standing.REVERSED.value,
            second.c.standing != Standing.REVERSED.value,
        )
    )
    for row in connection.execute(_since(query, since)):
        pair = _answer(row.verdict, row.harm), _answer(row.other_verdict, row.other_harm)
        yield _Pair(row.queue, frozenset({row.one, row.other}), *pair)


def _goldens(connection: sa.Connection, since: dt.datetime | None) -> Iterator[_Pair]:
    said = case_item_decisions
    query = (
        sa.select(
            case_decisions.c.queue,
            said.c.person,
            *(said.c.verdict.label("verdict"), said.c.harm.label("harm")),
            *(case_goldens.c.verdict.label("known_verdict"), case_goldens.c.harm.label("known_harm")),
        )
        .join(case_decisions, case_decisions.c.id == said.c.decision)
        .join(case_goldens, case_goldens.c.item == said.c.item)
        .where(said.c.round == 1, said.c.standing != Standing.REVERSED.value)
    )
    for row in connection.execute(_since(query, since)):
        pair = _answer(row.known_verdict, row.known_harm), _answer(row.verdict, row.harm)
        yield _Pair(row.queue, frozenset({row.person}), *pair)


def _since(query: sa.Select[tuple[str, ...]], since: dt.datetime | None) -> sa.Select[tuple[str, ...]]:
    return query if since is None else query.where(case_decisions.c.at >= timestamp(since))


def _answer(verdict: str, harm: str) -> str:
    return f"{verdict}:{harm}" if verdict == Decision.CONFIRM.value else verdict
