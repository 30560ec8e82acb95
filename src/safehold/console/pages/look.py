"""How pages look: their style sheets and scripts, and what somebody likes of colours and keys."""

from dataclasses import replace

from starlette.responses import Response

from safehold.console.cookies import keep_look
from safehold.console.errors import PageMissingError, TemplateUnfitError
from safehold.console.page import Entry, Page
from safehold.console.rendering import Look, asset, assets_version
from safehold.console.rendering.frame import Theme
from safehold.console.visit import PageVisit

_ASSET_SECONDS = 31_536_000


def show_asset(visit: PageVisit) -> Response:
    """Return a style sheet or script; browsers keep it until there is another version."""
    try:
        content, kind = asset(visit.path["name"])
    except TemplateUnfitError as error:
        raise PageMissingError from error
    if visit.path["version"] != assets_version():
        raise PageMissingError
    return Response(content, 200, {"Cache-Control": f"public, max-age={_ASSET_SECONDS}, immutable"}, kind)


def show_keys(visit: PageVisit) -> Response:
    """Show which keys do what, and how to turn them off."""
    return visit.page("layout/keys.html")


def change_look(visit: PageVisit) -> Response:
    """Change colours, or turn single keys on or off, and go back."""
    look = Look.read(visit.cookies)
    theme = next((one for one in Theme if one.value == visit.form.get("theme")), look.theme)
    keys = {"on": True, "off": False}.get(visit.form.get("keys", ""), look.has_keys)
    response = visit.go(visit.form.get("back", "/"))
    keep_look(response, replace(look, theme=theme, has_keys=keys).written)
    return response


PAGES = (
    Page("GET", "/static/{version}/{name}", show_asset, entry=Entry.ANYBODY),
    Page("GET", "/keys", show_keys, entry=Entry.SIGNED_IN),
    Page("POST", "/look", change_look, entry=Entry.SIGNED_IN),
)
