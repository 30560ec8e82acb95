from safehold.guard import AsyncGuard as AsyncGuard
from safehold.guard import Guard as Guard

__version__: str
