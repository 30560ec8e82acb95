import subprocess
import sys

import pytest

from safehold.native import Kernels, NativeMissingError, UnknownEngineError, in_use, kernels

WITHOUT_EXTENSION = """
import sys
sys.modules["safehold.native._kernels"] = None  # the import system's own way to say "not installed"
from safehold.cli.doctor import _engine
from safehold.native import NativeMissingError, in_use
try:
    print(in_use(), _engine().health.value, _engine().note, sep="; ")
except NativeMissingError as error:
    print(error, error.advice)
"""


def run_without_extension(monkeypatch: pytest.MonkeyPatch, engine: str) -> str:
    monkeypatch.setenv("SAFEHOLD_ENGINE", engine)
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTENSION], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.strip()


def test_numpy_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEHOLD_ENGINE", "numpy")
    assert kernels() is None
    assert in_use() == "numpy"


def test_an_engine_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEHOLD_ENGINE", "abacus")
    with pytest.raises(UnknownEngineError, match="abacus") as refusal:
        kernels()
    assert "auto, numpy or native" in refusal.value.advice


def test_without_the_extension_numpy_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    in_use, health, *note = run_without_extension(monkeypatch, "auto").split("; ")
    assert (in_use, health) == ("numpy", "not installed")
    assert "compiler" in " ".join(note)


def test_asking_for_the_extension_where_it_is_missing_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    said = run_without_extension(monkeypatch, "native")
    assert "was not built" in said
    assert "C compiler" in said
    assert issubclass(NativeMissingError, Exception)


def test_the_engine_in_use_names_its_variant(native: Kernels) -> None:
    before = native.variant()
    for name in native.variants():
        native.select(name)
        assert in_use() == f"native ({name})"
    native.select(before)
    assert native.variants()[0] == "baseline"


def test_a_variant_that_this_processor_lacks_is_refused(native: Kernels) -> None:
    with pytest.raises(ValueError, match="abacus"):
        native.select("abacus")


def test_the_extension_offers_what_its_interface_says(native: Kernels) -> None:
    said = {name for name in vars(Kernels) if not name.startswith("_")}
    offered = {name for name in vars(native) if not name.startswith("_")}
    assert said == offered
