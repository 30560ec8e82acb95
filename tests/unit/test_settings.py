"""Settings: file, then environment; nothing unknown, nothing unusable."""

from pathlib import Path

import pytest

from safehold.settings import MalformedSettingsError, Settings, load_settings
from safehold.vocabulary import UsageError
from safehold.wiring import actor_of, home_folder


def test_without_a_file_and_variables_every_setting_has_its_default(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"PATH": "/bin"}) == Settings()


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("workers: 2\nclassifiers: [opennsfw]\n")
    settings = load_settings(tmp_path, {"SAFEHOLD_WORKERS": "5"})
    assert (settings.workers, settings.classifiers) == (5, ("opennsfw",))


def test_lists_in_the_environment_are_separated_by_commas(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"SAFEHOLD_LEXICONS": "a.yaml, b.yaml,"})
    assert settings.lexicons == (Path("a.yaml"), Path("b.yaml"))


@pytest.mark.parametrize("text", ["wrokers: 1", "workers: 0", "workers: many", "- a list", "a: [", "just words"])
def test_an_unusable_file_is_refused_with_advice(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.yaml").write_text(text)
    with pytest.raises(MalformedSettingsError) as caught:
        load_settings(tmp_path, {})
    assert caught.value.advice


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(MalformedSettingsError):
        load_settings(tmp_path, {})


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("# nothing yet\n")
    assert load_settings(tmp_path, {}) == Settings()


def test_an_unknown_variable_is_refused_but_those_of_a_command_are_not(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"SAFEHOLD_HOME": "x", "SAFEHOLD_DEBUG": "1"}) == Settings()
    with pytest.raises(MalformedSettingsError, match="SAFEHOLD_WROKERS"):
        load_settings(tmp_path, {"SAFEHOLD_WROKERS": "1"})


def test_the_home_is_named_by_the_command_then_the_environment_then_the_platform() -> None:
    assert home_folder(Path("a"), {"SAFEHOLD_HOME": "b"}) == Path("a")
    assert home_folder(None, {"SAFEHOLD_HOME": "b"}) == Path("b")
    assert home_folder(None, {}).name == "safehold"


def test_an_actor_is_one_word_that_the_ledger_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert actor_of(Settings(actor="staff-17")) == "staff-17"
    with pytest.raises(MalformedSettingsError):
        actor_of(Settings(actor="amira@example.org, on leave"))
    monkeypatch.setenv("LOGNAME", "first.last name")
    assert actor_of(Settings()) == "first_last_name"


ADDRESS = "postgresql+psycopg://safehold:canary@db.internal/safehold"


def test_without_a_word_the_tables_lie_in_the_home(tmp_path: Path) -> None:
    assert Settings().server() is None
    assert load_settings(tmp_path, {"SAFEHOLD_DATABASE": "sqlite"}).server() is None


def test_the_database_comes_from_a_variable_the_file_or_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(f"database: {ADDRESS}\n")
    (tmp_path / "secret").write_text(f"{ADDRESS}?sslmode=require\n")
    told = load_settings(tmp_path, {}).server()
    assert told is not None
    assert (told.host, told.password) == ("db.internal", "canary")
    assert load_settings(tmp_path, {"SAFEHOLD_DATABASE": "sqlite"}).server() is None
    own = load_settings(tmp_path / "elsewhere", {"SAFEHOLD_DATABASE_FILE": str(tmp_path / "secret")}).server()
    assert own is not None
    assert own.query == {"sslmode": "require"}


def test_the_database_is_shown_without_its_password(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"SAFEHOLD_DATABASE": ADDRESS})
    assert "canary" not in f"{settings} {settings!r} {settings.model_dump_json()} {settings.server()}"


@pytest.mark.parametrize("text", ["mysql://u:canary@h/d", "postgresql://u:canary@h", "canary"])
def test_a_database_that_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(Path("nowhere"), {"SAFEHOLD_DATABASE": text}).server()
    assert "canary" not in str(caught.value)
    assert caught.value.advice


def test_a_file_of_the_database_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(MalformedSettingsError, match="can't be read"):
        Settings(database_file=tmp_path / "missing").server()
