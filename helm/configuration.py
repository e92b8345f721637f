"""Renews what the chart repeats of the exporter's two files: `python -m helm.configuration`.

These are the keys of `accounts`, `config` and `web.config` in values.schema.json, and their lists in the
comments of values.yaml. The tables of README.md follow with `python helm/readme.py`.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from exporter.config import kinds
from exporter.config.code import Code
from exporter.config.keys import Kind, keys
from exporter.config.settings import Account, Settings
from exporter.web import tls_section, web_config

Schema = dict[str, Any]

CHART: Final = Path(__file__).parent / "voicenter-exporter"
VALUES: Final = CHART / "values.yaml"
SCHEMA: Final = CHART / "values.schema.json"
_WIDTH: Final = 120

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_ANY_TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
_FLAG: Final[Schema] = {"type": "boolean"}
_DURATION: Final[Schema] = {
    "type": "string",
    "pattern": "^([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$",
    "minLength": 2,
}
_KINDS: Final[Mapping[Kind[Any], Schema]] = {
    kinds.NAME: {**_TEXT, "maxLength": 128},
    kinds.CODE: _TEXT,
    kinds.PATH: _TEXT,
    kinds.CERTIFICATES: _TEXT,
    kinds.FLAG: _FLAG,
    kinds.DURATION: _DURATION,
    kinds.POSITIVE_DURATION: _DURATION,
    kinds.POLL_INTERVAL: _DURATION,
    kinds.SIZE: {"type": "string", "pattern": "^[0-9]{1,9}(B|KiB|MiB|GiB)$"},
    kinds.COUNT: {"type": "integer", "minimum": 1},
    kinds.RATIO: {"type": "number", "minimum": 0, "maximum": 1},
    kinds.GLOB: {"type": ["string", "integer"], "minLength": 1},
    kinds.BASE_URL: {"type": "string", "pattern": "^https?://[^@?#]+$"},
    kinds.PROXY_URL: {
        "description": "Without user and password: those belong into env as HTTPS_PROXY, from a Secret",
        "type": "string",
        "pattern": "^https?://[^@/?#]+/?$",
    },
    kinds.STATUS_NAMES: {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^[0-9]{1,9}$": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}},
    },
    kinds.COUNTS: {
        "type": "array",
        "items": {"enum": [*kinds.OUTCOMES]},
        "contains": {"const": "answered"},
    },
    kinds.LINES: {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^[ ().+0-9-]{3,40}$": {**_TEXT, "maxLength": 128}},
    },
    tls_section.FLAG: _FLAG,
    tls_section.TEXT: {"type": "string"},
    tls_section.FILE: {"type": "string"},
    tls_section.CLIENT_AUTH_TYPE: {"enum": ["", *tls_section.CLIENT_AUTH]},
    tls_section.VERSION: {"enum": [*tls_section.VERSIONS]},
    tls_section.CIPHERS: {
        "type": "array",
        "items": {"enum": [*tls_section.CIPHER_SUITES, *tls_section.OTHER_CIPHER_SUITES]},
    },
    tls_section.CURVE_NAMES: {"type": "array", "items": {"enum": [*tls_section.CURVES]}},
    web_config.HEADER_VALUES: {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"enum": [*values]} if values else _ANY_TEXT for name, values in web_config.HEADERS.items()
        },
    },
    web_config.USERS: {
        "type": "object",
        "additionalProperties": {
            "description": "A bcrypt hash",
            "type": "string",
            "pattern": "^\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}$",
        },
    },
    web_config.INTERVAL: {
        "type": ["string", "integer"],
        "pattern": "^(0|([0-9]*[.]?[0-9]+(ns|us|µs|ms|s|m|h))+)$",
        "maximum": 0,
        "minimum": 0,
    },
    web_config.BURST: {"type": "integer", "minimum": 0},
}
_CHART_ALONE: Final[Schema] = {
    "existingSecret": {"$ref": "#/definitions/objectName"},
    "existingSecretKey": {"$ref": "#/definitions/secretKey"},
}


def schema_of(kind: Kind[Any]) -> Schema:
    """What values.schema.json says of a value of this kind."""
    if kind in _KINDS:
        return _KINDS[kind]
    if isinstance(kind.of, type):
        found = mapping(kind.of)
        return {**found, "type": ["object", "null"]} if kind.takes_null else found
    if kind.of is None:
        raise LookupError(f"{kind} has no schema: give it one in {__file__}")
    inner = schema_of(kind.of)
    if kind.takes_null:
        types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
        return {**inner, "type": [*types, "null"]}
    return {"type": "array", "items": inner, **({"minItems": kind.at_least} if kind.at_least else {})}


def mapping(made: type, without: Collection[str] = ()) -> Schema:
    """A mapping with the keys of a dataclass."""
    declared = {name: key for name, key in keys(made).items() if name not in without}
    required = [name for name, key in declared.items() if key.required]
    return {
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {name: schema_of(key.kind) for name, key in declared.items()},
    }


def schema(text: str) -> str:
    """values.schema.json with what it repeats written anew."""
    whole: Schema = json.loads(text)
    account = mapping(Account, without=("code_env",))
    account["properties"] |= _CHART_ALONE
    account["properties"]["code_file"] = {"type": "string", "pattern": "^/"}
    whole["properties"]["accounts"]["items"] = account
    config = mapping(Settings, without=("accounts", "accounts_dir"))
    config["properties"] |= {
        "existingSecret": {"$ref": "#/definitions/objectNameOrEmpty"},
        "existingSecretKey": {"$ref": "#/definitions/secretKey"},
    }
    whole["properties"]["config"] = config | {"type": ["object", "null"]}
    whole["properties"]["web"]["properties"]["config"] = {
        **mapping(web_config.Keys),
        "type": ["object", "null"],
    }
    return _json(whole) + "\n"


def _json(value: object, indent: int = 0, before: int = 0) -> str:
    """JSON in which whatever fits stands on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or indent + before + len(line) < _WIDTH:
        return line
    pad, inner = " " * indent, " " * (indent + 2)
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + _json(each, indent + 2) for each in value) + f"\n{pad}]"
    entries = ((f"{json.dumps(name)}: ", each) for name, each in value.items())
    lines = (inner + name + _json(each, indent + 2, len(name)) for name, each in entries)
    return "{\n" + ",\n".join(lines) + f"\n{pad}}}"


def values(text: str) -> str:
    """values.yaml with the lists of keys in its comments written anew."""
    others = [name for name in keys(Settings) if name not in ("accounts", "accounts_dir")]
    shared = [name for name in keys(Account) if name != "name" and name not in keys(Code)]
    text = _with_list(text, "account in the exporter's configuration file:", "accounts:", shared)
    return _with_list(text, "The other keys of the exporter's configuration file:", "config:", others)


def _with_list(text: str, introduction: str, key: str, names: Iterable[str]) -> str:
    """The text with the list of names anew that follows the introduction, in the comment above a key."""
    lines = text.splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith(key))
    begin = max(number for number, line in enumerate(lines[:end]) if not line.startswith("# ")) + 1
    words = " ".join(line.removeprefix("# ") for line in lines[begin:end]).partition(introduction)[0]
    words += f"{introduction} {', '.join(f'`{name}`' for name in names)}."
    lines[begin:end] = (f"# {line}" for line in textwrap.wrap(words, _WIDTH - 2, break_on_hyphens=False))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    SCHEMA.write_text(schema(SCHEMA.read_text("utf-8")), "utf-8")
    VALUES.write_text(values(VALUES.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
