"""``safehold vault ask|requests|grant``: the opening ceremony, custodians' side of it on machines of their own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.meaning import evidence_meant
from safehold.cli.target import NEW_FILE, new_file
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.cases.evidence import Opening
    from safehold.vault import CustodianKey
    from safehold.vault.granting import Grant, Request

SHORTEST_NAME = 16
"""Digits of the review key that a custodian must name: 64 bits, as `safehold vault review-key` shows them."""


class WrongReviewKeyError(UsageError):
    """A request names another review key than the custodian knows."""


@command(None, "ask")
@click.argument("evidence_id", metavar="ID")
@click.option("--case", required=True, help="The case that the evidence belongs to.")
@click.option("--purpose", required=True, help="Why, in one word; recorded.")
@click.option(
    "--minutes", type=click.IntRange(1, 480), default=60, show_default=True, help="How long it is to stay open."
)
def ask(shell: Shell, evidence_id: str, *, case: str, purpose: str, minutes: int) -> Answer:
    """Ask two custodians to open evidence for the console's reviewing view, for a stated time.

    Who asks is never one of the two. ID is as `safehold vault list` shows it.
    """
    from safehold.cases import Person, Role
    from safehold.wiring.casework import open_openings

    with shell.workshop() as workshop:
        person = Person(workshop.actor, frozenset({Role.SPECIALIST}))
        whole_id = evidence_meant(evidence_id, workshop.vault.list())
        made = open_openings(workshop).request(person, whole_id, case=case, purpose=purpose, seconds=minutes * 60)
    said = [
        f"opening {made.id} waits for {made.needed} custodians until {made.lapses_at:%Y-%m-%d %H:%M} UTC",
        f"They take it with: safehold vault requests {made.id} --out FILE",
    ]
    return Answer({"opening": _facts(made)}, said)


@command(None, "requests")
@click.argument("opening_id", metavar="[OPENING]", required=False)
@click.option("--all", "with_ended", is_flag=True, help="Also those that nobody waits for any more.")
@click.option("--out", type=NEW_FILE, help="Write the named one to a file that custodians take to their machines.")
def requests(shell: Shell, opening_id: str | None, *, with_ended: bool, out: Path | None) -> Answer:
    """List the openings that wait for custodians or are open now, or write one to a file for them.

    Nothing in the file opens without a custodian's private key.
    """
    from safehold.cases.evidence.listing import place_of_opening
    from safehold.cases.paging import every
    from safehold.home import write_atomic
    from safehold.wiring.casework import open_openings

    if (opening_id is None) != (out is None):
        raise click.UsageError("give OPENING and --out together", click.get_current_context())
    with shell.workshop() as workshop:
        openings = open_openings(workshop)
        if opening_id is not None and out is not None:
            data = openings.package(opening_id)
            with new_file(out) as staged:
                write_atomic(staged, data)
            return Answer({"opening": opening_id, "file": str(out)}, [f"request written to {out}"])
        found = list(every(lambda after: openings.list(is_running=not with_ended, after=after), place_of_opening))
    columns = ("opening", "state", "evidence", "case", "purpose", "asked by", "granted by", "until (UTC)")
    table = Table(columns, [_line(one) for one in found], empty="No opening waits for custodians.")
    return Answer({"openings": [_facts(one) for one in found]}, [table])


@command(None, "grant")
@click.argument("target", metavar="OPENING|FILE")
@click.option("--key", type=EXISTING_FILE, help="Your private key file; it stays on this machine.")
@click.option("--passphrase-file", "words", type=EXISTING_FILE, help="Of a key that is encrypted.")
@click.option("--review-key", "digits", help="The console's review key as you know it: 16 digits of it or more.")
@click.option("--out", type=NEW_FILE, help="Where your grant goes; hand that file in.")
def grant(
    shell: Shell, target: str, *, key: Path | None, words: Path | None, digits: str | None, out: Path | None
) -> Answer:
    """Grant an opening, as one of its custodians: unseal your share, and seal it again to the review key.

    With a request's FILE on a machine of your own, name the review key that you were told, and --out; then hand the
    grant in with the console, or with this command and the grant's FILE where the home is. With the id of an OPENING,
    all of it happens here.
    """
    path = Path(target)
    if not path.is_file():
        return _grant_here(shell, target, _private(key, words), digits)
    data = path.read_bytes()
    if key is None:
        return _hand_in(shell, data)
    if out is None or digits is None:
        raise click.UsageError("a request's file needs --review-key and --out", click.get_current_context())
    from safehold.home import write_atomic
    from safehold.vault.granting import Request

    request = Request.from_bytes(data)
    made = _made(request, _private(key, words), digits)
    with new_file(out) as staged:
        write_atomic(staged, made.to_bytes())
    return Answer({"opening": made.opening, "file": str(out)}, [*_terms(request), f"granted; hand in: {out}"])


def _grant_here(shell: Shell, opening: str, key: "CustodianKey", digits: str | None) -> Answer:
    from safehold.vault.granting import Request
    from safehold.wiring.casework import open_openings

    with shell.workshop() as workshop:
        request = Request.from_bytes(open_openings(workshop).package(opening))
    given = _made(request, key, digits or request.terms.review_key)
    answer = _hand_in(shell, given.to_bytes())
    return Answer(answer.data, [*_terms(request), *answer.shown])


def _hand_in(shell: Shell, data: bytes) -> Answer:
    from safehold.cases import Person, Role
    from safehold.vault.granting import Grant
    from safehold.wiring.casework import open_openings

    with shell.workshop() as workshop:
        person = Person(workshop.actor, frozenset({Role.CUSTODIAN}))
        found = open_openings(workshop).grant(person, Grant.from_bytes(data))
    left = found.needed - len(found.granted_by)
    said = "It is open now." if left <= 0 else f"It waits for {left} more."
    return Answer(
        {"opening": _facts(found)}, [f"opening {found.id} is granted by {', '.join(found.granted_by)}. {said}"]
    )


def _private(key: Path | None, words: Path | None) -> "CustodianKey":
    from safehold.vault import read_custodian_key
    from safehold.vault.passphrase import read_passphrase

    if key is None:
        raise click.UsageError("give your private key: --key FILE", click.get_current_context())
    return read_custodian_key(key, () if words is None else (read_passphrase(words),))


def _made(request: "Request", key: "CustodianKey", digits: str) -> "Grant":
    """Return a grant, once the review key is the one that the custodian knows."""
    from safehold.vault.granting import grant as grant_share

    if len(digits) < SHORTEST_NAME or not request.terms.review_key.startswith(digits.lower()):
        raise WrongReviewKeyError(
            "the request names another review key than you do: nothing was granted",
            advice=f"Ask who runs the console, by another way, for at least {SHORTEST_NAME} digits of its review key.",
        )
    return grant_share(request, key)


def _terms(request: "Request") -> list[str]:
    terms = request.terms
    return [
        f"opening {terms.opening}: {terms.requester} asks to open {terms.evidence[:12]} of {terms.case}",
        f"purpose {terms.purpose}, for {terms.seconds // 60} minutes; {terms.needed} custodians must grant it",
    ]


def _line(one: "Opening") -> tuple[str, ...]:
    until = one.expires_at or one.lapses_at
    return (
        one.id,
        one.state.value,
        one.evidence[:12],
        one.case,
        one.purpose,
        one.requester,
        ", ".join(one.granted_by) or "nobody",
        f"{until:%Y-%m-%d %H:%M}",
    )


def _facts(one: "Opening") -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state.value,
        "evidence": one.evidence,
        "case": one.case,
        "purpose": one.purpose,
        "requester": one.requester,
        "needed": one.needed,
        "granted_by": list(one.granted_by),
        "seconds": one.seconds,
        "lapses_at": one.lapses_at.isoformat(),
        "expires_at": None if one.expires_at is None else one.expires_at.isoformat(),
        "single_operator": one.is_single_operator,
        "review_key": one.review_key,
    }
