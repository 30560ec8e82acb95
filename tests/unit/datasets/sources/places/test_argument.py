import pytest

from safehold.datasets.sources.errors import MissingSourceError
from safehold.datasets.sources.places.argument import expand_braces


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a", ["a"]),
        ("{08..11}", ["08", "09", "10", "11"]),
        ("{8..11}", ["8", "9", "10", "11"]),
        ("{2..0}", ["2", "1", "0"]),
        ("{a,b}-{0..1}", ["a-0", "a-1", "b-0", "b-1"]),
        ("{train,}x", ["trainx", "x"]),
        ("{odd}", ["{odd}"]),
        ("{}", ["{}"]),
    ],
)
def test_braces_stand_for_what_a_shell_makes_of_them(pattern: str, names: list[str]) -> None:
    assert expand_braces(pattern) == names


def test_braces_that_stand_for_too_much_are_refused() -> None:
    with pytest.raises(MissingSourceError, match="more than"):
        expand_braces("{0..999999999}")
