"""The picture that an authenticator app reads: a QR code as SVG that stands in the page itself, and asks for nothing.

Source: ISO/IEC 18004:2015, by the package segno.
"""

import io

import segno

_QUIET_MODULES = 4
"""White around it. Source: ISO/IEC 18004:2015, section 5.3.8."""
_MODULE_PIXELS = 5


def picture_of(text: str, *, title: str) -> str:
    """Return a text as an SVG element: dark on white in both themes, since cameras want it so.

    Args:
        text: what it says.
        title: what a screen reader says in its place; the element escapes it.
    """
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        border=_QUIET_MODULES,
        scale=_MODULE_PIXELS,
        dark="#000",
        light="#fff",
        title=title,
        omitsize=False,
    )
    return out.getvalue().decode("utf-8").strip()
