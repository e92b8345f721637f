"""Whatever the vendor sends, the page can be parsed, and its sums agree with a count over the raw JSON."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from exporter.api.failure import Failure
from exporter.api.snapshot import Detail, read_extensions, read_queues
from exporter.metrics.negotiation import Format
from tests.metrics.views import PLAIN, rendered, totals, view
from tests.support import answers

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ODD = st.sampled_from([None, {}, [], "", "x", True, -1, 1e300, "nan", [1], {"a": 1}])
NUMBER = st.integers(0, 30) | st.integers(0, 30).map(str)
WAIT = st.integers(0, 2000)
LEG = st.fixed_dictionaries(
    {
        "callstatus": st.sampled_from(["Ringing", "Dialing", "Talking", "Hold", "Parked"]),
        "direction": st.sampled_from(["Incoming", "Outgoing", "Click2Call", "Spy", "Sideways"]),
    },
    optional={
        "ivrid": st.sampled_from("abcdef") | ODD,
        "callStarted": NUMBER | ODD,
        "callAnswered": NUMBER | ODD,
        "answered": NUMBER | ODD,
        "recording": st.fixed_dictionaries({"IsMuted": NUMBER}) | ODD,
        "customdata": st.fixed_dictionaries({"OriginalIvrUniqueID": TEXT}) | ODD,
        "surprise": ODD,
    },
)
EXTENSION = st.fixed_dictionaries(
    {
        "onlineUserID": st.integers(0, 6),
        "onlineUserStatus": st.sampled_from([1, "1", 2, 3, 5, 7, 9, 11, 12, 13, 21, 99]),
        "calls": st.lists(LEG, max_size=3) | st.sampled_from([None, {}]),
    },
    optional={"username": TEXT, "extensionID": NUMBER | TEXT, "surprise": ODD},
)
CALLER = st.fixed_dictionaries(
    {"CallID": st.sampled_from("abcdef"), "Duration": WAIT | WAIT.map(str)},
    optional={"JoinTime": NUMBER | ODD, "Phone": ODD},
)
QUEUE = st.fixed_dictionaries(
    {"ID": st.integers(0, 4) | st.integers(0, 4).map(str)},
    optional={"Name": TEXT, "Weight": NUMBER | ODD, "Callers": st.lists(CALLER, max_size=4) | ODD},
)
EXTENSIONS = st.lists(EXTENSION, min_size=1, max_size=6)
QUEUES = st.lists(QUEUE, max_size=5)


def samples(extensions: list[Any], queues: list[Any]) -> dict[str, list[Sample]]:
    """The samples per family of the page for these entries, with history, by prometheus-client's parsers."""
    raw = answers.extensions(*extensions), answers.queues(*queues)
    config = PLAIN + "\ncollectors: {extensions: {enabled: true}}"
    shown = [view(*raw, config, totals(raw, raw))]
    assert list(parse_openmetrics(rendered(shown, Format.OPENMETRICS) + "# EOF\n"))  # type: ignore[no-untyped-call]
    found: dict[str, list[Sample]] = defaultdict(list)
    seen: Counter[Any] = Counter()
    for family in parse_text(rendered(shown)):
        for sample in family.samples:
            seen[sample.name, *sorted(sample.labels.items())] += 1
            found[sample.name].append(sample)
    assert max(seen.values()) == 1, "duplicate series"
    return found


@given(EXTENSIONS, QUEUES)
def test_sums_agree_with_a_count_over_the_raw_json(extensions: list[Any], queues: list[Any]) -> None:
    found = samples(extensions, queues)
    total = {name: sum(each.value for each in of_name) for name, of_name in found.items()}
    legs = [leg for extension in extensions for leg in extension["calls"] or []]
    people = {each["onlineUserID"] for each in extensions} - {0}
    nobody = sum(each["onlineUserID"] == 0 for each in extensions)
    callers = [
        caller
        for each in queues
        if isinstance(each.get("Callers"), list)
        for caller in each["Callers"]
        if isinstance(caller, dict)
    ]
    assert total["voicenter_calls"] == len(legs)
    assert total["voicenter_agents"] == total["voicenter_agents_by_activity"] == len(people) + nobody
    assert total["voicenter_extensions"] == len(extensions)
    assert total["voicenter_queues"] == len({str(each["ID"]) for each in queues})
    assert total.get("voicenter_queue_callers", 0) == len(callers)
    waits = sum(int(caller["Duration"]) for caller in callers)
    assert total.get("voicenter_queue_callers_wait_seconds", 0) == waits
    over = found["voicenter_queue_callers_over_threshold"]
    for threshold in (20, 60, 120, 300):
        shown = sum(each.value for each in over if each.labels["threshold_seconds"] == str(threshold))
        assert shown == sum(int(caller["Duration"]) >= threshold for caller in callers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ODD_ENTRY = st.dictionaries(
    st.sampled_from(["username", "extensionID", "onlineUserID", "onlineUserStatus", "calls"])
    | st.sampled_from(["ID", "Name", "Weight", "Callers"])
    | TEXT,
    JSON,
    max_size=6,
)  # fmt: skip
BODY = (
    st.binary(max_size=60)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(ODD_ENTRY | JSON, max_size=4).map(lambda entries: answers.extensions(*entries, QUEUES=entries))
)


@given(BODY, BODY)
def test_bytes_give_a_named_failure_or_a_valid_page(extensions: bytes, queues: bytes) -> None:
    bodies: list[bytes | None] = []
    for body, read in ((extensions, lambda body: read_extensions(body, {})), (queues, read_queues)):
        try:
            read(body)
            bodies.append(body)
        except Failure:
            bodies.append(None)
    page = rendered([view(bodies[0], bodies[1])])
    names = [family.name for family in parse_text(page)]
    assert names[0] == "voicenter_up"
    assert len(names) == len(set(names))


@given(EXTENSIONS, QUEUES)
def test_reading_for_counts_alone_gives_the_same_page(extensions: list[Any], queues: list[Any]) -> None:
    raw = answers.extensions(*extensions), answers.queues(*queues)
    config = PLAIN + "\ncollectors: {history: false}"
    shown, whole = (rendered([view(*raw, config, detail=detail)]) for detail in (None, Detail.EXTENSIONS))
    assert shown == whole
