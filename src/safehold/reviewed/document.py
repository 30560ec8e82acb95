"""Read YAML so that every value's line is known, and so that nothing is silently lost.

Refused: duplicate keys (of which YAML would keep the last), anchors and aliases (which can blow up), keys that are no
text, tags, more than one document, deep nesting, and texts over a mebibyte.
"""

from dataclasses import dataclass

import yaml

from safehold.vocabulary import UsageError

LARGEST_BYTES = 1 << 20
_DEEPEST = 32
"""Our own files nest five deep; what nests thousands deep takes a parser minutes."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The library's compiled parser, where there is one: every command begins with reading a policy and lexicons."""

Path = tuple[str | int, ...]


class UnreadableYamlError(UsageError):
    """A text is not the plain YAML that we read."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text.

    Attributes:
        value: plain dictionaries, lists, texts, numbers, booleans and None.
        lines: path to line number, counted from 1; a mapping's key counts as its value's line.
    """

    value: object
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """Return the line of the nearest part of a path that exists in the text."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> Document:
    """Parse a text.

    Raises:
        UnreadableYamlError: not plain YAML; the message has the line.
    """
    if len(text) > LARGEST_BYTES:
        raise _refusal(1, "it is longer than a mebibyte")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            _refuse_anchors(event, line)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise _refusal(line, f"it is nested more than {_DEEPEST} deep")
        root = yaml.compose(text, Loader=_LOADER)
        value = _value_of(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _refusal(mark.line + 1 if mark else 1, getattr(error, "problem", None) or "it is not YAML") from error
    lines: dict[Path, int] = {}
    if root is not None:
        _collect(root, (), lines)
    return Document(value, lines)


def _value_of(text: str) -> object:
    loader = _LOADER(text)
    try:
        value: object = loader.get_single_data()
        return value
    finally:
        loader.dispose()


def _refuse_anchors(event: yaml.Event, line: int) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise _refusal(line, "anchors and aliases are refused")
    if getattr(event, "tag", None) not in {None, "!"}:
        raise _refusal(line, "tags are refused")


def _collect(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _collect(item, (*path, number), lines)
    if isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            _collect_entry(key, item, path, lines)


def _collect_entry(key: yaml.Node, item: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    line = key.start_mark.line + 1
    if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
        raise _refusal(line, "every key must be text; put quotes around it")
    here = (*path, key.value)
    if here in lines:
        raise _refusal(line, f"the key {key.value!r} stands twice")
    lines[here] = line
    _collect(item, here, lines)


def _refusal(line: int, why: str) -> UnreadableYamlError:
    return UnreadableYamlError(f"line {line}: {why}", advice="Correct that line.")
