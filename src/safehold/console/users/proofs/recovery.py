"""Recovery codes: each lets in once, for who has lost their second factor.

Fifteen letters of thirty: 73 bits, kept as an HMAC under a key that is not in the database.
"""

import secrets

COUNT = 10
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # none that is taken for another when it is read or copied by hand
_GROUPS = 3
_LETTERS_OF_GROUP = 5
_LONGEST_TYPED = 64


def new_codes() -> tuple[str, ...]:
    """Return a set of codes as people keep them."""
    return tuple("-".join(_group() for _ in range(_GROUPS)) for _ in range(COUNT))


def normal_code(typed: str) -> str:
    """Return a code however its letters were typed; "" where it is none."""
    if len(typed) > _LONGEST_TYPED:
        return ""
    letters = "".join(one for one in typed.lower() if one in _LETTERS)
    return letters if len(letters) == _GROUPS * _LETTERS_OF_GROUP else ""


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_OF_GROUP))
