import pytest

from safehold.ledger.canonical import NotCanonicalError, canonical, parse


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical({"b": 1, "a": [True, None, "x"], "B": {}}) == b'{"B":{},"a":[true,null,"x"],"b":1}'


def test_text_is_utf8_and_not_escaped() -> None:
    assert canonical("ü\u2028\n") == '"ü\u2028\\n"'.encode()


@pytest.mark.parametrize("value", [1.0, float("nan"), 2**53, b"a", {1: 2}, {"a": {"b": 0.5}}, [1, {2}], "\ud800"])
def test_what_has_more_than_one_text_form_has_no_canonical_one(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [{}, [], "", 0, -5, True, None, {"a": [1, {"b": "c"}]}, 2**53 - 1])
def test_parsing_gives_the_value_back(value: object) -> None:
    assert parse(canonical(value)) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        *('{"b":1,"a":2}', '{"a": 1}', '{"a":1,"a":1}', "1.0", "NaN", '"\\u0061"', "", "{", "01", "9007199254740992"),
        *(" 1", "1\n", b"\xff", '"\\ud800"', "[" * 100_000),
    ],
)
def test_any_other_text_of_a_value_is_refused(text: str | bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse(text)


@pytest.mark.parametrize("depth", [200, 500, 900, 980, 5000])
def test_deep_nesting_is_refused_or_read_but_never_a_crash(depth: int) -> None:
    text = '{"a":' * depth + "1" + "}" * depth
    try:
        assert canonical(parse(text)) == text.encode()
    except NotCanonicalError:
        assert depth > 200
