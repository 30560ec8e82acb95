"""Wiring: settings become concrete objects. The only room that names which adapter stands behind a port.

A folder or nothing enters; an opened home with every room wired to it leaves. `workshop` is what every command works
with; `gateway` adds what checks need, and is imported by those who check.
"""

from safehold.wiring.workshop import Workshop, actor_of, home_folder, open_workshop

__all__ = ["Workshop", "actor_of", "home_folder", "open_workshop"]
