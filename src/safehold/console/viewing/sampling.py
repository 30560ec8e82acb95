"""Sampling: a hostile sound becomes plain samples, one channel of telephone quality. Runs in the sandbox's child alone.

Needs the `video` extra, whose library decodes sounds too.
"""

import numpy as np
from numpy.typing import NDArray

from safehold.media import Limits, sniff
from safehold.media.demuxer import DEMUXERS, Window, import_library, translated
from safehold.media.errors import EmptyMediaError, UnsupportedFormatError

RATE = 8000
"""Samples a second: speech can be understood, little else is left. Source: ITU-T G.711 (1988), section 1."""

LONGEST_SECONDS = 60
"""How much of a sound is shown: a minute at most, from its beginning. Ours."""

Samples = NDArray[np.int16]
"""``(n,)`` int16, `RATE` samples a second."""


def open_samples(data: bytes | memoryview, *, limits: Limits) -> Samples:
    """Return the beginning of a sound, or of the sound of a clip.

    Args:
        data: the whole file.
        limits: what opening it may cost.

    Raises:
        MediaError: it has no sound, or it can't be opened.
    """
    form = sniff(data).format
    if form not in DEMUXERS or len(data) > limits.input_bytes:
        raise UnsupportedFormatError("such sounds are not opened", advice="Decide by what is known of it.")
    library = import_library()
    most, parts, length = RATE * LONGEST_SECONDS, [np.zeros(0, np.int16)], 0
    with (
        translated(library),
        library.open(Window(data), format=DEMUXERS[form], io_open=_refuse, metadata_errors="replace") as container,
    ):
        if not container.streams.audio:
            raise EmptyMediaError("there is no sound in it", advice="Look at what else it is.")
        resampler = library.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in container.decode(container.streams.audio[0]):
            for told in resampler.resample(frame):
                parts.append(told.to_ndarray().reshape(-1).astype(np.int16, copy=False))
                length += parts[-1].size
            if length >= most:
                break
    return np.concatenate(parts)[:most]


def _refuse(*_: object) -> None:
    """Open nothing beside the sound itself."""
    raise FileNotFoundError
