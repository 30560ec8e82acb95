"""Rendering: what a page shows enters, HTML leaves. Pure, but for templates and assets read once.

Every value is escaped by the template engine. A name that no template knows stops the page instead of showing nothing.
"""

from safehold.console.rendering.assets import asset, assets_version
from safehold.console.rendering.frame import Frame, Look
from safehold.console.rendering.renderer import Renderer

__all__ = ["Frame", "Look", "Renderer", "asset", "assets_version"]
