"""Golden items: items whose answer is known, put among the others, to see how well a queue decides.

Rules: nobody who decides can tell one from the others; nothing ever follows from a decision on one; no other item is
decided along with it; answers are counted by queue. Its cryptographic fingerprints are drawn at random, and its subject
is nobody's, so that nothing that anybody sends joins its case. What a trusted list settles waits for nobody: such
findings are left out. Each one is exposure too: prefer stand-ins and harmless pictures.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from safehold.cases.axes import FoundBy, HarmType
from safehold.cases.case import CaseId, Priority, Subject, SubjectKind
from safehold.cases.decisions.decision import Decision, Standing
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.errors import UnfitDecisionError
from safehold.cases.decisions.stored import said_before
from safehold.cases.decisions.tables import case_goldens
from safehold.cases.item import ItemId, NewItem
from safehold.cases.tables import case_items
from safehold.ledger.entry import timestamp
from safehold.vocabulary import CRYPTOGRAPHIC, Event, Signal

_MARK_BYTES = 16
"""As a mark has of which nobody knows the name."""

_ASKED_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Placing:
    """Somebody places a golden item.

    Attributes:
        desk: what decisions are made with.
        by: who places it.
        at: when.
    """

    desk: Desk
    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Guise:
    """In what case a golden item waits, so that it looks like the others.

    Attributes:
        subject: whom or what it says that it came from; nobody's, so that nothing joins it.
        queue: where it waits; "" for where its origin sends it.
        label: what it warns of, one word.
        priority: how urgent it is.
        due_at: until when it must be decided.
        golden: of the golden items that are kept, which; "" for none of them.
    """

    subject: Subject = field(default_factory=lambda: Subject(SubjectKind.ACCOUNT, secrets.token_hex(_MARK_BYTES)))
    queue: str = ""
    label: str = ""
    priority: Priority = Priority.NORMAL
    due_at: dt.datetime | None = None
    golden: str = ""


@dataclass(frozen=True, slots=True)
class GoldenAnswer:
    """What is known of a golden item.

    Attributes:
        verdict: "confirm" or "not a violation".
        harm: what it is, where that is "confirm".

    Raises:
        UnfitDecisionError: that is no answer.
    """

    verdict: Decision
    harm: HarmType | None = None

    def __post_init__(self) -> None:
        if self.verdict not in {Decision.CONFIRM, Decision.NOT_A_VIOLATION}:
            raise UnfitDecisionError("a known answer is confirm or not_a_violation", advice="Give one of the two.")
        if (self.verdict is Decision.CONFIRM) is not (self.harm not in {None, HarmType.BENIGN}):
            raise UnfitDecisionError(
                "a known answer that confirms says which kind of harm, and another one says none",
                advice="For instance: confirm and test.",
            )


def place(connection: sa.Connection, item: NewItem, answer: GoldenAnswer, *, guise: Guise, placing: Placing) -> CaseId:
    """Put an item, under the reference that it has, into a case of its own; return the case.

    Args:
        connection: the caller's writing transaction.
        item: what is shown, with a reference like any other's.
        answer: what is known of it.
        guise: in what case it waits.
        placing: who places it.
    """
    cases, by = placing.desk.cases, placing.by
    shown = replace(
        item,
        at=placing.at,
        signals=tuple(map(_made_up, item.signals)),
        findings=tuple(one for one in item.findings if not one.is_confirmed),
    )
    case_id = cases.open(
        guise.subject,
        [shown],
        connection,
        actor=by,
        priority=guise.priority,
        label=guise.label,
        queue=guise.queue,
        due_at=guise.due_at,
    )
    golden = cases.items(case_id, connection=connection)[0]
    row = {
        "item": golden.id,
        "verdict": answer.verdict.value,
        "harm": "" if answer.harm is None else answer.harm.value,
        "placed_by": by,
        "placed_at": timestamp(placing.at),
        "golden": guise.golden or None,
    }
    connection.execute(sa.insert(case_goldens), row)
    details = {"item": golden.id, "case": case_id, **({"golden": guise.golden} if guise.golden else {})}
    placing.desk.ledger.append(Event("golden.placed", by, placing.desk.rules.label, details), connection)
    return case_id


def _made_up(signal: Signal) -> Signal:
    """Return a cryptographic fingerprint of nothing that there is in place of one; any other as it is."""
    if signal.algorithm not in CRYPTOGRAPHIC:
        return signal
    return replace(signal, value=secrets.token_bytes(len(signal.value)))


def settled_answer(connection: sa.Connection, item: ItemId) -> GoldenAnswer:
    """Return what two people, or a list that both they and we trust, said of an item: an answer that is known.

    Raises:
        UnfitDecisionError: nobody decided it, one person alone did, or they could not tell.
    """
    said = [one for _, one in said_before(connection, [item]).get(item, ())]
    stands = [one for one in said if one.standing is Standing.STANDS]
    if not stands or (stands[0].round == 1 and stands[0].axes.found_by is not FoundBy.HASH_EXACT):
        raise UnfitDecisionError(
            "the answer of this item is not known", advice="Take one that two people, or a trusted list, decided."
        )
    harm = stands[0].axes.harm if stands[0].verdict is Decision.CONFIRM else None
    return GoldenAnswer(stands[0].verdict, harm)


def is_golden_case(connection: sa.Connection, case_id: CaseId) -> bool:
    """Return whether what a case holds is a golden item: nothing in it happened to anybody."""
    query = sa.select(case_goldens.c.item).join(case_items, case_items.c.id == case_goldens.c.item)
    return connection.execute(query.where(case_items.c.case_id == case_id).limit(1)).first() is not None


def golden_among(connection: sa.Connection, items: Sequence[ItemId]) -> frozenset[ItemId]:
    """Return which of these items are golden ones."""
    found: set[ItemId] = set()
    for start in range(0, len(items), _ASKED_AT_ONCE):
        some = case_goldens.c.item.in_(items[start : start + _ASKED_AT_ONCE])
        found |= {ItemId(item) for item in connection.execute(sa.select(case_goldens.c.item).where(some)).scalars()}
    return frozenset(found)
