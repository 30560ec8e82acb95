"""Pictures and clips among the bytes of sound: covers that no demuxer showed, and what was put behind the sound.

Source: ID3v2.2 to 2.4 (PIC, APIC), "VorbisComment" of Xiph.org (METADATA_BLOCK_PICTURE, and COVERART before it).
"""

import re
from collections.abc import Sequence

from safehold.media.signatures import starts

_NAMED = re.compile(rb"(?i:METADATA_BLOCK_PICTURE=|COVERART=)")
_FRAMES = {2: re.compile(rb"PIC\0"), 3: re.compile(rb"APIC"), 4: re.compile(rb"APIC")}
"""How a picture's frame begins in each version of ID3v2."""
_OWN_BYTES = 8
"""What a container begins with itself."""
_TAG_BYTES = 10


def holds_media(data: bytes | memoryview, form: str, covers: Sequence[bytes] = ()) -> bool:
    """Return whether sound holds a picture or clip beside the covers that are known.

    Args:
        data: the whole file.
        form: its sniffed format.
        covers: the bytes of each picture that was examined.
    """
    whole = bytes(data)
    if len(_NAMED.findall(whole)) + _frames(whole) > len(covers):
        return True
    seen = 0
    for start in starts(whole, _OWN_BYTES):
        known = next((cover for cover in covers if whole.startswith(cover, start)), b"")
        seen = max(seen, start + len(known))
        if start >= seen and not (form == "ogg" and whole.startswith(b"OggS", start)):
            return True
    return False


def _frames(whole: bytes) -> int:
    """Return how many pictures the ID3 tag at the start has frames for."""
    if whole[:3] != b"ID3" or len(whole) < _TAG_BYTES:
        return 0
    size = sum((whole[6 + place] & 127) << 7 * (3 - place) for place in range(4))
    frame = _FRAMES.get(whole[3], _FRAMES[4])
    return len(frame.findall(whole[_TAG_BYTES : _TAG_BYTES + size]))
