"""Deriving: what an item itself says of two axes, where the person who confirms it says nothing else. Pure.

What it was to the service follows from its role there, and what found it from its findings and origin. What neither
tells stays unsaid.
"""

from dataclasses import replace

from safehold.cases.axes import Axes, FoundBy, PlayedRole
from safehold.cases.item import NewItem, Origin
from safehold.vocabulary import FindingKind

_ROLES = {
    PlayedRole.LINK: {"link"},
    PlayedRole.MODEL: {"model"},
    PlayedRole.PROFILE: {"account_text"},
    PlayedRole.OUTPUT: {"output_text", "output_image", "output_video", "output_audio"},
    PlayedRole.UPLOAD: {"image", "source_image", "video", "audio", "file", "file_name"},
    PlayedRole.INPUT: {"prompt", "negative_prompt", "messages", "caption"},
    PlayedRole.TRAINING_ITEM: {"record"},
}
_BY_ROLE = {name: role for role, names in _ROLES.items() for name in names}
_BY_ORIGIN = {Origin.REPORT: FoundBy.USER_REPORT, Origin.HAND: FoundBy.HAND}
_BY_KIND = {FindingKind.MATCH: FoundBy.HASH_NEAR, FindingKind.SCORE: FoundBy.CLASSIFIER, FindingKind.RULE: FoundBy.RULE}


def completed(said: Axes, item: NewItem) -> Axes:
    """Return what was said of a confirmed item, with what the item itself tells."""
    role = PlayedRole.TRAINING_ITEM if item.origin is Origin.DATASET else _BY_ROLE.get(item.role)
    return replace(said, role=said.role or role, found_by=said.found_by or _found_by(item))


def _found_by(item: NewItem) -> FoundBy | None:
    """Return what found it: the surest of its findings; else where it came from."""
    if item.origin is Origin.REPORT:
        return FoundBy.USER_REPORT
    if any(one.is_confirmed for one in item.findings):
        return FoundBy.HASH_EXACT
    kinds = {one.kind for one in item.findings}
    found = next((found for kind, found in _BY_KIND.items() if kind in kinds), None)
    return found or _BY_ORIGIN.get(item.origin)
