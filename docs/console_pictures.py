"""Write docs/images/console-*.png: pages of the console with harmless cases, as a browser draws them. Needs Chromium.

python docs/console_pictures.py [FOLDER]
"""

import datetime as dt
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # the harmless cases are those of the tests

from tests.functional.people.chromium import Tab, find, running  # noqa: E402
from tests.functional.people.conftest import served  # noqa: E402
from tests.unit.console.desk import many, opened_desk  # noqa: E402
from tests.unit.console.pages.furnished import furnish  # noqa: E402
from tests.unit.console.pages.room import open_room  # noqa: E402
from tests.unit.console.standing import NOW  # noqa: E402

from safehold.cases import Role  # noqa: E402
from safehold.console.cookies import LOOK_COOKIE, SESSION_COOKIE  # noqa: E402
from safehold.home.home import Home  # noqa: E402
from safehold.vocabulary import FixedClock  # noqa: E402

COLOURS = 96
WIDTH, HEIGHT = 1200, 860


def main() -> int:
    """Take the pictures and return the exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "images"
    browser = find()
    if browser is None:
        sys.stderr.write("error: this needs Chromium\n  what to do: install it: apt-get install chromium\n")
        return 2
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as profile,
        opened_desk(Path(home)) as desk,  # its clock stands where that of its cases does
        served(desk.standing.app) as address,
        running(browser, Path(profile)) as tab,
    ):
        made = many(desk)
        desk.clock.at += dt.timedelta(minutes=47)  # so that something has waited
        desk.take(made["pictures"])
        tab.cookie(address, SESSION_COOKIE, "amira.reviewer")
        tab.size(WIDTH, HEIGHT)
        case, words = f"{address}/cases/{made['pictures']}", desk.items(made["pictures"])[2].id
        for name, place in {"work": f"{address}/", "queues": f"{address}/queues", "case": case}.items():
            tab.open(place)
            _keep(tab, folder / f"console-{name}.png")
        tab.cookie(address, LOOK_COOKIE, "dark.keys")
        tab.open(f"{case}?item={words}")
        tab.key_down("v")
        tab.wait("document.querySelector('[data-stage]').matches('.reading')")
        _keep(tab, folder / "console-words.png")
        _installation(tab, folder)
    return 0


def _installation(tab: Tab, folder: Path) -> None:
    """Take pictures of pages about the installation, with thirty made-up days."""
    with (
        tempfile.TemporaryDirectory() as place,
        Home.open(Path(place) / "home", FixedClock(NOW)) as home,
        open_room(Path(place), home) as room,
    ):
        found = furnish(room)
        with served(room.standing.app) as address:
            tab.cookie(address, SESSION_COOKIE, ".".join(("amira", *(role.value for role in Role))))
            for name, path, theme in (
                ("overview", "/overview", "light"),
                ("policy", f"/policies/{found.policy}", "dark"),
            ):
                tab.cookie(address, LOOK_COOKIE, f"{theme}.keys")
                tab.open(address + path)
                _keep(tab, folder / f"console-{name}.png")


def _keep(tab: Tab, path: Path) -> None:
    """Take a picture, small enough for a repository."""
    tab.wait("[...document.images].every(one => { one.loading = 'eager'; return one.complete })")
    taken = Path(tempfile.gettempdir()) / path.name
    tab.picture(taken)
    picture = Image.open(io.BytesIO(taken.read_bytes())).convert("RGB").quantize(COLOURS)
    taken.unlink()
    picture.save(path, optimize=True)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    sys.exit(main())
