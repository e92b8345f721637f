"""The HTTP side: a server that stands up to its clients, and what it serves."""
