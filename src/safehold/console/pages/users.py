"""Users and roles, for who manages them: who there is, what their roles are, who is let in no more.

Nobody changes their own roles, disables or resets themselves. A one-time password is shown once, on the page that
answers; it is in no address, cookie or log.
"""

from starlette.responses import Response

from safehold.cases import Ability, Person, Role
from safehold.console.errors import RefusedError
from safehold.console.page import Entry, Page
from safehold.console.pages.asking import accounts_of
from safehold.console.pages.signing_in import sentence
from safehold.console.users import User
from safehold.console.users.errors import UserError, UserUnknownError
from safehold.console.visit import PageVisit

USERS = "/users"
_REFUSED = 409


def list_users(visit: PageVisit) -> Response:
    """Show every user with their roles."""
    return visit.page("users/list.html", users=accounts_of(visit).users.list(), is_stepped_up=visit.is_stepped_up)


def new_user(visit: PageVisit) -> Response:
    """Ask for a name and roles."""
    return _new(visit, {})


def create_user(visit: PageVisit) -> Response:
    """Make a user, and show the one-time password once."""
    name = visit.form.get("name", "").strip()
    try:
        user, password = accounts_of(visit).users.create(name, _roles(visit), actor=visit.person.name)
    except UserError as error:
        return _new(visit, {"name": f"{sentence(error)} {error.advice}"})
    return _handed(visit, user, password)


def show_user(visit: PageVisit) -> Response:
    """Show a user, and what can be changed."""
    return _shown(visit, _named(visit), {})


def change_roles(visit: PageVisit) -> Response:
    """Give somebody other roles; it counts from their next request on."""
    user = _somebody_else(visit)
    try:
        accounts_of(visit).users.set_roles(user.name, _roles(visit), actor=visit.person.name, seen=_seen(visit))
    except UserError as error:
        return _shown(visit, user, {"roles": f"{sentence(error)} {error.advice}"})
    left = Person(user.name, _roles(visit))
    if not (left.can(Ability.REVIEW) or left.can(Ability.SECOND_REVIEW)):
        _free_cases(visit, user)
    return visit.go(f"{USERS}/{user.name}", notice="The roles are changed. They count from the next request on.")


def disable_user(visit: PageVisit) -> Response:
    """Let somebody in no more."""
    user = _somebody_else(visit)
    try:
        accounts_of(visit).users.disable(user.name, actor=visit.person.name, seen=_seen(visit))
    except UserError as error:
        return _shown(visit, user, {"roles": f"{sentence(error)} {error.advice}"})
    _free_cases(visit, user)
    return visit.go(f"{USERS}/{user.name}", notice="They are let in no more; every session of theirs has ended.")


def enable_user(visit: PageVisit) -> Response:
    """Let somebody in again."""
    user = _somebody_else(visit)
    try:
        accounts_of(visit).users.enable(user.name, actor=visit.person.name, seen=_seen(visit))
    except UserError as error:
        return _shown(visit, user, {"roles": f"{sentence(error)} {error.advice}"})
    return visit.go(f"{USERS}/{user.name}", notice="They are let in again.")


def reset_user(visit: PageVisit) -> Response:
    """Give somebody a new start, and show the one-time password once."""
    user = _somebody_else(visit)
    try:
        password = accounts_of(visit).users.reset(user.name, actor=visit.person.name, seen=_seen(visit))
    except UserError as error:
        return _shown(visit, user, {"roles": f"{sentence(error)} {error.advice}"})
    return _handed(visit, user, password)


def _free_cases(visit: PageVisit, user: User) -> None:
    """Let anybody take the cases that were given to somebody who decides none any more."""
    if visit.console.casework is not None:
        visit.console.casework.cases.free(user.name, actor=visit.person.name)


def _new(visit: PageVisit, errors: dict[str, str]) -> Response:
    return visit.page(
        "users/new.html",
        status=_REFUSED if errors else 200,
        errors=errors,
        name=visit.form.get("name", ""),
        chosen=_roles(visit),
    )


def _shown(visit: PageVisit, user: User, errors: dict[str, str]) -> Response:
    accounts = accounts_of(visit)
    user = accounts.users.show(user.name)  # as they are now, where somebody else changed them
    return visit.page(
        "users/show.html",
        status=_REFUSED if errors else 200,
        errors=errors,
        user=user,
        chosen=user.roles,
        is_own=user.name == visit.person.name,
        is_stepped_up=visit.is_stepped_up,
        sessions=accounts.sessions.count(user.name),
        factors=len(accounts.factors.list(user.name)),
    )


def _handed(visit: PageVisit, user: User, password: str) -> Response:
    days = accounts_of(visit).rules.passwords.one_time_seconds // 86_400
    return visit.page("users/password.html", user=user, password=password, days=days)


def _named(visit: PageVisit) -> User:
    try:
        return accounts_of(visit).users.show(visit.path["name"])
    except UserUnknownError as error:
        raise visit.missing() from error


def _somebody_else(visit: PageVisit) -> User:
    """Return the user that a page is about, who is not who asks.

    Raises:
        RefusedError: it is.
    """
    user = _named(visit)
    if user.name == visit.person.name:
        raise RefusedError(403, "Nobody changes their own account here", advice="Ask somebody else who manages users.")
    return user


def _seen(visit: PageVisit) -> int:
    """Return which version of the user the form was made of."""
    return visit.number("version", least=1)


def _roles(visit: PageVisit) -> frozenset[Role]:
    """Return the roles that a form names; what is none is left out."""
    known = {role.value: role for role in Role}
    return frozenset(known[word] for word in visit.fields("role") if word in known)


_MANAGES = Ability.MANAGE_USERS

PAGES = (
    Page("GET", USERS, list_users, needs=_MANAGES),
    Page("POST", USERS, create_user, needs=_MANAGES, entry=Entry.STEPPED_UP),
    Page("GET", "/users/new", new_user, needs=_MANAGES, entry=Entry.STEPPED_UP),
    Page("GET", "/users/{name}", show_user, needs=_MANAGES),
    Page("POST", "/users/{name}/roles", change_roles, needs=_MANAGES, entry=Entry.STEPPED_UP),
    Page("POST", "/users/{name}/disable", disable_user, needs=_MANAGES, entry=Entry.STEPPED_UP),
    Page("POST", "/users/{name}/enable", enable_user, needs=_MANAGES, entry=Entry.STEPPED_UP),
    Page("POST", "/users/{name}/reset", reset_user, needs=_MANAGES, entry=Entry.STEPPED_UP),
)
