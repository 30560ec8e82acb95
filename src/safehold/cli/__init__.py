"""The command line: one file per command group. Each parses, calls a room, shows the answer and exits.

Arguments enter; text or one line of JSON leaves on standard output, progress and errors on standard error, and an
exit code says how it went. Heavy imports wait until their command runs, so that ``--help`` answers at once.
"""
