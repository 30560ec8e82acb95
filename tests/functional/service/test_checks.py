"""``POST /v1/checks``: JSON and forms, at once and later, once for each idempotency key."""

import base64
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from tests.functional.service.conftest import Served

from safehold.gateway import ItemKind, Scope
from safehold.gateway.sandbox import Fault
from safehold.settings import Settings

CUBE = {"items": [{"kind": "prompt", "text": "a red cube"}]}
BALL = {"items": [{"kind": "prompt", "text": "a blue ball"}]}


def wait_for(served: Served, place: str) -> Any:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        told = served.client.get(place, headers=served.headers()).json()
        if told["state"] != "pending":
            return told
        time.sleep(0.01)
    raise AssertionError("it never ended")


def test_what_is_denied_is_told_without_which_detector_said_so(served: Served) -> None:
    told = served.post(CUBE)
    assert (told.status_code, told.json()["action"]) == (200, "deny")
    assert told.json()["items"] == [{"id": "0", "kind": "prompt", "action": "deny", "gaps": []}]


def test_an_operator_is_told_the_findings(served: Served) -> None:
    told = served.client.post("/v1/checks", json=CUBE, headers=served.headers(Scope.CHECK, Scope.OPERATOR)).json()
    assert told["items"][0]["findings"][0]["detector"] == "sandbox-table"


def test_everything_that_is_sent_reaches_the_checks(served: Served) -> None:
    items = [
        {"kind": "messages", "id": "chat", "turns": [{"role": "user", "text": "one"}, {"role": "tool", "text": "two"}]},
        {"kind": "source_image", "data": base64.b64encode(b"bytes").decode(), "file_name": "cube.png"},
        {"kind": "link", "text": "a place"},
    ]
    context = {"account": "a", "session": "s", "model": "m", "locale": "de-AT", "country": "at"}
    served.post({"items": items, **context})
    request, caller = served.checks.asked[0]
    assert [(item.kind.value, item.id) for item in request.items] == [
        ("messages", "chat"),
        ("source_image", "1"),
        ("link", "2"),
    ]
    assert [(turn.role, turn.text) for turn in request.items[0].turns] == [("user", "one"), ("tool", "two")]
    assert (request.items[1].data, request.items[1].file_name) == (b"bytes", "cube.png")
    found = request.context
    assert (found.account, found.session, found.model, found.locale, found.country) == ("a", "s", "m", "de-AT", "AT")
    assert caller.name == "web"


def test_a_form_is_read_in_order_with_its_file_names_and_context(served: Served) -> None:
    answer = served.client.post(
        "/v1/checks",
        headers=served.headers(),
        files=[
            ("prompt", (None, "a blue ball")),
            ("output_image", ("ball.png", b"\x00\r\n--bytes")),
            ("messages", (None, '[{"role": "user", "text": "hello"}]')),
            ("account", (None, "a-17")),
        ],
    )
    assert answer.status_code == 200, answer.text
    request, _ = served.checks.asked[0]
    assert [item.kind for item in request.items] == [ItemKind.PROMPT, ItemKind.OUTPUT_IMAGE, ItemKind.MESSAGES]
    assert (request.items[1].data, request.items[1].file_name) == (b"\x00\r\n--bytes", "ball.png")
    assert request.items[2].turns[0].text == "hello"
    assert request.context.account == "a-17"


@pytest.mark.parametrize("kind", ItemKind, ids=lambda kind: kind.value)
def test_every_kind_of_item_can_be_sent(served: Served, kind: ItemKind) -> None:
    item: dict[str, object] = {"kind": kind.value}
    if kind is ItemKind.MESSAGES:
        item["turns"] = [{"role": "user", "text": "hello"}]
    elif kind.is_text:
        item["text"] = "hello"
    else:
        item["data"] = base64.b64encode(b"bytes").decode()
    assert served.post({"items": [item]}).json()["items"][0]["kind"] == kind.value


def test_the_same_again_gets_the_same_answer_and_is_decided_once(served: Served) -> None:
    told = [served.post(CUBE, **{"Idempotency-Key": "one"}) for _ in range(3)]
    assert {one.text for one in told} == {told[0].text}
    assert [one.headers.get("idempotent-replayed") for one in told] == [None, "true", "true"]
    assert len(served.checks.asked) == 1


def test_the_key_may_stand_in_the_body_and_the_body_be_written_otherwise(served: Served) -> None:
    first = served.post({**CUBE, "idempotency_key": "one"})
    second = served.client.post(
        "/v1/checks",
        content=b'{ "idempotency_key":"one", "items":[ {"text":"a red cube","kind":"prompt"} ] }',
        headers=served.headers() | {"Content-Type": "application/json; charset=utf-8"},
    )
    assert second.text == first.text


def test_the_same_form_again_is_the_same_whatever_its_boundary(served: Served) -> None:
    def send() -> Any:
        files = {"output_image": ("a.png", b"bytes")}
        return served.client.post("/v1/checks", headers=served.headers() | {"Idempotency-Key": "f"}, files=files)

    assert send().text == send().text
    assert len(served.checks.asked) == 1


