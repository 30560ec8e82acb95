"""What can go wrong with a dataset as a whole. Faults of one record or shard are Gaps, not errors."""

from safehold.vocabulary import InternalError, OutsidePartyError, UsageError


class ForeignOutputError(UsageError):
    """The output folder holds something that this run did not make."""


class OverlapError(UsageError):
    """Sources and output folder lie within one another."""


class UnwritableOutputError(UsageError):
    """The output folder can't be written to."""


class OutputFullError(UsageError):
    """The disk is full or a quota is used up; what was committed stays, nothing was half-written."""


class OutputBusyError(UsageError):
    """Another process is writing to the output folder."""


class IncompleteScanError(UsageError):
    """Some shards were not scanned yet, or not under the same settings."""


class ChangedSourceError(UsageError):
    """The source is no longer what was scanned."""


class UnknownRecordError(UsageError):
    """A record was named that the dataset does not hold, or that can't be released."""


class RiskySourceError(UsageError):
    """A source is on the register of known risks and nobody has waived it."""


class DamagedStateError(UsageError):
    """A file that Safehold wrote is not what it wrote."""


class RevealingListError(UsageError):
    """A list of removals would tell which records are confirmed abuse material."""


class ReceiptMissingError(UsageError):
    """Something would be destroyed before the duty to report is met."""


class EngineError(InternalError):
    """A shard could not be examined for a reason of ours."""


class RayMissingError(UsageError):
    """The engine that was asked for is not installed."""


class RayInUseError(UsageError):
    """This process is connected to a Ray cluster already."""


class UnlikeNodeError(UsageError):
    """A node of a cluster could observe something else in the same bytes."""


class HiddenSourceError(UsageError):
    """A node of a cluster does not see a source that this machine sees, or sees another file there."""


class NoNodeError(OutsidePartyError):
    """A cluster can't be reached, or has no node that could scan."""


class RunElsewhereError(UsageError):
    """The folder of a run is not on this machine, or no longer where it was."""


class RecordGoneError(UsageError):
    """A record can't be read any more: its source has changed, or it is too large, or the child that read it died."""
