"""``safehold case``: what people must look at: list, show, give to somebody, open by hand, escalate. Never content."""

from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.case_decide import approve_signals, decide, list_decisions, place_golden, reverse, show_agreement
from safehold.cli.case_export import disclose_export, export_case, recipient_key, verify_export
from safehold.cli.case_facts import CASE_COLUMNS, ITEM_COLUMNS, case_facts, case_line, item_facts, item_line
from safehold.cli.case_hand import open_case
from safehold.cli.command import Shell, command
from safehold.cli.enforcement import acting
from safehold.cli.meaning import UnclearCaseError, case_meant
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.cases import Case
    from safehold.wiring import Workshop

_STATES = click.Choice(["open", "second_review", "escalated", "decided", "closed"])
_PRIORITIES = click.Choice(["danger", "urgent", "normal", "low"])
_ORIGINS = click.Choice(["gateway", "dataset", "report", "exchange", "hand"])
_KINDS = click.Choice(["account", "session", "model", "source", "link", "nobody"])
_SHOWN_ITEMS = 50


class UnfitAssigneeError(UsageError):
    """Somebody can't be given a case, or can't say what they say of it."""


class DangerStillOpenError(UsageError):
    """A danger to life is open where something asks for it to be over."""


@click.group("case")
def case() -> None:
    """See what people must look at, give it to somebody, open and escalate it; what is inside stays sealed."""


@command(case, "list")
@click.option("--state", type=_STATES, help="Only these; without it, all that are not closed.")
@click.option("--queue", help="Only what waits in this queue.")
@click.option("--assignee", help="Only what was given to this person.")
@click.option("--about", type=_KINDS, help="Only cases about this.")
@click.option("--priority", type=_PRIORITIES, help="Only so urgent ones.")
@click.option("--origin", type=_ORIGINS, help="Only what this opened.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many at most.")
@click.option("--after", help="Go on behind this place: `following` in the answer before.")
def list_cases(  # noqa: PLR0913 - each is an option of its own
    shell: Shell,
    *,
    state: str | None,
    queue: str | None,
    assignee: str | None,
    about: str | None,
    priority: str | None,
    origin: str | None,
    limit: int,
    after: str | None,
) -> Answer:
    """List cases, what comes first at the top: by priority, then by when they are due, then oldest first."""
    from safehold.cases import CaseState, Origin, Priority, SubjectKind
    from safehold.cases.listing import CaseFilter, Cursor
    from safehold.wiring.casework import open_cases

    wanted = CaseFilter(
        state=None if state is None else CaseState(state),
        queue=queue,
        assignee=assignee,
        subject_kind=None if about is None else SubjectKind(about),
        priority=None if priority is None else Priority(priority),
        origin=None if origin is None else Origin(origin),
    )
    with shell.workshop() as workshop:
        page = open_cases(workshop).list(wanted, after=None if after is None else Cursor(after), limit=limit)
    table = Table(CASE_COLUMNS, [case_line(one) for one in page.cases], empty="No case waits.")
    more = () if page.following is None else (f"There are more: --after {page.following}",)
    return Answer({"cases": [case_facts(one) for one in page.cases], "following": page.following}, [table, *more])


