"""``safehold gateway``: a policy's way from draft to force and back, and trying requests without keeping any."""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safehold.classification.remote.sandbox import MODEL, SandboxEndpoint
from safehold.cli.gateway_health import gateway_parts
from safehold.cli.health import Health
from safehold.gateway.policy_file import default_source
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.wiring import open_workshop

Call = Callable[..., Any]
CANARY = "kanarienvogel"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    path = tmp_path / "house.yaml"
    path.write_text(default_source().replace("name: default-gateway", "name: house").replace("pdq: 31", "pdq: 20"))
    return path


@pytest.fixture
def as_actor(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda name: monkeypatch.setenv("SAFEHOLD_ACTOR", name)


def test_a_policy_comes_into_force_by_two_people_and_goes_back_by_one(
    call: Call, house: Path, as_actor: Callable[[str], None]
) -> None:
    as_actor("ada")
    assert call("gateway", "policy", "submit", house).data["state"] == "draft"
    assert call("gateway", "policy", "shadow", "house@1").data["state"] == "shadow"
    refused = call("gateway", "policy", "approve", "house@1")
    assert refused.code == 2
    assert "ada proposed house@1" in refused.data["error"]["message"]
    as_actor("ben")
    assert call("gateway", "policy", "approve", "house@1").data["approved_by"] == "ben"
    assert call("gateway", "policy", "activate", "house@1").data["state"] == "active"
    listed = call("gateway", "policy", "list").data
    assert listed["in_force"].startswith("house@1 sha256:")
    assert (listed["is_own"], listed["single_operator"]) == (False, False)
    assert call("gateway", "policy", "rollback").data["is_own"] is True
    assert call("gateway", "policy", "rollback").code == 2
    assert call("ledger", "verify").code == 0


def test_who_works_alone_says_so_and_every_answer_repeats_it(
    call: Call, shown: Callable[..., tuple[int, str]], house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEHOLD_SINGLE_OPERATOR", "true")
    call("gateway", "policy", "submit", house)
    call("gateway", "policy", "shadow", "house@1")
    for step in ("approve", "activate", "show"):
        assert call("gateway", "policy", step, "house@1").data["single_operator"] is True
    code, text = shown("gateway", "policy", "list")
    assert code == 0
    assert "Single-operator mode" in text


def test_policies_are_compared_by_file_or_name(call: Call, house: Path) -> None:
    call("gateway", "policy", "submit", house)
    for said in (call("gateway", "policy", "diff", "house@1"), call("gateway", "policy", "diff", house)):
        changes = {change["part"]: change["direction"] for change in said.data["changes"]}
        assert changes == {"name": "other", "thresholds.pdq": "milder"}
    assert call("gateway", "policy", "diff", house, "house@1").data["changes"] == []
    assert call("gateway", "policy", "diff", "house@9").code == 2


def test_a_back_test_without_records_changes_nothing(call: Call, house: Path) -> None:
    said = call("gateway", "policy", "backtest", house)
    assert (said.code, said.data["decisions"], said.data["unseen"]) == (0, 0, [])


def lines(path: Path, *requests: dict[str, object]) -> Path:
    path.write_text("\n".join(map(json.dumps, requests)) + "\n\n")
    return path


def test_requests_are_tried_and_nothing_of_them_is_kept(
    call: Call, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEHOLD_MEDIA_CHILDREN", "1")
    listed = base64.b64encode(signature_png()).decode()
    file = lines(
        tmp_path / "requests.jsonl",
        {"items": [{"kind": "prompt", "text": f"a red cube, {CANARY}"}], "expect": "allow"},
        {"items": [{"kind": "image", "data": listed}], "expect": "allow"},
        {"items": [{"kind": "prompt", "text": "a blue ball"}, {"kind": "image", "data": listed}], "expect": "deny"},
    )
    said = call("gateway", "simulate", file)
    assert (said.code, said.data["different"], said.data["actions"]) == (1, [2], {"allow": 1, "deny": 2})
    assert said.data["answers"][1]["items"][0]["findings"][0]["subject"] == "test"
    assert CANARY not in said.errors
    assert CANARY not in json.dumps(said.data)
    assert list(Path(tempfile.gettempdir()).glob("safehold-trial-*")) == []
    for path in home.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
    assert [path.name for path in home.rglob("*") if "review" in path.name] == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"items": []}', "line 1: items"),
        (f'{{"items": [{{"kind": "{CANARY}"}}]}}', "line 1: items.0.kind"),
        ('{"items": [{"kind": "image", "data": "?"}]}', "no base64"),
        ('{"items": [{"kind": "image", "url": "https://a.example/b"}]}', "not fetched"),
        ('{"items": [{"kind": "prompt", "text": "a"}], "expect": "perhaps"}', "line 1: expect"),
        ("not json", "line 1"),
    ],
)
def test_a_line_that_is_no_request_is_named_without_what_it_holds(tmp_path: Path, line: str, complaint: str) -> None:
    from safehold.cli.simulate import MalformedLineError, read_lines

    path = tmp_path / "requests.jsonl"
    path.write_text(line)
    with pytest.raises(MalformedLineError) as caught:
        list(read_lines(path))
    assert complaint in str(caught.value)
    assert CANARY not in str(caught.value)


def test_the_doctor_names_the_policy_in_force_and_asks_classifiers_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "remote.yaml"
    monkeypatch.setenv("SAFEHOLD_REMOTE_CLASSIFIERS", str(file))
    with SandboxEndpoint({"blue ball": "S4"}) as sandbox:
        one = f"protocol: llama-guard, url: '{sandbox.url}', model: {MODEL}, operated_by: own, surfaces: [input]"
        file.write_text(
            "format: safehold.remote/1\nclassifiers:\n"
            f"  - {{name: near, {one}, text: {{S4: blue_ball}}}}\n"
            f"  - {{name: far, {one}, text: {{S4: blue_ball}}, answers_as: [other-*]}}\n"
        )
        with open_workshop(home) as workshop:
            parts = {one.part: (one.health, one.note) for one in gateway_parts(workshop)}
    assert parts["gateway policy"] == (Health.GOOD, "default-gateway@1 in force")
    assert parts["classifier elsewhere: near"] == (Health.GOOD, f"{MODEL} answers")
    assert parts["classifier elsewhere: far"][0] is Health.FAILED
    assert "other_model" in parts["classifier elsewhere: far"][1]
