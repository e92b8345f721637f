"""The banner: who is missing, since when and why."""

from __future__ import annotations

from grafana import measures as m
from grafana.promql import Scope
from grafana.states import NO_DATA, NOTHING, from_label, missing, with_label


def banner(scope: Scope) -> str:
    """Who is missing, since how many seconds and why, the longest first; else the age of the data.

    The label `state` says it in words. An account that never answered has the age NOTHING.
    """
    success = scope.last("voicenter_last_success_timestamp_seconds", ("account", "source"))
    lacking = missing(scope)
    reasons = f"topk by (account) (1, max by (account, reason) ({m.failures(scope, '5m')}) > 0) * 0"
    reason = f"{reasons} or on (account) {with_label('reason', 'not scraped', lacking)}"
    newest = f"min by (account) ({success})"
    since = f"(time() - {newest}) and on (account) ({lacking}) or on (account) {lacking} - {-NOTHING}"
    each = f"({since}) + on (account) group_left (reason) ({reason})"
    why = f'label_join(topk(4, {each}), "why", " missing: ", "account", "reason")'
    age = f"max({m.data_age(scope)})"
    ages = {"the data are old": f"{age} > 120", "all accounts answer": age}
    fresh = [with_label("state", f"{word}, age of the data", found) for word, found in ages.items()]
    unknown = with_label("state", "no exporter", f"vector({NO_DATA})")
    return " or on () ".join([from_label("why", why, "$1, for"), *fresh, unknown])
