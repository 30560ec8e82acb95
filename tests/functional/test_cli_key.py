"""``safehold key`` and ``safehold serve``'s refusals, through the command line."""

import re
from typing import Any

Call = Any


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(call: Call) -> None:
    made = call("key", "create", "web", "--scope", "check", "--scope", "metrics", "--days", "30")
    assert made.code == 0
    assert re.fullmatch(r"safehold_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", made.data["key"])
    listed = call("key", "list").data["keys"]
    assert [(one["name"], one["scopes"], one["valid"]) for one in listed] == [("web", ["check", "metrics"], True)]
    assert made.data["key"].rpartition("_")[2] not in str(listed)
    assert call("key", "revoke", "web").data["revoked_at"] is not None
    assert [one["valid"] for one in call("key", "list").data["keys"]] == [False]
    assert call("key", "revoke", "web").code == 2
    assert call("key", "create", "web").code == 2


def test_the_service_does_not_listen_for_others_without_tls(call: Call) -> None:
    refused = call("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - it is refused
    assert refused.code == 2
    assert "TLS" in refused.data["error"]["message"]
