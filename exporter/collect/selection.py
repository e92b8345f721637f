"""Which of the queues seen are exported, with which limits, and what in the configuration decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.config import Account, Filter, Settings, Target, plural

Names = Sequence[tuple[str, str]]
"""Queues by id and name."""


@dataclass(frozen=True, slots=True)
class ExportedQueue:
    """A queue on the page of metrics."""

    queue_id: str
    name: str
    target: Target
    decided_by: str
    """The key of the target in the file, such as `targets[0]`, or `default`."""

    @property
    def words(self) -> tuple[str, ...]:
        """Id, name, wait limits, limit of callers, service level and what decided, for people."""
        waits, level = self.target.wait_limit, self.target.service_level
        callers = self.target.callers_limit
        return (
            self.queue_id,
            self.name,
            ", ".join("none" if wait is None else f"{wait:g} s" for wait in (waits.warning, waits.critical)),
            "none" if callers is None else f"{callers:g}",
            "none" if level.ratio is None else f"{100 * level.ratio:g} % within {level.within:g} s",
            self.decided_by,
        )


def exported(account: Account, settings: Settings, seen: Names) -> list[ExportedQueue]:
    """The queues that the account's filter leaves, in their order."""
    result = []
    for queue_id, name in seen:
        if account.queues.matches(queue_id, name):
            number = settings.target_number(account.name, queue_id, name)
            target = settings.default_target if number is None else settings.targets[number]
            result.append(
                ExportedQueue(queue_id, name, target, "default" if number is None else f"targets[{number}]")
            )
    return result


def nothing_exported(account: Account, seen: Names) -> str | None:
    """Why none of the queues seen is exported; None if some are, or none was seen."""
    chosen = account.queues
    if not seen or any(chosen.matches(*names) for names in seen):
        return None
    wide = Filter(include=chosen.include)
    why = "exclude leaves them all out" if any(wide.matches(*names) for names in seen) else _NO_MATCH
    return f"{plural(len(seen), 'queue')} seen, 0 exported: {why}"


_NO_MATCH = "no queue matches include"


def idle_targets(settings: Settings, seen: Mapping[str, Names]) -> list[str]:
    """What there is to say about the targets that decide about no queue; `seen` is by account."""
    deciding: set[int | None] = set()
    matching: set[int] = set()
    for account in settings.accounts:
        for names in seen.get(account.name, ()):
            deciding.add(settings.target_number(account.name, *names))
        for number, target in enumerate(settings.targets):
            if number not in deciding | matching and target.accounts.matches(account.name):
                matching |= {number for names in seen.get(account.name, ()) if target.queues.matches(*names)}
    return [
        f"targets[{number}] ({', '.join(target.queues.include)}) "
        + ("comes too late: earlier targets match its queues" if number in matching else "matches no queue")
        for number, target in enumerate(settings.targets)
        if number not in deciding
    ]