@command(case, "show")
@click.argument("text", metavar="ID")
@click.option("--after", type=click.IntRange(0), default=0, help="Only items with a higher number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=_SHOWN_ITEMS, show_default=True, help="Items at most.")
def show_case(shell: Shell, text: str, *, after: int, limit: int) -> Answer:
    """Show a case with its items: what was found and not examined, where they came from, never what they hold.

    ID is that of a case, or a check, an item, a ticket, or the case that a caller of the gateway was told.
    """
    from safehold.wiring.casework import open_cases

    with shell.workshop() as workshop:
        cases = open_cases(workshop)
        found = cases.show(case_meant(cases, text))
        items = cases.items(found.id, after=after, limit=limit)
    facts = case_facts(found)
    rows = [(name, str(value)) for name, value in facts.items() if value not in {None, ""}]
    left = found.items - after - len(items)
    more = () if left <= 0 else (f"{counted(left, 'item')} more: --after {items[-1].number if items else 0}",)
    shown = [Table(("field", "value"), rows), Table(ITEM_COLUMNS, [item_line(one) for one in items]), *more]
    return Answer({"case": facts, "items": [item_facts(one) for one in items]}, shown)


@command(case, "find")
@click.argument("text", required=False)
@click.option("--account", help="The account, as the operator calls it; it is recorded nowhere.")
@click.option("--session", help="The session, likewise.")
def find_cases(shell: Shell, text: str | None, account: str | None, session: str | None) -> Answer:
    """Find cases by an id, check, ticket, held item, evidence or hash; or by an account or session."""
    if (text is not None) + (account is not None) + (session is not None) != 1:
        raise click.UsageError("give TEXT, --account or --session", click.get_current_context())
    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        casework = open_casework(workshop)
        wanted = text
        for owner, name in (("account", account), ("session", session)):
            wanted = casework.marks.of(owner, name) if name else wanted
        found = casework.cases.find(wanted or "")
    rows = [(one.case, one.by.value, one.item or "") for one in found]
    facts = [{"case": one.case, "by": one.by.value, "item": one.item} for one in found]
    return Answer({"found": facts}, [Table(("case", "by", "item"), rows, empty="No case names this.")])


@command(case, "assign")
@click.argument("text", metavar="ID")
@click.argument("name", required=False)
@click.option("--nobody", is_flag=True, help="Let anybody take it again.")
def assign_case(shell: Shell, text: str, name: str | None, *, nobody: bool) -> Answer:
    """Give a case to a person who may decide it; nobody else is given it then. ID is as for `safehold case show`."""
    if (name is None) != nobody:
        raise click.UsageError("give either a name or --nobody", click.get_current_context())
    from safehold.wiring.casework import open_cases

    with shell.workshop() as workshop:
        cases = open_cases(workshop)
        case_id = case_meant(cases, text)
        if name is not None:
            _require_reviewer(workshop, name, cases.show(case_id))
        cases.assign(case_id, name or "", actor=workshop.actor)
        found = cases.show(case_id)
    return Answer({"case": case_facts(found)}, [f"case {found.id} is now for: {found.assignee or 'anybody'}"])


@command(case, "escalate")
@click.argument("text", metavar="ID")
@click.option("--reason", required=True, help="Why, in one word; recorded.")
@click.option("--danger", "is_danger", is_flag=True, help="There may be danger to life: it comes before everything.")
def escalate_case(shell: Shell, text: str, reason: str, *, is_danger: bool) -> Answer:
    """Ask for a specialist, whatever a case is about and however far it is. ID is as for `safehold case show`."""
    from safehold.cases import Priority
    from safehold.cases.enforcement.danger import DangerKind
    from safehold.wiring.casework import open_cases, open_dangers

    with shell.workshop() as workshop:
        cases = open_cases(workshop)
        case_id = case_meant(cases, text)
        priority = Priority.DANGER if is_danger else Priority.URGENT
        with workshop.home.database.writing() as connection:
            cases.escalate(case_id, reason, actor=workshop.actor, priority=priority, connection=connection)
            if is_danger:
                open_dangers(workshop).open(acting(workshop), case_id, connection, kind=DangerKind.CHILD)
        found = cases.show(case_id)
    return Answer({"case": case_facts(found)}, [f"case {found.id} waits in {found.queue}, priority {priority.value}"])


@command(case, "attended")
@click.argument("text", metavar="ID")
def attend_to_case(shell: Shell, text: str) -> Answer:
    """Say that what a case was escalated for is attended to: it goes back to where its items say that it is.

    Where a danger to life is open in it, close that first: safehold danger close. ID is as for `safehold case show`.
    """
    from safehold.cases import Ability
    from safehold.cli.staff import person_of
    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        casework, person = open_casework(workshop), person_of(workshop)
        if not person.can(Ability.SECOND_REVIEW):
            raise UnfitAssigneeError("your roles don't let you do this", advice="Ask a specialist or a quality lead.")
        case_id = case_meant(casework.cases, text)
        if any(one.is_open for one in casework.dangers.of_case(case_id)):
            raise DangerStillOpenError(
                "a danger to life is open in this case", advice="Close it first: safehold danger close ID OUTCOME"
            )
        if not casework.cases.attended(case_id, actor=person.name):
            raise UnclearCaseError("this case is not escalated", advice="Look at it: safehold case show ID")
        found = casework.cases.show(case_id)
    return Answer({"case": case_facts(found)}, [f"case {found.id} is {found.state.value}"])


def _require_reviewer(workshop: "Workshop", name: str, found: "Case") -> None:
    """Refuse to give a case to somebody who could never take it.

    Raises:
        UnfitAssigneeError: nobody of this name is let in, or their roles don't let them decide it.
    """
    from safehold.cases.store.changes import WAITING
    from safehold.cli.staff import person_named
    from safehold.wiring.entrance import queues_of

    person = person_named(workshop, name)
    if person is None:
        raise UnfitAssigneeError(
            "nobody of this name is let into the console", advice="List its users with: safehold user list"
        )
    admitting = {queue.name for queue in queues_of(workshop.settings) if queue.admits(person)}
    if not admitting or (found.state in WAITING and found.queue not in admitting):
        raise UnfitAssigneeError(
            "their roles don't let them decide this case",
            advice="Give it to somebody who works where it waits; safehold user list shows roles.",
        )


# Commands that have files of their own:
case.add_command(open_case)
for _declared in (
    decide,
    reverse,
    approve_signals,
    list_decisions,
    show_agreement,
    place_golden,
    export_case,
    verify_export,
    disclose_export,
    recipient_key,
):
    case.add_command(_declared)
