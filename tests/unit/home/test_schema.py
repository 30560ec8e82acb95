import importlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.conftest import Places

import safehold
from safehold.home import HomeTooNewError
from safehold.home.database import Database
from safehold.home.errors import DowngradeRefusedError
from safehold.home.home import Home
from safehold.home.schema import MIGRATIONS, REVISIONS, bring_up_to_date, migrate, revision
from safehold.home.tables import metadata
from safehold.vocabulary import SystemClock

ROOMS = Path(safehold.__file__).parent


def all_tables() -> sa.MetaData:
    for path in sorted(ROOMS.rglob("tables.py")):
        importlib.import_module(".".join(("safehold", *path.relative_to(ROOMS).with_suffix("").parts)))
    return metadata


def a_value(column: sa.Column[object]) -> object:
    match column.type:
        case sa.Boolean():
            return True
        case sa.Integer() | sa.Float():
            return 1
        case sa.LargeBinary():
            return b"\x00" * 32
        case sa.JSON():
            return {"a": 1}
        case _:
            return "x"


def fill(database: Database) -> None:
    """Put one row into every table that has none; every key is the same, so that they point to each other."""
    found = sa.MetaData()
    with database.writing() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name != "alembic_version" and connection.execute(sa.select(table)).first() is None:
                connection.execute(table.insert().values({column.name: a_value(column) for column in table.columns}))


@pytest.fixture
def database(places: Places, tmp_path: Path) -> Database:
    return places.database(tmp_path / "a.db")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "a.db")) as opened:
        yield opened


def test_the_migrated_schema_is_exactly_what_the_rooms_describe(database: Database) -> None:
    bring_up_to_date(database)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, all_tables()) == []


def test_the_first_tables_are_all_there(database: Database) -> None:
    bring_up_to_date(database)
    with database.reading() as connection:
        assert set(sa.inspect(connection).get_table_names()) >= {
            *("events", "checkpoints", "banks", "bank_parts", "evidence", "holds", "alembic_version")
        }


def test_the_table_that_nothing_was_ever_written_to_is_gone_and_comes_back_on_the_way_down(database: Database) -> None:
    migrate(database, "0002")
    fill(database)
    for target, is_there in (("0003", False), ("0002", True)):
        migrate(database, target)
        with database.reading() as connection:
            assert ("waivers" in sa.inspect(connection).get_table_names()) is is_there
            assert connection.execute(sa.text("SELECT count(*) FROM banks")).scalar() == 1


def test_every_migration_is_listed_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_heads() == [REVISIONS[-1]]


@pytest.mark.long
def test_all_migrations_go_up_and_down_one_by_one_with_rows_in_every_table(database: Database) -> None:
    for target in REVISIONS:
        migrate(database, target)
        fill(database)
    for target in (*REVISIONS[-2::-1], "base"):
        migrate(database, target)
        assert revision(database) == (None if target == "base" else target)
        fill(database)


@pytest.mark.parametrize("target", REVISIONS)
def test_every_migration_goes_up_and_down_with_rows_in_every_table(sqlite: Database, target: str) -> None:
    previous = (None, *REVISIONS)[REVISIONS.index(target)]
    if previous is not None:
        migrate(sqlite, previous)
        fill(sqlite)
    migrate(sqlite, target)
    assert revision(sqlite) == target
    if previous is None:
        fill(sqlite)
    migrate(sqlite, previous or "base")
    assert revision(sqlite) == previous
    migrate(sqlite, target)
    assert revision(sqlite) == target


@pytest.mark.parametrize("start", REVISIONS)
def test_a_home_made_by_any_earlier_version_opens_with_its_rows(tmp_path: Path, start: str) -> None:
    with closing(Database(tmp_path / "safehold.db")) as database:
        migrate(database, start)
        fill(database)
    with Home.open(tmp_path, SystemClock()) as home, home.database.reading() as connection:
        assert revision(home.database) == REVISIONS[-1]
        assert connection.execute(sa.text("SELECT count(*) FROM events")).scalar() == 1


def test_only_what_is_sealed_is_said_to_be_of_a_case_after_an_upgrade(database: Database) -> None:
    migrate(database, "0015")
    with database.writing() as connection:
        table = sa.Table("evidence", sa.MetaData(), autoload_with=connection)
        for state in ("sealed", "erasing", "erased"):
            values = {column.name: a_value(column) for column in table.columns}
            connection.execute(table.insert().values(values | {"id": state, "state": state}))
    migrate(database, "0016")
    with database.reading() as connection:
        found = connection.execute(sa.text("SELECT evidence_id FROM evidence_cases")).scalars().all()
    assert set(found) == {"sealed", "erasing"}


@pytest.mark.parametrize("state", ["wanted", "sealing"])
def test_nobody_goes_back_while_confirmed_items_wait_for_the_vault(database: Database, state: str) -> None:
    bring_up_to_date(database)
    fill(database)
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE case_preservations SET state = :state"), {"state": state})
    with pytest.raises(DowngradeRefusedError, match="1 confirmed item"):
        migrate(database, "0015")
    assert revision(database) == REVISIONS[-1]
    with database.writing() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM gateway_held")).scalar() == 1
        connection.execute(sa.text("UPDATE case_preservations SET state = 'kept'"))
    migrate(database, "0015")
    assert revision(database) == "0015"


def test_a_home_made_by_a_later_version_is_refused_unchanged(tmp_path: Path) -> None:
    with Home.open(tmp_path, SystemClock()) as home, home.database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HomeTooNewError, match="9999") as caught:
        Home.open(tmp_path, SystemClock())
    assert "version" in caught.value.advice
    with closing(Database(tmp_path / "safehold.db")) as database, database.reading() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_a_migration_that_fails_leaves_the_home_as_it_was(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("CREATE TABLE waivers (id INTEGER)"))  # in the way of the last table of 0001
    with pytest.raises(sa.exc.DBAPIError, match="waivers"):
        bring_up_to_date(database)
    with database.reading() as connection:
        assert sa.inspect(connection).get_table_names() == ["waivers"]


def test_foreign_keys_are_enforced(database: Database) -> None:
    bring_up_to_date(database)
    holds = all_tables().tables["holds"]
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.execute(holds.insert().values({column.name: "nobody" for column in holds.columns}))
