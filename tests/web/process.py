"""The server as a process of its own, for tests that send signals: `process.py ADDRESS…`."""

from __future__ import annotations

import logging
import sys

from starlette.types import Receive, Scope, Send

from exporter.web.server import Service, run
from exporter.web.web_config_file import WebConfigFile
from tests.web.rig import Pages


class TellingPages(Pages):
    """Says what happens."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One answer."""
        if scope["path"] == "/hold":
            print("held", flush=True)
        await super().__call__(scope, receive, send)

    async def start(self) -> None:
        """Say so."""
        print("started", flush=True)

    async def stop(self) -> None:
        """Say so."""
        print("stopped", flush=True)

    async def reload(self) -> None:
        """Say so."""
        print("reloaded", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    pages = TellingPages()
    service = Service(
        app=pages, stopping=pages.stopping, on_start=pages.start, on_stop=pages.stop, on_reload=pages.reload
    )
    sys.exit(run(service, sys.argv[1:], WebConfigFile(None)))
