"""A pipeline that is asked through a guard.

pipe = GuardedPipeline(DiffusionPipeline.from_pretrained(name), guard, on_refusal=OnRefusal.PLACEHOLDER)
pipe = pipe.to("cuda")                          # still guarded
pipe(prompt="a red cube").images
"""
# ruff: noqa: ANN401  # objects of libraries that are not imported here

from collections.abc import Callable, Sequence
from enum import Enum
from types import MethodType
from typing import Any

from safehold.gateway.answer import Refusal
from safehold.gateway.item import CheckRequest, Context
from safehold.guard.errors import GuardSetupError
from safehold.guard.guard import NOBODY, Guard
from safehold.guard.outcome import GuardResult, RefusedError, unexamined
from safehold.guard.pipelines.callbacks import without_previews
from safehold.guard.pipelines.inputs import InputRules, draft_of_inputs, named
from safehold.guard.pipelines.outputs import UnexaminedOutputError, examined, holds_pictures, replaced

_MOST_ITEMS = 8
"""How many pictures are sent in one check: requests stay within what a service takes."""
_OWN = ("_context", "_guard", "_on_refusal", "_pipe", "_rules")


class OnRefusal(Enum):
    """What becomes of a generated picture that is refused; refused prompts and source pictures always raise."""

    RAISE = "raise"
    PLACEHOLDER = "placeholder"


class GuardedPipeline:
    """A pipeline behind checks; whatever else it has is reached through this object as before.

    Methods that return the pipeline return this object, so that `pipe.to("cuda")` stays guarded; pictures that other
    methods return are checked too. The pipeline itself is `unguarded`.

    Args:
        pipe: called like `pipe(prompt=…)`, gives an object, tuple or dict with pictures.
        guard: what is asked.
        context: whom the calls belong to; see `in_context`.
        on_refusal: whether a refused picture raises or is returned as a grey one.
        rules: what may enter unexamined.
    """

    __slots__ = _OWN
    _context: Context
    _guard: Guard
    _on_refusal: OnRefusal
    _pipe: Any
    _rules: InputRules

    def __init__(
        self,
        pipe: Any,
        guard: Guard,
        *,
        context: Context = NOBODY,
        on_refusal: OnRefusal = OnRefusal.RAISE,
        rules: InputRules | None = None,
    ) -> None:
        if not callable(pipe):
            raise GuardSetupError("a pipeline that can't be called", advice="Give an object like those of diffusers.")
        for name, value in zip(_OWN, (context, guard, on_refusal, pipe, rules or InputRules()), strict=True):
            object.__setattr__(self, name, value)

    @property
    def unguarded(self) -> Any:
        """Return the pipeline itself: nothing that it gives is checked."""
        return self._pipe

    def in_context(self, context: Context) -> "GuardedPipeline":
        """Return the same pipeline for calls that belong to an account or session."""
        return self._around(self._pipe, context)

    def _around(self, pipe: Any, context: Context) -> "GuardedPipeline":
        return GuardedPipeline(pipe, self._guard, context=context, on_refusal=self._on_refusal, rules=self._rules)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Check what comes in, run the pipeline, check what it gives.

        Raises:
            RefusedError: prompt, source picture or, unless placeholders are wanted, a result is not allowed.
            GuardSetupError: a callback can't be kept from seeing pictures.
        """
        draft = draft_of_inputs(named(self._pipe, args, kwargs), self._rules)
        if draft.items or not draft.is_complete:
            self._guard.check_draft(draft, context=self._context).raise_for_refusal()
        if not self._rules.previews:
            if any(callable(arg) and not isinstance(arg, type) for arg in args):
                raise GuardSetupError("a callback without a name", advice="Give callbacks by name.")
            kwargs = without_previews(self, kwargs)
        return self._checked(self._pipe(*args, **kwargs))

    def _checked(self, output: Any) -> Any:
        try:
            found = examined(output)
        except UnexaminedOutputError as error:
            raise RefusedError(_unexamined_output(self._context)) from error
        if found.texts:
            self._guard.check(found.texts, context=self._context).raise_for_refusal()
        refused: list[bool] = []
        for start in range(0, len(found.pictures), _MOST_ITEMS):
            result = self._guard.check(found.pictures[start : start + _MOST_ITEMS], context=self._context)
            if not result.allowed and self._on_refusal is OnRefusal.RAISE:
                raise RefusedError(result)
            refused += _refused(result)
        return self._with_placeholders(output, refused) if any(refused) else output

    def _with_placeholders(self, output: Any, refused: Sequence[bool]) -> Any:
        try:
            return replaced(output, iter(refused))
        except (UnexaminedOutputError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise RefusedError(_unexamined_output(self._context)) from error

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in _OWN:
            raise AttributeError(name)  # copying and the like must not end at the pipeline itself
        value = getattr(self._pipe, name)
        is_own = isinstance(value, MethodType) and value.__self__ is self._pipe
        return self._method(value) if is_own else value

    def _method(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            value = method(*args, **kwargs)
            if value is self._pipe:
                return self
            if type(value) is type(self._pipe):
                return self._around(value, self._context)
            return self._checked(value) if holds_pictures(value) else value

        return called

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._pipe, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._pipe, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(self._pipe)})

    def __repr__(self) -> str:
        return f"GuardedPipeline({type(self._pipe).__name__})"


def _refused(result: GuardResult) -> list[bool]:
    """Return for each item whether it is refused; all of them, where the whole is refused for no item's sake."""
    if result.allowed:
        return [False] * len(result.items)
    each = [not item.allowed for item in result.items]
    return each if any(each) else [True] * len(each)


def _unexamined_output(context: Context) -> GuardResult:
    return unexamined(CheckRequest((), context), Refusal.UNEXAMINED)
