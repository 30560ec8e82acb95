"""A real app behind the middleware, over loopback: what is refused never reaches it, and never leaves it."""

import base64
import json
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Form, Request, UploadFile
from fastapi.responses import Response, StreamingResponse
from tests.functional.guard.serving import served

from safehold.gateway.sandbox import Fault, SandboxChecks
from safehold.guard import Action, AsyncGuard, Context, GuardOptions, ItemKind, OnFailure, Surface
from safehold.guard.asgi import BodyLimits, GuardedRoute, GuardMiddleware, Part, Refused, Reply

LISTED = b"listed picture"
FINE = b"another picture"
SENTENCE = "A green cone stands on a wide table in the middle of a room. "
PROBLEM = "application/problem+json"


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def account_of(scope: Any) -> Context:
    return Context(account=dict(scope["headers"]).get(b"x-account", b"").decode())


ROUTES = [
    GuardedRoute(
        "/generate",
        takes=[Part("prompt", ItemKind.PROMPT), Part("negative_prompt", ItemKind.NEGATIVE_PROMPT, required=False)],
        gives=[Part("images[*].b64_json", ItemKind.OUTPUT_IMAGE)],
        context=account_of,
    ),
    GuardedRoute(
        "/chat/{room}", takes=[Part("messages", ItemKind.MESSAGES)], gives=[Part("text", ItemKind.OUTPUT_TEXT)]
    ),
    GuardedRoute(
        "/edit", takes=[Part("image", ItemKind.SOURCE_IMAGE), Part("prompt", ItemKind.PROMPT)], gives_body=True
    ),
    GuardedRoute("/upload", takes_body=ItemKind.IMAGE),
    GuardedRoute("/anything", takes=[Part("**", ItemKind.PROMPT)]),
    GuardedRoute(
        "/stream",
        methods=frozenset({"GET"}),
        gives_body=True,
        streams=["choices[*].delta.content"],
    ),
]


@dataclass
class Reached:
    """What reached the app, and what it is to answer."""

    bodies: list[bytes]
    answer: Any = None


def app_of(reached: Reached) -> FastAPI:
    app = FastAPI()

    @app.post("/generate")
    async def generate(request: Request) -> Any:
        reached.bodies.append(await request.body())
        if isinstance(reached.answer, Response):
            return reached.answer
        return {"images": [{"b64_json": base64_of(data)} for data in reached.answer or [FINE]]}

    @app.post("/chat/{room}")
    async def chat(room: str, request: Request) -> Any:
        reached.bodies.append(await request.body())
        return {"room": room, "text": reached.answer or "a cone"}

    @app.post("/edit")
    async def edit(image: UploadFile, prompt: Annotated[str, Form()]) -> Response:
        reached.bodies.append(await image.read() + prompt.encode())
        return Response(reached.answer or FINE, media_type="image/png")

    @app.post("/upload")
    @app.post("/anything")
    @app.post("/open")
    async def upload(request: Request) -> Any:
        reached.bodies.append(await request.body())
        return {"size": len(reached.bodies[-1])}

    @app.get("/stream")
    async def stream(kind: str = "events") -> Response:
        if kind == "text":
            return StreamingResponse(plain(reached.answer), media_type="text/plain")
        return StreamingResponse(events(reached.answer), media_type="text/event-stream")

    return app


