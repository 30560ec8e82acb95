# ruff: noqa: RUF001 - look-alike letters are what these tests are about
"""Views of text, on harmless words."""

import pytest

from safehold.classification.text import normalise
from safehold.classification.text.normalise import Normaliser, codes, frame, words
from safehold.vocabulary import InternalError


@pytest.mark.parametrize(
    "text",
    [
        "red cube",
        "Red CUBE",
        "red-cube",
        "red_cube",
        "  red\t\r\ncube!?",
        "ｒｅｄ ｃｕｂｅ",
        "𝐫𝐞𝐝 𝒄𝒖𝒃𝒆",
        "ⓡⓔⓓ ⓒⓤⓑⓔ",
        "🅡🅔🅓 🅲🆄🅱🅴",
        "🇷🇪🇩 🇨🇺🇧🇪",
        "réd cübe",
        "r\u0336e\u0336d\u0336 cube",
        "r\u200be\u200cd c\u2060ube",
        "red c\u00adube",
        "\u202ered\u202c cube",
        "red cube\U000e0072\U000e0065",
        "red \ufe0fcube",
        "rеd сubе",
        "rεd cυbε",
        "ʀᴇᴅ ᴄᴜʙᴇ",
        "red\u00a0cube",
        "red\u2028cube",
        "red\u0085cube",
        "red — cube",
        "red \ud800cube",
        "r\x00ed\x7f cube",
    ],
)
def test_the_first_view_is_folded(text: str) -> None:
    assert normalise(text)[0] == "red cube"


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("r3d cub3", "red cube"),
        ("r€d cu83", "r d cube"),
        ("r3d cub3!", "red cube"),
        ("red cu8e", "red cube"),
        ("cube2", "cube"),
        ("2cubes4", "cubes"),
        ("r e d", "red"),
        ("r.e.d cube", "red cube"),
        ("r - e - d", "red"),
        ("a r 3 d", "ared"),
        ("rrrred cuuuube", "red cube"),
        ("baaaall", "baall"),
        ("ｂ４４４ll", "ball"),
        ("b@ll", "ball"),
        ("$now", "snow"),
    ],
)
def test_texts_that_show_the_sign_of_a_trick_get_the_view_that_undoes_it(text: str, view: str) -> None:
    assert view in normalise(text)


def test_pictures_of_children_are_the_words_that_unicode_calls_them_by() -> None:
    assert normalise("a\U0001f467\U0001f3fdand a\U0001f9d2")[0] == "a girl and a child"


def test_tags_are_read_both_as_nothing_and_as_what_they_name() -> None:
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in " cube")
    assert normalise(f"red{tags}") == ("red", "red cube")


def test_turned_and_hooked_letters_are_the_letters_they_come_from() -> None:
    assert normalise("ɹǝd ƀaɫɫ")[0] == "red ball"


def test_skeletons_spell_i_as_l() -> None:
    assert Normaliser().skeleton("Big Bird") == "blg blrd"
    assert "blg blrd" in normalise("b1g b1rd")


@pytest.mark.parametrize("text", ["a red cube", "Hello, world.", "It's half past five!", "wow!", "book moon", ""])
def test_plain_texts_have_one_view(text: str) -> None:
    assert len(normalise(text)) == 1


def test_other_scripts_keep_their_letters() -> None:
    assert normalise("赤い立方体") == ("赤い立方体",)
    assert normalise("٣ مكعب")[0] == "3 مكعب"


def test_line_feeds_within_a_text_are_spaces() -> None:
    assert frame(["a\nb", "c"]) == " a b \n c "
    assert frame(["", ""]) == "  \n  "


def test_a_view_that_lost_a_text_is_an_error() -> None:
    class Forgetful(str):
        __slots__ = ()

        def count(self, *_: object) -> int:
            return 3

    with pytest.raises(InternalError, match="lost a text"):
        words(Forgetful(" a \n b "))


def test_every_position_belongs_to_its_text() -> None:
    texts = ["red cube", "", "x", "rеd", "r3d", "blue ball"]
    views = Normaliser().views(texts)
    assert len(views) > 2
    for view in views:
        starts = [0, *(at + 1 for at, code in enumerate(codes(view.text)) if code == 10)]
        assert view.owners(starts) == view.members.tolist()
