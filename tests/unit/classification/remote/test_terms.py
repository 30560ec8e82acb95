"""The file of remote classifiers, its keys, and the cards."""

import re
from pathlib import Path

import pytest

from safehold.classification.remote import (
    Protocol,
    RemoteKeyError,
    RemoteSettingsError,
    load_remote,
    read_remote,
    remote_card,
)
from safehold.reviewed import ReviewedDataError
from safehold.vocabulary import SystemClock

PLAIN = """
format: safehold.remote/1
classifiers:
  - name: far
    protocol: llama-guard
    url: https://far.example/v1
    model: guard
    operated_by: party
    surfaces: [input, output]
    text: {S4: minor_sexual}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "remote.yaml"
    path.write_text(text)
    return path


def test_a_file_names_endpoints_and_nobody_is_asked_yet(tmp_path: Path) -> None:
    (endpoint,) = load_remote(read_remote(written(tmp_path, PLAIN)), {}, SystemClock())
    assert (endpoint.name, endpoint.concepts, endpoint.is_required) == ("far", ("minor_sexual",), True)
    assert endpoint.surfaces == {"input", "output"}
    assert endpoint.version == "guard"


def test_no_file_is_no_classifier() -> None:
    assert load_remote(None, {}, SystemClock()) == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("https://far", "http://far"), "must be https"),
        (("text:", "image:"), "counsel_reference"),
        (("text: {S4: minor_sexual}", "text: {}"), "must map a category"),
        (("surfaces: [input, output]", "surfaces: []"), "at least 1"),
        (("surfaces: [input, output]", "surfaces: [elsewhere]"), "surfaces"),
        (("llama-guard", "policy-prompt"), "policy_file"),
        (("https://far.example/v1", "https://user:word@far.example/v1"), "url"),
        (("https://far.example/v1", "file:///etc/hosts"), "url"),
        (("model: guard", "model: guard\n    modell: x"), "unknown key"),
        (("model: guard", "model: guard\n    timeout_seconds: 0"), "timeout_seconds"),
        (("model: guard", "model: guard\n    key: {}"), "either a file or a variable"),
    ],
)
def test_what_can_not_be_meant_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    assert change[0] in PLAIN
    with pytest.raises(ReviewedDataError, match=complaint):
        read_remote(written(tmp_path, PLAIN.replace(*change)))


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReviewedDataError, match="one name"):
        read_remote(written(tmp_path, PLAIN + PLAIN.split("classifiers:\n")[1]))


def test_a_party_gets_pictures_with_a_reference_of_counsel(tmp_path: Path) -> None:
    text = PLAIN.replace("text:", "image:") + "    counsel_reference: C-17\n"
    assert read_remote(written(tmp_path, text)).classifiers[0].image == {"S4": "minor_sexual"}


@pytest.mark.parametrize("content", [None, "", "two\nlines", "ключ"])
def test_a_key_that_can_not_be_read_stops_the_start(tmp_path: Path, content: str | None) -> None:
    text = PLAIN + "    key: {file: key.txt}\n"
    if content is not None:
        (tmp_path / "key.txt").write_text(content)
    with pytest.raises(RemoteKeyError) as caught:
        load_remote(read_remote(written(tmp_path, text)), {}, SystemClock())
    assert "lines" not in str(caught.value)
    with pytest.raises(RemoteKeyError):
        load_remote(read_remote(written(tmp_path, PLAIN + "    key: {variable: ABSENT}\n")), {}, SystemClock())


def test_a_policy_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    text = PLAIN.replace("llama-guard", "policy-prompt") + "    policy_file: cubes.txt\n"
    path = written(tmp_path, text)
    with pytest.raises(RemoteSettingsError):
        load_remote(read_remote(path), {}, SystemClock())
    (tmp_path / "cubes.txt").write_text("S4 is a red cube.")
    assert load_remote(read_remote(path), {}, SystemClock())


def test_an_authority_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(RemoteSettingsError):
        load_remote(read_remote(written(tmp_path, PLAIN + "    ca_file: ca.pem\n")), {}, SystemClock())


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda protocol: protocol.value)
def test_every_protocol_has_a_card_that_says_it_is_unmeasured(protocol: Protocol) -> None:
    card = remote_card(protocol)
    assert (card.protocol, card.measured) == (protocol, "nothing")


def test_the_file_that_the_page_shows_can_be_used(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[4] / "docs" / "remote-classifiers.md"
    (shown,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    endpoints = load_remote(read_remote(written(tmp_path, shown)), {"MODERATION_KEY": "k"}, SystemClock())
    assert [(one.name, one.is_required) for one in endpoints] == [("guard", True), ("moderation", False)]
