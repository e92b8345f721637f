"""What depends on the labels of queues alone is made once, and anew when something about them changes."""

from __future__ import annotations

from typing import Any

from exporter.api.snapshot import read_queues
from exporter.metrics.queues import QueueSamples
from tests.metrics.views import PLAIN, settings
from tests.support import answers
from tests.support.answers import queue

STRICT = (
    f"{PLAIN}\nqueue_thresholds: [7s]\n"
    "targets: [{queues: [VIP], wait_limit: {warning: 5s, critical: 9s}}]"
)
LIMITS = "voicenter_queue_wait_limit_seconds"


def shown(samples: QueueSamples, config: str, *queues: dict[str, Any], known: Any = None) -> dict[str, Any]:
    loaded = known or settings(config)
    return dict(samples.samples(loaded.accounts[0], loaded, read_queues(answers.queues(*queues))))


def test_the_same_queues_have_the_same_limits_and_labels_until_queues_or_settings_change() -> None:
    samples, plain = QueueSamples(), settings()
    first = shown(samples, PLAIN, queue(1, "Sales", 5), queue(2, "VIP"), known=plain)
    again = shown(samples, PLAIN, queue(1, "Sales", 6, 7), queue(2, "VIP"), known=plain)
    assert again[LIMITS] is first[LIMITS]
    for family in ("voicenter_queue_callers", "voicenter_queue_callers_over_threshold"):
        pairs = zip(first[family], again[family], strict=True)
        assert all(old[0] is new[0] for old, new in pairs)
    assert again["voicenter_queue_callers"] == [(("main", "1", "Sales"), 2), (("main", "2", "VIP"), 0)]


def test_changed_queues_and_settings_are_shown_at_once() -> None:
    samples = QueueSamples()
    sales, vip, gold = queue(1, "Sales", 5), queue(2, "VIP", 8), queue(2, "Gold", 8)
    for config, queues in (
        (PLAIN, (sales, vip)),
        (PLAIN, (sales,)),
        (PLAIN, (sales, gold)),
        (STRICT, (sales, gold)),
        (STRICT, (vip, sales)),
    ):
        assert shown(samples, config, *queues) == shown(QueueSamples(), config, *queues)
    assert (("main", "2", "VIP", "critical"), 9.0) in shown(samples, STRICT, vip)[LIMITS]
