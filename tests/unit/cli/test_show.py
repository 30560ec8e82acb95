"""How answers and progress look."""

import io
import json
import sys
from collections.abc import Callable

import pytest

from safehold.cli import show as looks
from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.show import one_line, progress, show, show_error
from safehold.cli.watcher import ShownWatcher
from safehold.datasets.orders import Sighting


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_json_is_one_line_whatever_the_values_hold() -> None:
    text = one_line({"note": "two\nlines", "sign": "ü"})
    assert "\n" not in text
    assert json.loads(text) == {"note": "two\nlines", "sign": "ü"}


def test_a_table_shows_every_cell_literally(capsys: pytest.CaptureFixture[str]) -> None:
    show(Answer({}, [Table(("what",), [("[bold]not markup[/]",)], title="title")]), as_json=False)
    text = capsys.readouterr().out
    assert "[bold]not markup[/]" in text
    assert "title" in text


STRANGE = "a\udcff\x1b[2J\x9b\u202e.jpg"
"""A file's name with a byte that is no text, and with what clears a terminal or turns its writing."""


def test_a_name_that_is_no_text_or_moves_a_terminal_is_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    show(Answer({}, [STRANGE, Table(("name",), [(STRANGE,)])]), as_json=False)
    show_error(STRANGE, STRANGE, code=ExitCode.USAGE, as_json=False)
    out, errors = capsys.readouterr()
    escaped = r"a\udcff\u001b[2J\u009b\u202e.jpg"
    assert (out.count(escaped), errors.count(escaped)) == (2, 2)
    assert not set("\x1b\x9b\u202e\udcff") & set(out + errors)


def test_json_of_such_a_name_is_text_and_means_the_same_name(capsys: pytest.CaptureFixture[str]) -> None:
    show(Answer({"file": STRANGE}), as_json=True)
    show_error(STRANGE, "", code=ExitCode.USAGE, as_json=True)
    first, second = (line.encode("utf-8").decode() for line in capsys.readouterr().out.splitlines())
    assert json.loads(first) == {"file": STRANGE}
    assert json.loads(second)["error"]["message"] == STRANGE


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show(Answer({}, [Table(("what",), [], empty="nothing at all")]), as_json=False)
    assert "nothing at all" in capsys.readouterr().out


def test_an_error_has_a_message_and_advice_on_standard_error_only(capsys: pytest.CaptureFixture[str]) -> None:
    show_error("it broke", "mend it", code=ExitCode.USAGE, as_json=False)
    out, errors = capsys.readouterr()
    assert (out, errors) == ("", "error: it broke\n  what to do: mend it\n")


def test_without_a_terminal_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress("scan") as shown:
        shown.update(1, 3, "held 0")
        assert capsys.readouterr().err == "", "too soon"
        monkeypatch.setattr(looks, "PLAIN_LINE_SECONDS", 0.0)
        shown.update(2, 3, "held 1")
        shown.update(3, 3, "held 1")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("scan: 2 of 3, held 1, ")
    assert lines[0].endswith("s left")
    assert lines[1] == "scan: 3 of 3, held 1"


def test_with_json_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("scan", as_json=True) as shown:
        shown.update(1, 1)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    def make() -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        return stream

    return make


def test_on_a_terminal_progress_is_a_bar(terminal: Callable[[], Terminal]) -> None:
    stream = terminal()
    with progress("scan") as shown:
        shown.update(1, 2, "held 1")
    assert "scan" in stream.getvalue()
    assert "1/2" in stream.getvalue()


def test_a_bar_says_how_much_there_is_before_the_first_shard_is_done(
    terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stream = terminal()
    with progress("scan") as shown:
        watcher = ShownWatcher(shown)
        watcher.begin("scan", 3, 1000)
        watcher.see(Sighting(records=1250))
    assert "0/3" in stream.getvalue()
    assert "1,250 records, " in stream.getvalue()
    assert "/s, found 0" in stream.getvalue(), "no size is known of a shard under work"


def test_a_narrow_terminal_cuts_neither_counts_nor_the_note(
    terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    stream = terminal()
    with progress("scan") as shown:
        shown.update(17, 123, "1234 records/s, 56 MB/s, found 789, held 101, gaps 112")
    text = stream.getvalue()
    assert all(one in text for one in ("17/123", "1234", "789", "101", "112"))
    assert "…" not in text


def test_no_color_is_respected_on_a_terminal(terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = terminal()
    with progress("scan") as shown:
        shown.update(1, 2)
    assert "\x1b[3" not in stream.getvalue().replace("\x1b[?25", "")
