"""What single values of the configuration may say: durations, sizes, globs, URLs and the like.

Each function takes the text as written and returns the value, or raises `Mistake`. What may hold a secret
(a code, a URL) is never repeated in the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import SplitResult, urlsplit

from exporter.api.endpoints import ENDPOINTS
from exporter.api.lines import NONE, OTHER, number_key
from exporter.config.errors import Mistake

LONGEST_NAME = 128  # where label values are cut
_ENDPOINT_PATHS = frozenset(endpoint.path.lower() for endpoint in ENDPOINTS.values())
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_DURATION = re.compile("".join(rf"(?:(\d{{1,9}}){unit})?" for unit in _UNITS), re.ASCII)
_SIZE = re.compile(rf"(\d{{1,9}})({'|'.join(_SIZES)})", re.ASCII)
_PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|\$\(.*\)|\{\{.*\}\}|<.*>"
    r"|(your|my)[-_ ]?(api[-_ ]?|account[-_ ]?)?code|change[-_ ]?me|x{3,}|\.{3}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


def shown(text: str) -> str:
    """A value as an error message shows it: quoted, escaped and not longer than a line can bear."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def duration(text: str) -> float:
    """Seconds from `1m30s` and the like."""
    if _NUMBER.fullmatch(text):
        raise Mistake(f"{shown(text)} has no unit")
    found = _DURATION.fullmatch(text)
    if not text or not found:
        raise Mistake(f"{shown(text)} is not a duration")
    return sum(
        int(count) * seconds for count, seconds in zip(found.groups(), _UNITS.values(), strict=True) if count
    )


def positive_duration(text: str) -> float:
    """Seconds, more than none."""
    seconds = duration(text)
    if seconds <= 0:
        raise Mistake(f"{shown(text)} is too short", "a duration above 0s")
    return seconds


def one_of(words: Collection[str]) -> Callable[[str], str]:
    """Reads one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise Mistake(f"found {shown(text)}")
        return text

    return read


def poll_interval(text: str) -> float:
    """Seconds between background attempts: none, or at least one second."""
    seconds = duration(text)
    if 0 < seconds < 1:
        raise Mistake(f"{shown(text)} is too short", "0s (ask when scraped) or at least 1s")
    return seconds


def size(text: str) -> int:
    """Bytes from `64MiB` and the like."""
    if _NUMBER.fullmatch(text):
        raise Mistake(f"{shown(text)} has no unit")
    found = _SIZE.fullmatch(text)
    if not found:
        raise Mistake(f"{shown(text)} is not a size")
    number = int(found[1]) * _SIZES[found[2]]
    if number == 0:
        raise Mistake(f"{shown(text)} is too small", "a size above 0B")
    return number


def count(text: str) -> int:
    """A whole number from 1."""
    if not _NUMBER.fullmatch(text) or "." in text:
        raise Mistake(f"{shown(text)} is not a whole number")
    number = int(text)
    if number < 1:
        raise Mistake(f"{shown(text)} is too small", "a whole number from 1")
    return number


def ratio(text: str) -> float:
    """A number from 0 to 1."""
    if not _NUMBER.fullmatch(text) or not 0 <= float(text) <= 1:
        raise Mistake(f"{shown(text)} is out of range")
    return float(text)


def printable(text: str) -> str:
    """Text on one line, not empty, without blanks around it or control characters. It is not repeated."""
    if not text:
        raise Mistake("is empty", "text")
    if not text.isprintable() or text != text.strip():
        raise Mistake("holds control characters or blanks around it", "one line of plain text")
    return text


def account_code(text: str) -> str:
    """The code of an account."""
    if is_placeholder(printable(text)):
        raise Mistake(
            "is a placeholder, and variables are not replaced here",
            "the account's code, code_env or code_file",
        )
    return text


def is_placeholder(code: str) -> bool:
    """Whether a code is what stands in examples and templates."""
    return bool(_PLACEHOLDER.fullmatch(code))


def account_name(text: str) -> str:
    """The name of an account: the label `account`."""
    if len(printable(text)) > LONGEST_NAME:
        raise Mistake(f"has {len(text)} characters", f"{LONGEST_NAME} at most")
    return text


def glob(text: str) -> str:
    """A pattern with `*`, `?` and `[…]`."""
    if not text:
        raise Mistake("an empty glob matches nothing")
    start = text.find("[")
    while start >= 0:
        first = start + 2 if text.startswith("[!", start) else start + 1
        end = text.find("]", first + 1)  # a ] in first place stands for itself
        if end < 0:
            raise Mistake(
                f"{shown(text)} has a [ without its ]", 'a glob such as "VIP*" ([[] stands for a bracket)'
            )
        start = text.find("[", end)
    return text


def base_url(text: str) -> str:
    """The address under which both endpoints lie, without a slash at its end."""
    parts = _url(text)
    if "@" in parts.netloc:
        raise Mistake("holds credentials")
    if "?" in text or "#" in text:
        raise Mistake("holds a query or a fragment")
    base, _, last = parts.path.rstrip("/").rpartition("/")
    if last.lower() in _ENDPOINT_PATHS:
        raise Mistake(f"ends in {last}, the name of an endpoint", f"the URL up to {base or '/'}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def proxy_url(text: str) -> str:
    """The address of a proxy, with credentials if it wants some."""
    parts = _url(text)
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise Mistake("holds a path, a query or a fragment")
    return text


def _url(text: str) -> SplitResult:
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise Mistake("holds characters that a URL cannot have")
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise Mistake("is not an http or https URL with a host")
    return parts


def status_code(text: str) -> int:
    """The number of an agents' status."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise Mistake(f"{shown(text)} is not a status code")
    return int(text)


def status_name(text: str) -> str:
    """The name of a status: a value of the label `status`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text) or len(text) > LONGEST_NAME:
        raise Mistake(f"{shown(text)} cannot be a status")
    return text


def line_number(text: str) -> str:
    """A number that callers dial, in its national form. It is not repeated."""
    number = number_key(text)
    if number is None:
        raise Mistake("is not a telephone number", 'one such as "0722776772" or "+972722776772"')
    return number


def line_name(text: str) -> str:
    """The name of a line: a value of the label `line`."""
    name = account_name(text)
    if name in (OTHER, NONE):
        raise Mistake(f"the name {name!r} is for calls to other numbers, or to none", "another name")
    return name


def variable_name(text: str) -> str:
    """The name of an environment variable."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise Mistake("is not the name of an environment variable", "one such as VOICENTER_API_CODE")
    return text
