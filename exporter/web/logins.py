"""Passwords that wait to be compared: a turn for each address, and for each name that it gives."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from dataclasses import dataclass

import bcrypt


class Busy(Exception):
    """Too many logins wait already, or others waited with a better right."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Login:
    password: bytes
    hashed: bytes
    address: str
    name: bytes
    answer: asyncio.Future[bool]


class LoginQueue:
    """`threads` compare at a time, of one name always one fewer: a costly hash holds up nobody but its user.

    Who waits beyond `most` has to be of a less crowded address or name than another, which then ends.
    """

    def __init__(self, most: int, threads: int) -> None:
        self._most = most
        self._threads = threads
        # Address → name → logins. The first key of each is the next that has a turn.
        self._waiting: dict[str, dict[bytes, list[_Login]]] = {}
        self._compared: Counter[bytes] = Counter()
        self._length = 0

    def __len__(self) -> int:
        """How many wait."""
        return self._length

    def submit(self, password: bytes, hashed: bytes, address: str, name: bytes) -> asyncio.Future[bool]:
        """Whether the password is right, in time; the future raises `Busy`. Raises `Busy`."""
        login = _Login(password, hashed, address, name, asyncio.get_running_loop().create_future())
        free = self._compared.total() < self._threads and self._may_begin(name)
        if self._length >= self._most and not free:
            self._make_room(login)
        self._waiting.setdefault(address, {}).setdefault(name, []).append(login)
        self._length += 1
        self._begin()
        return login.answer

    def _may_begin(self, name: bytes) -> bool:
        return self._compared[name] < max(1, self._threads - 1)

    def _begin(self) -> None:
        """Start as many comparisons as may be under way."""
        while self._compared.total() < self._threads and (login := self._next()):
            self._take_out(login)
            self._compared[login.name] += 1
            try:
                threading.Thread(target=self._compare, args=(login,), name="login", daemon=True).start()
            except RuntimeError:  # no thread can be started
                self._end(login)
                _refuse(login)

    def _next(self) -> _Login | None:
        for address, names in self._waiting.items():
            for name, logins in names.items():
                if self._may_begin(name):
                    names[name] = names.pop(name)  # its next turn comes after all others
                    self._waiting[address] = self._waiting.pop(address)
                    return logins[0]
        return None

    def _compare(self, login: _Login) -> None:
        """In a thread that the end of the process does not wait for: a costly hash takes minutes."""
        try:
            right = bcrypt.checkpw(login.password, login.hashed)
        except ValueError:
            right = False
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            login.answer.get_loop().call_soon_threadsafe(self._done, login, right)

    def _done(self, login: _Login, right: bool) -> None:
        self._end(login)
        if not login.answer.done():
            login.answer.set_result(right)
        self._begin()

    def _end(self, login: _Login) -> None:
        self._compared[login.name] -= 1
        if not self._compared[login.name]:
            del self._compared[login.name]

    def _make_room(self, login: _Login) -> None:
        crowds = [
            (sum(map(len, names.values())), len(logins), logins[-1])
            for names in self._waiting.values()
            for logins in names.values()
        ]
        of_address, of_name, newest = max(crowds, key=lambda crowd: crowd[:2], default=(0, 0, login))
        names = self._waiting.get(login.address, {})
        if newest.address == login.address:
            gives_way = of_name > len(names.get(login.name, ())) + 1
        else:
            gives_way = of_address > sum(map(len, names.values())) + 1
        if not gives_way:
            raise Busy
        self._take_out(newest)
        _refuse(newest)

    def _take_out(self, login: _Login) -> None:
        names = self._waiting[login.address]
        names[login.name].remove(login)
        if not names[login.name]:
            del names[login.name]
            if not names:
                del self._waiting[login.address]
        self._length -= 1


def _refuse(login: _Login) -> None:
    if not login.answer.done():
        login.answer.set_exception(Busy())
        login.answer.exception()  # who waited may have gone
