"""Reports and feedback over HTTP: the API, and the form as a page that works without scripts and in a frame.

Nobody needs a key. Nothing here takes a file: what is sent as one is refused before it is read.
"""
