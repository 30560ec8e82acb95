"""``safehold user``: who may use the console. It asks for no password: whoever can run it can read the home anyway."""

from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command

if TYPE_CHECKING:
    from safehold.console.users import Accounts, User
    from safehold.wiring import Workshop

_ROLES = (
    *("admin", "reviewer", "specialist", "quality_lead", "enforcer", "reporter", "custodian", "policy_editor"),
    *("policy_approver", "model_steward", "auditor"),
)
_KEEP = "Hand it over now: it is shown only once, and works for {days} days until they choose their own."
_role_option = click.option(
    "--role",
    "roles",
    type=click.Choice(_ROLES),
    multiple=True,
    required=True,
    help="What they are there for; may be given several times.",
)


@click.group("user")
def user() -> None:
    """Make, change and disable the users of the console."""


@command(user, "create")
@click.argument("name")
@_role_option
def create_user(shell: Shell, name: str, roles: tuple[str, ...]) -> Answer:
    """Make a user with a one-time password, which is shown now and never again.

    NAME has 2 to 32 small letters, digits, hyphens and underscores. The ledger keeps it for ever: no mail address.
    """
    from safehold.cases import Role

    with shell.workshop() as workshop:
        accounts = _accounts(workshop)
        made, password = accounts.users.create(name, map(Role, roles), actor=workshop.actor)
    return _handed(accounts, made, password)


@command(user, "list")
def list_users(shell: Shell) -> Answer:
    """List the users, without what proves them."""
    with shell.workshop() as workshop:
        users = _accounts(workshop).users.list()
    rows = [(one.name, " ".join(_roles(one)), _state(one), one.source.value, _day(one)) for one in users]
    empty = "no users; make one: safehold user create NAME --role ROLE"
    table = Table(("name", "roles", "state", "proved by", "last signed in"), rows, empty=empty)
    return Answer({"users": [_told(one) for one in users]}, [table])


@command(user, "roles")
@click.argument("name")
@_role_option
def change_roles(shell: Shell, name: str, roles: tuple[str, ...]) -> Answer:
    """Give somebody these roles in place of those they have; it counts from their next request on."""
    from safehold.cases import Ability, Role
    from safehold.wiring.casework import open_cases

    with shell.workshop() as workshop:
        changed = _accounts(workshop).users.set_roles(name, map(Role, roles), actor=workshop.actor)
        if not (changed.person.can(Ability.REVIEW) or changed.person.can(Ability.SECOND_REVIEW)):
            open_cases(workshop).free(changed.name, actor=workshop.actor)
    return Answer(_told(changed), [f"{changed.name} is now: {' '.join(_roles(changed))}"])


@command(user, "disable")
@click.argument("name")
def disable_user(shell: Shell, name: str) -> Answer:
    """Let somebody in no more, and end their sessions at once. Users are never removed: the ledger names them."""
    from safehold.wiring.casework import open_cases

    with shell.workshop() as workshop:
        disabled = _accounts(workshop).users.disable(name, actor=workshop.actor)
        open_cases(workshop).free(disabled.name, actor=workshop.actor)
    return Answer(_told(disabled), [f"{disabled.name} is let in no more"])


@command(user, "enable")
@click.argument("name")
def enable_user(shell: Shell, name: str) -> Answer:
    """Let somebody in again who was disabled."""
    with shell.workshop() as workshop:
        enabled = _accounts(workshop).users.enable(name, actor=workshop.actor)
    return Answer(_told(enabled), [f"{enabled.name} is let in again"])


@command(user, "reset")
@click.argument("name")
def reset_user(shell: Shell, name: str) -> Answer:
    """Give somebody a new start: take away password, second factors and sessions, and show a one-time password.

    Be sure that it is they who ask.
    """
    with shell.workshop() as workshop:
        accounts = _accounts(workshop)
        password = accounts.users.reset(name, actor=workshop.actor)
        fresh = accounts.users.show(name)
    return _handed(accounts, fresh, password)


def _accounts(workshop: "Workshop") -> "Accounts":
    """Return the accounts of the home.

    Raises:
        ServerPartsMissingError: what they need is not installed.
    """
    from safehold.service.errors import ServerPartsMissingError

    try:
        from safehold.console.users import open_accounts
    except ImportError as error:
        raise ServerPartsMissingError(
            "the console's parts are not installed", advice="Install its parts: pip install 'safehold[console]'"
        ) from error
    return open_accounts(workshop.home, workshop.ledger)


def _handed(accounts: "Accounts", one: "User", password: str) -> Answer:
    days = accounts.rules.passwords.one_time_seconds // 86_400
    return Answer({"password": password, **_told(one)}, [password, _KEEP.format(days=days)])


def _told(one: "User") -> dict[str, object]:
    return {
        "name": one.name,
        "roles": _roles(one),
        "state": one.state.value,
        "source": one.source.value,
        "one_time_until": None if one.one_time_until is None else one.one_time_until.isoformat(),
        "created_by": one.created_by,
        "created_at": one.created_at.isoformat(),
        "signed_in_at": None if one.signed_in_at is None else one.signed_in_at.isoformat(),
    }


def _roles(one: "User") -> list[str]:
    return sorted(role.value for role in one.roles)


def _state(one: "User") -> str:
    return f"{one.state.value}, one-time password" if one.is_active and one.must_choose_password else one.state.value


def _day(one: "User") -> str:
    return "never" if one.signed_in_at is None else one.signed_in_at.strftime("%Y-%m-%d %H:%M")
