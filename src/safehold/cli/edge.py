"""The edge of the command line: it finds the group, runs the command, and turns every failure into words and a code.

Exit codes: 0 clear; 1 a finding changed an action; 2 usage or unusable input; 3 an outside party unavailable;
4 examination incomplete; 5 an unexpected error of ours; 130 interrupted.
"""

import errno
import importlib
import os
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from safehold import __version__
from safehold.cli.answer import ExitCode
from safehold.cli.command import Shell
from safehold.cli.show import one_line, show_error, show_interruption, wants_json
from safehold.vocabulary import OutsidePartyError, SafeholdError, UsageError

GROUPS = {
    "dataset": "safehold.cli.dataset:dataset",
    "check": "safehold.cli.check:check",
    "bank": "safehold.cli.bank:bank",
    "policy": "safehold.cli.policy:policy",
    "gateway": "safehold.cli.gateway:gateway",
    "ledger": "safehold.cli.ledger:ledger",
    "vault": "safehold.cli.vault:vault",
    "hold": "safehold.cli.hold:hold",
    "backup": "safehold.cli.backup:backup",
    "restore": "safehold.cli.backup:restore",
    "serve": "safehold.cli.serve:serve",
    "user": "safehold.cli.user:user",
    "key": "safehold.cli.key:key",
    "webhook": "safehold.cli.webhook:webhook",
    "job": "safehold.cli.job:job",
    "case": "safehold.cli.case:case",
    "enforcement": "safehold.cli.enforcement:enforcement",
    "appeal": "safehold.cli.appeal:appeal",
    "danger": "safehold.cli.danger:danger",
    "report": "safehold.cli.report:report",
    "message": "safehold.cli.message:message",
    "doctor": "safehold.cli.doctor:doctor",
    "completion": "safehold.cli.completion:completion",
}
"""Each command and where it is declared, in the order of the help page."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class LazyGroup(click.Group):
    """A group that imports a command's file when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names, in the order of the help page."""
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command, or None for a name that is none."""
        if cmd_name not in GROUPS:
            return None
        module, _, attribute = GROUPS[cmd_name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{GROUPS[cmd_name]} is not a command")
        return found


def _show_version(context: click.Context, _option: click.Parameter, is_wanted: bool) -> None:
    if not is_wanted:
        return
    as_json = context.params.get("as_json") is True  # it is eager, so that it is known wherever it stands
    click.echo(one_line({"name": "safehold", "version": __version__}) if as_json else f"safehold {__version__}")
    context.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SAFEHOLD_HOME",
    show_envvar=True,
    help="Where banks, ledger, vault and keys live. Default: the platform's data folder.",
)
@click.option(
    "--json", "as_json", is_flag=True, is_eager=True, help="Print one JSON object on one line; every command knows it."
)
@click.option("--version", is_flag=True, expose_value=False, callback=_show_version, help="Show the version and exit.")
@click.pass_context
def cli(context: click.Context, home: Path | None, as_json: bool) -> None:
    """Keep child sexual abuse material out of training data, with proof."""
    context.obj = Shell(home=home, as_json=as_json)


def never() -> bool:
    """Say that nobody has asked to stop."""
    return False


def run(arguments: Sequence[str], *, is_stopped: Callable[[], bool] = never) -> int:
    """Run one command line and return its exit code; failures become words on standard error.

    Unexpected exceptions are shown as one short sentence; their traceback only when ``SAFEHOLD_DEBUG`` is 1, because
    it may hold names that don't belong in a log.

    Args:
        arguments: what was typed.
        is_stopped: whether the process was told to end; a library may have turned that into an error of its own.
    """
    as_json = wants_json(arguments)
    try:
        ended = cli.main(args=list(arguments), prog_name="safehold", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return show_interruption(as_json=as_json)
    except BrokenPipeError:
        raise
    except click.exceptions.NoArgsIsHelpError as error:
        if as_json:
            show_error("no command was named", _click_advice(error), code=ExitCode.USAGE, as_json=True)
        else:
            click.echo(error.format_message(), err=True)  # the help page
        return ExitCode.USAGE
    except Exception as error:  # noqa: BLE001 (the outermost edge: everything becomes a code)
        if is_stopped():
            return show_interruption(as_json=as_json)
        if os.environ.get("SAFEHOLD_DEBUG") == "1":
            traceback.print_exc()
        message, advice, code = explain(error)
        show_error(message, advice, code=code, as_json=as_json)
        return code
    return ended if isinstance(ended, int) else ExitCode.CLEAR


def explain(error: Exception) -> tuple[str, str, ExitCode]:
    """Return what went wrong, what to do next, and the exit code."""
    match error:
        case SafeholdError():
            return str(error), error.advice, _code_of(error)
        case click.ClickException():
            return error.format_message(), _click_advice(error), ExitCode.USAGE
        case OSError(errno=int(number)) if number in _NO_ROOM:
            return "the disk is full", "Make room, then run the same command again: it goes on.", ExitCode.USAGE
        case OSError(errno=int(number)) if number in _NOT_ALLOWED:
            named = f": {error.filename}" if error.filename else ""
            return f"not allowed to read or write{named}", "Check its owner and its rights.", ExitCode.USAGE
        case FileNotFoundError() | IsADirectoryError() | NotADirectoryError():
            named = f": {error.filename}" if error.filename else ""
            said = (error.strerror or type(error).__name__).lower()
            return f"{said}{named}", "Check the path: its folder must exist, and it must be a file.", ExitCode.USAGE
        case _:
            return (
                f"unexpected {type(error).__name__}",
                "Please report it with what you ran. SAFEHOLD_DEBUG=1 shows where it happened.",
                ExitCode.INTERNAL,
            )


def _code_of(error: SafeholdError) -> ExitCode:
    match error:
        case UsageError():
            return ExitCode.USAGE
        case OutsidePartyError():
            return ExitCode.OUTSIDE_PARTY
        case _:
            return ExitCode.INTERNAL


def _click_advice(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption) and error.option_name == "--home":
        return "--home goes before the command: safehold --home DIR COMMAND"
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "safehold"
    return f"See: {path} --help"
