"""The live page as HTML: how the centre is now. It renews itself, and needs no JavaScript and no Grafana."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final

from exporter.api.activity import ACTIVITIES
from exporter.collect.trail import Point
from exporter.web.live import LATE, AccountNow, QueueNow, State
from exporter.web.live_line import line
from exporter.web.live_service import ServiceLevel

ABSENT: Final = "\N{EN DASH}"
"""What stands for a number that nobody knows."""
RENEWS: Final = 5
"""Seconds after which the page asks again: the vendor's own rule."""
SHOWN: Final = 300
"""Queues on the page, over all accounts; the metrics have them all."""

_ADVICE: Final = ' The <a href="./">status page</a> says what to do.'
_MORE: Final = ' class="more"'
"""What a crowded wall leaves out."""
_STYLE: Final = files("exporter.web").joinpath("live.css").read_text(encoding="utf-8")
_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; form-action 'none'"
)
"""Nothing runs and nothing is fetched; not even a style but this one."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the page is wanted."""

    wall: bool = False
    """Large and without navigation."""
    still: bool = False
    """Without renewing itself: for who reads it slowly or hears it."""


def render(accounts: Sequence[AccountNow], look: Look, now: float) -> str:
    """The page at a moment in Unix seconds; everything that is not ours is escaped."""
    shown = sorted(accounts, key=lambda account: -account.state)
    worst = max((account.state for account in accounts), default=State.FINE)
    left, sections = SHOWN, []
    for account in shown:
        if left > 0 or account.state is State.BLIND:
            sections.append(_account(account, account.queues[:left], look, now))
        left -= min(left, len(account.queues))
    waiting = sum(account.waiting or 0 for account in accounts)
    renewal = "" if look.still else f'<meta http-equiv="refresh" content="{RENEWS}">\n'
    kind = "wall " * look.wall + _crowd(sum(len(account.queues) for account in accounts))
    title = f"{worst.word}: " if worst.judgement == "act" else ""
    return f"""<!DOCTYPE html>
<html lang="en" class="{kind}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
{renewal}<link rel="icon" href="data:,">
<title>{title}{waiting} waiting · Voicenter live</title>
<style>{_STYLE}</style>
</head>
<body>
{_header(look)}<main>
{"".join(sections) or "<p>No account is configured.</p>"}</main>
</body>
</html>
"""


def _crowd(queues: int) -> str:
    """What the size of things depends on."""
    return "few" if queues <= 8 else "some" if queues <= 24 else "many"


def _header(look: Look) -> str:
    if look.wall:
        return "<header><h1>Voicenter live</h1></header>\n"
    renewal = '<a href="live">Renew every 5 s</a>' if look.still else '<a href="live?still">Stop renewing</a>'
    return f"""<header>
<h1>Voicenter live</h1>
<nav aria-label="Pages"><a href="./">Status</a><a href="live?wall">On the wall</a>{renewal}</nav>
</header>
"""


def _account(account: AccountNow, queues: Sequence[QueueNow], look: Look, now: float) -> str:
    cards = "".join(_queue(queue, now) for queue in queues)
    more = len(account.queues) - len(queues)
    rest = f"<p>{more} more queues are in the metrics.</p>\n" if more else ""
    listed = f'<ul class="queues">\n{cards}</ul>\n' if cards else _no_queues(account)
    kind = "blind" if account.state is State.BLIND else "sees"
    return f"""<section class="{kind}">
<h2><bdi>{escape(account.name)}</bdi> {_pill(account.state)}</h2>
{_blind(account, look)}<div class="top"><dl class="facts">{_facts(account)}</dl>
{_agents(account)}</div>
{listed}{rest}</section>
"""


def _no_queues(account: AccountNow) -> str:
    return "" if "queues" in account.failing else "<p>The account has no queues.</p>\n"


def _blind(account: AccountNow, look: Look) -> str:
    if account.state is not State.BLIND:
        return ""
    what = " and ".join(account.failing)
    since = (
        "There has been none since the start."
        if account.age is None
        else f"The last one came {clock(account.age)} ago."
    )
    return (
        f'<p class="alarm"><strong>Blind: no answer about {escape(what)}.</strong> {since}'
        f"{'' if look.wall else _ADVICE}</p>\n"
    )


