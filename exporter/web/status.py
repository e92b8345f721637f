"""The status page: what this exporter carries and how it goes, for people."""

from __future__ import annotations

from html import escape

from exporter import __version__
from exporter.accounts import Accounts


def render(accounts: Accounts, telemetry_path: str) -> str:
    """The page as HTML."""
    names = "".join(f"<li>{escape(name)}</li>" for name in accounts.by_name)
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Voicenter exporter</title></head>
<body>
<h1>Voicenter exporter {escape(__version__)}</h1>
<p><a href="{escape(telemetry_path)}">Metrics</a> · <a href="/sd">Service discovery</a> ·
<a href="/-/healthy">Healthy</a> · <a href="/-/ready">Ready</a></p>
<h2>Accounts</h2>
<ul>{names}</ul>
</body>
</html>
"""