async def plain(pieces: list[str]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece.encode()


async def events(pieces: list[Any]) -> AsyncIterator[bytes]:
    yield b": ready\n\n"
    for piece in pieces:
        told = piece if isinstance(piece, dict) else {"choices": [{"index": 0, "delta": {"content": piece}}]}
        yield f"data: {json.dumps(told)}\n\n".encode()
    yield b"data: [DONE]\n\n"


@dataclass
class World:
    """An app, its guard, and a client of it."""

    client: httpx.Client
    checks: SandboxChecks
    reached: Reached

    def kinds(self) -> list[list[str]]:
        return [[item.kind.value for item in request.items] for request, _ in self.checks.asked]


@pytest.fixture(scope="module")
def everything() -> Iterator[World]:
    table: dict[str | bytes, Action] = {"red cube": Action.DENY, "blue ball": Action.HOLD, LISTED: Action.DENY}
    checks, reached = SandboxChecks(table), Reached([])
    guard = AsyncGuard.around(checks, options=GuardOptions(attempts=1))
    limits = BodyLimits(request=4096, response=4096)
    app = GuardMiddleware(app_of(reached), guard=guard, routes=ROUTES, limits=limits)
    with served(app) as url, httpx.Client(base_url=url) as client:
        yield World(client, checks, reached)


@pytest.fixture
def world(everything: World) -> World:
    everything.checks.misbehave()
    everything.checks.asked.clear()
    everything.reached.bodies.clear()
    everything.reached.answer = None
    return everything


def test_what_is_allowed_goes_through_unchanged_both_ways(world: World) -> None:
    sent = b'{ "prompt": "a \\u0063one",  "steps": 3 }'
    answer = world.client.post(
        "/generate", content=sent, headers={"content-type": "application/json", "x-account": "a"}
    )
    assert answer.status_code == 200
    assert answer.json() == {"images": [{"b64_json": base64_of(FINE)}]}
    assert world.reached.bodies == [sent], "the app is given the very bytes that were checked"
    assert world.kinds() == [["prompt"], ["output_image"]]
    assert [request.context.account for request, _ in world.checks.asked] == ["a", "a"]


def test_a_refused_prompt_never_reaches_the_app_and_is_answered_without_saying_why(world: World) -> None:
    answer = world.client.post("/generate", json={"prompt": "a red cube"})
    assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)
    assert answer.json() == {
        "type": "urn:safehold:refused:refused_by_policy",
        "title": "This is not allowed",
        "status": 403,
        "code": "refused_by_policy",
        "message_key": "refused_by_policy.input",
        "case_id": "case-00000001",
    }
    assert world.reached.bodies == []


def test_a_refused_picture_never_leaves_the_app(world: World) -> None:
    world.reached.answer = [FINE, LISTED]
    answer = world.client.post("/generate", json={"prompt": "a cone"})
    assert answer.status_code == 403
    assert len(world.reached.bodies) == 1
    assert base64_of(FINE) not in answer.text
    assert base64_of(LISTED) not in answer.text


def test_a_chat_is_checked_in_both_directions_on_a_path_with_a_name(world: World) -> None:
    chat = {"messages": [{"role": "user", "content": "a cone"}]}
    assert world.client.post("/chat/7", json=chat).json() == {"room": "7", "text": "a cone"}
    world.reached.answer = "a blue ball"
    refused = world.client.post("/chat/7", json=chat)
    assert (refused.status_code, refused.json()["code"]) == (403, "held_for_review")
    assert world.kinds()[:2] == [["messages"], ["output_text"]]


def test_an_uploaded_picture_and_its_instruction_are_checked_as_one(world: World) -> None:
    answer = world.client.post("/edit", files={"image": ("p.png", FINE, "image/png")}, data={"prompt": "bluer"})
    assert (answer.status_code, answer.content) == (200, FINE)
    assert world.reached.bodies == [FINE + b"bluer"]
    assert world.kinds() == [["source_image", "prompt"], ["output_image"]]
    source = world.checks.asked[0][0].items[0]
    assert (source.data, source.file_name) == (FINE, "p.png")


@pytest.mark.parametrize(
    ("files", "data", "status"),
    [
        ([("image", ("p.png", LISTED, "image/png"))], {"prompt": "bluer"}, 403),
        ([("image", ("p.png", FINE, "image/png"))], {"prompt": "a red cube"}, 403),
        ([("image", ("red cube.png", FINE, "image/png"))], {"prompt": "bluer"}, 403),
        (
            [("image", ("p.png", FINE, "image/png")), ("image", ("q.png", LISTED, "image/png"))],
            {"prompt": "bluer"},
            403,
        ),
        ([("image", ("p.png", FINE, "image/png")), ("other", ("q.png", FINE, "image/png"))], {"prompt": "bluer"}, 422),
        ([("image", ("p.png", b"", "image/png"))], {"prompt": "bluer"}, 422),
        ([("image", ("p.png", FINE, "image/png"))], {}, 422),
    ],
)
def test_a_form_with_anything_refused_or_unexplained_stays_outside(
    world: World, files: Any, data: dict[str, str], status: int
) -> None:
    assert world.client.post("/edit", files=files, data=data).status_code == status
    assert world.reached.bodies == []


DEEP = 400 if sys.version_info < (3, 12) else 422
"""From 3.12 on a thousand lists within each other can be read, and are no prompt."""

