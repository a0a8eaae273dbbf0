"""``python -m giulgi`` is the same as ``giulgi``."""

import sys

from giulgi.cli.main import main

sys.exit(main())
