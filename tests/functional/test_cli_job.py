"""`safehold job`: work of every kind that was given up is listed, and tried again."""

from pathlib import Path

from tests.functional.conftest import Call

from safehold.home.outbox import Outbox
from safehold.wiring import open_workshop


def test_jobs_of_every_kind_that_were_given_up_are_listed_and_tried_again(call: Call, home: Path) -> None:
    with open_workshop(home) as workshop:
        outbox = Outbox(workshop.home.database, workshop.home.clock)
        with workshop.home.database.writing() as connection:
            for kind in ("evidence.preserve", "webhook.deliver"):
                outbox.enqueue(connection, kind, {"item": "item_1"})
        for job in outbox.lease({"evidence.preserve", "webhook.deliver"}, 60):
            outbox.failed(job, "OSError", for_good=True)
    listed = call("job", "list").data["given_up"]
    assert {(one["kind"], one["reason"], one["tries"]) for one in listed} == {
        ("evidence.preserve", "OSError", 1),
        ("webhook.deliver", "OSError", 1),
    }
    (evidence,) = [one["id"] for one in listed if one["kind"] == "evidence.preserve"]
    assert call("job", "retry", "--kind", "evidence.preserve").data["retried"] == [evidence]
    assert call("job", "retry", evidence).code == 2, "it waits already"
    assert len(call("job", "retry").data["retried"]) == 1
    assert call("job", "list").data == {**call("job", "list").data, "given_up": [], "waiting": 2}
