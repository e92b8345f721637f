"""Limits and targets are made once, and anew when something about them changes."""

from __future__ import annotations

from exporter.metrics.targets import TargetSamples
from tests.metrics.views import PLAIN, settings

SALES, VIP = ("main", "1", "Sales"), ("main", "2", "VIP")
STRICT = PLAIN + "\ntargets: [{queues: [VIP], wait_limit: {warning: 5s, critical: 9s}}]"


def test_the_same_queues_have_the_same_tuples_until_queues_or_settings_change() -> None:
    targets, plain, strict = TargetSamples(), settings(), settings(STRICT)
    first = targets.samples(plain, [SALES, VIP])
    again = targets.samples(plain, [("main", "1", "Sales"), ("main", "2", "VIP")])
    assert all(new[1] is old[1] for new, old in zip(again, first, strict=True))
    renamed = ("main", "2", "Gold")
    for changed in ((plain, [SALES]), (plain, [SALES, renamed]), (strict, [SALES, VIP])):
        assert targets.samples(*changed) == TargetSamples().samples(*changed) != first
    assert (("main", "2", "VIP", "critical"), 9.0) in dict(targets.samples(strict, [VIP]))[
        "voicenter_queue_wait_limit_seconds"
    ]
