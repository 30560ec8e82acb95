"""``safehold message``: what people are shown when something is refused, and how often that was."""

from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command

if TYPE_CHECKING:
    from safehold.gateway.messages import HelpLine

_AUDIENCES = click.Choice(["self_concern", "young_person", "affected", "witness"])


@click.group("message")
def message() -> None:
    """See what people are shown when something is refused."""


@command(message, "show")
@click.argument("key", default="refused_by_policy")
@click.option("--country", default="", help="Two letters, such as GB: its services are named.")
@click.option("--locale", default="", help="A language, such as fr or pt-BR; English without it.")
@click.option("--audience", type=_AUDIENCES, help="Whom it is for; without it, everybody's sections.")
def show_message(shell: Shell, key: str, country: str, locale: str, audience: str | None) -> Answer:
    """Show a message with the services that it names, and where each of them was read."""
    from safehold.gateway.messages import Audience
    from safehold.wiring.people import open_people

    with shell.workshop() as workshop:
        catalogue = open_people(workshop).messages.catalogue
    asked = None if audience is None else Audience(audience)
    found = catalogue.resolve(key, country=country, locale=locale, audience=asked)
    shown: list[str | Table] = [found.title, found.body]
    for section in found.sections:
        rows = [(line.name, _reached(line), line.sources[0], line.read) for line in section.help_lines]
        shown.append(Table(("service", "how", "read at", "on"), rows, title=section.heading))
    sections = [
        {
            "audience": section.audience.value,
            "heading": section.heading,
            "body": section.body,
            "services": [_facts(line) for line in section.help_lines],
        }
        for section in found.sections
    ]
    facts = {"key": found.key, "country": found.country, "language": found.language, "title": found.title}
    more = {"body": found.body, "sections": sections, "reviewed": found.is_reviewed, "version": found.version}
    return Answer({**facts, **more}, shown)


@command(message, "counts")
def count_messages(shell: Shell) -> Answer:
    """Count how often messages were shown, and how many of the refused accounts were refused again."""
    from safehold.wiring.people import open_people

    with shell.workshop() as workshop:
        exposures = open_people(workshop).messages.exposures
        summary = None if exposures is None else exposures.summary()
    shown = {} if summary is None else dict(sorted(summary.shown.items()))
    accounts, again = (0, 0) if summary is None else (summary.accounts, summary.accounts_again)
    rate = None if summary is None else summary.repeat_rate
    table = Table(("message", "shown"), [(key, str(count)) for key, count in shown.items()], empty="none was shown")
    said = f"{again} of {accounts} refused accounts were refused again" + ("" if rate is None else f" ({rate:.1%})")
    return Answer({"shown": shown, "accounts": accounts, "accounts_again": again, "repeat_rate": rate}, [table, said])


def _reached(line: "HelpLine") -> str:
    return " · ".join(part for part in (line.phone, line.text, line.web) if part)


def _facts(line: "HelpLine") -> dict[str, object]:
    return {
        "id": line.id,
        "name": line.name,
        "phone": line.phone,
        "text": line.text,
        "web": line.web,
        "basis": line.basis.value,
        "sources": list(line.sources),
        "read": line.read,
    }
