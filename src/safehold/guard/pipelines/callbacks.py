"""Callbacks of a pipeline, which see what is being made before anybody checked it.

Unless the rules allow previews, a callback is told the step and the time and nothing that holds a picture. Two forms
are known, of diffusers: `callback_on_step_end(pipe, step, timestep, values)` and `callback(step, timestep, latents)`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from safehold.guard.errors import GuardSetupError
from safehold.guard.pipelines.pictures import is_picture

Called = Callable[..., Any]


def without_previews(pipe: object, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with callbacks that see no pictures.

    Args:
        pipe: what a callback is given as the pipeline.
        arguments: by name.

    Raises:
        GuardSetupError: a callback of another form.
    """
    made = dict(arguments)
    for name, value in arguments.items():
        if "callback" not in name or not callable(value):
            continue
        if name == "callback_on_step_end":
            made[name] = _on_step_end(pipe, value)
        elif name == "callback":
            made[name] = _legacy(value)
        else:
            raise GuardSetupError(
                f"the form of {name} is not known", advice="Allow previews (InputRules), or leave it out."
            )
    return made


def _on_step_end(pipe: object, callback: Called) -> Called:
    def called(_pipe: object, step: int, timestep: object, values: Mapping[str, Any]) -> dict[str, Any]:
        seen = {name: value for name, value in values.items() if not _may_show(value)}
        told = callback(pipe, step, timestep, seen)
        return {**values, **(told or {})}

    return called


def _legacy(callback: Called) -> Called:
    def called(step: int, timestep: object, _latents: object) -> object:
        return callback(step, timestep, None)

    return called


def _may_show(value: object) -> bool:
    return is_picture(value) or hasattr(value, "shape")
