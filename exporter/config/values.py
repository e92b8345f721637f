"""What single values of the configuration may say: durations, sizes, globs, URLs and the like.

Each function takes the text as written and returns the value, or raises `Mistake`. What may hold a secret
(a code, a URL) is never repeated in the message.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from exporter.config.errors import Mistake

DURATION = "a duration such as 10s, 500ms or 1m30s"
SIZE = "a size such as 64MiB"
WHOLE_NUMBER = "a whole number such as 10"
RATIO = "a number between 0 and 1 such as 0.8"
GLOB = 'a glob such as "VIP*"'
BASE_URL = "a URL such as https://host/path, without credentials, query or fragment"
PROXY_URL = "a URL such as http://user:password@host:3128"
STATUS_NAME = "a name of lower-case letters, digits and underscores that begins with a letter"

LONGEST_NAME = 128  # where label values are cut
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_DURATION = re.compile("".join(rf"(?:(\d{{1,9}}){unit})?" for unit in _UNITS), re.ASCII)
_SIZE = re.compile(rf"(\d{{1,9}})({'|'.join(_SIZES)})", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


def shown(text: str) -> str:
    """A value as an error message shows it: quoted, escaped and not longer than a line can bear."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def duration(text: str) -> float:
    """Seconds from `1m30s` and the like."""
    if _NUMBER.fullmatch(text):
        raise Mistake(f"{shown(text)} has no unit, expected {DURATION}")
    found = _DURATION.fullmatch(text)
    if not text or not found:
        raise Mistake(f"{shown(text)} is not a duration, expected {DURATION}")
    return sum(
        int(count) * seconds for count, seconds in zip(found.groups(), _UNITS.values(), strict=True) if count
    )


def positive_duration(text: str) -> float:
    """Seconds, more than none."""
    seconds = duration(text)
    if seconds <= 0:
        raise Mistake(f"{shown(text)} is too short, expected a duration above 0s")
    return seconds


def poll_interval(text: str) -> float:
    """Seconds between background attempts: none, or at least one second."""
    seconds = duration(text)
    if 0 < seconds < 1:
        raise Mistake(f"{shown(text)} is too short, expected 0s (ask when scraped) or at least 1s")
    return seconds


def size(text: str) -> int:
    """Bytes from `64MiB` and the like."""
    if _NUMBER.fullmatch(text):
        raise Mistake(f"{shown(text)} has no unit, expected {SIZE}")
    found = _SIZE.fullmatch(text)
    if not found:
        raise Mistake(f"{shown(text)} is not a size, expected {SIZE}")
    number = int(found[1]) * _SIZES[found[2]]
    if number == 0:
        raise Mistake(f"{shown(text)} is too small, expected a size above 0B")
    return number


def count(text: str) -> int:
    """A whole number from 1."""
    if not _NUMBER.fullmatch(text) or "." in text:
        raise Mistake(f"{shown(text)} is not a whole number, expected {WHOLE_NUMBER}")
    number = int(text)
    if number < 1:
        raise Mistake(f"{shown(text)} is too small, expected a whole number from 1")
    return number


def ratio(text: str) -> float:
    """A number from 0 to 1."""
    if not _NUMBER.fullmatch(text) or not 0 <= float(text) <= 1:
        raise Mistake(f"{shown(text)} is out of range, expected {RATIO}")
    return float(text)


def printable(text: str) -> str:
    """Text on one line, not empty, without blanks around it or control characters. It is not repeated."""
    if not text:
        raise Mistake("is empty, expected text")
    if not text.isprintable() or text != text.strip():
        raise Mistake("holds control characters or blanks around it, expected one line of plain text")
    return text


def account_name(text: str) -> str:
    """The name of an account: the label `account`."""
    if len(printable(text)) > LONGEST_NAME:
        raise Mistake(f"has {len(text)} characters, expected {LONGEST_NAME} at most")
    return text


def glob(text: str) -> str:
    """A pattern with `*`, `?` and `[…]`."""
    if not text:
        raise Mistake(f"an empty glob matches nothing, expected {GLOB}")
    start = text.find("[")
    while start >= 0:
        first = start + 2 if text.startswith("[!", start) else start + 1
        end = text.find("]", first + 1)  # a ] in first place stands for itself
        if end < 0:
            raise Mistake(f"{shown(text)} has a [ without its ], expected {GLOB} ([[] stands for a bracket)")
        start = text.find("[", end)
    return text


def base_url(text: str) -> str:
    """The address under which both endpoints lie, without a slash at its end."""
    parts = _url(text, BASE_URL)
    if "@" in parts.netloc:
        raise Mistake(f"holds credentials, expected {BASE_URL}")
    if "?" in text or "#" in text:
        raise Mistake(f"holds a query or a fragment, expected {BASE_URL}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def proxy_url(text: str) -> str:
    """The address of a proxy, with credentials if it wants some."""
    parts = _url(text, PROXY_URL)
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise Mistake(f"holds a path, a query or a fragment, expected {PROXY_URL}")
    return text


def _url(text: str, expected: str) -> SplitResult:
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise Mistake(f"holds characters that a URL cannot have, expected {expected}")
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise Mistake(f"is not an http or https URL with a host, expected {expected}")
    return parts


def status_code(text: str) -> int:
    """The number of an agents' status."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise Mistake(f"{shown(text)} is not a status code, expected {WHOLE_NUMBER}")
    return int(text)


def status_name(text: str) -> str:
    """The name of a status: a value of the label `status`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text) or len(text) > LONGEST_NAME:
        raise Mistake(f"{shown(text)} cannot be a status, expected {STATUS_NAME}")
    return text


def variable_name(text: str) -> str:
    """The name of an environment variable."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise Mistake("is not the name of an environment variable, expected one such as VOICENTER_API_CODE")
    return text
