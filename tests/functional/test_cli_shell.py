"""The command line as a whole: help, JSON, errors, exit codes, interruption, completion."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from safehold import __version__
from safehold.cli.answer import ExitCode
from safehold.cli.edge import GROUPS, cli, explain, run
from safehold.vocabulary import InternalError, OutsidePartyError, UsageError

SAFEHOLD = [sys.executable, "-c", "from safehold.cli.main import main; main()"]


def safehold(*arguments: str, home: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFEHOLD_")}
    where = {"SAFEHOLD_HOME": str(home)} if home else {}
    return subprocess.run(
        [*SAFEHOLD, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**kept, **where, **variables},
    )


def test_help_answers_quickly_because_heavy_imports_wait() -> None:
    assert safehold("--help").returncode == 0
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from safehold.cli.edge import run; run(['--help'])"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert not re.search(r"\| +(numpy|pyarrow|sqlalchemy|pydantic|rich|PIL|yaml)$", loaded, re.MULTILINE)


def test_every_command_knows_json_and_has_a_help_page(capsys: pytest.CaptureFixture[str]) -> None:
    pages = [line.split() for line in _all_commands()]
    assert len(pages) > 15
    for words in pages:
        assert run([*words, "--help"]) == 0, words
        assert "--json" in capsys.readouterr().out, words


def _all_commands() -> list[str]:
    import click

    context = click.Context(cli)

    def leaves(declared: click.Command | None, name: str) -> list[str]:
        if not isinstance(declared, click.Group):
            return [name]
        inner = declared.list_commands(context)
        return [leaf for one in inner for leaf in leaves(declared.get_command(context, one), f"{name} {one}")]

    return [leaf for name in GROUPS for leaf in leaves(cli.get_command(context, name), name)]


def test_version_names_the_installed_version() -> None:
    assert safehold("--version").stdout.strip() == f"safehold {__version__}"


def test_the_version_is_one_json_object_wherever_json_stands() -> None:
    for arguments in (("--version", "--json"), ("--json", "--version")):
        done = safehold(*arguments)
        assert json.loads(done.stdout) == {"name": "safehold", "version": __version__}


def test_home_after_the_command_is_told_where_it_goes() -> None:
    done = safehold("bank", "--home", "anywhere", "list")
    assert done.returncode == 2
    assert "--home goes before the command" in done.stderr


def test_a_path_that_leads_nowhere_is_a_usage_error() -> None:
    for error in (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        message, advice, code = explain(error(2, "No such thing", "a/path"))
        assert (message, code) == ("no such thing: a/path", ExitCode.USAGE)
        assert advice


def test_json_goes_before_or_after_the_command_and_prints_one_line() -> None:
    for arguments in (("--json", "policy", "show"), ("policy", "show", "--json")):
        done = safehold(*arguments)
        assert done.returncode == 0
        assert done.stdout.count("\n") == 1
        assert json.loads(done.stdout)["name"] == "default-dataset"


def test_a_usage_error_says_what_to_do_and_exits_2() -> None:
    done = safehold("policy", "chekc")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "what to do: See: safehold policy --help" in done.stderr


def test_where_there_is_no_utf_8_letters_are_escaped_and_json_stays_json(tmp_path: Path) -> None:
    shown = safehold("policy", "check", "gär→nicht", PYTHONIOENCODING="ascii")
    assert (shown.returncode, "g\\u00e4r\\u2192nicht" in shown.stderr) == (2, True)
    said = safehold("policy", "check", "gär→nicht", "--json", PYTHONIOENCODING="ascii")
    assert "gär→nicht" in json.loads(said.stdout)["error"]["message"]
    policy = tmp_path / "policy.yaml"
    policy.write_text(safehold("policy", "show", "--source").stdout)
    told = safehold("policy", "diff", str(policy), PYTHONIOENCODING="ascii")
    assert (told.returncode, "\\u2192" in told.stdout) == (0, True)


def test_without_a_command_the_help_page_is_shown_and_called_no_error() -> None:
    for arguments in ((), ("dataset",)):
        done = safehold(*arguments)
        assert (done.returncode, done.stdout, done.stderr.startswith("Usage: safehold")) == (2, "", True)
    body = json.loads(safehold("--json", "dataset").stdout)
    assert body["error"] == {
        "message": "no command was named", "advice": "See: safehold dataset --help", "exit_code": 2
    }  # fmt: skip


def test_an_error_is_one_json_object_too() -> None:
    done = safehold("policy", "check", "no-such-file", "--json")
    assert done.returncode == 2
    body = json.loads(done.stdout)["error"]
    assert body["exit_code"] == 2
    assert body["message"]
    assert body["advice"]


def test_each_kind_of_error_has_its_exit_code() -> None:
    advice = {"advice": "do this"}
    assert explain(UsageError("a", **advice)) == ("a", "do this", ExitCode.USAGE)
    assert explain(OutsidePartyError("a", **advice))[2] is ExitCode.OUTSIDE_PARTY
    assert explain(InternalError("a", **advice))[2] is ExitCode.INTERNAL
    assert explain(OSError(28, "No space left on device", "x"))[2] is ExitCode.USAGE
    assert explain(PermissionError(13, "Permission denied", "x"))[2] is ExitCode.USAGE
    message, _, code = explain(KeyError("a caption that must not be shown"))
    assert (message, code) == ("unexpected KeyError", ExitCode.INTERNAL)


def test_found_outranks_incomplete_which_outranks_clear() -> None:
    assert ExitCode.of(found=True, incomplete=True) is ExitCode.FOUND
    assert ExitCode.of(found=False, incomplete=True) is ExitCode.INCOMPLETE
    assert ExitCode.of(found=False, incomplete=False) is ExitCode.CLEAR


def test_an_unexpected_error_shows_its_traceback_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from safehold.cli import edge

    def fail(**_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(edge.cli, "main", fail)
    assert run(["policy", "show"]) == 5
    assert "secret" not in capsys.readouterr().err
    monkeypatch.setenv("SAFEHOLD_DEBUG", "1")
    assert run(["policy", "show"]) == 5
    assert "secret" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_exits_130_without_a_traceback(number: signal.Signals) -> None:
    code = (
        "import signal, time, click\n"
        "from safehold.cli import edge, main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # what a shell's background takes away
        "def wait(**_):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(30)\n"
        "edge.cli.main = wait\n"
        "main.main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        _, errors = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "Traceback" not in errors
    assert "interrupted" in errors


def interrupted(code: str, *arguments: str) -> tuple[int, str, str]:
    """Run code that prints "ready" when it has begun, send SIGTERM, and return code, output and errors."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGTERM)
        out, errors = child.communicate(timeout=20)
    return child.returncode, out, errors


