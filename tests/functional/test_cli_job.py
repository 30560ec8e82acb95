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


def test_a_job_that_was_taken_note_of_stays_and_is_not_tried_again_with_the_others(call: Call, home: Path) -> None:
    with open_workshop(home) as workshop:
        outbox = Outbox(workshop.home.database, workshop.home.clock)
        with workshop.home.database.writing() as connection:
            outbox.enqueue(connection, "webhook.deliver", {"item": "item_1"})
        (job,) = outbox.lease({"webhook.deliver"}, 60)
        outbox.failed(job, "OSError", for_good=True)
    assert call("job", "ack", job.id, "--reason", "endpoint gone").code == 2
    assert call("job", "ack", "nothing", "--reason", "endpoint-gone").code == 2
    assert call("job", "ack", job.id, "--reason", "endpoint-gone").data == {"acknowledged": job.id}
    (told,) = call("job", "list").data["given_up"]
    assert told["acknowledged"]["reason"] == "endpoint-gone"
    assert call("job", "retry").data["retried"] == []
    assert call("job", "retry", job.id).data["retried"] == [job.id]
