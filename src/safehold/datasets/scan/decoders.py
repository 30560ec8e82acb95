"""Decoders: the major releases of the libraries that an observation depends on, beside our own code.

Another major release of one of them may show other pixels, or open what was a gap before; so may an extra that was
not installed when a shard was scanned. Lesser releases mend faults and give the same pixels of a sound file: for one
of those nothing is scanned again. What our own code gives is counted by `SCAN_FORMAT`.
"""

from functools import lru_cache
from importlib import metadata

from safehold.classification.plugins import GROUP

_LIBRARIES = ("pillow", "simplejpeg", "av", "pi-heif")
_OURS = "safehold"


@lru_cache(maxsize=8)
def decoders(classifiers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the releases that count, by name.

    Args:
        classifiers: entry-point names of image classifiers. What another package's classifier says may change with
            any release of it.
    """
    runtime = ("onnxruntime",) if classifiers else ()
    majors = tuple((name, _major_of(name)) for name in (*_LIBRARIES, *runtime))
    return majors + tuple((f"classifier {name}", _release_of(name)) for name in classifiers)


def _major_of(library: str) -> str:
    try:
        return metadata.version(library).partition(".")[0]
    except metadata.PackageNotFoundError:
        return "none"


def _release_of(classifier: str) -> str:
    for point in metadata.entry_points(group=GROUP, name=classifier):
        if point.dist and point.dist.name != _OURS:
            return f"{point.dist.name} {point.dist.version}"
    return _OURS
