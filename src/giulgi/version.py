"""The version of giulgi."""

import time

__version__ = "0.1.0"

#: When the package was imported, in nanoseconds since 1970.
IMPORTED = time.time_ns()