SLOW_IMPORT = """
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            print("ready", flush=True)
            time.sleep(30)
sys.meta_path.insert(0, Slow())
from safehold.cli.main import main
main()
"""


def test_a_command_that_is_still_being_loaded_is_interrupted_like_any_other() -> None:
    code, out, errors = interrupted(SLOW_IMPORT, "policy", "show", "--json")
    assert (code, json.loads(out)["error"]["exit_code"]) == (130, 130)
    assert "Traceback" not in errors


def test_an_interrupted_command_prints_one_json_object() -> None:
    code = (
        "import time\n"
        "from safehold.cli import edge, main\n"
        "def wait(**_):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(30)\n"
        "edge.cli.main = wait\n"
        "main.main()\n"
    )
    ended, out, _ = interrupted(code, "--json")
    assert ended == 130
    assert out.count("\n") == 1
    body = json.loads(out)["error"]
    assert (body["exit_code"], bool(body["message"]), bool(body["advice"])) == (130, True, True)


def test_an_interruption_that_a_library_turns_into_an_error_stays_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from safehold.cli import edge

    def fail(**_: object) -> None:
        raise ImportError("initialisation failed")

    monkeypatch.setattr(edge.cli, "main", fail)
    assert run(["policy", "show"], is_stopped=lambda: True) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_that_goes_away_causes_no_traceback() -> None:
    piped = f"{sys.executable} -c 'from safehold.cli.main import main; main()' policy show --source | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", piped], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_made_for_each_shell(shell: str) -> None:
    done = safehold("completion", shell)
    assert done.returncode == 0
    assert "_SAFEHOLD_COMPLETE" in done.stdout


def test_completion_completes_commands() -> None:
    done = safehold(_SAFEHOLD_COMPLETE="bash_complete", COMP_WORDS="safehold po", COMP_CWORD="1")
    assert "plain,policy" in done.stdout


def test_no_colour_code_is_written_where_there_is_no_terminal_or_no_colour_is_wanted() -> None:
    assert "\x1b[" not in safehold("policy", "show").stdout
    assert "\x1b[" not in safehold("policy", "show", NO_COLOR="1", FORCE_COLOR="").stdout
