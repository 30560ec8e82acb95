"""Queues as the rules name them: every case has one, and what can't be meant is refused with its line."""

from typing import Any

import pytest
import yaml

from safehold.cases import Origin, Priority, Role, SubjectKind
from safehold.cases.case import CaseState
from safehold.cases.queues import QUEUES
from safehold.cases.queues.definition import first_queue, route
from safehold.cases.rules import CaseRules, CaseRulesError, default_rules, default_source, parse_rules

SHIPPED = yaml.safe_load(default_source())["queues"]
OPEN = {"name": "mine", "title": "Mine", "subjects": ["link"]}


def rules_with(queues: Any) -> CaseRules:
    tree = yaml.safe_load(default_source())
    if queues is None:
        del tree["queues"]
    else:
        tree["queues"] = queues
    return parse_rules(yaml.safe_dump(tree, sort_keys=False), called="made up")


def test_the_shipped_file_names_the_queues_of_an_installation_without_one() -> None:
    assert default_rules().queues == rules_with(None).queues == QUEUES


def test_queues_of_ones_own_stand_in_the_order_of_the_file() -> None:
    told = OPEN | {
        "origins": ["hand", "exchange"],
        "roles": ["specialist"],
        "lease_minutes": 40,
        "labels": ["grooming"],
    }
    queues = rules_with([*SHIPPED[:3], told, *SHIPPED[3:]]).queues
    assert [queue.name for queue in queues[:5]] == ["danger", "escalated", "second-review", "mine", "reports"]
    mine = queues[3]
    assert mine.lease_seconds == 2400.0
    assert mine.roles == {Role.SPECIALIST}
    wanted = {"priority": Priority.NORMAL}
    for label, name in (("grooming", "mine"), ("", "others")):
        assert first_queue(queues, Origin.EXCHANGE, SubjectKind.LINK, label=label, **wanted).name == name


def test_escalated_cases_may_wait_apart_by_how_urgent_they_are() -> None:
    urgent = {"name": "urgent", "title": "Urgent", "state": "escalated", "priorities": ["urgent"]}
    queues = rules_with([SHIPPED[0], urgent, *SHIPPED[1:]]).queues
    for priority, name in ((Priority.URGENT, "urgent"), (Priority.LOW, "escalated"), (Priority.DANGER, "danger")):
        assert route(queues, CaseState.ESCALATED, first="others", priority=priority) == name


@pytest.mark.parametrize(
    ("queues", "why"),
    [
        ([], "at least 1"),
        ([*SHIPPED, OPEN], "nothing ever reaches the queue mine"),
        (SHIPPED[:-1], "no queue takes what is open"),
        (SHIPPED[1:], "one queue is for danger to life"),
        ([SHIPPED[0], *SHIPPED[2:]], "no queue takes what is escalated"),
        ([*SHIPPED[:2], *SHIPPED[3:]], "no queue takes what is second_review"),
        ([OPEN | {"name": "danger"}, *SHIPPED], "two queues have the name danger"),
        ([SHIPPED[0] | {"heeds_rest": True}, *SHIPPED[1:]], "one queue is for danger to life"),
        ([SHIPPED[0] | {"state": "open"}, *SHIPPED[1:]], "state must be escalated"),
        ([OPEN | {"heeds_rest": False}, *SHIPPED], "somebody who is to rest"),
        ([OPEN | {"state": "closed"}, *SHIPPED], "in no other state"),
        ([OPEN | {"state": "escalated"}, *SHIPPED], "for first decisions alone"),
        ([OPEN | {"roles": ["auditor"]}, *SHIPPED], "the role auditor decides no cases"),
        ([OPEN | {"roles": ["quality_lead"]}, *SHIPPED], "the role quality_lead decides no cases that are open"),
        ([OPEN | {"lease_minutes": 0}, *SHIPPED], "greater than or equal to 1"),
        ([OPEN | {"lease": 5}, *SHIPPED], "unknown key"),
        ([OPEN | {"name": "Not A Name"}, *SHIPPED], "can't stand here"),
    ],
)
def test_queues_that_would_lose_a_case_or_a_break_are_refused_with_their_line(queues: Any, why: str) -> None:
    with pytest.raises(CaseRulesError, match=rf"made up, line \d+.*{why}"):
        rules_with(queues)
