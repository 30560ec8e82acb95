"""``safehold case open``: a case by hand, or for an exchange's notice; no content is taken."""

import datetime as dt
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer
from safehold.cli.case_facts import case_facts
from safehold.cli.command import Shell, command
from safehold.cli.enforcement import acting
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.cases.notice import Notice
    from safehold.vocabulary import Signal

_FORMS = click.Choice(["text", "image", "video", "audio", "file", "link", "fingerprint"])
_PRIORITIES = click.Choice(["danger", "urgent", "normal", "low"])
_ORIGINS = click.Choice(["hand", "exchange"])
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"])


class UnfitCaseError(UsageError):
    """What a case should be opened about can't be recorded."""


@command(None, "open")
@click.option("--origin", type=_ORIGINS, default="hand", show_default=True, help="Who found it: you, or an exchange.")
@click.option("--exchange", default="", help="Whose notice it is: small letters, digits and hyphens.")
@click.option("--account", help="The account that it is about, as the operator calls it; kept as a keyed mark.")
@click.option("--session", help="The session, likewise.")
@click.option("--model", help="The model's name and version, as one word.")
@click.option("--link", help="An address on your service, likewise kept as a keyed mark.")
@click.option("--hash", "hashes", multiple=True, metavar="ALGORITHM:HEX", help="A fingerprint of what it is about.")
@click.option("--form", type=_FORMS, help="What it is to look at; without it, a link or a fingerprint.")
@click.option("--label", default="", help="What to warn of: a class of harm or a concept, one word; no severity.")
@click.option("--priority", type=_PRIORITIES, default="normal", show_default=True, help="How urgent it is.")
@click.option("--due", type=_TIME, help="Until when it must be decided, in UTC.")
@click.option("--queue", default="", help="Where it waits; without it, where cases of its origin do.")
@click.option("--reference", default="", help="Your reference, or the exchange's; given again it changes nothing.")
def open_case(  # noqa: PLR0913 - each is an option of its own
    shell: Shell,
    *,
    origin: str,
    exchange: str,
    account: str | None,
    session: str | None,
    model: str | None,
    link: str | None,
    hashes: tuple[str, ...],
    form: str | None,
    label: str,
    priority: str,
    due: dt.datetime | None,
    queue: str,
    reference: str,
) -> Answer:
    """Open a case about an account, session, model, link or hash, or add to its open one. No content is taken.

    An exchange's notice is told again by the exchange and its reference.
    """
    from safehold.cases import Form, Priority, SubjectKind
    from safehold.wiring.casework import open_casework
    from safehold.wiring.telling import Told, open_told

    named = {"account": account, "session": session, "model": model, "link": link}
    told = [(kind, name) for kind, name in named.items() if name]
    if len(told) > 1 or not (told or hashes):
        wanted = "give one of --account, --session, --model and --link, or --hash"
        raise click.UsageError(wanted, click.get_current_context())
    kind, name = told[0] if told else ("nobody", "")
    told_all = Told(
        about=SubjectKind(kind),
        name=_word(name) if kind == "model" else name,
        signals=tuple(map(_signal, hashes)),
        form=Form(form) if form else Form.LINK if kind == "link" else Form.FINGERPRINT,
        label=label,
        priority=Priority(priority),
        queue=queue,
        due_at=None if due is None else due.replace(tzinfo=due.tzinfo or dt.UTC),
        reference=_word(reference) if reference and not exchange else "",
        notice=_notice(origin, exchange, reference),
    )
    with shell.workshop() as workshop:
        casework = open_casework(workshop)
        case_id, _danger = open_told(casework, acting(workshop), told_all)
        found = casework.cases.show(case_id)
    said = f"case {found.id}: {counted(found.items, 'item')}, {found.state.value}, waits in {found.queue}"
    return Answer({"case": case_facts(found)}, [said])


def _notice(origin: str, exchange: str, reference: str) -> "Notice | None":
    """Return the notice that options name; None where nobody else gave one."""
    from safehold.cases.notice import Notice

    if (origin == "exchange") is not bool(exchange) or (exchange and not reference):
        wanted = "a notice has --origin exchange, --exchange and --reference"
        raise click.UsageError(wanted, click.get_current_context())
    return Notice(exchange, reference) if exchange else None


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
