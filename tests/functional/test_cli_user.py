"""``safehold user``, through the command line."""

import re
from typing import Any

from safehold.cases import Role
from safehold.cli.user import _ROLES

Call = Any


def test_a_user_is_made_listed_given_other_roles_disabled_enabled_and_given_a_new_start(call: Call) -> None:
    made = call("user", "create", "amira", "--role", "reviewer", "--role", "specialist")
    assert made.code == 0
    assert re.fullmatch(r"(?:[2-9a-z]{5}-){3}[2-9a-z]{5}", made.data["password"])
    listed = call("user", "list").data["users"]
    assert [(one["name"], one["roles"], one["state"]) for one in listed] == [
        ("amira", ["reviewer", "specialist"], "active")
    ]
    assert made.data["password"] not in str(listed)
    assert call("user", "roles", "amira", "--role", "auditor").data["roles"] == ["auditor"]
    assert call("user", "disable", "amira").data["state"] == "disabled"
    assert call("user", "enable", "amira").data["state"] == "active"
    again = call("user", "reset", "amira").data["password"]
    assert again != made.data["password"]
    assert call("ledger", "verify").code == 0


def test_what_can_not_be_is_refused_with_what_to_do(call: Call) -> None:
    for arguments in (
        ("create", "Amira", "--role", "reviewer"), ("create", "amira"), ("create", "amira", "--role", "king"),
        ("disable", "nobody"), ("reset", "nobody"), ("roles", "nobody", "--role", "auditor"),
    ):  # fmt: skip
        refused = call("user", *arguments)
        assert refused.code == 2
        assert refused.data["error"]["advice"]


def test_every_role_can_be_given() -> None:
    assert list(_ROLES) == [role.value for role in Role]
