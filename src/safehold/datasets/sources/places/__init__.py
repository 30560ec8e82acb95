"""Places: what a user typed becomes files, files become bytes, and bytes become files again.

In: a path, glob or URL. Out: the files it stands for with their stamps, and their bytes as ranges; or, for what is
written, a complete file with its digest. Nothing here knows a dataset's format.
"""
