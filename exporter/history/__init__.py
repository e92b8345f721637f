"""What happened between snapshots: counters and histograms of one account, from successive rounds."""

from exporter.history.histogram import Histogram
from exporter.history.history import History, HistorySettings, Round
from exporter.history.totals import TALK_BUCKETS, WAIT_OUTCOMES, QueueTarget, QueueTotals, Totals

__all__ = [
    "TALK_BUCKETS",
    "WAIT_OUTCOMES",
    "Histogram",
    "History",
    "HistorySettings",
    "QueueTarget",
    "QueueTotals",
    "Round",
    "Totals",
]
