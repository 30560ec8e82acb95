"""Pictures in HEIF containers (AVIF, HEIC): bytes enter; opened pictures leave, and what else the file holds."""

from safehold.media.heif.container import Container, read_container
from safehold.media.heif.views import as_primary, open_views, shown, unseen

__all__ = ["Container", "as_primary", "open_views", "read_container", "shown", "unseen"]
