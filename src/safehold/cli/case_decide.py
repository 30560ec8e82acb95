"""``safehold case decide`` and what follows: reverse, approve-signals, decisions, agreement; without a browser.

For what needs no looking: fingerprints, texts of reports, and what another system has shown. Who decides is the user of
the console that is called like the machine's account.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cases.axes import LABELS
from safehold.cli.answer import Answer, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.decision_facts import (
    agreement_facts,
    agreement_line,
    decision_facts,
    listing_facts,
    listing_line,
    said_line,
    state_line,
)
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.cases import CaseItem
    from safehold.cases.axes import Axes, Severity

_VERDICTS = ("confirm", "not_a_violation", "second_opinion", "cannot_tell")
_HARMS = (
    *("csam", "aig_csam", "csem", "grooming", "sextortion", "solicitation", "trafficking", "nudify_tool"),
    *("abusive_model", "ncii_adult", "test"),
)
_REALISMS = ("photographic", "photorealistic_synthetic", "edited_real", "drawn", "text", "audio")
_DEPICTED = ("real_known_child", "real_unknown_child", "synthetic", "adult", "nobody", "unclear")
_BANDS = ("0-2", "3-6", "7-10", "11-13", "14-15", "16-17", "adult", "unclear")
_SEVERITIES = tuple(f"{scheme.value}:{label}" for scheme, labels in LABELS.items() for label in labels)
_MOST_ITEMS = 10_000


class UnclearItemError(UsageError):
    """It is not clear which items are meant."""


@command(None, "decide")
@click.argument("case_id", metavar="CASE")
@click.argument("items", metavar="[ITEM]...", nargs=-1)
@click.option("--verdict", type=click.Choice(_VERDICTS), required=True, help="What you say of it.")
@click.option("--harm", type=click.Choice(_HARMS), help="Of what kind, where you confirm it.")
@click.option("--realism", type=click.Choice(_REALISMS), help="How it came to be.")
@click.option("--depicted", type=click.Choice(_DEPICTED), help="Who is in it.")
@click.option("--age", type=click.Choice(_BANDS), help="How old they appear to be, in years.")
@click.option(
    "--sure", type=click.Choice(("low", "medium", "high")), default="low", help="How sure you are of the age."
)
@click.option("--severity", multiple=True, type=click.Choice(_SEVERITIES), help="For people trained in it.")
@click.option("--note", default="", help="Why, in one word.")
@click.option("--allow", is_flag=True, help="Propose its bytes for the allow list, where it is not a violation.")
@click.option(
    "--all", "is_all", is_flag=True, help="Every item that waits for a first decision, else for a second one."
)
def decide(  # noqa: PLR0913 - each is an option of its own
    shell: Shell,
    *,
    case_id: str,
    items: tuple[str, ...],
    verdict: str,
    harm: str | None,
    realism: str | None,
    depicted: str | None,
    age: str | None,
    sure: str,
    severity: tuple[str, ...],
    note: str,
    allow: bool,
    is_all: bool,
) -> Answer:
    """Decide items of a case, and everything in it that is identical to them.

    ITEM is an item's id, or its number in the case. The case is held for you meanwhile.
    """
    from safehold.cases import CaseId
    from safehold.cases.decisions import Decision, ItemDecision
    from safehold.cli.staff import person_of
    from safehold.wiring.casework import open_casework

    axes = _axes(harm, realism, depicted, (age, sure), severity)
    with shell.workshop() as workshop:
        person, casework = person_of(workshop), open_casework(workshop)
        named = CaseId(case_id)
        claim = casework.queues.claim(named, person)
        seen = casework.cases.show(named).version
        chosen = _chosen(casework.cases.items(named, limit=_MOST_ITEMS), items, is_all=is_all)
        said = [ItemDecision(item.id, Decision(verdict), axes, note, allow) for item in chosen]
        decision = casework.decisions.decide(person, named, said, seen=seen, claim=claim)
        casework.decisions.settle()
        decided, left = casework.decisions.show(decision), casework.cases.show(named).undecided
    facts = {**decision_facts(decided), "left": left}
    words = f"decided as {decision}: {counted(len(decided.items), 'item')}, {counted(len(decided.standing), 'item')}"
    return Answer(facts, [f"{words} for good; {left:,} left in the case"])


@command(None, "reverse")
@click.argument("decision")
@click.option("--reason", required=True, help="Why, in one word: mistaken, new_facts.")
def reverse(shell: Shell, *, decision: str, reason: str) -> Answer:
    """Take a decision back: its items wait again, and what followed from it is undone as far as it can be.

    Whoever decided doesn't reverse it. What can't be undone (a report that was filed, a file that was handed out) is
    listed as standing.
    """
    from safehold.cases.decisions import DecisionId
    from safehold.cli.staff import person_of
    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        decisions = open_casework(workshop).decisions
        opened = decisions.reverse(person_of(workshop), DecisionId(decision), reason)
        decisions.settle()
        outcomes = decisions.outcomes(DecisionId(decision))
    rows = [(one.party, one.reference, one.outcome.value, one.why) for one in outcomes]
    facts = [
        {"party": one.party, "reference": one.reference, "outcome": one.outcome.value, "why": one.why}
        for one in outcomes
    ]
    table = Table(("whose", "what", "outcome", "why"), rows, empty="Nothing had followed from it.")
    return Answer({"reopened": opened, "outcomes": facts}, [f"{counted(opened, 'item')} wait again", table])


@command(None, "approve-signals")
@click.argument("listings", metavar="[LISTING]...", nargs=-1)
@click.option("--refuse", metavar="REASON", help="Keep them off instead, for this reason, in one word.")
def approve_signals(shell: Shell, *, listings: tuple[str, ...], refuse: str | None) -> Answer:
    """Let confirmed fingerprints into the own bank, or harmless ones onto the allow list; without names, list them.

    Whoever said anything of an item doesn't approve its fingerprints.
    """
    from safehold.cases.decisions import ListingId
    from safehold.cli.staff import person_of
    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        decisions = open_casework(workshop).decisions
        named = [ListingId(one) for one in listings]
        if named and refuse is not None:
            decisions.refuse_signals(person_of(workshop), named, refuse)
        elif named:
            decisions.approve_signals(person_of(workshop), named)
        waiting = decisions.proposals()
    done = [] if not named else [f"{counted(len(named), 'listing')} {'approved' if refuse is None else 'refused'}"]
    columns = ("listing", "list", "class", "signals", "decision", "by")
    table = Table(columns, [listing_line(one) for one in waiting], empty="No fingerprints wait for approval.")
    return Answer({"settled": len(named), "waiting": [listing_facts(one) for one in waiting]}, [*done, table])


@command(None, "decisions")
@click.argument("case_id", metavar="CASE")
def list_decisions(shell: Shell, *, case_id: str) -> Answer:
    """List the decisions on a case, the oldest first.

    What another person said of an item that you may be asked about is left out until it is settled.
    """
    from safehold.cases import CaseId
    from safehold.cli.staff import person_of
    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        found = open_casework(workshop).decisions.of_case(CaseId(case_id), person_of(workshop))
    rows = [
        (
            one.id,
            f"{one.at:%Y-%m-%d %H:%M}",
            one.person,
            f"{len(one.items) + one.alike:,}",
            said_line(one),
            state_line(one),
        )
        for one in found
    ]
    table = Table(("decision", "when (UTC)", "by", "items", "said", ""), rows, empty="Nobody has decided yet.")
    return Answer({"decisions": [decision_facts(one) for one in found]}, [table])


@command(None, "agreement")
@click.option("--days", type=click.IntRange(1, 3660), help="Only decisions of so many days; without it, all.")
def show_agreement(shell: Shell, *, days: int | None) -> Answer:
    """Show how well two decisions on one item agree, by queue; of too few decisions or people nothing is said."""
    import datetime as dt

    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        since = None if days is None else workshop.home.clock.now() - dt.timedelta(days=days)
        found = open_casework(workshop).decisions.agreement(since=since)
    columns = ("queue", "compared with", "pairs", "the same", "95 % interval", "kappa")
    table = Table(columns, [agreement_line(one) for one in found], empty="No item was decided twice.")
    return Answer({"agreement": [agreement_facts(one) for one in found]}, [table])


@command(None, "place-golden")
@click.argument("item")
@click.option("--review-key", "key", type=EXISTING_FILE, required=True, help="The review key's private half.")
@click.option("--queue", default="", help="Where it waits; without it, where its origin sends it.")
def place_golden(shell: Shell, *, item: str, key: Path, queue: str) -> Answer:
    """Put an item among the others whose answer two people, or a trusted list, have settled.

    It is kept as a golden item, and placed as if it had just come. Nothing ever follows from a decision on it; it shows
    how well a queue decides. Each one is exposure: take few.
    """
    from safehold.cases import ItemId
    from safehold.cli.staff import person_of
    from safehold.vault.review import read_review_key
    from safehold.wiring.casework import open_casework
    from safehold.wiring.goldens import Goldens

    with shell.workshop() as workshop:
        casework, person = open_casework(workshop), person_of(workshop)
        goldens = Goldens(casework, casework.golden_pool, read_review_key(key))
        golden = goldens.add(person, ItemId(item), queue=queue)
        placed = goldens.place(person, golden)
    return Answer({"golden": golden, "case": placed}, [f"golden item {golden} was placed in case {placed}"])


def _axes(
    harm: str | None,
    realism: str | None,
    depicted: str | None,
    age: tuple[str | None, str],
    severity: Sequence[str],
) -> "Axes":
    from safehold.cases.axes import Age, AgeBand, Axes, Confidence, Depicted, HarmType, Realism

    band, sure = age
    return Axes(
        harm=None if harm is None else HarmType(harm),
        realism=None if realism is None else Realism(realism),
        depicted=None if depicted is None else Depicted(depicted),
        age=None if band is None else Age(AgeBand(band), Confidence(sure)),
        severities=tuple(map(_severity, severity)),
    )


def _severity(word: str) -> "Severity":
    from safehold.cases.axes import Scheme, Severity

    scheme, _, label = word.partition(":")
    return Severity(Scheme(scheme), label)


def _chosen(found: "Sequence[CaseItem]", named: Sequence[str], *, is_all: bool) -> "list[CaseItem]":
    from safehold.cases import ItemState

    first = [one for one in found if one.state is ItemState.UNDECIDED]
    waiting = first or [one for one in found if one.state is ItemState.SECOND_REVIEW]
    if is_all or (not named and len(waiting) == 1):
        return waiting
    if not named:
        raise UnclearItemError(
            f"{counted(len(waiting), 'item')} wait in this case", advice="Name those that you decide, or say --all."
        )
    wanted = set(named)
    chosen = [one for one in found if {one.id, str(one.number)} & wanted]
    if len(chosen) < len(wanted):
        raise UnclearItemError("an item is not one of this case", advice="See them with: safehold case show CASE")
    return chosen
