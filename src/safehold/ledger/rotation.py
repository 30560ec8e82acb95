"""Opening the ledger of a home, and changing the key that speaks for it.

A new key lies beside the old one, durable, before the ledger names it, and takes its place only afterwards. So whenever
the process ends, :func:`open_ledger` finds the key that the ledger names and finishes the change.
"""

from pathlib import Path

from safehold.home.files import fsync_folder
from safehold.home.home import Home
from safehold.ledger.errors import KeyLostError
from safehold.ledger.keychain import Keychain, replaced, rotated
from safehold.ledger.keys import SigningKey, key_path
from safehold.ledger.ledger import Ledger

NAME = "installation"
_NEXT = "installation.next"


def open_ledger(home: Home) -> Ledger:
    """Return the ledger of a home with the installation's key, which is made with the first ledger.

    Raises:
        KeyLostError: the ledger names a key that the home doesn't have.
    """
    ledger, chain = Ledger(home.database, home.clock, _current_key(home)), _keychain(home)
    if len(chain.tenures) > 1 and not any(signed.public_key == chain.current for signed in ledger.checkpoints()[-1:]):
        ledger.checkpoint()  # a change of key ends with the new key's first word
    return ledger


def rotate(home: Home, actor: str) -> Ledger:
    """Let the installation's key name a new one, which then takes its place; the old private key is gone afterwards.

    Raises:
        KeyLostError: there is no old key that could speak.
    """
    ledger, old = open_ledger(home), _current_key(home)
    ledger.checkpoint()  # makes the ledger's beginning, and is the old key's last word
    new = SigningKey.load_or_create(home.keys, _NEXT)
    ledger.append_key_event(rotated(old, new.public_key, origin=ledger.keychain().origin, actor=actor))
    return open_ledger(home)


def replace_lost(home: Home, actor: str) -> Ledger:
    """Put a new key in the place of a lost one. Readers trust it only once told of it by another way.

    Raises:
        KeyLostError: the key is not lost: rotate it.
    """
    ledger_chain = _keychain(home)
    if not ledger_chain.tenures or _held(home, ledger_chain.current) is not None:
        raise KeyLostError("the installation's key is not lost", advice="Rotate it, so that the old key names the new.")
    new = SigningKey.load_or_create(home.keys, _NEXT)
    ledger = Ledger(home.database, home.clock, new)
    ledger.append_key_event(replaced(ledger_chain.current, new.public_key, actor=actor))
    return open_ledger(home)


def _current_key(home: Home) -> SigningKey:
    named = _keychain(home).current
    if not named:
        return SigningKey.load_or_create(home.keys, NAME)
    path = _held(home, named)
    if path is None:
        raise KeyLostError(
            "the home does not have the private key that its ledger names",
            advice="Restore keys/installation.key from a backup, or replace the key as docs/operations.md says.",
        )
    if path != key_path(home.keys, NAME):  # a change of key was cut short after the ledger named the new one
        path.replace(key_path(home.keys, NAME))
        fsync_folder(home.keys)
    return SigningKey.load(key_path(home.keys, NAME))


def _held(home: Home, public_key: str) -> Path | None:
    """Return the file that holds this key's private half; None where there is none."""
    for path in (key_path(home.keys, NAME), key_path(home.keys, _NEXT)):
        if path.exists() and SigningKey.load(path).public_key == public_key:
            return path
    return None


def _keychain(home: Home) -> Keychain:
    return Ledger(home.database, home.clock, SigningKey.generate()).keychain()
