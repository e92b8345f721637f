"""What happened between snapshots: counters and histograms of one account, from successive rounds."""

from exporter.history.history import History, HistorySettings, Round
from exporter.history.totals import OUTCOMES, TALK_BUCKETS, WAIT_OUTCOMES, Histogram, QueueTotals, Totals

__all__ = [
    "OUTCOMES",
    "TALK_BUCKETS",
    "WAIT_OUTCOMES",
    "Histogram",
    "History",
    "HistorySettings",
    "QueueTotals",
    "Round",
    "Totals",
]
