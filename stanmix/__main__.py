"""``python -m stanmix`` is ``stanmix``."""

import sys

from stanmix.cli import main

if __name__ == "__main__":
    sys.exit(main())
