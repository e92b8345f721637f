"""`python -m exporter`: the command voicenter-exporter."""

import sys

from exporter.cli import main

sys.exit(main())
