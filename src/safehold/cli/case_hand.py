"""``safehold case open``: open a case by hand, about an account, session, model or hash; no content is taken."""

import secrets
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer
from safehold.cli.case_facts import case_facts
from safehold.cli.command import Shell, command
from safehold.cli.enforcement import acting
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.cases import Subject
    from safehold.vocabulary import Signal
    from safehold.wiring.casework import Casework

_FORMS = click.Choice(["text", "image", "video", "audio", "file", "link", "fingerprint"])
_PRIORITIES = click.Choice(["danger", "urgent", "normal", "low"])
_REFERENCE_BYTES = 10


class UnfitCaseError(UsageError):
    """What a case should be opened about can't be recorded."""


@command(None, "open")
@click.option("--account", help="The account that it is about, as the operator calls it; kept as a keyed mark.")
@click.option("--session", help="The session, likewise.")
@click.option("--model", help="The model's name and version, as one word.")
@click.option("--hash", "hashes", multiple=True, metavar="ALGORITHM:HEX", help="A fingerprint of what it is about.")
@click.option("--form", type=_FORMS, default="fingerprint", show_default=True, help="What it is to look at.")
@click.option("--label", default="", help="What to warn of: a class of harm or a concept, one word; no severity.")
@click.option("--priority", type=_PRIORITIES, default="normal", show_default=True, help="How urgent it is.")
@click.option("--queue", default="", help="Where it waits; without it, where cases opened by hand do.")
@click.option("--reference", default="", help="A reference of your own, one word; given again it changes nothing.")
def open_case(  # noqa: PLR0913 - each is an option of its own
    shell: Shell,
    *,
    account: str | None,
    session: str | None,
    model: str | None,
    hashes: tuple[str, ...],
    form: str,
    label: str,
    priority: str,
    queue: str,
    reference: str,
) -> Answer:
    """Open a case by hand, or add to the open one of the same account, session, model or hash. No content is taken."""
    from safehold.cases import Form, NewItem, Origin, Priority
    from safehold.cases.enforcement.danger import DangerKind
    from safehold.vocabulary import Action
    from safehold.wiring.casework import open_casework

    told = [(kind, name) for kind, name in (("account", account), ("session", session), ("model", model)) if name]
    if len(told) > 1 or not (told or hashes):
        raise click.UsageError("give one of --account, --session and --model, or --hash", click.get_current_context())
    signals = tuple(map(_signal, hashes))
    name = _word(reference) if reference else secrets.token_hex(_REFERENCE_BYTES)
    with shell.workshop() as workshop:
        casework, at = open_casework(workshop), workshop.home.clock.now()
        item = NewItem(Origin.HAND, name, Form(form), "hand", Action.HOLD, at, signals=signals)
        with workshop.home.database.writing() as connection:
            case_id = casework.cases.open(
                _subject(casework, told),
                [item],
                connection,
                actor=workshop.actor,
                priority=Priority(priority),
                label=label,
                queue=queue,
            )
            if Priority(priority) is Priority.DANGER:
                casework.dangers.open(acting(workshop), case_id, connection, kind=DangerKind.CHILD)
        found = casework.cases.show(case_id)
    said = f"case {found.id}: {counted(found.items, 'item')}, {found.state.value}, waits in {found.queue}"
    return Answer({"case": case_facts(found)}, [said])


def _subject(casework: "Casework", told: "list[tuple[str, str]]") -> "Subject":
    from safehold.cases import Subject, SubjectKind

    if not told:
        return Subject(SubjectKind.NOBODY, "")
    ((kind, name),) = told
    if kind == "model":
        return Subject(SubjectKind.MODEL, _word(name))
    return Subject(SubjectKind(kind), casework.marks.of(kind, name) or "")


def _signal(text: str) -> "Signal":
    """Return the fingerprint of "sha256:HEX".

    Raises:
        UnfitCaseError: it is none.
    """
    from safehold.vocabulary import Algorithm, PdqFlavour, Signal

    name, _, digits = text.partition(":")
    try:
        algorithm, value = Algorithm(name.lower()), bytes.fromhex(digits)
    except ValueError as error:
        raise UnfitCaseError(
            "this is no fingerprint", advice="Write, for instance, sha256:HEX; also md5, sha1 and pdq are known."
        ) from error
    return Signal(algorithm, value, PdqFlavour.UNKNOWN if algorithm is Algorithm.PDQ else None)


def _word(text: str) -> str:
    from safehold.ledger import is_fit

    if not is_fit(text):
        raise UnfitCaseError(
            "a model or reference is one word: no spaces, names of files or addresses",
            advice="Use letters, digits, hyphens and underscores.",
        )
    return text
