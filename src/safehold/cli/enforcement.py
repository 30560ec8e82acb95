"""``safehold enforcement``: what is done to accounts, content, models and links, and the way back."""

from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command

if TYPE_CHECKING:
    from safehold.cases import Person
    from safehold.cases.enforcement import Enforcement, Enforcements, Order
    from safehold.cases.enforcement.appeals import Appeals
    from safehold.wiring import Workshop

STATES = ("proposed", "in_force", "expired", "lifted", "declined")
MEASURES = ("warn", "strike", "limit", "suspend", "ban", "remove_content", "hold_model", "hold_link")
REASONS = ("mistake", "new_facts", "too_severe", "authority_asked")

_LISTED = click.IntRange(1, 1000)
_DAYS = click.IntRange(1, 3660)
_REFERENCES = 1000


@click.group("enforcement")
def enforcement() -> None:
    """See what is done to accounts and content, let it come into force, and take it back."""


@command(enforcement, "list")
@click.option("--state", type=click.Choice(STATES), help="Only those that are so far; those of any state by default.")
@click.option("--measure", type=click.Choice(MEASURES), help="Only this measure.")
@click.option("--case", "case_id", help="Only those of this case.")
@click.option("--limit", type=_LISTED, default=50, show_default=True, help="How many at most.")
def list_enforcement(
    shell: Shell, *, state: str | None, measure: str | None, case_id: str | None, limit: int
) -> Answer:
    """List measures, latest proposed first."""
    from safehold.cases import CaseId
    from safehold.cases.enforcement import EnforcementFilter, EnforcementState, Measure

    wanted = EnforcementFilter(
        state=None if state is None else EnforcementState(state),
        measure=None if measure is None else Measure(measure),
        case=None if case_id is None else CaseId(case_id),
    )
    with shell.workshop() as workshop:
        found = room_of(workshop).list(wanted, limit=limit).enforcements
    rows = [
        (one.id, one.measure.value, one.state.value, one.ground, one.case, f"{one.proposed_at:%Y-%m-%d %H:%M}")
        for one in found
    ]
    columns = ("id", "measure", "state", "ground", "case", "proposed (UTC)")
    table = Table(columns, rows, empty="No measure is like that.")
    return Answer({"enforcements": [facts(one) for one in found]}, [table])


@command(enforcement, "show")
@click.argument("enforcement_id", metavar="ID")
def show_enforcement(shell: Shell, enforcement_id: str) -> Answer:
    """Show a measure with every step of it, and the appeals against it."""
    from safehold.cases.enforcement import EnforcementId

    with shell.workshop() as workshop:
        room = room_of(workshop)
        found = room.show(EnforcementId(enforcement_id))
        steps, appeals = room.history(found.id), appeals_of(workshop).against(found.id)
    told_facts = {**facts(found), "references": " ".join(found.references)}
    rows = [(name, str(value)) for name, value in told_facts.items() if value not in {None, ""}]
    taken = [(f"{one.at:%Y-%m-%d %H:%M}", one.step.value, one.actor, one.reason) for one in steps]
    against = [(one.id, one.state.value, f"{one.due_at:%Y-%m-%d}") for one in appeals]
    tables = [
        Table(("field", "value"), rows),
        Table(("when (UTC)", "step", "who", "why"), taken),
        Table(("appeal", "state", "due"), against, empty="Nobody has appealed."),
    ]
    told = [
        {"step": one.step.value, "at": one.at.isoformat(), "actor": one.actor, "reason": one.reason} for one in steps
    ]
    return Answer({"enforcement": facts(found), "steps": told, "appeals": [one.id for one in appeals]}, tables)


@command(enforcement, "apply")
@click.argument("enforcement_id", metavar="[ID]", required=False)
@click.option("--measure", type=click.Choice(MEASURES), help="Without ID: take this measure.")
@click.option("--case", "case_id", help="Without ID: in this case, on whom or what it is about.")
@click.option("--ground", help="Without ID: the kind of harm, one of the ladder's words.")
@click.option("--days", type=_DAYS, help="Without ID: for how long; until it is lifted by default.")
def apply_enforcement(
    shell: Shell,
    enforcement_id: str | None,
    *,
    measure: str | None,
    case_id: str | None,
    ground: str | None,
    days: int | None,
) -> Answer:
    """Let a proposed measure come into force, or take one by hand; what takes two people, a second one applies."""
    from safehold.cases.enforcement import EnforcementId

    if (enforcement_id is None) == (measure is None):
        raise click.UsageError("Name a proposed measure by its ID, or --measure with --case and --ground.")
    with shell.workshop() as workshop:
        room, person = room_of(workshop), acting(workshop)
        if enforcement_id is not None:
            applied = room.apply(person, EnforcementId(enforcement_id))
        else:
            applied = room.order(person, _order(workshop, measure or "", case_id, ground=ground, days=days))
    return _changed(applied)


