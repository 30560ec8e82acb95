"""``safehold appeal``: what people write against measures, and what another person makes of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.enforcement import REASONS, acting, appeals_of

if TYPE_CHECKING:
    import datetime as dt

    from safehold.cases.enforcement.appeals import Appeal

_OUTCOMES = click.Choice(["granted", "reduced", "upheld"])
_LISTED = click.IntRange(1, 1000)


@click.group("appeal")
def appeal() -> None:
    """See appeals and decide them; nobody decides one against their own work."""


@command(appeal, "list")
@click.option("--all", "with_decided", is_flag=True, help="Also those that are decided.")
@click.option("--limit", type=_LISTED, default=100, show_default=True, help="How many at most.")
def list_appeals(shell: Shell, *, with_decided: bool, limit: int) -> Answer:
    """List the appeals that wait, what is due first at the start."""
    with shell.workshop() as workshop:
        found = appeals_of(workshop).list(with_decided=with_decided, limit=limit)
        now = workshop.home.clock.now()
    rows = [(one.id, one.state.value, one.enforcement, _due(one, now), one.taken_by) for one in found]
    table = Table(("id", "state", "against", "due (UTC)", "with"), rows, empty="No appeal waits.")
    return Answer({"appeals": [_facts(one, now) for one in found]}, [table])


@command(appeal, "show")
@click.argument("appeal_id", metavar="ID")
@click.option(
    "--review-key", "key", type=EXISTING_FILE, help="The review key's private half: opens what was written; recorded."
)
def show_appeal(shell: Shell, appeal_id: str, key: Path | None) -> Answer:
    """Show an appeal; with the review key also what the person wrote."""
    from safehold.cases.enforcement.appeals import AppealId
    from safehold.gateway.reports.sealing import open_note
    from safehold.vault.review import read_review_key

    with shell.workshop() as workshop:
        appeals = appeals_of(workshop)
        found, now = appeals.show(AppealId(appeal_id)), workshop.home.clock.now()
        secret = None if key is None else read_review_key(key).secret
        sealed = b"" if secret is None else appeals.statement(acting(workshop), found.id)
        told = open_note(sealed, secret) if secret is not None and sealed else None
    facts = _facts(found, now)
    rows = [(name, str(value)) for name, value in {**facts, **(told or {})}.items() if value not in {None, ""}]
    is_sealed = told is None and found.has_statement
    hint = ["What was written is sealed: --review-key opens it."] if is_sealed else []
    return Answer({"appeal": facts, "written": told}, [Table(("field", "value"), rows), *hint])


@command(appeal, "decide")
@click.argument("appeal_id", metavar="ID")
@click.argument("outcome", type=_OUTCOMES)
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why.")
def decide_appeal(shell: Shell, appeal_id: str, outcome: str, reason: str) -> Answer:
    """Decide: granted lifts all that followed from the decision, reduced the measure alone, upheld nothing."""
    from safehold.cases.enforcement import Reason
    from safehold.cases.enforcement.appeals import AppealId, AppealState

    with shell.workshop() as workshop:
        appeals = appeals_of(workshop)
        decided = appeals.decide(acting(workshop), AppealId(appeal_id), AppealState(outcome), Reason(reason))
        now = workshop.home.clock.now()
    return Answer({"appeal": _facts(decided, now)}, [f"appeal {decided.id} is now: {decided.state.value}"])


def _due(one: "Appeal", now: "dt.datetime") -> str:
    return f"{one.due_at:%Y-%m-%d %H:%M}" + (" OVERDUE" if one.is_overdue(now) else "")


def _facts(one: "Appeal", now: "dt.datetime") -> dict[str, object]:
    return {
        "id": one.id,
        "enforcement": one.enforcement,
        "state": one.state.value,
        "received_at": one.received_at.isoformat(),
        "received_from": one.received_from,
        "due_at": one.due_at.isoformat(),
        "overdue": one.is_overdue(now),
        "locale": one.locale,
        "taken_by": one.taken_by,
        "decided_at": None if one.decided_at is None else one.decided_at.isoformat(),
        "decided_by": one.decided_by,
        "reason": one.reason,
        "sealed": one.has_statement,
    }
