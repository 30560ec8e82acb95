"""Write what is made from the code: docs/cli.md, docs/settings.md, the jurisdictions of docs/reporting-by-hand.md.

CI compares them with the code.

python docs/generate.py
"""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from safehold.cli.edge import cli
from safehold.screening import guidance_for, jurisdictions
from safehold.settings import Settings

DOCS = Path(__file__).resolve().parent
_WIDTH = 100


def cli_page() -> str:
    """Return docs/cli.md: the help page of every command."""
    parts = [
        "# Command line\n",
        "Made from `--help` by `make docs`; don't edit.\n",
        "Exit codes: 0 clear · 1 a finding changed an action · 2 usage, or input that can't be used as a whole ·",
        "3 an outside party unavailable · 4 examination incomplete · 5 an unexpected error of ours · 130 interrupted.",
        "Found outranks incomplete, which outranks clear.\n",
    ]
    for title, text in _pages():
        parts.append(f"## {title}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


def _pages() -> Iterator[tuple[str, str]]:
    names = list(cli.context_settings["help_option_names"])  # a context that is made by hand doesn't look there
    root = click.Context(
        cli, info_name="safehold", max_content_width=_WIDTH, terminal_width=_WIDTH, help_option_names=names
    )
    yield "safehold", cli.get_help(root)
    for name in cli.list_commands(root):
        declared = cli.get_command(root, name)
        if declared is not None:
            yield from _command_pages(declared, root, name)


def _command_pages(declared: click.Command, outer: click.Context, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(declared, parent=outer, info_name=name, max_content_width=_WIDTH, terminal_width=_WIDTH)
    if isinstance(declared, click.Group):
        for inner in declared.list_commands(context):
            found = declared.get_command(context, inner)
            if found is not None:
                yield from _command_pages(found, context, inner)
    else:
        yield context.command_path, declared.get_help(context)


def settings_page() -> str:
    """Return docs/settings.md: every setting, its variable and its default."""
    rows = [
        f"| `{name}` | `SAFEHOLD_{name.upper()}` | {_kind(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings\n",
            "Made from the code by `make docs`; don't edit.\n",
            "A home may hold a file `settings.yaml`; environment variables win over it. Unknown keys are refused in",
            "both. In the environment, the items of a list are separated by commas. `SAFEHOLD_HOME` says where the",
            "home is; `SAFEHOLD_ENGINE` is `auto` (the native extension where it was built), `native` or `numpy`;",
            "`SAFEHOLD_DEBUG=1` shows the traceback of an unexpected error, which may hold names that don't",
            "belong in a log.\n",
            "| key | variable | kind | meaning, and what stands in where it is absent |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _kind(name: str) -> str:
    shape = Settings.model_json_schema()["properties"][name]
    options = shape.get("anyOf", [shape])
    kinds = [str(option.get("format") or option["type"]) for option in options if option.get("type") != "null"]
    return {"array": "list", "string": "text", "integer": "number"}.get(kinds[0], kinds[0])


_BEGIN, _END = "<!-- made from the code by `make docs`; don't edit -->\n", "<!-- until here -->\n"
_TITLES = {
    "us-provider": "United States: providers",
    "us": "United States: dataset owners who are no provider",
    "gb": "United Kingdom",
    "eu": "European Union",
    "de": "Germany",
    "other": "Elsewhere",
    "unset": "Where the policy names no jurisdiction",
}


def reporting_page() -> str:
    """Return docs/reporting-by-hand.md with the texts on each jurisdiction as the command says them."""
    before, rest = (DOCS / "reporting-by-hand.md").read_text(encoding="utf-8").split(_BEGIN)
    _, after = rest.split(_END)
    sections = "\n".join(_section(jurisdiction) for jurisdiction in jurisdictions())
    return f"{before}{_BEGIN}\n{sections}\n{_END}{after}"


def _section(jurisdiction: str) -> str:
    found = guidance_for(jurisdiction)
    steps = (f"{number}. {step}" for number, step in enumerate(found.steps, start=1))
    wrapped = (textwrap.fill(step, 120, subsequent_indent="   ") for step in steps)
    return "\n".join((f"## {_TITLES[jurisdiction]} (`{jurisdiction}`)\n", f"To: {found.authority}.\n", *wrapped, ""))


PAGES = {"cli.md": cli_page, "settings.md": settings_page, "reporting-by-hand.md": reporting_page}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
        sys.stdout.write(f"docs/{page}\n")
