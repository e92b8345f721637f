"""The kinds of value that keys of the configuration have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from exporter.api import outcomes
from exporter.api.activity import STATUSES
from exporter.config import values
from exporter.config.document import Place
from exporter.config.errors import Mistake
from exporter.config.keys import Kind, entries, scalar
from exporter.config.secret import Secret


def _flag(place: Place) -> bool:
    text = place.scalar("bool")
    if text.lower() not in ("true", "false"):
        raise Mistake(f"found {values.shown(text)}")
    return text.lower() == "true"


def _statuses(place: Place) -> Mapping[int, str]:
    result: dict[int, str] = {}
    for written, value in place.entries(STATUS_NAMES.expected):
        with value.reporting():
            code, name = _STATUS_CODE.read(written), _STATUS_NAME.read(value)
            if code in STATUSES:
                raise Mistake(
                    f"the vendor has this code for {STATUSES[code]!r}", "a code of the tenant's own"
                )
            if name in (*STATUSES.values(), "unknown", *result.values()):
                raise Mistake(f"the status {name!r} exists already", "another name")
            result[code] = name
    return MappingProxyType(result)


def _lines(place: Place) -> Mapping[str, str]:
    result: dict[str, str] = {}
    lines: dict[str, int] = {}
    for written, value in place.entries(LINES.expected, hidden=True):
        with value.reporting():
            number, name = _LINE_NUMBER.read(written), _LINE_NAME.read(value)
            if number in result:
                raise Mistake(f"the number has a name already, in line {lines[number]}", "one name for it")
            result[number], lines[number] = name, written.line
    return MappingProxyType(result)


def _counts(place: Place) -> tuple[str, ...]:
    found = entries(_OUTCOME, "list of outcomes", COUNTS.expected, at_least=1).read(place)
    if "answered" not in found:
        raise Mistake("answered is missing", "the answered callers among them")
    return tuple(dict.fromkeys(found))


def _path(place: Place) -> Path:
    return place.folder / values.printable(place.scalar("str"))


def _certificates(place: Place) -> Path:
    import ssl  # only needed for a file

    file = PATH.read(place)
    if place.problems.syntax_only:
        return Path(file)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        raise Mistake(f"{file} holds no certificates", "a PEM file of authorities") from None
    except OSError as error:
        raise Mistake(f"{file} cannot be read: {error.strerror}", "a PEM file of authorities") from None
    return Path(file)


_DURATION = "a duration such as 10s, 500ms or 1m30s"
_NUMBER = "a whole number such as 10"
_MEASURE = ("str", "int", "float")
_GLOB_LIST = 'a list of globs such as ["VIP*"]'

DURATION = scalar("duration", _DURATION, values.duration, *_MEASURE)
POSITIVE_DURATION = scalar("duration", _DURATION, values.positive_duration, *_MEASURE)
POLL_INTERVAL = scalar("duration", _DURATION, values.poll_interval, *_MEASURE)
SIZE = scalar("size", "a size such as 64MiB", values.size, *_MEASURE)
COUNT = scalar("whole number", _NUMBER, values.count, "int", "float")
RATIO = scalar("number", "a number between 0 and 1 such as 0.8", values.ratio, "int", "float")
FLAG: Kind[bool] = Kind("true or false", "true or false", _flag)
NAME = scalar("text", "text", values.account_name, "str")
CODE = scalar("text", "text in quotes", lambda text: Secret(values.account_code(text)), "str")
VARIABLE = scalar("name of a variable", "the name of an environment variable", values.variable_name, "str")
BASE_URL = scalar(
    "URL", "a URL such as https://host/path, without credentials, query or fragment", values.base_url, "str"
)
PROXY_URL = scalar(
    "URL", "a URL such as http://user:password@host:3128", lambda text: Secret(values.proxy_url(text)), "str"
)
PATH: Kind[Path] = Kind("path", "a path", _path)
CERTIFICATES: Kind[Path] = Kind("path", "a path", _certificates)
_STATUS_CODE = scalar("status code", _NUMBER, values.status_code, "int", "str")
_STATUS_NAME = scalar(
    "status",
    "a name of lower-case letters, digits and underscores that begins with a letter",
    values.status_name,
    "str",
)
STATUS_NAMES: Kind[Mapping[int, str]] = Kind(
    "mapping", "a mapping of status codes to names such as {21: coaching}", _statuses
)
_LINE_NUMBER = scalar("number", "a number in quotes", values.line_number, "str", "int")
_LINE_NAME = scalar("text", "the name of a line", values.line_name, "str")
LINES: Kind[Mapping[str, str]] = Kind(
    "mapping", 'a mapping of numbers to names such as {"0722776772": Sales line}', _lines
)
OUTCOMES = (*outcomes.OUTCOMES, outcomes.SHORT)
_OUTCOME = scalar("outcome", f"one of {', '.join(OUTCOMES)}", values.one_of(OUTCOMES), "str")
GLOB = scalar("glob", 'a glob such as "VIP*"', values.glob, "str", "int")
COUNTS: Kind[tuple[str, ...]] = Kind(
    "list of outcomes", "a list of outcomes such as [answered, unanswered]", _counts
)
GLOBS = entries(GLOB, "list of globs", _GLOB_LIST, at_least=1)
GLOBS_OR_NONE = entries(GLOB, "list of globs", _GLOB_LIST)
