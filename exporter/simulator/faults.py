"""Ways in which the simulated API fails, and what then goes over the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from exporter.simulator.centre import INTERNAL_ERROR, error_answer

Endpoint = Literal["extensions", "queues"]
LIST_KEYS: dict[Endpoint, str] = {"extensions": "EXTENSIONS", "queues": "QUEUES"}
AUTHORIZATION_FAILED = "Authorization failed."


@dataclass(slots=True)
class Reply:
    """An HTTP answer, after `delay` seconds: at once, over `drip` seconds, `cut` in its middle, or never."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    drip: float = 0.0
    hang: bool = False
    cut: bool = False


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to fail: a `share` of the requests, `seconds` late (a drip takes that long).

    `status` is an HTTP status with `retry_after` as its header (seconds or a date); `error` an answer with
    `err` and `desc`; `empty` a success without entries; `redirect` leads to `location`.
    """

    kind: Literal["status", "error", "empty", "delay", "hang", "drip", "cut", "invalid_json", "redirect"]
    endpoint: Literal["extensions", "queues", "both"] = "both"
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 500
    retry_after: int | str | None = None
    err: int | str = 2
    desc: str = INTERNAL_ERROR
    location: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")] = "/elsewhere"

    def __post_init__(self) -> None:
        if self.kind in ("delay", "drip") and not self.seconds:
            raise ValueError(f"a fault of the kind {self.kind} needs seconds above 0")
        if isinstance(self.retry_after, str) and not (
            self.retry_after.isascii() and self.retry_after.isprintable()
        ):
            raise ValueError("retry_after: expected seconds or an HTTP date")

    def hits(self, endpoint: Endpoint, chance: float) -> bool:
        """Whether a request to the endpoint fails, `chance` being a number drawn from 0 to 1."""
        return self.endpoint in (endpoint, "both") and chance < self.share

    def reply(self, endpoint: Endpoint, answer: Callable[[], bytes]) -> Reply:
        """What comes instead of `answer`."""
        reply = Reply(self._body(endpoint, answer), hang=self.kind == "hang", cut=self.kind == "cut")
        if self.kind == "drip":
            reply.drip = self.seconds
        else:
            reply.delay = self.seconds
        if self.kind == "redirect":
            reply.status, reply.headers = 302, (("Location", self.location),)
        elif self.kind == "status":
            reply.status = self.status
            if self.retry_after is not None:
                reply.headers = (("Retry-After", str(self.retry_after)),)
        return reply

    def _body(self, endpoint: Endpoint, answer: Callable[[], bytes]) -> bytes:
        match self.kind:
            case "error":
                return error_answer(self.err, self.desc, LIST_KEYS[endpoint])
            case "empty":
                return error_answer(0, "OK", LIST_KEYS[endpoint])
            case "invalid_json":  # as on the vendor's own page: no commas between objects
                return answer().replace(b"},{", b"}{")[:-1]
            case "status" | "redirect" | "hang":
                return b""
        return answer()
