"""Plug-ins: classifiers by entry-point name. Only names that the settings list are loaded, and each must load."""

from collections.abc import Iterable
from importlib.metadata import entry_points

from safehold.classification.classifier import Classifier
from safehold.classification.errors import ClassifierMissingError

GROUP = "safehold.classifiers"
"""The entry-point group; an entry makes a `Classifier` when called without arguments."""


def load_classifiers(names: Iterable[str]) -> tuple[Classifier, ...]:
    """Load the named classifiers, in order.

    Raises:
        ClassifierMissingError: there is none of that name, or it can't be loaded.
    """
    return tuple(_load(name) for name in names)


def _load(name: str) -> Classifier:
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(sorted(entry.name for entry in entry_points(group=GROUP))) or "none"
        raise ClassifierMissingError(
            f"there is no classifier named {name}", advice=f"Install it, or choose among those installed: {known}."
        )
    try:
        classifier: Classifier = next(iter(found)).load()()
    except ImportError as error:
        raise ClassifierMissingError(
            f"the classifier {name} can't be loaded: {error.name or 'a module'} is missing",
            advice="Install its extra, for instance: pip install 'safehold[vision]'.",
        ) from error
    return classifier