def test_one_key_for_two_requests_is_refused(served: Served) -> None:
    served.post(CUBE, **{"Idempotency-Key": "one"})
    other = served.post(BALL, **{"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (409, "repeated_otherwise")


def test_two_api_keys_may_use_the_same_idempotency_key(served: Served) -> None:
    served.post(CUBE, **{"Idempotency-Key": "one"})
    headers = served.headers(Scope.CHECK) | {"Idempotency-Key": "one"}
    assert served.client.post("/v1/checks", json=BALL, headers=headers).json()["action"] == "allow"


def test_what_failed_is_tried_anew_under_the_same_key(served: Served) -> None:
    served.checks.misbehave(Fault.UNREACHABLE)
    assert served.post(CUBE, **{"Idempotency-Key": "one"}).status_code == 503
    served.checks.misbehave()
    assert served.post(CUBE, **{"Idempotency-Key": "one"}).json()["action"] == "deny"


def test_a_check_for_later_is_answered_where_it_said(served: Served) -> None:
    taken = served.post({**CUBE, "mode": "async"})
    assert taken.status_code == 202
    assert taken.headers["location"] == f"/v1/checks/{taken.json()['id']}"
    told = wait_for(served, taken.headers["location"])
    assert (told["state"], told["answer"]["action"]) == ("done", "deny")


def test_a_check_for_later_is_nobody_elses(served: Served) -> None:
    place = served.post({**CUBE, "mode": "async"}).headers["location"]
    wait_for(served, place)
    assert served.client.get(place, headers=served.headers(Scope.CHECK)).status_code == 404
    assert served.client.get(place, headers=served.headers(Scope.CHECK, Scope.OPERATOR)).status_code == 200


def test_a_check_for_later_that_could_not_be_decided_is_to_be_sent_again(served: Served) -> None:
    served.checks.misbehave(Fault.UNREACHABLE)
    sent = {**CUBE, "mode": "async", "idempotency_key": "one"}
    place = served.post(sent).headers["location"]
    assert wait_for(served, place) == {"id": place.rpartition("/")[2], "state": "interrupted"}
    served.checks.misbehave()
    assert served.post(sent).headers["location"] == place
    assert wait_for(served, place)["state"] == "done"


def test_nothing_of_what_waits_is_in_the_database(served: Served) -> None:
    served.checks.misbehave(Fault.SLOW)
    served.post({"items": [{"kind": "prompt", "text": "kanarienvogel"}], "mode": "async", "idempotency_key": "kanari"})
    database = served.service.kept._database.path
    assert database is not None
    stored = b"".join(path.read_bytes() for path in database.parent.glob("safehold.db*"))
    assert b"kanari" not in stored


def test_an_unknown_webhook_is_refused_before_anything_is_decided(served: Served) -> None:
    refused = served.post({**CUBE, "mode": "async", "callback": "nobody"})
    assert (refused.status_code, refused.json()["code"]) == (422, "callback")
    assert served.checks.asked == []


def test_an_item_of_a_text_kind_without_a_text_is_refused_and_an_empty_text_is_none(served: Served) -> None:
    for item in ({"kind": "prompt"}, {"kind": "link", "text": None}, {"kind": "caption", "file_name": "a.txt"}):
        refused = served.post({"items": [item]})
        assert (refused.status_code, refused.json()["code"]) == (422, "malformed_item")
    assert served.checks.asked == []
    assert served.post({"items": [{"kind": "negative_prompt", "text": ""}]}).json()["action"] == "allow"


def test_a_form_whose_turns_are_nested_without_end_is_refused(served: Served) -> None:
    refused = served.client.post("/v1/checks", files={"messages": (None, b"[" * 100_000)}, headers=served.headers())
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


class TestAddresses:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(url_inputs=True, url_networks=("127.0.0.0/8",))

    def test_a_picture_is_fetched_where_that_is_allowed(self, served: Served) -> None:
        class Picture(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "10")
                self.end_headers()
                self.wfile.write(b"held bytes")

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Picture) as server:
            Thread(target=server.handle_request, daemon=True).start()
            told = served.post({"items": [{"kind": "image", "url": f"http://127.0.0.1:{server.server_address[1]}/"}]})
        assert told.json()["action"] == "hold"
        internal = served.post({"items": [{"kind": "image", "url": "http://169.254.169.254/latest"}]})
        assert internal.json()["code"] == "url_failed"

    def test_what_an_address_gives_anew_is_not_answered_as_what_it_gave_before(self, served: Served) -> None:
        given = iter([b"blue ball!", b"held bytes"])

        class Picture(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "10")
                self.end_headers()
                self.wfile.write(next(given))

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Picture) as server:
            Thread(target=lambda: [server.handle_request() for _ in range(2)], daemon=True).start()
            address = f"http://127.0.0.1:{server.server_address[1]}/"
            asked = {"items": [{"kind": "image", "url": address}], "idempotency_key": "once"}
            assert served.post(asked).json()["action"] == "allow"
            assert served.post(asked).json()["code"] == "repeated_otherwise"
