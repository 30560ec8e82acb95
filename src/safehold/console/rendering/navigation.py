"""Navigation: where somebody can go. An entry is shown to whoever may open its page, and to nobody else.

What a page needs is said in its table alone: here stand words and order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safehold.cases import Person
from safehold.console.page import Page


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        path: of its page.
        label: in a few words.
        key: what is typed after "g" to go there; "" for none.
    """

    path: str
    label: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together.

    Attributes:
        label: in a word.
        entries: in order.
    """

    label: str
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        "Review",
        (
            Entry("/", "My work", "w"),
            Entry("/queues", "Queues", "q"),
            Entry("/cases", "Cases", "c"),
            Entry("/dangers", "Dangers", "d"),
            Entry("/search", "Search", "s"),
            Entry("/hand", "New by hand"),
        ),
    ),
    Group(
        "People",
        (
            Entry("/reports", "Reports", "r"),
            Entry("/appeals", "Appeals", "a"),
            Entry("/enforcement", "Enforcement", "e"),
        ),
    ),
    Group("Evidence", (Entry("/holds", "Holds", "h"), Entry("/openings", "Openings", "o"), Entry("/grants", "Grants"))),
    Group(
        "Rules",
        (
            Entry("/policies", "Policies", "p"),
            Entry("/banks", "Banks", "b"),
            Entry("/signals", "Signals"),
            Entry("/golden", "Golden items"),
        ),
    ),
    Group(
        "System",
        (
            Entry("/overview", "Overview", "v"),
            Entry("/ledger", "Ledger", "l"),
            Entry("/health", "Health"),
            Entry("/jobs", "Jobs"),
            Entry("/users", "Users", "u"),
        ),
    ),
)


def for_person(person: Person | None, pages: Sequence[Page]) -> Iterator[Group]:
    """Yield the groups that have an entry somebody may open, with those entries."""
    if person is None:
        return
    open_to = {page.path for page in pages if page.method == "GET" and (page.needs is None or person.can(page.needs))}
    for group in GROUPS:
        entries = tuple(entry for entry in group.entries if entry.path in open_to)
        if entries:
            yield Group(group.label, entries)


def current(path: str, groups: Sequence[Group]) -> str:
    """Return the entry under which a page stands: the longest whose path begins that of the page; "" for none."""
    found = (
        entry.path
        for group in groups
        for entry in group.entries
        if path == entry.path or (entry.path != "/" and path.startswith(f"{entry.path}/"))
    )
    return max(found, key=len, default="")
