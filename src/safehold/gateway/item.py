"""What is to be checked: items, and the account, session and model that they belong to.

request = CheckRequest((Item(ItemKind.PROMPT, text="a red cube"),), Context(account="a-17", session="s-1"))
"""

from dataclasses import dataclass, field
from enum import Enum

from safehold.gateway.particulars import NOTHING, Particulars
from safehold.gateway.turn import Turn


class Surface(Enum):
    """Where in a service something is met; policies differ by surface."""

    INPUT = "input"
    OUTPUT = "output"
    EDIT = "edit"
    ACCOUNT = "account"


class ItemKind(Enum):
    """What an item is to the service that sends it; what its bytes are is judged by the bytes."""

    PROMPT = "prompt"
    NEGATIVE_PROMPT = "negative_prompt"
    MESSAGES = "messages"
    CAPTION = "caption"
    FILE_NAME = "file_name"
    LINK = "link"
    ACCOUNT_TEXT = "account_text"
    OUTPUT_TEXT = "output_text"
    IMAGE = "image"
    SOURCE_IMAGE = "source_image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    OUTPUT_IMAGE = "output_image"
    OUTPUT_VIDEO = "output_video"
    OUTPUT_AUDIO = "output_audio"

    __hash__ = object.__hash__  # one member is one object; Enum's own hashes its name, in Python, at every look-up

    @property
    def surface(self) -> Surface:
        """Return where such items are met."""
        return _SURFACES.get(self, Surface.INPUT)

    @property
    def is_text(self) -> bool:
        """Return whether such items are text, and not bytes of media."""
        return self in _TEXTS


_SURFACES = {
    ItemKind.OUTPUT_TEXT: Surface.OUTPUT,
    ItemKind.OUTPUT_IMAGE: Surface.OUTPUT,
    ItemKind.OUTPUT_VIDEO: Surface.OUTPUT,
    ItemKind.OUTPUT_AUDIO: Surface.OUTPUT,
    ItemKind.SOURCE_IMAGE: Surface.EDIT,
    ItemKind.ACCOUNT_TEXT: Surface.ACCOUNT,
}
_TEXTS = frozenset(
    {
        ItemKind.PROMPT,
        ItemKind.NEGATIVE_PROMPT,
        ItemKind.MESSAGES,
        ItemKind.CAPTION,
        ItemKind.FILE_NAME,
        ItemKind.LINK,
        ItemKind.ACCOUNT_TEXT,
        ItemKind.OUTPUT_TEXT,
    }
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to check.

    Attributes:
        kind: what it is to the service.
        id: the caller's own name for it, given back with its answer; "" for none.
        text: of a text item but MESSAGES.
        turns: of MESSAGES, oldest first.
        data: of every other item, the bytes as they were received.
        file_name: the name a user gave it, checked as text too; "" for none.
    """

    kind: ItemKind
    id: str = ""
    text: str = field(default="", repr=False)
    turns: tuple[Turn, ...] = field(default=(), repr=False)
    data: bytes = field(default=b"", repr=False)
    file_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Context:
    """Whom and what the items belong to, as the operator names them; all of it optional.

    Attributes:
        account: the operator's identifier of the account.
        session: of the conversation or session: what is said over several turns of one is joined.
        model: of the model asked.
        locale: a BCP 47 tag for messages.
        country: ISO 3166-1 alpha-2, for messages.
        model_version: of the model asked.
        particulars: what else the operator knows, for people who investigate; kept sealed, with what is held or denied.
    """

    account: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    model: str = ""
    locale: str = ""
    country: str = ""
    model_version: str = ""
    particulars: Particulars = field(default=NOTHING, repr=False)


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Items that are decided together: the action of the whole is the most severe of theirs.

    Attributes:
        items: at least one.
        context: whom they belong to.
    """

    items: tuple[Item, ...]
    context: Context = Context()
