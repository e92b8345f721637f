"""Who keeps a place, a turn, a login's turn, or an answer's memory when there is not enough for all."""

from __future__ import annotations

import asyncio
import logging
import threading

import bcrypt
import pytest

from exporter.web.admission import REMEMBERED_FOR, Place, Places, Scrapers
from exporter.web.logins import Busy, LoginQueue
from exporter.web.sending import PIECE, Unread
from exporter.web.shares import Shares
from exporter.web.traffic import Refused, Traffic, client_of
from tests.support.clock import Clock


class House:
    """Places, and the clients that had to leave, in order."""

    def __init__(self, most: int, scrapers: Scrapers | None = None) -> None:
        self.places = Places(most, scrapers or Scrapers(2))
        self.left: list[str] = []

    def come(self, name: str) -> Place | None:
        """A connection of the client before the dash."""
        return self.places.take(name.partition("-")[0], lambda: self.left.append(name))[0]


def test_the_oldest_of_the_most_crowded_client_goes_first() -> None:
    house = House(4)
    for name in ("a-1", "b-1", "b-2", "a-2", "b-3", "a-3", "c-1"):
        assert house.come(name)
    assert house.left == ["a-1", "b-1", "a-2"]
    assert len(house.places) == 4


def test_who_has_a_whole_request_stays_while_others_wait() -> None:
    house = House(3)
    busy = [house.come(name) for name in ("a-1", "a-2")]
    for place in busy:
        assert place
        house.places.answers(place, answering=True)
    house.come("b-1")
    house.come("c-1")
    assert house.left == ["b-1"]
    assert busy[0]
    house.places.answers(busy[0], answering=False)  # it waits again, and began to after the other
    house.come("d-1")
    house.come("d-2")
    assert house.left == ["b-1", "c-1", "a-1"]


def test_when_all_are_answered_each_client_has_an_equal_share() -> None:
    house = House(3)
    for name in ("a-1", "a-2", "b-1"):
        place = house.come(name)
        assert place
        house.places.answers(place, answering=True)
    assert house.come("a-3") is None
    assert house.come("b-2") is None
    assert house.come("c-1")
    assert house.left == ["a-1"]


def test_the_connection_of_the_last_scrape_of_a_client_is_kept() -> None:
    house = House(2)
    first, second = house.come("a-1"), house.come("a-2")
    assert first
    assert second
    house.places.scrapers.note(first)
    house.come("a-3")
    house.come("b-1")
    assert house.left == ["a-2", "a-3"]
    house.places.end_all()
    assert house.left == ["a-2", "a-3", "a-1", "b-1"]
    assert len(house.places) == 0


def test_the_first_scrapers_are_remembered_as_long_as_they_scrape() -> None:
    clock = Clock(0)
    scrapers = Scrapers(2, clock.monotonic)
    places = {name: Place(name, lambda: None) for name in "abc"}
    scrapers.note(places["a"])
    clock.now += REMEMBERED_FOR / 2
    scrapers.note(places["b"])
    scrapers.note(places["c"])
    assert [scrapers.holds(each) for each in places.values()] == [True, True, False]
    clock.now += REMEMBERED_FOR / 2
    scrapers.note(places["c"])
    assert [scrapers.knows(name) for name in places] == [False, True, True]


def test_a_place_that_is_given_back_twice_is_free_once() -> None:
    house = House(2)
    place = house.come("a-1")
    assert place
    for _ in range(2):
        house.places.give_back(place)
    house.places.answers(place, answering=True)
    assert len(house.places) == 0


def test_turns_are_shared_and_the_newest_of_the_greediest_ends() -> None:
    async def play() -> None:
        shares = Shares(4, 1)
        greedy = [asyncio.create_task(asyncio.sleep(60)) for _ in range(4)]
        turns = [shares.take("a", task, privileged=False) for task in greedy]
        mine = asyncio.create_task(asyncio.sleep(60))
        assert shares.take("a", mine, privileged=False) is None
        reserved = shares.take("a", mine, privileged=True)
        assert reserved
        shares.give_back(reserved)
        assert shares.take("b", mine, privileged=False)
        assert shares.take("c", mine, privileged=False)
        assert shares.take("d", mine, privileged=False)
        assert shares.take("e", mine, privileged=False) is None  # all have an equal share
        await asyncio.sleep(0)
        assert [turn.given_away for turn in turns if turn] == [False, True, True, True]
        assert [task.cancelled() for task in greedy] == [False, True, True, True]
        assert turns[0]
        shares.belongs(turns[0], "user")
        assert (shares.of("a"), shares.of("user"), len(shares)) == (0, 1, 4)
        for task in (*greedy, mine):
            task.cancel()

    asyncio.run(play())


