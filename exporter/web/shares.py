"""Requests under way at a time, shared among clients: one client alone may have all until others come."""

from __future__ import annotations

import asyncio


class Turn:
    """One request under way, and whether it has to give its turn to another client's."""

    __slots__ = ("client", "given_away", "task")

    def __init__(self, client: str, task: asyncio.Task[object]) -> None:
        self.client = client
        self.task = task
        self.given_away = False


class Shares:
    """`most` turns, and `reserved` more for clients with a right to them."""

    def __init__(self, most: int, reserved: int) -> None:
        self._most = most
        self._reserved = reserved
        self._turns: dict[str, dict[Turn, None]] = {}
        self._taken = 0

    def __len__(self) -> int:
        """How many are taken."""
        return self._taken

    def of(self, client: str) -> int:
        """How many turns a client has."""
        return len(self._turns.get(client, ()))

    def take(self, client: str, task: asyncio.Task[object], *, privileged: bool) -> Turn | None:
        """A turn. When none is left, the client with the most loses its newest, if it has two more."""
        if self._taken >= self._most + (self._reserved if privileged else 0):
            crowd = max(self._turns.values(), key=len, default={})
            if len(crowd) <= self.of(client) + 1:
                return None
            newest = next(reversed(crowd))
            self.give_back(newest)
            newest.given_away = True
            newest.task.cancel()
        turn = Turn(client, task)
        self._turns.setdefault(client, {})[turn] = None
        self._taken += 1
        return turn

    def belongs(self, turn: Turn, client: str) -> None:
        """The turn is another client's: its user is known now."""
        if self.give_back(turn):
            turn.client = client
            self._turns.setdefault(client, {})[turn] = None
            self._taken += 1

    def give_back(self, turn: Turn) -> bool:
        """Whether the turn was still this request's; the request has ended."""
        turns = self._turns.get(turn.client, {})
        if turn not in turns:
            return False
        del turns[turn]
        if not turns:
            del self._turns[turn.client]
        self._taken -= 1
        return True
