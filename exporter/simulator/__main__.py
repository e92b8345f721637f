"""`python -m exporter.simulator` is the command voicenter-simulator."""

import sys

from exporter.simulator.cli import main

sys.exit(main())
