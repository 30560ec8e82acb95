"""What can go wrong while classifying."""

from safehold.vocabulary import InternalError, UsageError


class EmptyTermError(UsageError):
    """A lexicon's term has nothing that could be searched for."""


class ClassifierMissingError(UsageError):
    """A classifier that was asked for is not installed."""


class ClassifierUnfitError(UsageError):
    """A classifier that was asked for is installed, but can't be used."""


class ForeignWeightsError(UsageError):
    """A classifier's weights are not the ones whose card we measured."""


class MisshapenImageError(InternalError):
    """A classifier was given something other than an RGB array."""
