"""``safehold gateway policy``: draft, shadow, approved by somebody else, active; and back at once."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.gateway.lifecycle import BackTest, PolicyStore, StoredPolicy
    from safehold.gateway.policy import GatewayPolicy
    from safehold.wiring import Workshop

_REFERENCE = click.argument("reference", metavar="NAME@VERSION")
_ALONE = "Single-operator mode: one person proposed and approved it."


@click.group("policy")
def policy() -> None:
    """Store policies, try them in shadow, have them approved by somebody else, activate them, go back."""


@command(policy, "list")
def list_policies(shell: Shell) -> Answer:
    """List the stored policies, and say which one is in force."""
    with _stored(shell) as (workshop, store):
        policies = store.list()
        active = store.active()
        own = _own(workshop).label
    rows = [
        (one.reference, one.state.value, one.submitted_by, _approver(one), one.changed_at[:19], one.digest[:12])
        for one in policies
    ]
    table = Table(
        ("policy", "state", "proposed by", "approved by", "changed", "digest"), rows, empty="No policy is stored."
    )
    in_force = own if active is None else active.label
    data = {
        "in_force": in_force,
        "is_own": active is None,
        "single_operator": active is not None and active.is_single_operator,
        "single_operator_mode": store.is_single_operator,
        "policies": [_facts(one) for one in policies],
    }
    where = " (the installation's own)" if active is None else ""
    alone = [_ALONE] if active is not None and active.is_single_operator else []
    return Answer(data, [table, f"in force: {in_force}{where}", *alone])


@command(policy, "show")
@_REFERENCE
@click.option("--source", is_flag=True, help="Print the stored text, as canonical JSON.")
def show_policy(shell: Shell, reference: str, source: bool) -> Answer:
    """Show a stored policy: how far it has come, and what it did in shadow."""
    from safehold.gateway.lifecycle import shadow_tally

    with _stored(shell) as (workshop, store):
        found = store.show(reference)
        with workshop.home.database.reading() as connection:
            tally = shadow_tally(connection, found.label)
    if source:
        return Answer({**_facts(found), "text": found.canonical}, [found.canonical])
    shifts = [{"done": done.value, "would": would.value, "decisions": count} for (done, would), count in tally.items()]
    table = Table(
        ("done", "would have been", "decisions"),
        [(done.value, would.value, f"{count:,}") for (done, would), count in tally.items()],
        title="In shadow",
        empty="Nothing was decided while it was in shadow.",
    )
    return Answer({**_facts(found), "shadow": shifts}, [*_lines(found), table])


@command(policy, "submit")
@click.argument("file", type=EXISTING_FILE)
def submit_policy(shell: Shell, file: Path) -> Answer:
    """Store the policy in FILE as a draft; it has no effect yet."""
    from safehold.gateway.policy_file import load_gateway_policy

    read = load_gateway_policy(file)
    with _stored(shell) as (workshop, store):
        return _step(store.submit(read, workshop.actor))


@command(policy, "shadow")
@_REFERENCE
def shadow_policy(shell: Shell, reference: str) -> Answer:
    """Ask a draft beside the policy in force, and record what it would do."""
    with _stored(shell) as (workshop, store):
        return _step(store.shadow(reference, workshop.actor))


@command(policy, "approve")
@_REFERENCE
def approve_policy(shell: Shell, reference: str) -> Answer:
    """Say that a policy in shadow may be activated: as somebody else than who proposed it."""
    with _stored(shell) as (workshop, store):
        return _step(store.approve(reference, workshop.actor))


@command(policy, "activate")
@_REFERENCE
def activate_policy(shell: Shell, reference: str) -> Answer:
    """Put an approved policy in force; gateways that run follow within seconds."""
    with _stored(shell) as (workshop, store):
        return _step(store.activate(reference, workshop.actor))


@command(policy, "retire")
@_REFERENCE
def retire_policy(shell: Shell, reference: str) -> Answer:
    """Withdraw a draft or a policy in shadow, for good."""
    with _stored(shell) as (workshop, store):
        return _step(store.retire(reference, workshop.actor))


@command(policy, "rollback")
def roll_back_policy(shell: Shell) -> Answer:
    """Put in force again what was before, at once and without a second person."""
    with _stored(shell) as (workshop, store):
        back = store.roll_back(workshop.actor)
        own = _own(workshop).label
    if back is None:
        return Answer({"in_force": own, "is_own": True}, [f"in force: {own} (the installation's own)"])
    return Answer({"in_force": back.label, "is_own": False, **_facts(back)}, [f"in force: {back.label}"])


@command(policy, "diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", required=False)
def diff_policies(shell: Shell, old: str, new: str | None) -> Answer:
    """Say what changed from OLD to NEW, and whether it is stricter or milder.

    Each is a file or a stored NAME@VERSION. With one: from the policy in force to that one.
    """
    from safehold.gateway.lifecycle import compare_policies, counted_directions

    with _stored(shell) as (workshop, store):
        after = _named(new or old, store)
        before = _named(old, store) if new else _in_force(workshop, store)
    changes = compare_policies(before, after)
    data = {
        "before": before.label,
        "after": after.label,
        "changes": [
            {"direction": one.direction.value, "part": one.part, "before": one.before, "after": one.after}
            for one in changes
        ],
        "counts": dict(counted_directions(changes)),
    }
    rows = [(one.direction.value, one.part, one.before or "(absent)", one.after or "(absent)") for one in changes]
    table = Table(("effect", "part", "before", "after"), rows, empty="The policies say the same.")
    return Answer(data, [f"{before.label} → {after.label}", table])


@command(policy, "backtest")
@click.argument("candidate", metavar="POLICY")
@click.option(
    "--newest", type=click.IntRange(1), default=10_000, show_default=True, help="How many recorded decisions to try."
)
@click.option("--days", type=click.IntRange(1, 3650), help="Only decisions of so many days.")
def back_test_policy(shell: Shell, candidate: str, newest: int, days: int | None) -> Answer:
    """Try POLICY (a file or a stored NAME@VERSION) on recorded decisions, and compare with the one in force.

    Exits 1 if a decision would change, 4 if records could not be tried.
    """
    from safehold.gateway.lifecycle import back_test, recorded_decisions
    from safehold.ledger.entry import timestamp

    with _stored(shell) as (workshop, store):
        tried, baseline = _named(candidate, store), _in_force(workshop, store)
        since = "" if days is None else timestamp(workshop.home.clock.now() - dt.timedelta(days=days))
        with workshop.home.database.reading() as connection:
            result = back_test(recorded_decisions(connection, newest=newest, since=since), tried, baseline)
    return _told(result)


def _told(result: "BackTest") -> Answer:
    shifts = [
        {
            "surface": shift.surface,
            "before": shift.before.value,
            "after": shift.after.value,
            "items": count,
            "examples": list(result.examples[shift]),
        }
        for shift, count in result.shifts.items()
    ]
    data = {
        "candidate": result.candidate,
        "baseline": result.baseline,
        "decisions": result.decisions,
        "unreadable": result.unreadable,
        "changed": result.changed,
        "stricter": result.stricter,
        "milder": result.changed - result.stricter,
        "unexplained": result.unexplained,
        "shifts": shifts,
        "unseen": list(result.unseen),
    }
    rows = [
        (shift.surface, shift.before.value, shift.after.value, f"{count:,}", ", ".join(result.examples[shift][:2]))
        for shift, count in result.shifts.items()
    ]
    table = Table(("surface", "now", "then", "items", "checks"), rows, empty="No item would fare otherwise.")
    code = ExitCode.of(found=result.changed > 0, incomplete=bool(result.unreadable or result.unexplained))
    return Answer(data, [f"{result.baseline} → {result.candidate}", table, *_notes(result)], code)


def _notes(result: "BackTest") -> Iterator[str]:
    milder = result.changed - result.stricter
    tried = counted(result.decisions, "decision")
    yield f"{tried} tried; {result.changed:,} would change: {result.stricter:,} stricter, {milder:,} milder"
    if result.unseen:
        yield f"what was recorded can't tell what these would find: {', '.join(result.unseen)}"
    if result.unreadable:
        yield f"{counted(result.unreadable, 'record')} could not be read"
    if result.unexplained:
        yield f"{counted(result.unexplained, 'decision')} under the policy in force do not come out as recorded"


@contextmanager
def _stored(shell: Shell) -> Iterator[tuple["Workshop", "PolicyStore"]]:
    from safehold.gateway.lifecycle import PolicyStore

    with shell.workshop() as workshop:
        home = workshop.home
        alone = workshop.settings.single_operator
        yield workshop, PolicyStore(home.database, workshop.ledger, home.clock, is_single_operator=alone)


def _own(workshop: "Workshop") -> "GatewayPolicy":
    from safehold.wiring.gateway import own_policy

    return own_policy(workshop.settings)


def _in_force(workshop: "Workshop", store: "PolicyStore") -> "GatewayPolicy":
    active = store.active()
    return _own(workshop) if active is None else active.policy()


def _named(named: str, store: "PolicyStore") -> "GatewayPolicy":
    """Return the policy of a file, or a stored one; a file of that name goes first."""
    from safehold.gateway.policy_file import load_gateway_policy

    path = Path(named)
    return load_gateway_policy(path) if path.is_file() or "@" not in named else store.show(named).policy()


def _step(after: "StoredPolicy") -> Answer:
    return Answer(_facts(after), _lines(after))


def _approver(one: "StoredPolicy") -> str:
    return f"{one.approved_by or '-'}{' (single operator)' if one.is_single_operator else ''}"


def _lines(one: "StoredPolicy") -> list[str]:
    lines = [f"{one.label}: {one.state.value}", f"proposed by {one.submitted_by}, approved by {_approver(one)}"]
    return [*lines, _ALONE] if one.is_single_operator else lines


def _facts(one: "StoredPolicy") -> dict[str, object]:
    return {
        "policy": one.reference,
        "label": one.label,
        "number": one.number,
        "state": one.state.value,
        "submitted_by": one.submitted_by,
        "submitted_at": one.submitted_at,
        "approved_by": one.approved_by,
        "approved_at": one.approved_at,
        "changed_at": one.changed_at,
        "single_operator": one.is_single_operator,
    }
