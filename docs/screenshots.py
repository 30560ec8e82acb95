"""Write docs/images/card.png: the card of the sample, as a browser draws it. Needs Chromium and a finished `make run`.

python docs/screenshots.py [CARD.html]
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Draw the card and return the exit code."""
    card = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS.parent / "sample" / "result" / "card.html"
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None or not card.exists():
        sys.stderr.write("error: this needs Chromium and the card of the sample\n")
        sys.stderr.write("  what to do: install Chromium and run `make run` first.\n")
        return 2
    target = DOCS / "images" / "card.png"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ]
        places = [f"--user-data-dir={profile}", f"--screenshot={target}", "--window-size=1000,1500"]
        subprocess.run(
            [browser, *options, *places, card.resolve().as_uri()], check=True, capture_output=True, timeout=60
        )
    sys.stdout.write(f"{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
