r"""Normalised views of text, made for whole batches at once.

A batch is one string: texts framed as ``" first \n second "``, so that every word has a space on both sides and the
number of line feeds tells which text a position is in. All steps work on that string at C speed and keep its feeds.

The views of a text:

1. *folded*: NFKC, case folded, accents and invisible characters (zero-width, bidirectional, tags, controls) dropped,
   look-alikes as Latin, everything else than letters and digits as single spaces;
2. *unglued*, if a letter touches a digit, or a lone digit stands between letters: digits as spaces;
3. *skeleton*, in the same case, with signs that stand for letters too: digits and signs as the letters that they stand
   for, `i` as `l`; searched for words that were changed in the same way;
4. of 1 and 3, if a letter stands three times in a row: such runs as two letters, and as one;
5. of 1 and 3, if three or more single letters stand apart: joined;
6. all of these once more, if there are tags: with the tags as the letters that they name.

Only texts that show the sign of a trick get views beyond the first.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safehold.vocabulary import InternalError

SEPARATOR = " \n "

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NO_WORD = {code: " " for code in range(128) if not chr(code).isalnum() and code != 10}
_CONTROLS = {code: None for code in (*range(32), 127) if not chr(code).isspace()}
ASCII_TO_WORDS = {**_NO_WORD, **_CONTROLS}
_DIGITS_TO_SPACES = str.maketrans(dict.fromkeys("0123456789", " "))

# Which signs are read as letters: what looks like the letter, in Latin handwriting and on seven-segment displays. One
# and `i` and `l` are one letter in this view, so that it doesn't matter which of them was meant.
SKELETON = str.maketrans(
    {"0": "o", "1": "l", "!": "l", "|": "l", "i": "l", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t"}
    | {"+": "t", "8": "b", "9": "g", "6": "g"}
)

# Letters that most typefaces draw like a Latin one, lower case, and the Latin small capitals. Source: own compilation
# by eye from the Unicode charts (U+0100, U+0250, U+0370, U+0400, U+1D00, U+A730, U+0180, U+0530); no list was copied.
_LOOK_ALIKES = dict(
    zip(
        "авсԁеһіјкӏмнопԛрѕтцѵԝхузαβεηικνορτυχγωıɡɑłøđᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "abcdehijklmhonqpstuvwxyzabenikvoptuxywigalodabcdefghijklmnoprstuvwyz",
        strict=True,
    )
) | dict(  # turned letters, letters with a hook or a bar, and Armenian ones
    zip(
        "ɐɔǝɟɥɾʞɯɹʇʌʍʎƀɓƈɖɗǥɠħɦɨɫƙɱɲƥʂŧƭʉʋƴƶօսհոցյ",
        "acefhjkmrtvwybbcddgghhilkmnpsttuvyzouhngj",
        strict=True,
    )
)
# Alphabets of pictures of letters that NFKC leaves alone: negative circled, negative squared, regional indicators.
_LETTER_PICTURES = (0x1F150, 0x1F170, 0x1F1E6)

# And pictures of children, as the words that Unicode calls them by (U+1F466, U+1F467, U+1F476, U+1F9D2).
_WRITTEN = _LOOK_ALIKES | {
    "\U0001f466": " boy ",
    "\U0001f467": " girl ",
    "\U0001f476": " baby ",
    "\U0001f9d2": " child ",
}

# Tags (U+E0020 to U+E007E) are invisible and name the ASCII characters with the same last seven bits.
_TAG = re.compile("[\U000e0020-\U000e007e]")
_TAGS_TO_LETTERS = {0xE0000 + code: code for code in range(0x20, 0x7F)}

_APART = re.compile(r"(?<= )[^ \n](?: [^ \n]){2,}(?= )")
_CLOSING_SIGN = re.compile(r"[!|+]+(?![^\W_])")
_RUN = re.compile(r"([^\W\d_])\1{2,}")

_OTHER, _LETTER, _DIGIT, _SIGN_EITHER_SIDE, _SIGN_BEFORE = range(5)


def _touch_table() -> npt.NDArray[np.uint8]:
    """Return the class of every character code; the last entry stands for everything beyond ASCII."""
    table = np.zeros(129, dtype=np.uint8)
    table[128] = _LETTER
    for characters, kind in (
        (_LETTERS, _LETTER),
        ("0123456789", _DIGIT),
        ("@$", _SIGN_EITHER_SIDE),
        ("!|+", _SIGN_BEFORE),
    ):
        table[[ord(character) for character in characters]] = kind
    return table


_TOUCH = _touch_table()


class _Folding(dict[int, str | None]):
    """The translation of characters that NFKC and case folding left, worked out once for each."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str | None:
    if character == "\n" or character.isascii():
        return character
    if character in _WRITTEN:
        return _WRITTEN[character]
    for first in _LETTER_PICTURES:
        if first <= ord(character) < first + len(_LETTERS):
            return _LETTERS[ord(character) - first]
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf", "Cs", "Co", "Cn"}:
        return None
    if category == "Nd":
        return str(unicodedata.digit(character))
    return character if category[0] in "LMN" else " "


