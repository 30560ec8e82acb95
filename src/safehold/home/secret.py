"""Secrets of a home: random keys that it makes at their first use, and that stay in its folder of keys.

key = home_secret(home.keys / "marks.key", unfit=DigestKeyError)
"""

import secrets
from pathlib import Path

from safehold.home.files import FILE_MODE, locked_folder, tighten, write_atomic
from safehold.vocabulary import SafeholdError

SECRET_BYTES = 32


def home_secret(path: Path, *, unfit: type[SafeholdError]) -> bytes:
    """Return the 32 bytes of a key, making it first where there is none; safe from several processes.

    Args:
        path: its file.
        unfit: the error to raise where the file is not such a key.
    """
    with locked_folder(path.parent):
        if not path.exists():
            write_atomic(path, f"{secrets.token_hex(SECRET_BYTES)}\n".encode())
        tighten(path, FILE_MODE)
        text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != SECRET_BYTES:
        raise unfit(f"{path} is not a key of ours", advice="Restore it from a backup made with private keys.")
    return key
