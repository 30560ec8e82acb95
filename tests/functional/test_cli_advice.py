"""What messages advise exists: every command and option that they name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import safehold
from safehold.cli.edge import GROUPS, cli

SOURCE = Path(safehold.__file__).parent


def advised() -> Iterator[str]:
    """Yield every piece of text in the code that is said to people and is no docstring."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        said = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield node.value


TEXTS = sorted({text for text in advised() if "--" in text or "safehold " in text})


def every_option() -> set[str]:
    context = click.Context(cli)
    waiting: list[click.Command] = [cli, *filter(None, (cli.get_command(context, name) for name in GROUPS))]
    found: set[str] = {"--help"}
    while waiting:
        declared = waiting.pop()
        if isinstance(declared, click.Group) and declared is not cli:
            waiting += declared.commands.values()
        for option in declared.params:
            if isinstance(option, click.Option):
                found |= {*option.opts, *option.secondary_opts}
    return found


OPTIONS = every_option()


@pytest.mark.parametrize("text", TEXTS)
def test_every_option_that_a_message_names_exists(text: str) -> None:
    named = set(re.findall(r"(?<![\w(-])--[a-z][a-z-]*", text))  # but "var(--name)", which is a style sheet's
    assert named <= OPTIONS


@pytest.mark.parametrize("text", [text for text in TEXTS if "safehold " in text])
def test_home_stands_before_the_command_in_every_message(text: str) -> None:
    assert not re.search(r"safehold [a-z][^.;:`]*--home", text)