def _facts(account: AccountNow) -> str:
    age = "no answer yet" if account.age is None else f"{clock(account.age)}"
    late = account.age is None or account.age >= LATE
    facts = {
        "Waiting": _or_dash(account.waiting),
        "Longest wait": ABSENT if account.longest is None else clock(account.longest),
        "Free agents": _or_dash(account.free),
        "Age of the data": f'<span class="act">{age}</span>' if late else age,
    }
    return "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items())


def _pill(state: State) -> str:
    return f'<span class="pill {state.judgement}">{state.word}</span>'


def _queue(queue: QueueNow, now: float) -> str:
    facts = {
        "Longest wait": _longest(queue),
        "Free agents": _free(queue),
        "Estimated wait": ABSENT if queue.estimate is None else clock(queue.estimate),
        "Service level": _service(queue.service),
        "Answered": _count(queue.answered),
        "Unanswered": _count(queue.unanswered),
    }
    listed = "".join(
        f"<div{_MORE if place else ''}><dt>{name}</dt><dd>{text}</dd></div>"
        for place, (name, text) in enumerate(facts.items())
    )
    limit = "" if queue.waiting_limit is None else f' <span class="soft">of {queue.waiting_limit:g}</span>'
    return f"""<li class="{queue.state.judgement}">
<h3><bdi>{escape(queue.name or queue.id)}</bdi> {_pill(queue.state)}</h3>
<p class="waiting"><strong>{_or_dash(queue.waiting)}</strong> waiting{limit}</p>
{line(_points(queue, now), now, queue.name or queue.id)}
<dl>{listed}</dl>
</li>
"""


def _points(queue: QueueNow, now: float) -> Sequence[Point]:
    return queue.line if queue.waiting is None else [*queue.line, (now, queue.waiting)]


def _longest(queue: QueueNow) -> str:
    """Against the limit that it has not passed yet, or the last one."""
    if queue.longest is None:
        return ABSENT
    limits = [each for each in (queue.warning, queue.critical) if each is not None]
    next_one = next((each for each in limits if queue.longest <= each), limits[-1] if limits else None)
    against = "" if next_one is None else f' <span class="soft">of {clock(next_one)}</span>'
    return clock(queue.longest) + against


def _free(queue: QueueNow) -> str:
    if queue.free is None:
        return ABSENT
    whose = "in the account" if queue.serving is None else f"of {queue.serving}"
    return f'{queue.free} <span class="soft">{whose}</span>'


def _service(level: ServiceLevel | None) -> str:
    if level is None:
        return ABSENT
    share = f"{100 * level.share:.0f} %"
    if level.error is not None:
        share += f" ± {100 * level.error:.0f}"
    if level.is_below:
        share = f'<span class="watch">{share}</span>'
    target = "" if level.target is None else f' <span class="soft">target {100 * level.target:.0f} %</span>'
    return share + target


def _agents(account: AccountNow) -> str:
    """How many are in each status, and what they do there."""
    if not account.activities:
        return ""
    items = "".join(_status(status, each) for status, each in account.activities.items())
    return f'<ul class="agents" aria-label="Agents by status">\n{items}</ul>\n'


def _status(status: str, activities: Mapping[str, int]) -> str:
    doing = [f"{activities[name]} {name}" for name in ACTIVITIES if activities.get(name)]
    told = (
        ""
        if doing == [f"{activities.get('idle')} idle"]
        else f' <span class="soft">{", ".join(doing)}</span>'
    )
    name = escape(status.replace("_", " "))
    return f"<li><strong>{sum(activities.values())}</strong> <bdi>{name}</bdi>{told}</li>\n"


def _count(number: float | None) -> str:
    return ABSENT if number is None else f"{number:.0f}"


def _or_dash(number: int | None) -> str:
    return ABSENT if number is None else str(number)


def clock(seconds: float) -> str:
    """A duration as on a stop watch: `0:07`, `12:34`, `1:02:03`."""
    minutes, second = divmod(max(0, round(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
