"""Stories: everything that a summary and a certificate of a run tell of."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from safehold.datasets.apply.stage import Applied
from safehold.datasets.decide.stage import Decided
from safehold.datasets.proof.tally import Tally
from safehold.datasets.register import Waiver
from safehold.datasets.run import Run
from safehold.datasets.sources import CompanionKind, Mix, Shard

_PLAIN = re.compile(r"[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How much one shard brought: its records, the bytes of its members and the digest of its input."""

    records: int
    size_bytes: int
    content: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a summary tells of.

    Attributes:
        run: which run.
        shards: the mix.
        counts: what each shard brought, in the order of the mix.
        tally: the counts over all decisions.
        decided: the separation and the decide digest.
        waivers: register entries that were waived.
        applied: the outputs' commit records; empty for a dry run.
        after: the digest of the cleaned dataset; "" for a dry run.
        left_out: how many files of the sources are part of no record and no companion, by extension.
        unread: how many of these are media, or a link to a folder, that nobody could read.
        unscreened: how many columns of text have no role.
        is_shortened: whether tables beside shards are written again without their words.
    """

    run: Run
    shards: tuple[Shard, ...]
    counts: tuple[SourceCount, ...]
    tally: Tally
    decided: Decided
    waivers: tuple[Waiver, ...]
    applied: tuple[Applied, ...] = ()
    after: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    unread: int = 0
    unscreened: int = 0
    is_shortened: bool = False

    def with_applied(self, applied: tuple[Applied, ...]) -> "Story":
        """Return the story with the outputs' commit records."""
        return replace(self, applied=applied)

    def with_files_of(self, mix: Mix) -> "Story":
        """Return the story with what becomes of files that are no shard; of those left out only plain extensions."""
        extensions = [name.rpartition("/")[2].rpartition(".")[2].lower() for name in mix.left_out]
        counts = Counter(one if _PLAIN.fullmatch(one) else "other" for one in extensions)
        is_shortened = any(companion.kind is CompanionKind.ROWS for companion in mix.companions)
        return replace(
            self, left_out=counts, unread=mix.unread, unscreened=len(mix.unscreened), is_shortened=is_shortened
        )

    def with_after(self, digest: str) -> "Story":
        """Return the story with the cleaned dataset's digest."""
        return replace(self, after=digest)
