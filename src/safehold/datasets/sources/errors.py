"""What can be wrong with a source: as a whole (stops the command) or in one shard (becomes a gap)."""

from safehold.vocabulary import GapReason, OutsidePartyError, SafeholdError, UsageError


class SourceError(UsageError):
    """A source can't be used as a whole; nothing has been written."""


class MissingSourceError(SourceError):
    """There is nothing at the place that was named."""


class NotADatasetError(SourceError):
    """What was named is in none of the formats that can be read, or in several at once."""


class EmptySourceError(SourceError):
    """The source holds no record."""


class RepeatedSourceError(SourceError):
    """A source was named twice, or lies within another one."""


class OutputAsSourceError(SourceError):
    """What was named as a source is, or holds, an output folder of Safehold."""


class UnreadableSourceError(SourceError):
    """The source can't be opened, or not one of its shards can be read."""


class UnreachableSourceError(OutsidePartyError):
    """The service that a source is behind can't be reached; nothing has been written."""


class UnknownColumnError(SourceError):
    """A column that an option names is not in the table, or the table has none that can be used."""


class ShardError(SafeholdError):
    """One shard can't be read, or is no longer what was scanned; the others are not concerned.

    The text names no file: the caller knows the shard's number.

    Attributes:
        reason: what the shard's gap says.
    """

    def __init__(self, message: str, *, reason: GapReason, advice: str = "") -> None:
        super().__init__(message, advice=advice or "Repair or fetch the shard again, then repeat the command.")
        self.reason = reason
