"""The renderer: a template's name, the frame and a view's values become a page."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from importlib import resources

from jinja2 import BaseLoader, Environment, FunctionLoader, StrictUndefined, TemplateNotFound

from safehold.cases import ABILITIES, Ability, Person, Role
from safehold.console.errors import TemplateUnfitError
from safehold.console.page import Page
from safehold.console.rendering.assets import assets_version
from safehold.console.rendering.frame import Frame, Theme
from safehold.console.rendering.navigation import Group, current, for_person
from safehold.console.rendering.wording import FILTERS, since

_SUFFIX = ".j2"


class Renderer:
    """Makes pages; threads may share it.

    Args:
        pages: which there are, so that navigation leads to those alone.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = tuple(pages)
        self._environment = _environment()
        self._groups: dict[frozenset[Role], tuple[Group, ...]] = {}

    def render(self, name: str, frame: Frame, values: Mapping[str, object]) -> str:
        """Return a page.

        Args:
            name: of the template, as "cases/show.html".
            frame: what stands around it.
            values: what the template names.

        Raises:
            TemplateUnfitError: there is no such template.
        """
        groups = self._navigation(frame.person)
        shared = {
            "frame": frame,
            "person": frame.person,
            "now": frame.now,
            "groups": groups,
            "here": current(frame.path, groups),
            "may": partial(_may, frame),
            "ago": partial(since, now=frame.now),
        }
        try:
            template = self._environment.get_template(name)
        except TemplateNotFound as error:
            raise TemplateUnfitError("there is no such template", advice="Name one of console/templates.") from error
        return template.render({**values, **shared})

    def _navigation(self, person: Person | None) -> tuple[Group, ...]:
        """Return where somebody can go: the same for everybody of the same roles, and worked out once."""
        if person is None:
            return ()
        if person.roles not in self._groups:
            self._groups[person.roles] = tuple(for_person(person, self._pages))
        return self._groups[person.roles]


def _may(frame: Frame, ability: str) -> bool:
    """Return whether who looks may do something, by its word, so that a template can leave out what is not theirs."""
    return frame.person is not None and frame.person.can(Ability(ability))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return what compiles templates, each once in a process: compiling takes longer than all else."""
    environment = Environment(
        loader=_loader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(FILTERS)
    environment.globals.update(static=_static, themes=tuple(Theme), roles=tuple(Role), abilities=ABILITIES)
    return environment


def _loader() -> BaseLoader:
    folder = resources.files("safehold.console").joinpath("templates")

    def read(name: str) -> str | None:
        steps = name.split("/")
        if any(step in {"", ".", ".."} for step in steps):
            return None
        file = folder.joinpath(*steps[:-1], steps[-1] + _SUFFIX)
        return file.read_text(encoding="utf-8") if file.is_file() else None

    return FunctionLoader(read)


def _static(name: str) -> str:
    return f"/static/{assets_version()}/{name}"
