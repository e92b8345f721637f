"""Every key of the configuration file, and the settings that it gives. Durations are seconds, sizes bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exporter.config import kinds
from exporter.config.code import Code
from exporter.config.filter import NAMES, Filter
from exporter.config.keys import entries, increasing, key, keys_of, mapping, nullable, required, section
from exporter.config.secret import Secret

_DURATION_OR_NULL = nullable(kinds.POSITIVE_DURATION)


@dataclass(frozen=True, slots=True)
class TLS:
    """How the vendor's certificate is checked."""

    ca_file: Path | None = key(
        nullable(kinds.CERTIFICATES),
        "a PEM file with the authorities to trust; null: those of the environment",
        "null",
    )
    insecure_skip_verify: bool = key(
        kinds.FLAG, "accept any certificate: for tests, never for a real account", "false"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The keys of an account that may stand under `defaults`, too."""

    base_url: str = key(
        kinds.BASE_URL,
        "where the vendor's API is, without an endpoint",
        "https://monapisec.voicenter.co.il/comet/API",
    )
    timeout: float = key(
        kinds.POSITIVE_DURATION, "the limit of one attempt, whole: from connecting to the last byte", "10s"
    )
    min_interval: float = key(
        kinds.DURATION,
        "the least time from the start of one attempt to the next (the vendor's rule is `5s`); "
        "scrapes that come closer together share one answer",
        "5s",
    )
    poll_interval: float = key(
        kinds.POLL_INTERVAL,
        "`0s`: ask when Prometheus scrapes; `1s` or more: ask in the background at this interval, "
        "and a scrape gets the newest answer",
        "0s",
    )
    queues: Filter = section(Filter, "which queues are exported: globs over a queue's name or id")
    extensions: Filter = section(Filter, "which extensions are exported: globs over the SIP user name")
    statuses: Mapping[int, str] = key(
        kinds.STATUS_NAMES, "the tenant's own status codes with their names, such as `{21: coaching}`", "{}"
    )
    allow_empty: bool = key(
        kinds.FLAG,
        "accept an empty list of extensions; it is otherwise a failure, since a wrong code looks like that",
        "false",
    )
    tls: TLS = section(TLS, "how the vendor's certificate is checked")
    proxy_url: Secret | None = key(
        nullable(kinds.PROXY_URL),
        "an HTTP proxy, with its credentials if it wants some; null: the proxy of the environment",
        "null",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Defaults):
    """One code of the vendor's API, and how to ask with it."""

    name: str = required(
        kinds.NAME, "the account's name: unique, the value of the label `account`", example="main"
    )
    code: Code = keys_of(Code)
    lines: Mapping[str, str] = key(
        kinds.LINES,
        'names for the numbers that callers dial, such as `{"0722776772": Sales line}`; `+972…`, `972…` and '
        "`0…` are one number. Series for each name; the numbers stay inside",
        "{}",
    )


@dataclass(frozen=True, slots=True)
class InvalidAccount:
    """A file of `accounts_dir` that gave no account, and its mistakes, one a line."""

    file: Path
    message: str


@dataclass(frozen=True, slots=True)
class ExtensionsCollector:
    """Series for each extension."""

    enabled: bool = key(kinds.FLAG, "series for each extension", "false")
    names: bool = key(kinds.FLAG, "with the name of the person logged in as a label: personal data", "false")
    max: int = key(kinds.COUNT, "how many extensions of an account get series; the rest is counted", "500")


@dataclass(frozen=True, slots=True)
class Collectors:
    """What is exported besides the snapshot's gauges."""

    history: bool = key(kinds.FLAG, "counters and histograms from successive answers", "true")
    serves_for: float = key(
        kinds.POSITIVE_DURATION,
        "how long an extension counts as one that serves a queue, after its last ring or answer for it",
        "12h",
    )
    extensions: ExtensionsCollector = section(ExtensionsCollector, "series for each extension")


@dataclass(frozen=True, slots=True)
class WaitLimit:
    """The limits of a caller's wait. None: no such series, no such alert."""

    warning: float | None = key(_DURATION_OR_NULL, "from this wait on a warning is due", "120s")
    critical: float | None = key(_DURATION_OR_NULL, "from this wait on it is critical", "300s")


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """The share of callers to answer within a wait. None: no such series, no such alert."""

    within: float | None = key(_DURATION_OR_NULL, "the wait within which callers should be answered", "20s")
    ratio: float | None = key(
        nullable(kinds.RATIO), "the share of the callers for whom that should hold", "0.8"
    )
    counts: tuple[str, ...] = key(
        kinds.COUNTS,
        "the outcomes of the callers that it is a share of: some of `answered`, `unanswered`, `short`, "
        "`transferred` and `unknown`",
        "[answered, unanswered]",
    )

    def __post_init__(self) -> None:
        if self.within is None or self.ratio is None:  # one says nothing without the other
            object.__setattr__(self, "within", None)
            object.__setattr__(self, "ratio", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The limits and the service level of the queues it matches."""

    queues: Filter = required(NAMES, "the queues it is for: globs over a queue's name or id", example='["*"]')
    accounts: Filter = key(NAMES, "the accounts it is for: globs over their names", '["*"]')
    extensions: Filter | None = key(
        nullable(NAMES),
        "the extensions that serve these queues: globs over the SIP user name; null: learn them from calls",
        "null",
    )
    wait_limit: WaitLimit = section(WaitLimit, "the limits of a caller's wait", nulls="clear")
    callers_limit: float | None = key(nullable(kinds.COUNT), "the limit of callers waiting at one time", "10")
    short_abandon: float | None = key(
        _DURATION_OR_NULL,
        "who hangs up after at most this wait, such as `5s`, is `short`, not `unanswered`; null: nobody is",
        "null",
    )
    service_level: ServiceLevel = section(ServiceLevel, "the service level", nulls="clear")


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. `file` is None when it came from the environment alone."""

    accounts: tuple[Account, ...] = key(
        entries(mapping(Account), "list of accounts", "a list of accounts"), "the accounts to ask", "[]"
    )
    accounts_dir: Path | None = key(
        nullable(kinds.PATH),
        "a folder with one account in each `*.yaml` or `*.yml` file, beside or instead of `accounts`",
        "null",
    )
    defaults: Defaults = section(Defaults, "what holds for all accounts that do not say it themselves")
    collectors: Collectors = section(Collectors, "what is exported besides the gauges of the newest answer")
    targets: tuple[Target, ...] = key(
        entries(mapping(Target), "list of targets", "a list of targets"),
        "limits and service levels of queues; for each queue the first that matches it holds",
        "[]",
    )
    queue_thresholds: tuple[float, ...] = key(
        increasing(kinds.POSITIVE_DURATION),
        "the waits from which the callers in a queue are counted",
        "[20s, 60s, 120s, 300s]",
    )
    wait_buckets: tuple[float, ...] = key(
        increasing(kinds.POSITIVE_DURATION, at_least=1),
        "the bounds of the histogram of waits",
        "[10s, 20s, 30s, 45s, 60s, 90s, 120s, 180s, 300s, 600s, 900s, 1800s]",
    )
    timeout_offset: float = key(
        kinds.DURATION, "how long before Prometheus' own timeout a scrape is answered", "500ms"
    )
    max_body: int = key(kinds.SIZE, "the largest answer that is read, after decompression", "16MiB")
    invalid_accounts: tuple[InvalidAccount, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is allowed and probably not meant, one a line with its place."""
    is_shard: bool = False
    """Whether other exporters carry the rest of the accounts."""
    file: Path | None = None
    default_target: Target = field(default_factory=lambda: Target(queues=Filter()))

    def target(self, account: str, queue_id: str, queue: str) -> Target:
        """The first target that matches this queue, else the default one."""
        number = self.target_number(account, queue_id, queue)
        return self.default_target if number is None else self.targets[number]

    def target_number(self, account: str, queue_id: str, queue: str) -> int | None:
        """The place in `targets` of the first that matches this queue; None for the default one."""
        for number, target in enumerate(self.targets):
            if target.accounts.matches(account) and target.queues.matches(queue_id, queue):
                return number
        return None
