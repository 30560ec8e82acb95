"""Who of the staff runs a command: the console's user of the same name as the machine's account, with that one's roles.

The command line proves nobody: whoever can read the home can name any actor, and can change the database anyway. Four
eyes at a command line are two where both people share an account of the machine; the console is where they are four.
"""

from typing import TYPE_CHECKING

from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.cases import Person
    from safehold.wiring import Workshop


class NotStaffError(UsageError):
    """Whoever runs the command is no user of the console, or is let in no more."""


def person_named(workshop: "Workshop", name: str) -> "Person | None":
    """Return a user of the console who is let in, with their roles; None for nobody.

    Raises:
        ServerPartsMissingError: what users are kept with is not installed.
    """
    from safehold.service.errors import ServerPartsMissingError

    try:
        from safehold.console.users import open_accounts
    except ImportError as error:
        raise ServerPartsMissingError(
            "the console's parts are not installed", advice="Install its parts: pip install 'safehold[console]'"
        ) from error
    users = open_accounts(workshop.home, workshop.ledger).users
    found = users.show(name) if users.has(name) else None
    return None if found is None or not found.is_active else found.person


def person_of(workshop: "Workshop") -> "Person":
    """Return who runs a command, with their roles.

    Raises:
        NotStaffError: they are no user of the console, or are let in no more.
        ServerPartsMissingError: what users are kept with is not installed.
    """
    found = person_named(workshop, workshop.actor)
    if found is None:
        raise NotStaffError(
            f"{workshop.actor} is no user of the console who is let in",
            advice="Have one of that name made: safehold user create NAME --role ROLE",
        )
    return found
