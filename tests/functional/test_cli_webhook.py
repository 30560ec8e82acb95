"""`safehold webhook`: register, list, revoke, and try again."""

from collections.abc import Callable
from pathlib import Path

from tests.functional.conftest import Call

from safehold.service.webhooks.sandbox import Mood, Receiver
from safehold.service.webhooks.setup import courier_of, endpoints_of
from safehold.settings import load_settings
from safehold.wiring import open_workshop


def test_webhooks_are_registered_listed_and_revoked(call: Call, shown: Callable[..., tuple[int, str]]) -> None:
    made = call("webhook", "create", "mine", "https://example.org/hook")
    assert (made.code, made.data["name"], made.data["revoked_at"]) == (0, "mine", None)
    assert made.data["public_key"].startswith("whpk_")
    listed = call("webhook", "list").data
    assert [one["name"] for one in listed["webhooks"]] == ["mine"]
    assert (listed["public_key"], listed["given_up"]) == (made.data["public_key"], [])
    assert call("webhook", "revoke", "mine").data["revoked_at"] is not None
    assert call("webhook", "create", "mine", "https://example.org/").code == 2
    assert call("webhook", "create", "other", "ftp://example.org/").code == 2
    assert call("webhook", "revoke", "nobody").code == 2
    assert "revoked" in shown("webhook", "list")[1]


def test_a_delivery_that_was_given_up_is_listed_and_tried_again(call: Call, home: Path) -> None:
    public_key = call("webhook", "create", "first", "https://example.org/").data["public_key"]
    with Receiver([public_key]) as receiver:
        receiver.moods.append(Mood.GONE)
        call("webhook", "create", "mine", receiver.url)
        with open_workshop(home) as workshop:
            settings = load_settings(home, {"SAFEHOLD_WEBHOOK_NETWORKS": "127.0.0.0/8"})
            courier = courier_of(workshop.home, workshop.ledger, settings)
            with workshop.home.database.writing() as connection:
                endpoints_of(workshop.home, workshop.ledger).announce(connection, "mine", check="chk_1", state="done")
            assert courier.deliver_due() == 0
            (lost,) = call("webhook", "list").data["given_up"]
            assert (lost["webhook"], lost["reason"], lost["tries"]) == ("mine", "status_410", 1)
            assert call("webhook", "retry", "job_nobody").code == 2
            assert call("webhook", "retry").data["retried"] == [lost["id"]]
            assert courier.deliver_due() == 1
        assert [delivered.id for delivered in receiver.taken] == [lost["id"]]
    assert call("webhook", "retry").data["retried"] == []