@dataclass(frozen=True, slots=True)
class View:
    """One view of some of a batch's texts.

    Attributes:
        text: the framed string.
        members: for each text in it, its number in the batch.
        is_skeleton: whether it must be searched for skeletons of words.
    """

    text: str
    members: npt.NDArray[np.int64]
    is_skeleton: bool = False

    def owners(self, positions: Sequence[int]) -> list[int]:
        """Return the numbers of the texts that positions in this view belong to."""
        feeds = np.flatnonzero(codes(self.text) == 10)
        owners: list[int] = self.members[np.searchsorted(feeds, np.asarray(positions, dtype=np.int64))].tolist()
        return owners


class Normaliser:
    """Make views of batches of text."""

    def __init__(self) -> None:
        self._folding = _Folding()

    def views(self, texts: Sequence[str]) -> list[View]:
        """Return every view of a batch that can hold a word."""
        if not texts:
            return []
        plain = [number for number, text in enumerate(texts) if text.isascii()]
        if len(plain) == len(texts):
            return self._views_of(frame(texts).lower(), np.arange(len(texts)))
        rest = [number for number, text in enumerate(texts) if not text.isascii()]
        views = self._views_of(self.lower(frame([texts[number] for number in rest])), np.array(rest))
        if plain:
            views += self._views_of(frame([texts[number] for number in plain]).lower(), np.array(plain))
        if tagged := [number for number in rest if has_tags(texts[number])]:
            spelt_out = frame([spell_tags(texts[number]) for number in tagged])
            views += self._views_of(self.lower(spelt_out), np.array(tagged))
        return views

    def fold(self, text: str) -> str:
        """Return a single text folded, as words are that are searched for: ``word word``, without a frame."""
        return words(self.lower(frame([text]))).strip()

    def skeleton(self, text: str) -> str:
        """Return a word as the skeleton view spells it."""
        return words(self.lower(frame([text])).translate(SKELETON)).strip()

    def lower(self, framed: str) -> str:
        """Return a framed batch in lower case with look-alikes as Latin and invisible characters dropped."""
        # NFKC once more after case folding, as Unicode's own caseless matching does (Unicode 15, section 3.13, D147).
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", framed).casefold())
        bare = unicodedata.normalize("NFD", folded).translate(self._folding)
        return unicodedata.normalize("NFC", bare)

    def _views_of(self, lowered: str, members: npt.NDArray[np.int64]) -> list[View]:
        folded = View(words(lowered), members)
        views = [folded, *_untangled(folded)]
        if (mixed := _touching(lowered, members)).size:
            kept = _select(lowered, mixed)
            views.append(View(words(kept.translate(_DIGITS_TO_SPACES)), members[mixed]))
            skeleton = View(words(_CLOSING_SIGN.sub(" ", kept).translate(SKELETON)), members[mixed], is_skeleton=True)
            views += [skeleton, *_untangled(skeleton)]
        return views


