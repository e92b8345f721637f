"""The command line: flags, checks, the health check, the demo, and how everything is wired together."""