@command(enforcement, "decline")
@click.argument("enforcement_id", metavar="ID")
@click.option("--reason", type=click.Choice(REASONS), default="mistake", show_default=True, help="Why.")
def decline_enforcement(shell: Shell, enforcement_id: str, reason: str) -> Answer:
    """Let a proposed measure not come into force."""
    from safehold.cases.enforcement import EnforcementId, Reason

    with shell.workshop() as workshop:
        declined = room_of(workshop).decline(acting(workshop), EnforcementId(enforcement_id), Reason(reason))
    return _changed(declined)


@command(enforcement, "lift")
@click.argument("enforcement_id", metavar="ID")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why; with too_severe its strike stays.")
@click.option("--refuse", is_flag=True, help="Say no to what somebody asked to lift.")
def lift_enforcement(shell: Shell, enforcement_id: str, reason: str, *, refuse: bool) -> Answer:
    """Take a measure back; what takes two people is lifted when a second one asks for it, too."""
    from safehold.cases.enforcement import EnforcementId, Reason

    with shell.workshop() as workshop:
        room, person = room_of(workshop), acting(workshop)
        if refuse:
            return _changed(room.refuse_lift(person, EnforcementId(enforcement_id)))
        lifted = room.lift(person, EnforcementId(enforcement_id), Reason(reason))
    return _changed(lifted)


def room_of(workshop: "Workshop") -> "Enforcements":
    """Return the enforcements of an opened home."""
    from safehold.wiring.casework import case_rules, open_enforcements

    return open_enforcements(workshop, case_rules(workshop.settings))


def appeals_of(workshop: "Workshop") -> "Appeals":
    """Return the appeals of an opened home."""
    from safehold.wiring.casework import case_rules, open_appeals

    return open_appeals(workshop, case_rules(workshop.settings), room_of(workshop))


def acting(workshop: "Workshop") -> "Person":
    """Return who acts at the installation's own terminal, with the roles that its commands need."""
    from safehold.cases import Person, Role

    return Person(workshop.actor, frozenset({Role.ENFORCER, Role.SPECIALIST}))


def facts(one: "Enforcement") -> dict[str, object]:
    """Return what is known of a measure."""
    return {
        "id": one.id,
        "measure": one.measure.value,
        "state": one.state.value,
        "subject": one.subject.kind.value,
        "mark": one.subject.mark,
        "case": one.case,
        "ground": one.ground,
        "days": one.days,
        "references": list(one.references),
        "cause": one.cause,
        "proposed_at": one.proposed_at.isoformat(),
        "proposed_by": one.proposed_by,
        "applied_at": None if one.applied_at is None else one.applied_at.isoformat(),
        "applied_by": one.applied_by,
        "ends_at": None if one.ends_at is None else one.ends_at.isoformat(),
        "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
        "lift_asked_by": one.lift_asked_by,
        "carried_out_at": None if one.carried_out_at is None else one.carried_out_at.isoformat(),
    }


def _order(workshop: "Workshop", measure: str, case_id: str | None, *, ground: str | None, days: int | None) -> "Order":
    from safehold.cases import CaseId
    from safehold.cases.enforcement import Measure, Order, references_of
    from safehold.wiring.casework import open_cases

    if case_id is None or ground is None:
        raise click.UsageError("Say the --case that it follows from, and the --ground.")
    cases = open_cases(workshop)
    case = cases.show(CaseId(case_id))
    references = references_of(cases.items(case.id, limit=_REFERENCES), case.subject)
    return Order(Measure(measure), case.subject, case.id, ground, days=days, references=references)


def _changed(one: "Enforcement") -> Answer:
    said = [f"{one.measure.value} {one.id} is now: {one.state.value}"]
    if one.lift_asked_by:
        said.append(f"{one.lift_asked_by} asked to lift it; a second person has to agree.")
    elif one.state.value == "proposed":
        said.append("It takes two people: somebody else lets it come into force.")
    return Answer({"enforcement": facts(one)}, said)
