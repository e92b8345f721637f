"""What a configuration may say and probably does not mean: warnings, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import urlsplit

from exporter.config.document import Place
from exporter.config.filter import Filter
from exporter.config.keys import Section
from exporter.config.values import shown

VENDORS_LEAST: Final = 5.0
"""Seconds between two requests with one code, by the vendor's rule."""
LONGEST_POLL: Final = 300.0
_REGEX: Final = re.compile(r"\.[*+]|^\^|\$$|\\|\|")
_LOOPBACK: Final = re.compile(r"localhost|127\.[\d.]+|::1")


def on_account(section: Section, defaults: Mapping[str, Any]) -> None:
    """Warn about an account's own keys, or about `defaults` themselves."""
    places = section.places
    base_url = section.get("base_url", defaults.get("base_url", ""))
    # A simulator on this machine has no such rule.
    is_simulated = bool(_LOOPBACK.fullmatch(urlsplit(base_url).hostname or ""))
    if section.get("min_interval", VENDORS_LEAST) < VENDORS_LEAST and not is_simulated:
        places["min_interval"].warn(
            f"is below {VENDORS_LEAST:g}s: asked again so soon, Voicenter may repeat its last answer"
        )
    url = urlsplit(section.get("base_url", ""))
    if url.scheme == "http" and not _LOOPBACK.fullmatch(url.hostname or ""):
        places["base_url"].warn("is not https: anybody on the way can read the code")
    tls = section.get("tls")
    if isinstance(tls, Section) and tls.get("insecure_skip_verify"):
        tls.places["insecure_skip_verify"].warn(
            "the certificate is not checked: anybody on the way can read the code; use tls.ca_file"
        )
    if section.get("poll_interval", 0) > LONGEST_POLL:
        places["poll_interval"].warn(
            "is above 5m: figures are that old, and alerts about waits come too late"
        )
    for key in ("queues", "extensions"):
        chosen = section.get(key)
        if isinstance(chosen, Section):
            for name in chosen:
                _on_globs(chosen.places[name])


def on_targets(targets: Sequence[Section], accounts: Iterable[str] | None) -> None:
    """Warn about targets; `accounts` are the names of all accounts, None if they are not known."""
    names = None if accounts is None else list(accounts)
    for number, target in enumerate(targets):
        for key in ("queues", "accounts"):
            if key in target:
                _on_globs(target.places[key])
        if names is not None and "accounts" in target:
            _on_names(target.places["accounts"], names)
        earlier = next((each for each in range(number) if _covers(targets[each], target)), None)
        if earlier is not None:
            target.place.warn(f"is never used: targets[{earlier}] matches all that it matches")


def _globs(place: Place) -> Iterator[tuple[Place, str]]:
    for entry in place.items():
        yield entry, str(entry.node.value)


def _on_globs(place: Place) -> None:
    for entry, text in _globs(place):
        if _REGEX.search(text):
            entry.warn(f"{shown(text)} looks like a regular expression; this is a glob, as in VIP*")


def _on_names(place: Place, names: list[str]) -> None:
    for entry, text in _globs(place):
        if not any(fnmatchcase(name, text) for name in names):
            from difflib import get_close_matches  # only needed for a mistake

            near = get_close_matches(text, names, n=1)
            entry.warn(f"{shown(text)} matches no account" + (f"; did you mean {near[0]}?" if near else ""))


def _covers(earlier: Section, later: Section) -> bool:
    """Whether the earlier target matches all that the later one matches, as far as this can be decided."""
    return all(
        key in earlier and key in later and _covers_globs(earlier[key], later[key])
        if key in earlier.places
        else True
        for key in ("queues", "accounts")
    )


def _covers_globs(earlier: Filter, later: Filter) -> bool:
    return all(any(_covers_glob(wide, narrow) for wide in earlier.include) for narrow in later.include)


def _covers_glob(wide: str, narrow: str) -> bool:
    """A glob whose only sign is `*` matches the text of another one if it matches all that that one does."""
    return wide == narrow or (not set("?[") & set(wide) and "[" not in narrow and fnmatchcase(narrow, wide))
