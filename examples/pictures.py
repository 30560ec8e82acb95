"""Harmless generated pictures of many kinds, the same on every run of one Pillow version.

``picture(seed)`` draws; ``encode(image, form)`` writes it in one of the forms that datasets hold and
tools stumble over.
"""

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable

Pixels = NDArray[np.float64]

EXTENSIONS = {
    "jpeg": "jpg",
    "progressive": "jpg",
    "cmyk": "jpg",
    "grey": "jpg",
    "rotated": "jpg",
    "png": "png",
    "palette": "png",
    "alpha": "png",
    "webp": "webp",
    "gif": "gif",
    "animated": "gif",
}
"""Every form, with the extension it is stored under."""


def picture(seed: int, side: int = 320) -> Image.Image:
    """Draw one picture; neighbouring seeds give different kinds."""
    random = np.random.default_rng(seed)
    kinds: tuple[Callable[[np.random.Generator, int], Image.Image], ...] = (_noise, _gradient, _shapes, _words, _mosaic)
    return kinds[seed % len(kinds)](random, side)


def rich_picture(seed: int, side: int = 512) -> Image.Image:
    """Draw a picture with much structure at every scale, whose PDQ hash survives re-encoding and resizing."""
    random = np.random.default_rng(seed)
    image = _noise(random, side)
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y, radius = (int(value) for value in random.integers(0, side, 3))
        colour = _colour(random)
        draw.ellipse((x - radius // 5, y - radius // 5, x + radius // 5, y + radius // 5), fill=colour)
    return image


def _noise(random: np.random.Generator, side: int) -> Image.Image:
    """Fractal noise: octaves of random grids, each twice as fine and half as strong."""
    total = np.zeros((side, side, 3))
    for octave in range(2, 7):
        cells = random.integers(0, 256, (2**octave, 2**octave, 3), dtype=np.uint8)
        grown = Image.fromarray(cells).resize((side, side), Image.Resampling.BICUBIC)
        total += np.asarray(grown, dtype=np.float64) / 2 ** (octave - 1)
    return _from_pixels(total)


def _gradient(random: np.random.Generator, side: int) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    waves = [
        np.sin(across * random.uniform(2, 14) + down * random.uniform(2, 14) + random.uniform(0, 6)) for _ in "rgb"
    ]
    return _from_pixels(np.stack(waves, axis=-1))


def _shapes(random: np.random.Generator, side: int) -> Image.Image:
    image = Image.new("RGB", (side, side), _colour(random))
    draw = ImageDraw.Draw(image)
    for number in range(24):
        left, top = (int(value) for value in random.integers(-side // 4, side, 2))
        width, height = (int(value) for value in random.integers(side // 16, side // 2, 2))
        shape = draw.ellipse if number % 2 else draw.rectangle
        shape((left, top, left + width, top + height), fill=_colour(random))
    return image


def _words(random: np.random.Generator, side: int) -> Image.Image:
    image = _gradient(random, side)
    draw = ImageDraw.Draw(image)
    for line in range(8):
        letters = "".join(chr(97 + int(value)) for value in random.integers(0, 26, 18))
        draw.text((10 + line * 6, 10 + line * side // 9), letters, fill=_colour(random), font_size=side // 14)
    return image


def _mosaic(random: np.random.Generator, side: int) -> Image.Image:
    tiles = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(tiles).resize((side, side), Image.Resampling.NEAREST)


def _colour(random: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(0, 256, 3))
    return red, green, blue


def _from_pixels(values: Pixels) -> Image.Image:
    low, high = values.min(), values.max()
    return Image.fromarray(((values - low) * (255 / (high - low))).astype(np.uint8))


def encode(image: Image.Image, form: str, *, quality: int = 88) -> bytes:
    """Write a picture in one of :data:`EXTENSIONS`' forms.

    "rotated" stores it lying on its side, with an EXIF orientation that sets it upright; "animated" puts it
    third of four frames.
    """
    out = io.BytesIO()
    match form:
        case "jpeg" | "grey" | "cmyk" | "progressive":
            mode = {"grey": "L", "cmyk": "CMYK"}.get(form, "RGB")
            image.convert(mode).save(out, "JPEG", quality=quality, progressive=form == "progressive")
        case "rotated":
            exif = Image.Exif()
            exif[0x0112] = 6  # stored turned left; a viewer turns it right by 90 degrees
            image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=quality, exif=exif)
        case "palette":
            _few_colours(image).save(out, "PNG")
        case "alpha":
            image.convert("RGBA").save(out, "PNG")
        case "gif":
            _few_colours(image).save(out, "GIF")
        case "png" | "webp":
            image.save(out, form.upper(), quality=quality)
        case "animated":
            frames = [image.rotate(180), image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), image, image.rotate(90)]
            first, *others = map(_few_colours, frames)
            first.save(out, "GIF", save_all=True, append_images=others, duration=120, disposal=1)
        case _:
            raise ValueError(f"no form named {form}")
    return out.getvalue()


def _few_colours(image: Image.Image) -> Image.Image:
    return image.quantize(method=Image.Quantize.FASTOCTREE)


def bomb(side: int = 40_000) -> bytes:
    """Return a small PNG that declares side x side pixels; its header alone gets it refused."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 4096, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def video(images: list[Image.Image], frames_each: int = 12) -> bytes | None:
    """Return an MP4 showing the pictures in turn, or None where the video extra is not installed."""
    try:
        import av  # noqa: PLC0415 (an extra)
    except ImportError:
        return None
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.width = stream.height = images[0].width
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for image in images:
            for _ in range(frames_each):
                container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode(None))
    return out.getvalue()
