"""The native call over HTTP: ``/v1/checks``.

JSON or a form enters, and becomes a :class:`~safehold.gateway.CheckRequest`; the outward words of the answer leave, at
once or later.
"""
