"""The console: the second ASGI app, for people. Its process alone holds the review key's private half."""
