"""The service: ASGI apps over the gateway, their keys, limits and workers. Nothing is decided here.

What enters is HTTP: JSON, forms, other projects' own request shapes. What leaves is the gateway's answer in outward
words, or a problem that says what is wrong with the request without repeating any of it.
"""