class Counted:
    """bcrypt that notes whom it compares, and waits until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compared: list[bytes] = []
        self.go_on = threading.Semaphore(0)
        monkeypatch.setattr(bcrypt, "checkpw", self)

    def __call__(self, password: bytes, _: bytes) -> bool:
        self.compared.append(password)
        self.go_on.acquire()
        return password.endswith(b"!")


async def until_compared(counted: Counted, number: int) -> None:
    async with asyncio.timeout(10):
        while len(counted.compared) < number:
            await asyncio.sleep(0.001)


def test_logins_take_turns_by_address_and_then_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)

    async def play() -> None:
        queue = LoginQueue(10, 1)
        asked = [
            queue.submit(password, b"hash", address, name)
            for password, address, name in (
                (b"begins", "x", b"anna"),
                (b"1", "x", b"anna"),
                (b"2", "x", b"anna"),
                (b"3", "x", b"bert"),
                (b"4!", "y", b"anna"),
                (b"5", "z", b"anna"),
            )
        ]
        for number in range(1, 7):
            await until_compared(counted, number)
            counted.go_on.release()
        assert await asyncio.gather(*asked) == [False, False, False, False, True, False]

    asyncio.run(play())
    assert counted.compared == [b"begins", b"1", b"4!", b"5", b"3", b"2"]


def test_one_name_leaves_a_thread_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)

    async def play() -> None:
        queue = LoginQueue(10, 2)
        costly = [queue.submit(b"costly", b"hash", f"x{n}", b"costly") for n in range(4)]
        cheap = queue.submit(b"cheap!", b"hash", "y", b"cheap")
        await until_compared(counted, 2)
        assert sorted(counted.compared) == [b"cheap!", b"costly"]
        for _ in range(5):
            counted.go_on.release()
        assert await cheap
        assert await asyncio.gather(*costly) == [False] * 4

    asyncio.run(play())


def test_a_full_queue_makes_room_for_who_has_asked_less(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)

    async def play() -> None:
        queue = LoginQueue(3, 1)
        under_way = queue.submit(b"", b"hash", "x", b"anna")
        crowd = [queue.submit(b"", b"hash", "x", b"anna") for _ in range(3)]
        with pytest.raises(Busy):
            queue.submit(b"", b"hash", "x", b"anna")
        others = [queue.submit(b"", b"hash", "x", b"bert"), queue.submit(b"", b"hash", "y", b"anna")]
        for _ in range(4):
            counted.go_on.release()
        assert await asyncio.gather(under_way, crowd[0], *others) == [False] * 4
        for refused in crowd[1:]:
            with pytest.raises(Busy):
                await refused
        assert len(queue) == 0

    asyncio.run(play())


def test_a_thread_that_cannot_be_started_is_one_login_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def play() -> None:
        queue = LoginQueue(10, 1)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            with pytest.raises(Busy):
                await queue.submit(b"", b"hash", "x", b"anna")
        hashed = bcrypt.hashpw(b"a", bcrypt.gensalt(4))
        assert await queue.submit(b"a", hashed, "x", b"anna")

    asyncio.run(play())


def test_an_answer_that_many_read_counts_once_and_the_oldest_readers_are_cut_off() -> None:
    unread, cut = Unread(10 * PIECE), list[str]()
    page, newer = bytes(4 * PIECE), bytes(5 * PIECE)
    for reader in ("a", "b", "c"):
        unread.begin(reader, page, lambda reader=reader: cut.append(reader))  # type: ignore[misc]
        unread.begin(reader, page, lambda: cut.append("twice"))
    assert unread.held == 4 * PIECE + 3 * PIECE
    unread.end("a")
    unread.begin("d", newer, lambda: cut.append("d"))
    assert (cut, unread.held) == (["b", "c"], 6 * PIECE)
    unread.begin("e", bytes(20 * PIECE), lambda: cut.append("e"))
    assert (cut, unread.held) == (["b", "c", "d"], 21 * PIECE)  # the newest answer always may begin
    for reader in ("d", "e", "e"):
        unread.end(reader)
    assert unread.held == 0


def test_a_reason_is_logged_once_a_minute_with_the_address(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(0)
    traffic = Traffic(clock.monotonic)
    for address in ("192.0.2.1", "192.0.2.2"):
        traffic.count(Refused.LOGIN, address)
    clock.now += 59
    traffic.count(Refused.LOGIN, "192.0.2.3")
    traffic.count(Refused.BUSY, "192.0.2.4")
    clock.now += 1
    traffic.count(Refused.LOGIN, "192.0.2.5")
    told = [record.getMessage().rpartition(": ")[2] for record in caplog.records]
    assert told == [
        "1, the last one of 192.0.2.1",
        "1, the last one of 192.0.2.4",
        "3, the last one of 192.0.2.5",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert traffic.counts[Refused.LOGIN] == 4


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(host: str, client: str) -> None:
    assert client_of(host) == client
