import pytest

from safehold.ledger import UnfitEventError, is_fit
from safehold.ledger.admission import admit
from safehold.vocabulary import Event

FIT = [
    "",
    "trusted",
    "hold_for_counsel",
    "industry-list",
    "Industry_List",
    "default-dataset@1.2.0",
    "bank@12#345",
    "00012:17",
    "1.2.3",
    "v2.0",
    "0.1.0.dev4",
    "1.0rc1",
    "1.0.0-beta.2",
    "0.1.0+post.7",
    "2026-11-21T22:30:00Z",
    "ab" * 64,
    "uid-1000",
    "x" * 64,
]

UNFIT = {
    "a file name": "holiday.jpg",
    "a file name without spaces": "IMG_0001.heic",
    "a file name with a digit ending": "clip.7z",
    "a long ending": "model.safetensors",
    "an ending after a number": "00001.mp4",
    "two endings": "shard.tar.gz",
    "a hidden file": ".bashrc",
    "a dotted name": "some.thing.else",
    "a path": "home/ada/pictures",
    "an absolute path": "/srv/data",
    "a Windows path": "C:\\pictures",
    "a web address": "https://example.org/a",
    "a web address without slashes": "https:example.org",
    "a host": "example.org",
    "a numeric address": "192.168.0.1",
    "a long numeric address": "fe80::1",
    "a mail address": "ada@example.org",
    "a caption": "a red cube on a table",
    "one space": "red cube",
    "a tab": "red\tcube",
    "a line end": "red\n",
    "another script": "würfel",
    "a percent escape": "a%2Fb",
    "a query": "a?b=c",
    "an ampersand": "a&b",
    "markup": "<b>",
    "quotes": '"a"',
    "a null byte": "a\x00",
    "a long word": "x" * 65,
    "a long digest": "a" * 129,
    "base64": "q83vEg/+AA",
    "a leading dash": "-rf",
}


@pytest.mark.parametrize("value", FIT)
def test_ids_digests_versions_and_words_may_enter(value: str) -> None:
    assert is_fit(value)
    admit(Event("test.happened", "system", details={"value": value}))


@pytest.mark.parametrize("what", UNFIT)
def test_what_could_be_content_a_name_or_an_address_is_refused_everywhere_without_being_repeated(what: str) -> None:
    canary = UNFIT[what]
    assert not is_fit(canary)
    for event in (
        Event("test.happened", "system", details={"value": canary}),
        Event("test.happened", "system", details={canary: 1}),
        Event("test.happened", canary),
        Event("test.happened", "system", canary),
    ):  # not as its kind: kinds are constants of our code
        with pytest.raises(UnfitEventError) as caught:
            admit(event)
        assert canary not in str(caught.value)
        assert canary not in caught.value.advice


@pytest.mark.parametrize("value", [1.5, None, b"bytes", ["list"], {"a": 1}, 2**53, -(2**53)])
def test_other_types_and_huge_numbers_are_refused(value: object) -> None:
    with pytest.raises(UnfitEventError):
        admit(Event("test.happened", "system", details={"value": value}))  # type: ignore[dict-item]


@pytest.mark.parametrize("value", [0, -1, True, False, 2**53 - 1])
def test_counts_and_booleans_may_enter(value: int) -> None:
    admit(Event("test.happened", "system", details={"value": value}))


@pytest.mark.parametrize(
    "kind", ["", "happened", "Test.happened", "test.", "test..happened", "test.h1", "a." + "b" * 64]
)
def test_a_kind_is_a_dotted_name(kind: str) -> None:
    with pytest.raises(UnfitEventError):
        admit(Event(kind, "system"))


@pytest.mark.parametrize("key", ["", "Name", "a-b", "a b", "1a", "a" * 49])
def test_a_detail_has_a_plain_name(key: str) -> None:
    with pytest.raises(UnfitEventError):
        admit(Event("test.happened", "system", details={key: 1}))


def test_an_event_has_an_actor() -> None:
    with pytest.raises(UnfitEventError):
        admit(Event("test.happened", ""))


def test_details_stay_few() -> None:
    with pytest.raises(UnfitEventError):
        admit(Event("test.happened", "system", details={f"d{number}": 1 for number in range(33)}))


@pytest.mark.parametrize("policy", ["", "default@1.0.0", "default@1.0.0 sha256:" + "0" * 64])
def test_a_policy_is_a_name_with_version_and_digest(policy: str) -> None:
    admit(Event("test.happened", "system", policy))


@pytest.mark.parametrize("policy", ["a b", "default@1.0.0 sha256:00", "default@1.0.0  sha256:" + "0" * 64, "p.yaml"])
def test_other_text_is_no_policy(policy: str) -> None:
    with pytest.raises(UnfitEventError):
        admit(Event("test.happened", "system", policy))
