"""``safehold hold destroy-…``: requests to destroy evidence, which a second person approves; and the proof of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command
from safehold.cli.meaning import evidence_meant
from safehold.cli.target import NEW_FILE, new_file
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.cases import Person
    from safehold.cases.evidence import Destruction, Destructions, Waiting
    from safehold.wiring import Workshop


@command(None, "destroy-request")
@click.argument("evidence_id", metavar="ID")
@click.option("--agency", help="The reference of a law-enforcement agency's request to destroy.")
@click.option("--person", "person_reference", help="The reference of a request for erasure by whom it is about.")
@click.option("--counsel", default="", help="Counsel's reference, for --person where nothing was reported.")
def destroy_request(
    shell: Shell, evidence_id: str, *, agency: str | None, person_reference: str | None, counsel: str
) -> Answer:
    """Ask to destroy evidence; another person has to approve it (`safehold hold destroy-approve`).

    An agency's request ends only holds whose rule says so; every other hold beats it. A request for erasure waits until
    every hold has ended; nothing is destroyed by one before the duty to report is met.
    """
    from safehold.cases.evidence import Ground
    from safehold.wiring.casework import open_destructions

    if (agency is None) == (person_reference is None):
        raise click.UsageError("give either --agency or --person", click.get_current_context())
    ground = Ground.ERASURE_REQUEST if agency is None else Ground.LAW_ENFORCEMENT
    with shell.workshop() as workshop:
        whole_id = evidence_meant(evidence_id, workshop.vault.list())
        reference = agency or person_reference or ""
        made = open_destructions(workshop).ask(
            _person(workshop), whole_id, ground, reference=reference, counsel=counsel
        )
    said = f"{made.id} waits for a second person: safehold hold destroy-approve {made.id}"
    return Answer({"destruction": _facts(made)}, [said])


@command(None, "destroy-requests")
@click.option("--all", "with_done", is_flag=True, help="Also those that are refused or done.")
def destroy_requests(shell: Shell, *, with_done: bool) -> Answer:
    """List what is to be destroyed, and what stands in its way."""
    from safehold.wiring.casework import open_destructions

    with shell.workshop() as workshop:
        destructions = open_destructions(workshop)
        shown = _all(destructions) if with_done else _to_come(destructions)
        found = [(one, destructions.waiting(one)) for one in shown]
    rows = [
        (
            one.id,
            one.evidence[:12],
            one.ground.value,
            one.reference,
            one.state.value,
            one.asked_by,
            _in_the_way(waiting),
        )
        for one, waiting in found
    ]
    columns = ("request", "evidence", "ground", "reference", "state", "asked by", "waits for")
    data = [{**_facts(one), "waits_for": _in_the_way(waiting)} for one, waiting in found]
    return Answer({"destructions": data}, [Table(columns, rows, empty="Nothing is to be destroyed.")])


@command(None, "destroy-approve")
@click.argument("request_id", metavar="REQUEST")
def destroy_approve(shell: Shell, request_id: str) -> Answer:
    """Approve a request to destroy evidence, as the second person, and destroy it if nothing stands in the way."""
    from safehold.wiring.casework import open_destructions

    with shell.workshop() as workshop:
        destructions = open_destructions(workshop)
        destructions.approve(_person(workshop), request_id)
        destructions.settle()
        found = destructions.show(request_id)
        waiting = destructions.waiting(found)
    done = "destroyed: nobody can open it any more"
    said = done if found.state.value == "done" else f"approved; it waits for: {_in_the_way(waiting)}"
    return Answer({"destruction": _facts(found)}, [said])


@command(None, "destroy-refuse")
@click.argument("request_id", metavar="REQUEST")
@click.option("--reason", required=True, help="Why, in one word; recorded.")
def destroy_refuse(shell: Shell, request_id: str, reason: str) -> Answer:
    """Refuse a request to destroy evidence."""
    from safehold.wiring.casework import open_destructions

    with shell.workshop() as workshop:
        found = open_destructions(workshop).refuse(_person(workshop), request_id, reason=reason)
    return Answer({"destruction": _facts(found)}, [f"{found.id} is refused"])


@command(None, "settle")
def settle(shell: Shell) -> Answer:
    """Destroy what is due: what two people approved, and what was reported and held for its time. A worker does too."""
    from safehold.wiring.casework import open_destructions

    with shell.workshop() as workshop:
        destructions = open_destructions(workshop)
        count = destructions.settle()
        left = [one for one in _to_come(destructions) if one.state.value == "approved"]
    said = f"{counted(count, 'destruction')} carried out, {counted(len(left), 'destruction')} left waiting"
    return Answer({"done": count, "waiting": len(left)}, [said])


@command(None, "erasure-proof")
@click.argument("evidence_id", metavar="ID")
@click.option("--out", type=NEW_FILE, required=True, help="A new file; anybody can verify it offline.")
def erasure_proof(shell: Shell, evidence_id: str, out: Path) -> Answer:
    """Write the proof that evidence was erased: on what it rested, the mark of its shares, signed events.

    Verify it with: safehold case verify-export FILE --public-key KEY
    """
    from safehold.home import write_atomic
    from safehold.wiring.casework import open_destructions

    with shell.workshop() as workshop:
        whole_id = evidence_meant(evidence_id, workshop.vault.list())
        proof = open_destructions(workshop).proof(whole_id)
        with new_file(out) as staged:
            write_atomic(staged, f"{proof.to_json()}\n".encode())
    data = {"id": whole_id, "events": len(proof.events), "file": str(out), "size": proof.checkpoint.size}
    return Answer(data, [f"proof of {counted(len(proof.events), 'event')} written to {out}"])


def _all(destructions: "Destructions") -> "list[Destruction]":
    from safehold.cases.evidence.listing import place_of_destruction
    from safehold.cases.paging import every

    return list(every(lambda after: destructions.list(after=after), place_of_destruction))


def _to_come(destructions: "Destructions") -> "list[Destruction]":
    from safehold.cases.evidence.listing import place_to_come
    from safehold.cases.paging import every

    return list(every(lambda after: destructions.to_come(after=after), place_to_come))


def _person(workshop: "Workshop") -> "Person":
    from safehold.cases import Person, Role

    return Person(workshop.actor, frozenset({Role.REPORTER}))


def _in_the_way(waiting: "Waiting") -> str:
    holds = counted(len(waiting.holds), "hold") if waiting.holds else ""
    return ", ".join(filter(None, (holds, *(one.value for one in waiting.obstacles)))) or "nothing"


def _facts(one: "Destruction") -> dict[str, object]:
    return {
        "id": one.id,
        "evidence": one.evidence,
        "ground": one.ground.value,
        "reference": one.reference,
        "state": one.state.value,
        "asked_by": one.asked_by,
        "decided_by": one.decided_by or None,
        "done_at": None if one.done_at is None else one.done_at.isoformat(),
    }
