"""The status page's part about queues: those of an account that are exported, with their limits."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import Final

from exporter.collect.account import MonitoredAccount
from exporter.collect.selection import ExportedQueue, exported, nothing_exported
from exporter.config import Settings, plural

SHOWN: Final = 50
"""Queues of an account on the page; the metrics have them all."""
_HEADS: Final = ("Id", "Queue", "Wait limits", "Callers", "Service level", "Decided by")


def of_account(account: MonitoredAccount, settings: Settings) -> str:
    """The table of an account's queues, folded up; or why there is none."""
    seen = account.queues_seen
    if not seen:
        return ""
    wrong = nothing_exported(account.config, seen)
    if wrong:
        return f'<p class="advice"><strong>{escape(wrong)}.</strong></p>\n'
    chosen = [names for names in seen if account.config.queues.matches(*names)]
    rows = "".join(_row(queue) for queue in exported(account.config, settings, list(islice(chosen, SHOWN))))
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    more = f"<p>{len(chosen) - SHOWN} more are in the metrics.</p>" if len(chosen) > SHOWN else ""
    what = f"{plural(len(seen), 'queue')} seen, {len(chosen)} exported"
    return f"""<details><summary>{what} of {escape(account.config.name)}</summary>
<div class="wide" tabindex="0" role="region" aria-label="Queues of {escape(account.config.name)}"><table>
<thead><tr>{heads}</tr></thead>
<tbody>{rows}</tbody>
</table></div>
{more}</details>
"""


def _row(queue: ExportedQueue) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in queue.words) + "</tr>\n"