BAD_BODIES: dict[str, tuple[str, bytes, dict[str, str], int]] = {
    "no JSON": ("/generate", b"{", {}, 400),
    "a name twice": ("/generate", b'{"prompt": "a cone", "prompt": "a red cube"}', {}, 400),
    "a name twice, deep": ("/generate", b'{"prompt": "a cone", "x": [{"y": 1, "y": 2}]}', {}, 400),
    "UTF-16": ("/generate", '{"prompt": "a cone"}'.encode("utf-16"), {}, 400),
    "no UTF-8": ("/generate", b'{"prompt": "\xff"}', {}, 400),
    "not a number": ("/generate", b'{"prompt": "a cone", "x": NaN}', {}, 400),
    "deeper than a stack": ("/generate", b'{"prompt":' + 1000 * b"[" + 1000 * b"]" + b"}", {}, DEEP),
    "empty": ("/generate", b"", {}, 400),
    "no prompt": ("/generate", b'{"text": "a cone"}', {}, 422),
    "null": ("/generate", b'{"prompt": null}', {}, 422),
    "a number": ("/generate", b'{"prompt": 7}', {}, 422),
    "an object": ("/generate", b'{"prompt": {"text": "a cone"}}', {}, 422),
    "a list": ("/generate", b'[{"prompt": "a cone"}]', {}, 422),
    "messages of another shape": ("/chat/7", b'{"messages": ["a cone"]}', {}, 422),
    "compressed": ("/generate", b'{"prompt": "a cone"}', {"content-encoding": "gzip"}, 415),
    "of another type": ("/generate", b"a cone", {"content-type": "text/plain"}, 415),
    "of two types": ("/upload", b"{}", {"content-type": "application/json"}, 415),
    "too long": ("/generate", b'{"prompt": "' + 5000 * b"a" + b'"}', {}, 413),
    "no form": ("/edit", b"--x", {"content-type": "multipart/form-data; boundary=x"}, 422),
    "a form without boundary": ("/edit", b"--x", {"content-type": "multipart/form-data"}, 400),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_can_not_be_understood_in_one_way_stays_outside(world: World, name: str) -> None:
    path, body, headers, status = BAD_BODIES[name]
    answer = world.client.post(path, content=body, headers={"content-type": "application/json", **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert world.reached.bodies == []
    assert "cone" not in answer.text


@pytest.mark.parametrize("path", ["/generate", "/generate/"])
def test_a_path_with_a_slash_too_many_is_guarded_too(world: World, path: str) -> None:
    assert world.client.post(path, json={"prompt": "a red cube"}).status_code == 403


def test_every_string_of_a_body_is_a_prompt_where_the_route_says_so(world: World) -> None:
    assert world.client.post("/anything", json={"a": [{"b": "a red cube"}], "n": 1}).status_code == 403
    assert world.client.post("/anything", json={"a red cube": 1}).status_code == 403
    assert world.client.post("/anything", json={"a": ["a cone"]}).status_code == 200
    assert world.client.post("/anything", json={"n": 1}).status_code == 200, "holds nothing to check"


def test_routes_that_are_not_named_are_none_of_the_middlewares_business(world: World) -> None:
    assert world.client.post("/open", content=b"a red cube").json() == {"size": 10}
    assert world.client.get("/generate").status_code == 405
    assert world.checks.asked == []


def test_a_body_that_is_one_picture_is_checked_whole(world: World) -> None:
    assert world.client.post("/upload", content=FINE, headers={"content-type": "image/png"}).json() == {
        "size": len(FINE)
    }
    assert world.client.post("/upload", content=LISTED, headers={"content-type": "image/png"}).status_code == 403


ANSWERS: dict[str, Response] = {
    "a picture behind an address": Response(
        '{"images": [{"url": "https://a.example/1.png"}]}', media_type="application/json"
    ),
    "one of two": Response('{"images": [{"b64_json": "QQ=="}, {}]}', media_type="application/json"),
    "an address in place of base64": Response(
        '{"images": [{"b64_json": "https://a.example"}]}', media_type="application/json"
    ),
    "no JSON": Response('{"images": [', media_type="application/json"),
    "HTML": Response("<p>", media_type="text/html"),
    "compressed": Response('{"images": []}', media_type="application/json", headers={"content-encoding": "x-own"}),
    "too much": Response('{"images": [], "x": "' + 5000 * "a" + '"}', media_type="application/json"),
    "no type": Response(b'{"images": []}'),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_can_not_be_examined_does_not_leave(world: World, name: str) -> None:
    world.reached.answer = ANSWERS[name]
    answer = world.client.post("/generate", json={"prompt": "a cone"})
    assert (answer.status_code, answer.json()["code"]) == (502, "not_examined")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Response('{"images": []}', media_type="application/json"), 200),
        (Response("gone", 410), 410),
        (Response(status_code=204), 204),
    ],
)
def test_an_answer_without_anything_made_leaves(world: World, answer: Response, status: int) -> None:
    world.reached.answer = answer
    assert world.client.post("/generate", json={"prompt": "a cone"}).status_code == status


def test_nothing_passes_while_nobody_decides(world: World) -> None:
    world.checks.misbehave(Fault.UNREACHABLE)
    answer = world.client.post("/generate", json={"prompt": "a cone"})
    assert (answer.status_code, answer.json()["code"]) == (503, "not_examined")
    world.checks.misbehave(Fault.LIMITED)
    assert world.client.post("/generate", json={"prompt": "a cone"}).status_code == 429
    assert world.reached.bodies == []


@pytest.mark.parametrize("kind", ["events", "text"])
def test_a_stream_arrives_whole_and_in_order(world: World, kind: str) -> None:
    world.reached.answer = 9 * [SENTENCE]
    answer = world.client.get("/stream", params={"kind": kind})
    assert answer.text.count("green cone") == 9
    assert answer.text.endswith("[DONE]\n\n" if kind == "events" else SENTENCE)
    assert 2 < len(world.checks.asked) < 6


@pytest.mark.parametrize("kind", ["events", "text"])
def test_a_stream_ends_before_what_is_refused_however_it_is_cut(world: World, kind: str) -> None:
    world.reached.answer = [*4 * [SENTENCE], *"A red cube.", " ", *4 * [SENTENCE]]
    answer = world.client.get("/stream", params={"kind": kind})
    assert answer.status_code == 200
    assert "green cone" in answer.text
    assert answer.text.count("green cone") <= 4
    made = (
        "".join(json.loads(line[6:])["choices"][0]["delta"]["content"] for line in told(answer))
        if kind == "events"
        else answer.text
    )
    assert "cube" not in made
    assert "[DONE]" not in answer.text
    if kind == "events":
        assert ending(answer)["code"] == "refused_by_policy"


def ending(answer: httpx.Response) -> Any:
    """Return what the last event of a refused stream says."""
    last = answer.text.strip().rpartition("\n\n")[2]
    assert last.startswith("event: error\ndata: ")
    return json.loads(last.partition("data: ")[2])


def told(answer: httpx.Response) -> list[str]:
    return [line for line in answer.text.splitlines() if line.startswith("data: {") and "choices" in line]


def test_texts_of_a_stream_that_run_side_by_side_are_read_apart(world: World) -> None:
    halves = [(0, "A red "), (1, "A round "), (0, "cube. "), (1, "ball. ")]
    world.reached.answer = [{"choices": [{"index": index, "delta": {"content": words}}]} for index, words in halves]
    answer = world.client.get("/stream")
    assert ending(answer)["code"] == "refused_by_policy"
    assert "round" not in answer.text


@pytest.mark.parametrize("piece", [{"choices": [{"delta": {"content": 7}}]}, "x" * 5000])
def test_a_stream_with_something_unexaminable_ends(world: World, piece: Any) -> None:
    world.reached.answer = [SENTENCE, piece]
    answer = world.client.get("/stream")
    assert ending(answer)["code"] == "not_examined"
    assert "xxx" not in answer.text


def test_an_app_may_say_it_in_its_own_words_and_leave_a_surface_open() -> None:
    checks, reached = SandboxChecks({"red cube": Action.DENY}), Reached([])
    guard = AsyncGuard.around(
        checks, options=GuardOptions(on_failure=OnFailure.RAISE, fail_open=frozenset({Surface.INPUT}))
    )

    def own(refused: Refused) -> Reply:
        key = "" if refused.result is None else refused.result.message_key
        return Reply(451, f"{refused.scope['path']} {key}".encode(), "text/plain")

    app = app_of(reached)
    app.add_middleware(GuardMiddleware, guard=guard, routes=[ROUTES[0], ROUTES[3]], refuse=own)
    with served(app) as url, httpx.Client(base_url=url) as client:
        refused = client.post("/generate", json={"prompt": "a red cube"})
        assert (refused.status_code, refused.text) == (451, "/generate refused_by_policy.input")
        checks.misbehave(Fault.UNREACHABLE)
        assert client.post("/upload", content=FINE, headers={"content-type": "image/png"}).status_code == 200
        assert client.post("/generate", json={"prompt": "a cone"}).status_code == 451, "outputs are not open"
    assert guard.counts.let_through_unexamined == 2
