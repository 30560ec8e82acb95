"""Pictures as pipelines hold them: Pillow's, arrays and tensors, told by how they behave, encoded in memory.

Arrays are `(height, width)`, `(height, width, channels)` or batches `(n, height, width, channels)`; tensors have
channels first: `(channels, height, width)`, `(n, channels, height, width)`; clips have one more axis, frames, behind
the first. Channels are 1, 3 or 4. Integers are 0 to 255; fractions are 0 to 1, or -1 to 1 where any is below 0.
"""
# ruff: noqa: ANN401  # objects of libraries that are not imported here

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_CHANNELS = frozenset({1, 3, 4})
_MOST_AXES = 5
_FASTEST = 1
"""PNG's compression: the bytes go nowhere but into a check."""

_ROUNDING = 1.0
"""How far a value may lie outside its range, of 255: arithmetic with halves ends there."""

Luma = NDArray[Any]


class UnencodablePictureError(Exception):
    """Something looks like a picture and can't be encoded. Inside this package only."""


def is_picture(value: object) -> bool:
    """Return whether a value is a picture, or an array or tensor that may hold some."""
    return isinstance(value, Image.Image) or is_array(value) or is_tensor(value)


def is_array(value: object) -> bool:
    """Return whether a value is an array of two axes or more."""
    return isinstance(value, np.ndarray) and value.ndim > 1


def is_tensor(value: object) -> bool:
    """Return whether a value behaves as a tensor of three axes or more: what torch and its like have in common."""
    shape = getattr(value, "shape", ())
    behaves = all(callable(getattr(type(value), name, None)) for name in ("detach", "cpu", "numpy"))
    return behaves and isinstance(shape, tuple) and len(shape) > 2


def encoded(value: object) -> list[bytes]:
    """Return every picture that a value holds as PNG, in order.

    Args:
        value: what `is_picture` says yes to.

    Raises:
        UnencodablePictureError: it is none after all, or more than one can be seen of it: an animation.
    """
    if isinstance(value, Image.Image):
        return [_png(value)]
    array = np.asarray(value) if is_array(value) else _array_of(value)
    return [_png(Image.fromarray(_as_bytes(plane))) for plane in _planes(array, channels_first=is_tensor(value))]


def _png(picture: Image.Image) -> bytes:
    if getattr(picture, "n_frames", 1) != 1:
        raise UnencodablePictureError
    written = io.BytesIO()
    try:
        picture.save(written, "PNG", compress_level=_FASTEST)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnencodablePictureError from error
    return written.getvalue()


def _array_of(tensor: Any) -> Luma:
    try:
        value = tensor.detach().cpu()
        if "float" in str(getattr(value, "dtype", "")) and callable(getattr(value, "float", None)):
            value = value.float()  # numpy knows no bfloat16
        return np.asarray(value.numpy())
    except (TypeError, ValueError, RuntimeError) as error:
        raise UnencodablePictureError from error


def _planes(array: Luma, *, channels_first: bool) -> Iterator[Luma]:
    """Yield every picture of an array as `(height, width)` or `(height, width, channels)`."""
    if not 2 <= array.ndim <= _MOST_AXES or array.size == 0:
        raise UnencodablePictureError
    if array.ndim == 2:
        yield array
        return
    if channels_first:
        array = np.moveaxis(array, -3, -1)
    if array.shape[-1] not in _CHANNELS:
        raise UnencodablePictureError
    for plane in array.reshape(-1, *array.shape[-3:]):
        yield plane[..., 0] if plane.shape[-1] == 1 else plane


def _as_bytes(plane: Luma) -> NDArray[np.uint8]:
    if plane.dtype == np.uint8:
        return np.ascontiguousarray(plane)
    if plane.dtype == np.bool_:
        return np.ascontiguousarray(plane).astype(np.uint8) * np.uint8(255)
    if not np.issubdtype(plane.dtype, np.number) or not np.isrealobj(plane):
        raise UnencodablePictureError
    values = plane.astype(np.float64)
    if not np.isfinite(values).all():
        raise UnencodablePictureError
    if np.issubdtype(plane.dtype, np.floating):
        values = values * 255 if values.min() >= -_ROUNDING / 255 else (values + 1) * 127.5
    if values.min() < -_ROUNDING or values.max() > 255 + _ROUNDING:
        raise UnencodablePictureError
    return np.ascontiguousarray(np.rint(values.clip(0, 255)).astype(np.uint8))
