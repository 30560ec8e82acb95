"""Who decides no cases any more: what was given to them is anybody's."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safehold.cases import Role
from safehold.console.app import make_console
from safehold.console.pages import assigning as assigning_pages
from safehold.console.pages import users as users_pages

from .desk import Desk, opened_desk
from .standing import Standing, StandingSeats


@pytest.fixture(scope="module")
def whole(made_desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("whole") / "desk"
    shutil.copytree(made_desk, folder)
    with opened_desk(folder, is_whole=True) as found:
        console = replace(found.standing.console, sessions=StandingSeats())
        found.standing = Standing(
            console, make_console(console, (*users_pages.PAGES, *assigning_pages.PAGES)), found.standing.log
        )
        yield found


@pytest.mark.parametrize(("number", "step", "fields"), [(1, "disable", {}), (2, "roles", {"role": Role.AUDITOR.value})])
def test_what_was_given_to_who_is_let_in_or_decides_no_more_is_anybodys(
    whole: Desk, number: int, step: str, fields: dict[str, str]
) -> None:
    name, users = f"boris{number}", whole.standing.console.users.users
    users.create(name, [Role.REVIEWER], actor="amira")
    case = whole.case(whole.item(number), subject=f"b{number}")
    whole.casework.cases.assign(case, name, actor="lead")
    admin = whole.as_(Role.ADMIN, name="anna", stepped_up=True)
    told = {"version": str(users.show(name).version), **fields}
    assert admin.send_form(f"/users/{name}/{step}", told).status_code == 303
    assert whole.casework.cases.show(case).assignee == ""


def test_what_waits_for_a_specialist_is_given_to_nobody_who_may_not_decide_it(whole: Desk) -> None:
    users = whole.standing.console.users.users
    for name, role in (("ruth", Role.REVIEWER), ("sofia", Role.SPECIALIST)):
        users.create(name, [role], actor="amira")
    case = whole.case(whole.item(3), subject="b3")
    whole.casework.cases.escalate(case, "unsure", actor="amira")
    told = {"version": "2", "priority": "urgent"}
    lead = whole.as_(Role.QUALITY_LEAD)
    assert lead.send_form(f"/cases/{case}/assign", {**told, "name": "ruth"}).status_code == 409
    assert lead.send_form(f"/cases/{case}/assign", {**told, "name": "sofia"}).status_code == 303
    assert whole.casework.cases.show(case).assignee == "sofia"
