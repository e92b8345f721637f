"""The status page: what this exporter carries and how it goes, for people."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import quote

from exporter import __version__
from exporter.account import MonitoredAccount
from exporter.accounts import Accounts
from exporter.endpoint import Endpoint
from exporter.journal import RecentAttempt

DOCS: Final = "https://github.com/voicenter-exporter/voicenter-exporter#readme"
SHOWN: Final = 100
"""Accounts on the page, those in trouble first; the metrics have them all."""

_STYLE: Final = files("exporter.web").joinpath("status.css").read_text(encoding="utf-8")


def render(accounts: Accounts, telemetry_path: str) -> str:
    """The page as HTML. Everything that is not ours is escaped, and no text of the vendor is on it."""
    carried = sorted(accounts.by_name.values(), key=_is_well)
    troubled = sum(not _is_well(account) for account in carried)
    sections = "".join(_account(account) for account in carried[:SHOWN])
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{"Trouble: " if troubled else ""}Voicenter exporter</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>Voicenter exporter</h1>
<nav aria-label="Pages">{_links(telemetry_path)}</nav>
</header>
<main>
<dl>{_facts(accounts, troubled)}</dl>
{_reload_problem(accounts)}{_invalid(accounts)}{sections}{_rest(len(carried))}
</main>
<footer>Times are in UTC. Load the page again to see what is new.</footer>
</body>
</html>
"""


def _links(telemetry_path: str) -> str:
    pages = {
        telemetry_path: "Metrics",
        "/sd": "Service discovery",
        "/-/healthy": "Healthy",
        "/-/ready": "Ready",
        DOCS: "Documentation",
    }
    return "".join(f'<a href="{escape(path)}">{name}</a>' for path, name in pages.items())


def _facts(accounts: Accounts, troubled: int) -> str:
    number = len(accounts.by_name)
    health = (
        f'<span class="act">{troubled} in trouble</span>'
        if troubled
        else '<span class="good">all well</span>'
    )
    facts = {
        "Version": escape(__version__),
        "Up for": _age(time.time() - accounts.started_at),
        "Configuration": escape(str(accounts.settings.file or "from the environment")),
        "Read": _moment(accounts.reloaded_at),
        "Accounts": f"{number}, {health}" if number else "none",
    }
    return "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items())


def _reload_problem(accounts: Accounts) -> str:
    if accounts.reload_error is None:
        return ""
    text = "<br>".join(escape(line) for line in accounts.reload_error.splitlines())
    told = "<strong>The configuration is wrong; the old one stays in force.</strong>"
    return f'<p class="advice">{told}<br>{text}</p>'


def _invalid(accounts: Accounts) -> str:
    return "".join(
        f'<p class="advice"><strong>An account is left out:</strong> {escape(each.message)}</p>'
        for each in accounts.settings.invalid_accounts
    )


def _rest(number: int) -> str:
    return f"<p>{number - SHOWN} more accounts are in the metrics.</p>" if number > SHOWN else ""


def _account(account: MonitoredAccount) -> str:
    name, settings = account.account.name, account.account
    target = quote(name, safe="")
    how = f"every {settings.poll_interval:g} s" if settings.poll_interval else "at each scrape"
    rows = "".join(_endpoint_row(endpoint) for endpoint in account.endpoints.values())
    return f"""<section>
<h2>{escape(name)} <span>{escape(settings.base_url)}, {how}</span></h2>
<div class="wide" tabindex="0" role="region" aria-label="Last attempts of {escape(name)}">
<table>
<tr><th>Endpoint</th><th>Last attempt</th><th>Outcome</th><th class="number">Took</th>
<th class="number">Held</th><th>Last success</th></tr>
{rows}
</table>
</div>
{_advice(account.endpoints.values())}
<details><summary>The last {len(account.journal.attempts)} attempts of {escape(name)}</summary>
{_attempts(account.journal.attempts)}
</details>
<p><a href="/probe?target={target}">Probe {escape(name)}</a> ·
<a href="/probe?target={target}&amp;debug=true">Debug {escape(name)}</a></p>
</section>
"""


def _endpoint_row(endpoint: Endpoint) -> str:
    outcome = endpoint.outcome
    if outcome is None:
        return f'<tr><td>{endpoint.name}</td><td colspan="5">not asked yet</td></tr>'
    last = endpoint.last_success
    return (
        f"<tr><td>{endpoint.name}</td><td>{_moment(outcome.ended_at)}</td>"
        f"<td>{_result(outcome.result)}</td>{_measures(outcome.duration, outcome.entries)}"
        f"<td>{'never' if last is None else _moment(last)}</td></tr>"
    )


def _advice(endpoints: Iterable[Endpoint]) -> str:
    """What to do, once for a failure that both endpoints share."""
    names: dict[tuple[str, str], list[str]] = {}
    for each in endpoints:
        failure = each.outcome.failure if each.outcome else None
        if failure is not None:
            names.setdefault((failure.detail, failure.advice), []).append(each.name)
    return "".join(
        f'<p class="advice"><strong>{" and ".join(failing)}: {escape(detail)}.</strong> '
        f"{escape(advice[0].upper() + advice[1:])}.</p>"
        for (detail, advice), failing in names.items()
    )


def _attempts(attempts: Iterable[RecentAttempt]) -> str:
    rows = "".join(
        f"<tr><td>{_moment(each.ended_at)}</td><td>{each.endpoint}</td>"
        f"<td>{_result(each.result)} {escape(each.detail)}</td>{_measures(each.duration, each.entries)}</tr>"
        for each in reversed(list(attempts))
    )
    return f"""<table>
<tr><th>When</th><th>Endpoint</th><th>Outcome</th><th class="number">Took</th>
<th class="number">Held</th></tr>
{rows}
</table>"""


def _measures(duration: float, entries: int | None) -> str:
    held = "" if entries is None else str(entries)
    return f'<td class="number">{duration * 1000:.0f} ms</td><td class="number">{held}</td>'


def _result(result: str) -> str:
    return f'<span class="{"good" if result == "ok" else "act"}">{escape(result)}</span>'


def _moment(unix: float) -> str:
    moment = datetime.fromtimestamp(unix, UTC)
    age = _age(time.time() - unix)
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%H:%M:%S}</time>, {age} ago'


def _age(seconds: float) -> str:
    """A duration in its two largest units."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number or (unit == "s" and not parts):
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])


def _is_well(account: MonitoredAccount) -> bool:
    return not any(each.outcome and each.outcome.failure for each in account.endpoints.values())
