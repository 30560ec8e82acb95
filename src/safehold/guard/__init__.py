"""Guard: Safehold in a few lines of an application, in process or over HTTP, with the same answers."""
