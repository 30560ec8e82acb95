"""Canaries: words planted in every part of requests come up in no log line, measure, span, problem or table."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import NonRecordingSpan, NoOpTracer, SpanContext
from starlette.testclient import TestClient
from tests.functional.service.conftest import Served

from safehold.gateway.sandbox import Fault
from safehold.service.app import make_app
from safehold.service.watching import Traces

WORD = "kanarienvogel"
DATA = base64.b64encode(f"{WORD} bytes".encode()).decode()
EVERYWHERE = {
    "items": [
        {"kind": "prompt", "text": f"{WORD} prompt"},
        {"kind": "messages", "turns": [{"role": "user", "text": f"{WORD} turn"}]},
        {"kind": "source_image", "data": DATA, "file_name": f"{WORD}.png"},
        {"kind": "link", "text": f"https://{WORD}.example/"},
    ],
    "account": f"{WORD}-account",
    "session": f"{WORD}-session",
    "model": f"{WORD}-model",
    "model_version": f"{WORD}-version",
    "particulars": {
        "identifiers": [{"kind": "email", "value": f"{WORD}@example.org"}],
        "occurrences": [{"kind": "upload", "at": "2026-11-22T12:00:00Z", "address": "192.0.2.7", "port": 4711}],
        "conversation": [{"role": "user", "text": f"{WORD} before"}],
    },
}
WRONG: list[dict[str, Any]] = [
    {**EVERYWHERE, WORD: WORD},
    {"items": [{"kind": WORD, "text": WORD}]},
    {"items": [{"kind": "image", "data": f"{WORD}!"}]},
    {"items": [{"kind": "image", "url": f"https://{WORD}.example/{WORD}"}]},
    {**EVERYWHERE, "locale": f"{WORD}!"},
    {**EVERYWHERE, "mode": "async", "callback": WORD},
    {**EVERYWHERE, "particulars": {WORD: WORD}},
    {**EVERYWHERE, "particulars": {"identifiers": [{"kind": WORD, "value": WORD}]}},
    {**EVERYWHERE, "particulars": {"occurrences": [{"at": WORD, "address": WORD, "port": -1}]}},
]


class Recording(NoOpTracer):
    """A tracer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def start_as_current_span(self, name: str, *args: Any, **kwargs: Any) -> Iterator[Any]:  # type: ignore[override]
        self.told += [name, repr(args), repr(kwargs)]
        yield Span(self.told)


class Span(NonRecordingSpan):
    def __init__(self, told: list[str]) -> None:
        super().__init__(SpanContext(1, 1, is_remote=False))
        self._told = told

    def set_attribute(self, key: str, value: Any) -> None:
        self._told.append(f"{key}={value}")


@pytest.fixture
def tracer() -> Recording:
    return Recording()


@pytest.fixture
def client(served: Served, tracer: Recording) -> Iterator[TestClient]:
    service = replace(served.service, traces=Traces(tracer))
    with TestClient(make_app(service), client=(f"{WORD}.example", 1), raise_server_exceptions=False) as made:
        yield made


def send_everything(served: Served, client: TestClient) -> list[str]:
    """Send canaries everywhere; return what the problems say."""
    headers = served.headers() | {
        "User-Agent": WORD,
        "Referer": f"https://{WORD}.example/",
        "X-Forwarded-For": WORD,
        "Baggage": f"a={WORD}",
        "Idempotency-Key": f"{WORD}-1",
    }
    said = [client.post("/v1/checks", json=EVERYWHERE, headers=headers).text]
    headers.pop("Idempotency-Key")
    said += [client.post("/v1/checks", json=body, headers=headers).text for body in WRONG]
    files = {"image": (f"{WORD}.png", WORD.encode()), WORD: (None, WORD)}
    said.append(client.post("/v1/checks", files=files, headers=headers).text)
    said.append(client.get(f"/{WORD}?{WORD}={WORD}", headers=headers).text)
    said.append(client.get(f"/v1/checks/{WORD}", headers=headers).text)
    said.append(client.post("/v1/moderations", json={"input": [WORD], "model": WORD}, headers=headers).text)
    said.append(client.post("/v1/moderations", json={"input": 7, WORD: WORD}, headers=headers).text)
    chat = {
        "input_type": "request",
        "texts": [WORD],
        "request_data": {"user_api_key_user_id": WORD, "user_api_key_user_email": f"{WORD}@example.org"},
        "additional_provider_specific_params": {"particulars": EVERYWHERE["particulars"], "model_version": WORD},
    }
    said.append(client.post("/beta/litellm_basic_guardrail_api", json=chat, headers=headers).text)
    said.append(client.request(WORD.upper(), "/v1/checks", headers=headers).text)
    said.append(client.post("/v1/checks", json=EVERYWHERE, headers={"Authorization": f"Bearer {WORD}"}).text)
    said.append(client.post("/v1/checks", json={**EVERYWHERE, "mode": "async"}, headers=headers).text)
    return said


def test_canaries_come_up_nowhere(served: Served, client: TestClient, tracer: Recording, tmp_path: Path) -> None:
    said = send_everything(served, client)
    served.checks.misbehave(Fault.UNREACHABLE)
    said += send_everything(served, client)

    def broken(*_: object) -> None:
        raise ValueError(f"{WORD} in an error of another package")

    served.checks.check = broken  # type: ignore[method-assign, assignment]
    said += send_everything(served, client)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert len(tracer.told) > 50
    assert len(served.lines()) > 40
    for place in ("".join(said), served.log.getvalue(), served.service.measures.text().decode(), "".join(tracer.told)):
        assert WORD not in place.lower()
    assert WORD.encode() not in stored
