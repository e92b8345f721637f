"""The time that callers spent before they joined a queue."""

from __future__ import annotations

import pytest

from exporter.metrics.negotiation import Format
from tests.metrics.views import rendered, totals, view
from tests.support import answers
from tests.support.answers import extension, queue

FAMILY = "voicenter_queue_menu_seconds"
JOINED = 1_780_000_060  # 2026-05-28 20:27:40 by the vendor's clock
QUEUES = ((1, "Sales"), (2, "Support"))
IDLE = answers.extensions(extension("S1"))


def page(call_id: str) -> str:
    """The page after a caller with this id has waited in Sales and left; nobody waits in Support."""
    caller = {"Phone": "07700900010", "CallID": call_id, "JoinTime": JOINED, "Duration": 30}
    waits = answers.queues({**queue(1, "Sales"), "Callers": [caller]}, queue(2, "Support"))
    empty = answers.queues(queue(1, "Sales"), queue(2, "Support"))
    rounds = ((IDLE, waits), (IDLE, empty), (IDLE, empty), (IDLE, empty))
    return rendered([view(*rounds[-1], totals=totals(*rounds))], Format.TEXT)


def number(series: str, shown: str) -> float:
    """The value of a series on the page."""
    (line,) = (line for line in shown.splitlines() if line.startswith(f"{series} "))
    return float(line.removeprefix(series))


def test_ids_with_date_and_time_tell_it_for_every_queue_of_the_account() -> None:
    shown = page("20260528202650-0123")
    sales, support = (f'{{account="main",queue="{name}",queue_id="{each}"}}' for each, name in QUEUES)
    callers = number(f"{FAMILY}_count{sales}", shown)
    assert callers > 0
    assert number(f"{FAMILY}_sum{sales}", shown) == pytest.approx(50 * callers)
    assert number(f"{FAMILY}_count{support}", shown) == 0


def test_nothing_is_exported_where_ids_do_not_tell() -> None:
    assert FAMILY not in page("0123456789abcdef-0123")
