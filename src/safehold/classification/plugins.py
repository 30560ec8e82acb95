"""Plug-ins: classifiers by entry-point name. Only names that the settings list are loaded, and each must load.

A name that two installed packages claim is refused, so that no package can put itself in another's place.
"""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from safehold.classification.classifier import Classifier
from safehold.classification.errors import ClassifierMissingError, ClassifierUnfitError

GROUP = "safehold.classifiers"
"""The entry-point group; an entry makes a `Classifier` when called without arguments."""

_FAULTS = (
    ArithmeticError, AttributeError, LookupError, NameError, OSError, RuntimeError, SyntaxError, TypeError, ValueError,
)  # fmt: skip
"""What another's code raises when it is unfit. Our own errors pass as they are: they say better what to do."""


def load_classifiers(names: Iterable[str]) -> tuple[Classifier, ...]:
    """Load the named classifiers, in order; nothing else is imported.

    Raises:
        ClassifierMissingError: there is none of that name, or a module that it needs is not installed.
        ClassifierUnfitError: two packages claim the name, or what is installed is no classifier.
        ForeignWeightsError: the installed weights are not the ones that were measured.
    """
    return tuple(_load(name) for name in names)


def _load(name: str) -> Classifier:
    entry = _entry(name)
    try:
        classifier: Classifier = entry.load()()
    except ImportError as error:
        raise ClassifierMissingError(
            f"the classifier {name} can't be loaded: {error.name or 'a module'} is missing",
            advice="Install its extra, for instance: pip install 'safehold[vision]'.",
        ) from error
    except _FAULTS as error:
        raise _unfit(name, f"it fails to start ({type(error).__name__})") from error
    if not _is_classifier(classifier, name):
        raise _unfit(name, "it has not the name, version, concepts and score of a classifier")
    return classifier


def _entry(name: str) -> EntryPoint:
    found = {entry.value: entry for entry in entry_points(group=GROUP, name=name)}
    if not found:
        known = ", ".join(sorted({entry.name for entry in entry_points(group=GROUP)})) or "none"
        raise ClassifierMissingError(
            f"there is no classifier named {name}", advice=f"Install it, or choose among those installed: {known}."
        )
    if len(found) > 1:
        raise _unfit(name, "several installed packages claim its name")
    return found.popitem()[1]


def _is_classifier(made: object, name: str) -> bool:
    concepts = getattr(made, "concepts", ())
    if not isinstance(concepts, tuple) or not concepts or not callable(getattr(made, "score", None)):
        return False
    words = (getattr(made, "version", None), *concepts)
    return getattr(made, "name", None) == name and all(isinstance(word, str) and word for word in words)


def _unfit(name: str, why: str) -> ClassifierUnfitError:
    return ClassifierUnfitError(
        f"the classifier {name} can't be used: {why}", advice="Tell whoever made it, or leave it out of the settings."
    )
