"""The viewer: opens an item with the review key and makes it small, grey and blurred in the sandbox."""


class Viewer:
    """Opens content for the reviewing view."""
