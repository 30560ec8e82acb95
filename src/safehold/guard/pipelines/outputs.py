"""What a pipeline gives, as items to check, and with refused pictures replaced.

Pictures are looked for everywhere in an output: attributes, entries, lists within lists. An output in which none is
found was not examined, whatever it is.
"""
# ruff: noqa: ANN401  # objects of libraries that are not imported here

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
from PIL import Image

from safehold.gateway.item import Item, ItemKind
from safehold.guard.pipelines.pictures import (
    UnencodablePictureError,
    encoded,
    is_array,
    is_picture,
    is_tensor,
)

_DEEPEST = 8
_PLAIN = (str, bytes, bytearray, memoryview, int, float, complex, type(None))
_CODE = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType, partial)
_NO_SLOTS = frozenset({"__dict__", "__weakref__"})
_GREY = 128


class UnexaminedOutputError(Exception):
    """An output holds no picture, or one that can't be encoded. Inside this package only."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in an output.

    Attributes:
        pictures: every picture, in the order of `replaced`.
        texts: every string that is not a picture's.
    """

    pictures: tuple[Item, ...]
    texts: tuple[Item, ...]


def examined(output: object) -> Examined:
    """Return everything in an output that is to be checked.

    Raises:
        UnexaminedOutputError: there is no picture in it, or something that can't be read.
    """
    pictures: list[Item] = []
    texts: list[Item] = []
    for value in _leaves(output):
        if isinstance(value, str):
            texts.append(Item(ItemKind.OUTPUT_TEXT, text=value))
        elif is_picture(value):
            try:
                pictures += [Item(ItemKind.OUTPUT_IMAGE, data=data) for data in encoded(value)]
            except UnencodablePictureError as error:
                raise UnexaminedOutputError from error
        else:
            raise UnexaminedOutputError
    if not pictures:
        raise UnexaminedOutputError
    return Examined(tuple(pictures), tuple(texts))


def holds_pictures(output: object) -> bool:
    """Return whether there is a picture of Pillow's in a value: arrays are too many things."""
    return any(isinstance(value, Image.Image) for value in _leaves(output))


def _leaves(value: object, depth: int = 0) -> Iterator[object]:
    """Yield every picture and string in a value, and whatever may hide one.

    That is bytes, files, iterators, what is nested too deeply, and a picture that `replaced` can't reach.
    """
    if is_picture(value) or isinstance(value, str):
        yield value
    elif isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value)
    elif depth > _DEEPEST or isinstance(value, Iterator | PathLike) or callable(getattr(value, "read", None)):
        yield object()
    else:
        for inner in _inner(value):
            yield from _leaves(inner, depth + 1)
        for inner in _out_of_reach(value):
            yield from (leaf if isinstance(leaf, str) else object() for leaf in _leaves(inner, depth + 1))


def _inner(value: object) -> Iterator[object]:
    if isinstance(value, _PLAIN) or callable(value):
        return
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif hasattr(value, "__dict__"):
        yield from vars(value).values()


def _out_of_reach(value: object) -> Iterator[object]:
    """Yield what stands in slots, in objects that can be called, and in collections of other kinds."""
    if isinstance(value, (*_PLAIN, *_CODE, range, list, tuple, set, frozenset, Mapping)):
        return
    if isinstance(value, Collection) and not hasattr(value, "shape"):
        yield from value
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names = (slots,) if isinstance(slots, str) else tuple(slots)
        yield from (getattr(value, name) for name in names if name not in _NO_SLOTS and hasattr(value, name))
    if callable(value) and getattr(value, "__dict__", None):
        yield b""  # a model, perhaps, and then far too much to look through


def replaced(output: Any, refused: Iterator[bool], depth: int = 0) -> Any:
    """Return an output with its refused pictures made grey; what holds them is changed in place where it can be.

    Args:
        output: as `examined` saw it.
        refused: for every picture, in order, whether it is to be replaced.
        depth: how deep in the output this is.

    Raises:
        UnexaminedOutputError: a picture can't be replaced.
    """
    if is_picture(output):
        return _grey(output, refused)
    if isinstance(output, str | bytes | bytearray | memoryview) or depth > _DEEPEST:
        return output
    if isinstance(output, tuple):
        inner = [replaced(value, refused, depth + 1) for value in output]
        return type(output)(*inner) if hasattr(output, "_fields") else tuple(inner)
    if isinstance(output, list):
        output[:] = [replaced(value, refused, depth + 1) for value in output]
        return output
    if isinstance(output, Mapping):
        return _replace_entries(output, refused, depth)
    if hasattr(output, "__dict__") and not callable(output):
        for name, value in list(vars(output).items()):
            setattr(output, name, replaced(value, refused, depth + 1))
    return output


def _replace_entries(output: Any, refused: Iterator[bool], depth: int) -> Any:
    for name, value in list(output.items()):
        made = replaced(value, refused, depth + 1)
        if made is value:
            continue
        output[name] = made
        if isinstance(name, str) and hasattr(output, name):
            setattr(output, name, made)  # outputs that are both a mapping and an object
    return output


def _grey(value: Any, refused: Iterator[bool]) -> Any:
    if isinstance(value, Image.Image):
        return Image.new("RGB", value.size, (_GREY, _GREY, _GREY)) if next(refused) else value
    places = _places(value)
    wanted = [place for place in places if next(refused)]
    if not wanted:
        return value
    made = value.copy() if is_array(value) else _cloned(value)
    for place in wanted:
        made[place] = _grey_of(value)
    return made


def _places(value: Any) -> list[tuple[int, ...]]:
    """Return the index of every picture of an array or tensor, in the order in which they are encoded."""
    shape = tuple(int(length) for length in value.shape)
    return [tuple(int(step) for step in place) for place in np.ndindex(*(shape[:-3] if len(shape) > 2 else ()))]


def _cloned(tensor: Any) -> Any:
    clone = getattr(tensor, "clone", None)
    if not is_tensor(tensor) or not callable(clone):
        raise UnexaminedOutputError
    return clone()


def _grey_of(value: Any) -> float | int:
    is_fraction = "float" in str(value.dtype)
    return 0.5 if is_fraction else _GREY
