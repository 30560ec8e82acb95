"""The same picture, stored in every mode, has the same PDQ value within a few bits: the usual tools miss some."""

import numpy as np
import pytest
from PIL import Image
from tests.vectors.media import encoded, picture

from safehold.media import Limits, open_image, test_signature_png
from safehold.signals import pdq
from safehold.vocabulary import PdqFlavour

PICTURE = picture(640, 480)
GREY = PICTURE.convert("L")
FLAVOURS = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
FEW_BITS = 4
WITHIN_THRESHOLD_BITS = 24
"""For modes whose conversion changes the picture itself: 256 colours, or black and white dots."""


def turned(orientation: int, form: str = "JPEG") -> bytes:
    back = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(PICTURE.transpose(back[orientation]), form, exif=exif)


def transparent(image: Image.Image) -> Image.Image:
    copy = image.copy()
    copy.putalpha(90)
    return copy


def hidden_in_an_animation(form: str) -> bytes:
    others = [picture(640, 480, seed) for seed in (8, 9)]
    return encoded(others[0], form, save_all=True, append_images=[PICTURE, others[1]], duration=40)


MODES = {
    "jpeg": encoded(PICTURE, "JPEG", quality=85),
    "progressive jpeg": encoded(PICTURE, "JPEG", quality=85, progressive=True),
    "grey jpeg": encoded(GREY, "JPEG", quality=85),
    "cmyk jpeg": encoded(PICTURE.convert("CMYK"), "JPEG", quality=85),
    "rgb jpeg": encoded(PICTURE, "JPEG", quality=85, keep_rgb=True),
    "png": encoded(PICTURE, "PNG"),
    "palette png": encoded(PICTURE.quantize(256), "PNG"),
    "1-bit png": encoded(PICTURE.convert("1"), "PNG"),
    "16-bit png": encoded(Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257), "PNG"),
    "grey png with transparency": encoded(transparent(GREY), "PNG"),
    "png with transparency": encoded(transparent(PICTURE), "PNG"),
    "palette png with transparency": encoded(PICTURE.quantize(256), "PNG", transparency=0),
    "webp": encoded(PICTURE, "WEBP", quality=85),
    "gif": encoded(PICTURE, "GIF"),
    "avif": encoded(PICTURE, "AVIF", quality=80),
    "bmp": encoded(PICTURE, "BMP"),
    "cmyk tiff": encoded(PICTURE.convert("CMYK"), "TIFF"),
    "16-bit tiff": encoded(Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257), "TIFF"),
    "integer tiff": encoded(GREY.convert("I"), "TIFF"),
    "float tiff": encoded(GREY.convert("F"), "TIFF"),
    "turned jpeg": turned(6),
    "upside-down jpeg": turned(3),
    "mirrored webp": turned(2, "WEBP"),
    "turned png": turned(8, "PNG"),
    "second frame of a gif": hidden_in_an_animation("GIF"),
    "second frame of a webp": hidden_in_an_animation("WEBP"),
    "second frame of an avif": hidden_in_an_animation("AVIF"),
    "second frame of a png": hidden_in_an_animation("PNG"),
}


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


COARSE = {mode for mode in MODES if "palette" in mode or "gif" in mode or "1-bit" in mode}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_picture_is_found_in_whatever_mode_it_is_stored(mode: str, flavour: PdqFlavour) -> None:
    (wanted,) = pdq(np.array(GREY), (flavour,))

    prints = [pdq(frame.luma, (flavour,))[0] for frame in open_image(MODES[mode], Limits())]
    nearest = min(prints, key=lambda found: distance(found.value, wanted.value))

    assert distance(nearest.value, wanted.value) <= (WITHIN_THRESHOLD_BITS if mode in COARSE else FEW_BITS)
    assert nearest.quality >= 50


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    ("mode", "image"), [("palette png", PICTURE.quantize(256)), ("1-bit png", PICTURE.convert("1"))]
)
def test_coarse_modes_keep_what_they_store(mode: str, image: Image.Image, flavour: PdqFlavour) -> None:
    (wanted,) = pdq(np.array(image.convert("RGB").convert("L")), (flavour,))

    (frame,) = open_image(MODES[mode], Limits())

    assert pdq(frame.luma, (flavour,))[0].value == wanted.value


def test_the_test_signature_has_the_best_quality() -> None:
    (frame,) = open_image(test_signature_png(), Limits())

    assert {found.quality for found in pdq(frame.luma, FLAVOURS)} == {100}
