"""`python -m exporter`: the command voicenter-exporter."""

import sys

from exporter.command.cli import main

sys.exit(main())
