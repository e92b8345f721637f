"""One call's ids have a bound, and linking and following them is linear."""

from __future__ import annotations

from typing import Any

from exporter.api.wire import CustomData, Leg
from exporter.history.identity import MOST_IDS, CallIndex


class CountedOrigins(dict[str, str]):
    """Counts how often an origin is looked up."""

    lookups = 0

    def get(self, key: str, default: Any = None) -> Any:
        CountedOrigins.lookups += 1
        return super().get(key, default)


def legs_of_one_call(poll: int, number: int) -> list[Leg]:
    return [Leg(call_id=f"{poll}-{i}", custom_data=CustomData("original")) for i in range(number)]


def test_a_call_whose_ids_change_at_each_poll_keeps_a_bounded_number() -> None:
    index = CallIndex()
    for poll in range(5):
        index.link(legs_of_one_call(poll, MOST_IDS))
    assert len(index.by_id["original"].ids) == MOST_IDS
    assert all(len(call.ids) <= MOST_IDS for call in index.by_id.values())
    assert all(call_id in index.by_id[call_id].ids for call_id in index.by_id)


def lookups_for_a_chain(length: int) -> int:
    CountedOrigins.lookups = 0
    origins = CountedOrigins({str(i): str(i - 1) for i in range(1, length)})
    index = CallIndex()
    for i in range(length):
        if str(i) not in index.by_id:
            index._enter(str(i), origins)
    return CountedOrigins.lookups


def test_a_chain_of_transfers_is_walked_once() -> None:
    assert lookups_for_a_chain(2_000) <= 2 * lookups_for_a_chain(1_000) + 2
