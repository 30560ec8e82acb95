"""LiteLLM's own proxy in front of a model, with Safehold behind it: both of its holes are closed, and it fails closed.

The proxy runs in an environment of its own: `make litellm-test` makes it and runs this file. The model is a stand-in on
loopback that answers with plain pictures; what decides is a table behind the real service.
"""

import base64
import io
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from PIL import Image
from tests.functional.guard.serving import Running, served, service_over

from safehold.gateway.sandbox import Fault, SandboxChecks
from safehold.guard import Action

PROXY = os.environ.get("TEST_LITELLM", "")
pytestmark = pytest.mark.skipif(not PROXY, reason="needs LiteLLM's proxy: make litellm-test")

PAGE = Path(__file__).resolve().parents[3] / "docs" / "litellm.md"
STARTED_SECONDS = 120.0


def png(colour: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(written, "PNG")
    return written.getvalue()


FINE, LISTED = png("green"), png("red")
TABLE: dict[str | bytes, Action] = {"red cube": Action.DENY, "blue ball": Action.HOLD, LISTED: Action.DENY}


@dataclass
class Model:
    """A stand-in for a provider: what it was asked, and what it is to answer.

    Attributes:
        pictures: of the next answers, as OpenAI's images interface has them.
        words: of the next chat answer.
        pieces: of the next one that is streamed.
        asked: paths and bodies of every request that reached it.
    """

    pictures: list[dict[str, str]] = field(default_factory=list)
    words: str = "a green cone"
    pieces: list[str] = field(default_factory=list)
    chat_pictures: list[str] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)


def provider(model: Model) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/images/generations")
    @app.post("/v1/images/edits")
    async def images(request: Request) -> Any:
        model.asked.append((request.url.path, await request.body()))
        return {"created": 1, "data": model.pictures}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Any:
        model.asked.append((request.url.path, await request.body()))
        if json.loads(model.asked[-1][1]).get("stream"):
            return StreamingResponse(streamed(model.pieces), media_type="text/event-stream")
        message: dict[str, Any] = {"role": "assistant", "content": model.words}
        if model.chat_pictures:
            message["images"] = [{"type": "image_url", "image_url": {"url": url}} for url in model.chat_pictures]
        return {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }

    return app


async def streamed(pieces: list[str]) -> AsyncIterator[bytes]:
    for piece in pieces:
        choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
        told = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        yield f"data: {json.dumps(told)}\n\n".encode()
    yield b"data: [DONE]\n\n"


@dataclass
class World:
    """The proxy, with everything around it."""

    client: httpx.Client
    model: Model
    checks: SandboxChecks

    def kinds(self) -> list[str]:
        return [item.kind.value for request, _ in self.checks.asked for item in request.items]


def configuration(provider_url: str) -> dict[str, Any]:
    """Return a configuration with the guardrails exactly as docs/litellm.md shows them."""
    shown = next(
        text.partition("```")[0]
        for text in PAGE.read_text(encoding="utf-8").split("```yaml\n")
        if "guardrails:" in text
    )
    model = {"api_base": f"{provider_url}/v1", "api_key": "none"}
    return {
        "model_list": [
            {"model_name": "pictures", "litellm_params": {"model": "openai/gpt-image-1", **model}},
            {"model_name": "chat", "litellm_params": {"model": "openai/stand-in", **model}},
        ],
        "general_settings": {"master_key": MASTER_KEY},
        "litellm_settings": {"telemetry": False, "num_retries": 0},
        **yaml.safe_load(shown),
    }


MASTER_KEY = f"sk-{secrets.token_hex(16)}"


def proxy_environment(service: Running) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "SAFEHOLD_URL": service.url,
        "SAFEHOLD_KEY": service.key,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it would fetch a list from the network
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
        "NO_DOCS": "True",
    }


def free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("litellm")
    model, checks = Model(), SandboxChecks(TABLE)
    with ExitStack() as stack:
        url = stack.enter_context(served(provider(model)))
        service = stack.enter_context(service_over(checks, folder / "home"))
        (folder / "config.yaml").write_text(json.dumps(configuration(url)), encoding="utf-8")
        port = free_port()
        log = stack.enter_context((folder / "proxy.log").open("wb"))
        command = [str(Path(PROXY).resolve()), "--config", str(folder / "config.yaml"), "--port", str(port)]
        proxy = subprocess.Popen(
            [*command, "--host", "127.0.0.1"], env=proxy_environment(service), stdout=log, stderr=log, cwd=folder
        )
        stack.callback(stop, proxy)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=60
        )
        stack.enter_context(client)
        wait_for(client, proxy, folder / "proxy.log")
        yield World(client, model, checks)


def stop(proxy: "subprocess.Popen[bytes]") -> None:
    proxy.send_signal(signal.SIGTERM)
    try:
        proxy.wait(20)
    except subprocess.TimeoutExpired:
        proxy.kill()
        proxy.wait()


def wait_for(client: httpx.Client, proxy: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + STARTED_SECONDS
    while time.monotonic() < until and proxy.poll() is None:
        try:
            if client.get("/health/liveliness").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-4000:])


@pytest.fixture
def world(everything: World) -> World:
    everything.checks.misbehave()
    everything.checks.asked.clear()
    everything.model.asked.clear()
    everything.model.pictures = [inline(FINE)]
    everything.model.words = "a green cone"
    everything.model.chat_pictures = []
    return everything


def inline(data: bytes) -> dict[str, str]:
    return {"b64_json": base64.b64encode(data).decode()}


