"""Likeness: whether a node of a cluster would observe in a shard what this machine observes in it.

Traits are plain words that travel; two machines that differ in one of them could give other values for the same
bytes, or none.
"""

import platform
from collections.abc import Mapping
from importlib import metadata

from safehold import __version__
from safehold.classification.plugins import GROUP
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard, ShardError, current_fingerprint
from safehold.signals import is_exact

_PACKAGES = ("numpy", "pyarrow", "pillow", "simplejpeg", "av", "pi-heif", "onnxruntime")
"""What observations are made with: another release may decode a picture to other values."""


def traits_of(settings: ScanSettings) -> dict[str, str]:
    """Return the traits of this machine under these settings, by name."""
    return {
        "safehold": __version__,
        "scan settings": settings.digest,
        "exact arithmetic": "yes" if is_exact() else "no",
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version_of(name) for name in _PACKAGES},
        **{f"classifier {name}": _classifier(name) for name in settings.classifiers},
    }


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Say in words what differs, or return "" if nothing does."""
    names = [name for name in ours if ours[name] != theirs.get(name, "none")]
    return ", ".join(f"{name} {theirs.get(name, 'none')} instead of {ours[name]}" for name in names)


def is_seen(shard: Shard) -> bool:
    """Return whether this machine finds a shard's inputs where and as they were discovered; nothing is opened."""
    try:
        return current_fingerprint(shard) == shard.fingerprint
    except (ShardError, ImportError, ValueError):  # gone, or no package or credentials for its address
        return False


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _classifier(name: str) -> str:
    """Return which release of which package an image classifier comes from."""
    for point in metadata.entry_points(group=GROUP, name=name):
        return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
    return "none"
