"""Assets: style sheets, scripts and the icon that pages are made of. All are ours, and named here."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from safehold.console.errors import TemplateUnfitError

CSS, JS, ICON = "text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/svg+xml"

KINDS: Mapping[str, str] = {"css": CSS, "js": JS, "svg": ICON}
_VERSION_DIGITS = 12


def asset(name: str) -> tuple[bytes, str]:
    """Return an asset and its media type.

    Raises:
        TemplateUnfitError: there is none of that name.
    """
    if name not in names():
        raise TemplateUnfitError("there is no such asset", advice="Name one that lies in console/static.")
    return resources.files("safehold.console").joinpath("static", name).read_bytes(), KINDS[name.rpartition(".")[2]]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all assets, in order."""
    found = resources.files("safehold.console").joinpath("static").iterdir()
    return tuple(sorted(one.name for one in found if one.name.rpartition(".")[2] in KINDS))


@lru_cache(maxsize=1)
def assets_version() -> str:
    """Return what changes whenever an asset does, so that browsers may keep them until then."""
    return hashlib.sha256(b"".join(asset(name)[0] for name in names())).hexdigest()[:_VERSION_DIGITS]
