"""Pictures within a picture's file: its metadata enter; the files, views and pixels of previews leave.

Cameras, phones and editors put small copies beside a picture, and any other picture can stand in their place. Each
format has its blocks (segments, chunks, items), which are searched all in the same way.
"""

from safehold.media.previews import chunks, items, segments, tiff
from safehold.media.previews.enclosed import Beside, Block, Enclosed, OpenClip, refuse_clip
from safehold.media.previews.search import View

__all__ = ["Beside", "Block", "Enclosed", "OpenClip", "View", "chunks", "items", "refuse_clip", "segments", "tiff"]
