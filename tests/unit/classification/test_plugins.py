"""Plug-ins, as installed packages declare them: a folder on the path with code and a `dist-info`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safehold.classification import (
    ClassifierMissingError,
    ClassifierUnfitError,
    ForeignWeightsError,
    StandInClassifier,
    load_classifiers,
)

Install = Callable[..., None]
GOOD = """
class Made:
    name, version, concepts = "NAME", "1", ("red_cube",)
    def score(self, images):
        return []
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Give a function that puts a package with one classifier on the path."""

    def installed(name: str, code: str = GOOD, *, package: str = "", target: str = "Made") -> None:
        package = package or f"made_up_{name.replace('-', '_')}"
        folder = tmp_path / package
        information = folder / f"{package}-1.dist-info"
        information.mkdir(parents=True)
        (folder / f"{package}.py").write_text(code.replace("NAME", name))
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        (information / "entry_points.txt").write_text(f"[safehold.classifiers]\n{name} = {package}:{target}\n")
        monkeypatch.syspath_prepend(folder)

    yield installed
    for module in [name for name in sys.modules if name.startswith("made_up_")]:
        del sys.modules[module]


def test_none_named_is_none_loaded() -> None:
    assert load_classifiers(()) == ()


def test_classifiers_come_in_the_order_in_which_they_are_named(install: Install) -> None:
    for name in ("zebra", "aardvark"):
        install(name)

    assert [made.name for made in load_classifiers(["zebra", "stand-in", "aardvark"])] == [
        "zebra",
        "stand-in",
        "aardvark",
    ]


def test_the_shipped_one_is_found_by_its_entry_point() -> None:
    (made,) = load_classifiers(["stand-in"])

    assert isinstance(made, StandInClassifier)


def test_an_unknown_name_is_refused_with_those_that_are_known(install: Install) -> None:
    install("zebra")
    with pytest.raises(ClassifierMissingError, match="no classifier named unheard-of") as caught:
        load_classifiers(["unheard-of"])

    assert "stand-in, zebra" in caught.value.advice


@pytest.mark.parametrize("names", [[], ["stand-in"], ["stand-in", "unheard-of"]])
def test_a_plug_in_that_is_not_named_is_never_imported(install: Install, tmp_path: Path, names: list[str]) -> None:
    trace = tmp_path / "imported"
    install("lurking", f"open({str(trace)!r}, 'w').close()\n{GOOD}")
    try:
        load_classifiers(names)
    except ClassifierMissingError as error:
        assert "lurking" in error.advice  # noqa: PT017 - named from its metadata, without importing it

    assert not trace.exists()
    assert "made_up_lurking" not in sys.modules
    load_classifiers(["lurking"])
    assert trace.exists()


def test_a_missing_extra_is_named_with_how_to_install_it(install: Install) -> None:
    install("needy", "import a_module_that_nobody_has\n")
    with pytest.raises(ClassifierMissingError, match="a_module_that_nobody_has is missing") as caught:
        load_classifiers(["needy"])

    assert "pip install" in caught.value.advice


def test_a_name_that_two_packages_claim_is_refused_and_neither_is_imported(install: Install) -> None:
    install("contested", package="made_up_first")
    install("contested", package="made_up_second")
    with pytest.raises(ClassifierUnfitError, match="several installed packages"):
        load_classifiers(["contested"])

    assert not {"made_up_first", "made_up_second"} & set(sys.modules)


def test_no_package_can_take_the_place_of_a_shipped_classifier(install: Install) -> None:
    install("stand-in", package="made_up_impostor")
    with pytest.raises(ClassifierUnfitError):
        load_classifiers(["stand-in"])

    assert "made_up_impostor" not in sys.modules


def test_errors_of_ours_pass_as_they_are(install: Install) -> None:
    install(
        "foreign",
        "from safehold.classification import ForeignWeightsError\n"
        "def Made():\n    raise ForeignWeightsError('other weights', advice='Install the measured ones.')\n",
    )
    with pytest.raises(ForeignWeightsError) as caught:
        load_classifiers(["foreign"])

    assert caught.value.advice == "Install the measured ones."


@pytest.mark.parametrize(
    "code",
    [
        "def Made():\n    raise RuntimeError('a path that must not be shown')\n",
        "def Made(needed):\n    return None\n",
        "Made = 5\n",
        "Other = 5\n",
        "this is no Python\n",
        "Made = unheard_of\n",
        "def Made():\n    return None\n",
        GOOD.replace("NAME", "another"),
        GOOD.replace('("red_cube",)', "()"),
        GOOD.replace('("red_cube",)', "5"),
        GOOD.replace('("red_cube",)', '("",)'),
        GOOD.replace('"1"', "1"),
        GOOD.replace("def score", "def other"),
    ],
)
def test_what_is_no_classifier_is_refused(install: Install, code: str) -> None:
    install("unfit", code)
    with pytest.raises(ClassifierUnfitError, match="unfit can't be used") as caught:
        load_classifiers(["unfit"])

    assert caught.value.advice
    assert "must not be shown" not in str(caught.value)


def test_one_that_fails_lets_none_through(install: Install) -> None:
    install("needy", "import a_module_that_nobody_has\n")
    with pytest.raises(ClassifierMissingError):
        load_classifiers(["stand-in", "needy"])
