"""The command line: `python -m deploy --help`."""

import sys

from deploy.commands import main

if __name__ == "__main__":
    sys.exit(main())
