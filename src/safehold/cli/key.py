"""``safehold key``: the API keys that programs show to the service."""

import datetime as dt
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command

if TYPE_CHECKING:
    from safehold.service.keys import Key, KeyRing
    from safehold.wiring import Workshop

_SCOPES = ("check", "report", "operator", "policy", "metrics", "enforcement")


@click.group("key")
def key() -> None:
    """Make, list and revoke the API keys of the service."""


@command(key, "create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    default=("check",),
    show_default=True,
    help="What it may do; may be given several times.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="After how many days it expires; never by default.")
@click.option("--per-second", type=click.IntRange(1, 1_000_000), help="How many requests a second one process answers.")
def create_key(shell: Shell, name: str, scopes: tuple[str, ...], days: int | None, per_second: int | None) -> Answer:
    """Make an API key. It is shown now and never again: only its digest is kept."""
    from safehold.gateway import Scope

    with shell.workshop() as workshop:
        expires_at = None if days is None else workshop.home.clock.now() + dt.timedelta(days=days)
        made, token = _ring(workshop).create(
            name, map(Scope, scopes), expires_at=expires_at, per_second=per_second, actor=workshop.actor
        )
    said = [token.written, "Keep it now: it is shown only once."]
    return Answer({"key": token.written, **_told(made)}, said)


@command(key, "list")
def list_keys(shell: Shell) -> Answer:
    """List the keys, without what proves them."""
    with shell.workshop() as workshop:
        now = workshop.home.clock.now()
        keys = [(one, one.is_valid(now)) for one in _ring(workshop).all()]
    rows = [
        (one.name, " ".join(_scopes(one)), "valid" if valid else "refused", _day(one.last_used_at))
        for one, valid in keys
    ]
    table = Table(("name", "scopes", "state", "last used"), rows, empty="no keys; make one: safehold key create NAME")
    return Answer({"keys": [{**_told(one), "valid": valid} for one, valid in keys]}, [table])


@command(key, "revoke")
@click.argument("name")
def revoke_key(shell: Shell, name: str) -> Answer:
    """Refuse a key from now on; services that run do so within a second."""
    with shell.workshop() as workshop:
        revoked = _ring(workshop).revoke(name, actor=workshop.actor)
    return Answer(_told(revoked), [f"{revoked.name} is refused from now on"])


def _ring(workshop: "Workshop") -> "KeyRing":
    from safehold.service.keys import KeyRing

    return KeyRing(workshop.home.database, workshop.ledger, workshop.home.clock)


def _told(one: "Key") -> dict[str, object]:
    return {
        "name": one.name,
        "id": one.id,
        "scopes": _scopes(one),
        "per_second": one.per_second,
        "created_at": one.created_at.isoformat(),
        "expires_at": None if one.expires_at is None else one.expires_at.isoformat(),
        "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
        "last_used_at": None if one.last_used_at is None else one.last_used_at.isoformat(),
    }


def _scopes(one: "Key") -> list[str]:
    return sorted(scope.value for scope in one.scopes)


def _day(moment: dt.datetime | None) -> str:
    return "never" if moment is None else moment.strftime("%Y-%m-%d %H:%M")