def generate(world: World, prompt: str = "a green cone", **more: Any) -> httpx.Response:
    return world.client.post("/v1/images/generations", json={"model": "pictures", "prompt": prompt, **more})


def edit(world: World, *images: bytes, prompt: str = "bluer", **more: Any) -> httpx.Response:
    files = [("image", (f"{place}.png", data, "image/png")) for place, data in enumerate(images)]
    return world.client.post(
        "/v1/images/edits", data={"model": "pictures", "prompt": prompt}, files=[*files, *more.items()]
    )


def talk(world: World, content: Any = "hello", **more: Any) -> httpx.Response:
    messages = [{"role": "user", "content": content}]
    return world.client.post("/v1/chat/completions", json={"model": "chat", "messages": messages, **more})


def test_text_is_checked_both_ways_by_the_generic_guardrail(world: World) -> None:
    answer = talk(world)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "a green cone"
    refused = talk(world, "draw a red cube")
    assert refused.status_code == 400, refused.text
    assert len(world.model.asked) == 1
    world.model.words = "here is a red cube"
    said = talk(world)
    assert said.status_code == 400, said.text
    assert "here is" not in said.text


def test_a_generated_picture_that_is_allowed_arrives(world: World) -> None:
    answer = generate(world)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"][0]["b64_json"] == base64.b64encode(FINE).decode()
    assert "output_image" in world.kinds()


@pytest.mark.parametrize("pictures", [[LISTED], [FINE, LISTED]])
def test_a_generated_picture_that_is_refused_does_not_arrive(world: World, pictures: list[bytes]) -> None:
    world.model.pictures = [inline(data) for data in pictures]
    answer = generate(world)
    assert answer.status_code == 400, answer.text
    assert len(world.model.asked) == 1
    assert "refused_by_policy" in answer.text
    assert not any(base64.b64encode(data).decode() in answer.text for data in pictures)


@pytest.mark.parametrize("picture", [{"url": "https://pictures.example/1.png"}, {"b64_json": "***"}, {}])
def test_a_generated_picture_that_can_not_be_examined_does_not_arrive(world: World, picture: dict[str, str]) -> None:
    world.model.pictures = [inline(FINE), picture]
    answer = generate(world)
    assert answer.status_code >= 400, answer.text
    assert "pictures.example" not in answer.text


def test_a_refused_prompt_reaches_no_model(world: World) -> None:
    assert generate(world, "a red cube").status_code == 400
    assert generate(world, extra_body={"negative_prompt": "a red cube"}).status_code == 400
    assert edit(world, FINE, prompt="a red cube").status_code == 400
    assert world.model.asked == []


def test_the_source_picture_of_an_edit_is_checked_with_its_instruction(world: World) -> None:
    answer = edit(world, FINE)
    assert answer.status_code == 200, answer.text
    ((path, body),) = world.model.asked
    assert path == "/v1/images/edits"
    assert FINE in body, "the model is given the picture whole"
    together = [[item.kind.value for item in request.items] for request, _ in world.checks.asked]
    assert ["source_image", "prompt"] in together


@pytest.mark.parametrize("images", [(LISTED,), (FINE, LISTED)])
def test_a_refused_source_picture_reaches_no_model(world: World, images: tuple[bytes, ...]) -> None:
    answer = edit(world, *images)
    assert answer.status_code == 400, answer.text
    assert edit(world, FINE, mask=("m.png", LISTED, "image/png")).status_code == 400
    assert world.model.asked == []


def test_a_source_picture_behind_an_address_reaches_no_model(world: World) -> None:
    answer = generate(world, image="https://pictures.example/1.png")
    assert answer.status_code >= 400, answer.text
    assert generate(world, stream=True).status_code >= 400
    assert world.model.asked == []


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("data:image/png;base64," + base64.b64encode(FINE).decode(), 200),
        ("data:image/png;base64," + base64.b64encode(LISTED).decode(), 400),
        ("https://pictures.example/1.png", 503),
    ],
)
def test_pictures_that_a_chat_model_makes_are_checked_too(world: World, url: str, status: int) -> None:
    world.model.chat_pictures = [url]
    answer = talk(world)
    assert answer.status_code == status, answer.text


def said(answer: httpx.Response) -> str:
    told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    return "".join(choice["delta"].get("content") or "" for one in told for choice in one.get("choices", ()))


def test_streamed_words_are_held_back_until_they_are_checked(world: World) -> None:
    sentence = "A green cone stands on a wide table in the middle of a room. "
    world.model.pieces = [word for part in 9 * [sentence] for word in part.partition("cone")]
    whole = talk(world, stream=True)
    assert whole.status_code == 200, whole.text
    assert said(whole) == 9 * sentence
    world.model.pieces = [*4 * [sentence], *"A red cube.", " ", *4 * [sentence]]
    refused = talk(world, stream=True)
    assert "red" not in said(refused), refused.text
    assert '"error"' in refused.text
    assert said(refused).count("cone") <= 4


def test_nothing_passes_while_safehold_can_not_decide(world: World) -> None:
    world.checks.misbehave(Fault.UNREACHABLE)
    for answer in (talk(world), generate(world), edit(world, FINE)):
        assert answer.status_code >= 400, answer.text
    assert world.model.asked == []
    world.checks.misbehave(Fault.EXAMINES_NOTHING)
    assert generate(world).status_code >= 400
    world.checks.misbehave(Fault.LIMITED)
    assert generate(world).status_code >= 400
    assert world.model.asked == []