def normalise(text: str) -> tuple[str, ...]:
    """Return the different views of one text; for showing and testing, since batches are far faster."""
    return tuple(dict.fromkeys(view.text.strip() for view in Normaliser().views([text])))


def has_tags(text: str) -> bool:
    """Return whether a text holds invisible tags that name characters."""
    return not text.isascii() and _TAG.search(text) is not None


def spell_tags(text: str) -> str:
    """Return a text with its tags as the characters that they name."""
    return text.translate(_TAGS_TO_LETTERS)


def frame(texts: Sequence[str]) -> str:
    """Return a batch as one string, with line feeds only between texts."""
    framed = " " + SEPARATOR.join(texts) + " "
    if framed.count("\n") != len(texts) - 1:
        framed = " " + SEPARATOR.join([text.replace("\n", " ") for text in texts]) + " "
    return framed


def words(lowered: str) -> str:
    """Return a lowered batch with everything but letters and digits as single spaces."""
    spaced = lowered.translate(ASCII_TO_WORDS)
    while "  " in spaced:
        spaced = spaced.replace("  ", " ")
    if spaced.count("\n") != lowered.count("\n"):
        raise InternalError("a view lost a text", advice="This is a defect of Safehold: please report it.")
    return spaced


def codes(text: str) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint32]:
    """Return the character codes of a text, without a surrogate's chance to fail."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _touching(lowered: str, members: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return which texts hold a letter that touches a digit or sign, or a lone digit or sign between letters."""
    kinds = _TOUCH[np.minimum(codes(lowered), 128)]
    letter = kinds == _LETTER
    digit = (kinds == _DIGIT) | (kinds == _SIGN_EITHER_SIDE)
    before = digit | (kinds == _SIGN_BEFORE)
    touching = (before[:-1] & letter[1:]) | (letter[:-1] & digit[1:])
    gap = kinds == _OTHER
    touching[:-3] |= letter[:-4] & gap[1:-3] & digit[2:-2] & gap[3:-1] & letter[4:]
    return _texts_at(codes(lowered), np.flatnonzero(touching), len(members))


def _untangled(view: View) -> list[View]:
    """Return views with runs of a letter shortened and single letters joined, of the texts that have them."""
    symbols = codes(view.text)
    word = (symbols != 32) & (symbols != 10)
    views: list[View] = []
    runs = (symbols[:-2] == symbols[1:-1]) & (symbols[1:-1] == symbols[2:]) & word[2:]
    if (repeated := _texts_at(symbols, np.flatnonzero(runs), len(view.members))).size:
        kept = _select(view.text, repeated)
        shortened = (_RUN.sub(shorter, kept) for shorter in (r"\1\1", r"\1"))
        views.extend(View(text, view.members[repeated], view.is_skeleton) for text in shortened)
    alone = word[1:-1] & ~word[:-2] & ~word[2:]
    apart = alone[:-4] & alone[2:-2] & alone[4:] & (symbols[2:-4] == 32) & (symbols[4:-2] == 32)
    if (spaced := _texts_at(symbols, np.flatnonzero(apart), len(view.members))).size:
        joined = _APART.sub(_join, _select(view.text, spaced))
        views.append(View(joined, view.members[spaced], view.is_skeleton))
    return views


def _join(match: re.Match[str]) -> str:
    return match.group().replace(" ", "")


def _texts_at(
    symbols: npt.NDArray[np.uint8] | npt.NDArray[np.uint32], positions: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """Return the distinct numbers, ascending, of the texts at positions in a framed batch of ``count`` texts."""
    if not positions.size or count == 1:
        return np.zeros(min(positions.size, 1), dtype=np.int64)
    return np.unique(np.searchsorted(np.flatnonzero(symbols == 10), positions))


def _select(framed: str, numbers: npt.NDArray[np.int64]) -> str:
    """Return a framed batch of some of a batch's texts."""
    texts = framed.split("\n")
    return "\n".join([texts[number] for number in numbers.tolist()])
