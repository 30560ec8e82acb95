"""Terms: what `screen` needs to know of a policy, so that it can obey policies of other forms than a dataset's."""

from collections.abc import Collection
from typing import Protocol

from safehold.screening.policy import Rule, SeparationRules, Thresholds
from safehold.vocabulary import MediaKind


class Terms(Protocol):
    """The part of a policy that says what one record's findings and gaps lead to.

    Attributes:
        label: what verdicts carry: "NAME@VERSION sha256:HEX".
        thresholds: where numbers start to count.
        rules: what findings lead to.
        separation: which concepts must not stand in one record.
        required_of_pointers: detectors of which one at least must have examined a record that only points at media.
    """

    @property
    def label(self) -> str: ...  # noqa: D102  said above, like the others
    @property
    def thresholds(self) -> Thresholds: ...  # noqa: D102
    @property
    def rules(self) -> tuple[Rule, ...]: ...  # noqa: D102
    @property
    def separation(self) -> SeparationRules: ...  # noqa: D102
    @property
    def required_of_pointers(self) -> frozenset[str]: ...  # noqa: D102

    def required_for(self, kinds: Collection[MediaKind]) -> frozenset[str]:
        """Return every detector that must have examined a record of these kinds."""
        ...
