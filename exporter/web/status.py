"""The status page: what this exporter carries and how it goes, for people."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import quote

from exporter import HOMEPAGE, __version__
from exporter.collect.account import MonitoredAccount
from exporter.collect.accounts import Accounts
from exporter.collect.endpoint import Endpoint, advice_on
from exporter.config import Settings
from exporter.web import status_queues

DOCS: Final = f"{HOMEPAGE}#readme"
SHOWN: Final = 100
"""Accounts on the page, failing ones first; the metrics have them all."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
"""Should a name ever get through unescaped, it still runs nothing."""
_STYLE: Final = files("exporter.web").joinpath("status.css").read_text(encoding="utf-8")


def render(
    accounts: Accounts, telemetry_path: str, web_error: str | None = None, *, live: bool = False
) -> str:
    """The page as HTML; `web_error` is what is wrong with the web configuration, `live` links the live page.

    Everything that is not ours is escaped, and no text of the vendor is on it.
    """
    carried = sorted(accounts.by_name.values(), key=_is_well)
    troubled = sum(not _is_well(account) for account in carried)
    sections = "".join(_account(account, accounts.settings) for account in carried[:SHOWN])
    problems = _wrong("configuration", accounts.reload_error) + _wrong("web configuration", web_error)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<link rel="icon" href="data:,">
<title>{"Trouble: " if troubled else ""}Voicenter exporter</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>Voicenter exporter</h1>
<nav aria-label="Pages">{_links(telemetry_path, live=live)}</nav>
</header>
<main>
<dl>{_facts(accounts, troubled)}</dl>
{problems}{_invalid(accounts)}{_remarks(accounts)}{sections}{_rest(len(carried))}
</main>
<footer>Times are in UTC. Reload to refresh.</footer>
</body>
</html>
"""


def _links(telemetry_path: str, *, live: bool) -> str:
    pages = {"/live": "Live"} if live else {}
    pages |= {
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
        f'<span class="act">{troubled} failing</span>' if troubled else '<span class="good">all well</span>'
    )
    facts = {
        "Version": escape(__version__),
        "Up for": _age(time.time() - accounts.started_at),
        "Configuration": escape(str(accounts.settings.file or "from the environment")),
        "Last read": _moment(accounts.reloaded_at),
        "Accounts": f"{number}, {health}" if number else "none",
    }
    return "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items())


def _wrong(what: str, error: str | None) -> str:
    return _notice(f"The {what} is wrong; the old one stays in force.", error) if error else ""


def _invalid(accounts: Accounts) -> str:
    invalid = accounts.settings.invalid_accounts
    return "".join(_notice("An account is left out.", each.message) for each in invalid)


def _remarks(accounts: Accounts) -> str:
    """What is allowed in the configuration and probably not meant."""
    remarks = [*accounts.settings.warnings, *accounts.idle_targets]
    return _notice("This is probably not what was meant.", "\n".join(remarks)) if remarks else ""


def _notice(what: str, text: str) -> str:
    lines = "<br>".join(escape(line) for line in text.splitlines())
    return f'<p class="advice"><strong>{what}</strong><br>{lines}</p>\n'


def _rest(number: int) -> str:
    return f"<p>{number - SHOWN} more accounts are in the metrics.</p>" if number > SHOWN else ""


def _account(account: MonitoredAccount, of_all: Settings) -> str:
    name, settings = account.config.name, account.config
    target = quote(name, safe="")
    how = f"every {settings.poll_interval:g} s" if settings.poll_interval else "at each scrape"
    rows = "".join(_endpoint_row(endpoint) for endpoint in account.endpoints.values())
    return f"""<section>
<h2>{escape(name)}</h2>
<p class="soft">{escape(settings.base_url)}, asked {how}</p>
{_table("Endpoint", "Last attempt", rows)}
{_advice(account.endpoints.values())}{_oddities(account)}
{status_queues.of_account(account, of_all)}{_past(account)}
<p><a href="/probe?target={target}">Metrics of {escape(name)}</a> ·
<a href="/probe?target={target}&amp;debug=true">Debug view of {escape(name)}</a></p>
</section>
"""


def _table(first: str, second: str, rows: str) -> str:
    columns = "".join(f'<th scope="col">{head}</th>' for head in (first, second, "Outcome"))
    numbers = "".join(f'<th scope="col" class="number">{head}</th>' for head in ("Took", "Seen"))
    return f"<table>\n<thead><tr>{columns}{numbers}</tr></thead>\n<tbody>{rows}</tbody>\n</table>"


def _endpoint_row(endpoint: Endpoint) -> str:
    head = f'<th scope="row">{endpoint.source}</th>'
    outcome = endpoint.newest
    if outcome is None:
        return f'<tr>{head}<td colspan="4">not asked yet</td></tr>\n'
    result = _result(outcome.result)
    if outcome.failure is not None:
        last = endpoint.last_success
        result += f'<br><span class="soft">last success: {"never" if last is None else _ago(last)}</span>'
    return (
        f"<tr>{head}<td>{_moment(outcome.ended_at)}</td><td>{result}</td>"
        f"{_measures(outcome.duration, outcome.entries)}</tr>\n"
    )


def _advice(endpoints: Iterable[Endpoint]) -> str:
    """What to do, once for a failure that both endpoints share."""
    names: dict[tuple[str, str], list[str]] = {}
    ended = [each.newest for each in endpoints if each.newest]
    for each in ended:
        advice = advice_on(each, ended)
        if advice is not None:
            names.setdefault((each.detail, advice), []).append(each.source)
    return "".join(
        f'<p class="advice"><strong>{" and ".join(failing)}: {escape(detail)}.</strong> '
        f"{escape(advice[0].upper() + advice[1:])}.</p>"
        for (detail, advice), failing in names.items()
    )


def _oddities(account: MonitoredAccount) -> str:
    lines = account.oddities.lines(account.config.statuses)
    return _notice("Voicenter sends values without a name.", "\n".join(lines)) if lines else ""


def _past(account: MonitoredAccount) -> str:
    attempts = account.journal.attempts
    if not attempts:
        return ""
    rows = "".join(
        f"<tr><td>{_moment(each.ended_at)}</td><td>{each.source}</td>"
        f"<td>{_result(each.result)} {escape(each.detail)}</td>"
        f"{_measures(each.duration, each.entries)}</tr>\n"
        for each in reversed(attempts)
    )
    return f"""<details><summary>The last {len(attempts)} attempts of {escape(account.config.name)}</summary>
{_table("When", "Endpoint", rows)}
</details>"""


def _measures(duration: float, entries: int | None) -> str:
    held = "" if entries is None else str(entries)
    return f'<td class="number">{duration * 1000:.0f} ms</td><td class="number">{held}</td>'


def _result(result: str) -> str:
    return f'<span class="{"good" if result == "ok" else "act"}">{escape(result)}</span>'


def _moment(unix: float) -> str:
    moment = datetime.fromtimestamp(unix, UTC)
    clock = f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%H:%M:%S},</time>'
    return f"{clock} {_ago(unix)}"


def _ago(unix: float) -> str:
    return f"{_age(time.time() - unix)} ago"


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
    return not any(each.newest and each.newest.failure for each in account.endpoints.values())
