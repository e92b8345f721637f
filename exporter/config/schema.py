"""Every key of the configuration file: its kind, its default and its meaning.

The reader, the test of `config.example.yaml` and docs/configuration.md all follow these tables.
"""

from __future__ import annotations

from exporter.config import kinds
from exporter.config.kinds import Key, entries, increasing, nullable, section

FILTER = section(
    Key("include", kinds.GLOBS, "what is exported", '["*"]'),
    Key("exclude", kinds.GLOBS_OR_NONE, "what of it is left out", "[]"),
)

TLS = section(
    Key(
        "ca_file",
        nullable(kinds.CERTIFICATES),
        "a PEM file with the authorities to trust; null: those of the environment",
        "null",
    ),
    Key(
        "insecure_skip_verify",
        kinds.FLAG,
        "accept any certificate: for tests, never for a real account",
        "false",
    ),
)

SHARED_KEYS = (
    Key(
        "base_url",
        kinds.BASE_URL,
        "where the vendor's API is, without an endpoint",
        "https://monapisec.voicenter.co.il/comet/API",
    ),
    Key(
        "timeout",
        kinds.POSITIVE_DURATION,
        "the limit of one attempt, whole: from connecting to the last byte",
        "10s",
    ),
    Key(
        "min_interval",
        kinds.DURATION,
        "the least time from the start of one attempt to the next (the vendor's rule is 5 s); "
        "scrapes that come closer together share one answer",
        "5s",
    ),
    Key(
        "poll_interval",
        kinds.POLL_INTERVAL,
        "`0s`: ask when Prometheus scrapes; `1s` or more: ask in the background at this interval, "
        "and a scrape gets the newest answer",
        "0s",
    ),
    Key("queues", FILTER, "which queues are exported: globs over a queue's name or id"),
    Key("extensions", FILTER, "which extensions are exported: globs over the SIP user name"),
    Key(
        "statuses",
        kinds.STATUS_NAMES,
        "the tenant's own status codes with their names, such as `{21: coaching}`",
        "{}",
    ),
    Key(
        "allow_empty",
        kinds.FLAG,
        "accept an empty list of extensions; it is otherwise a failure, since a wrong code looks like that",
        "false",
    ),
    Key("tls", TLS, "how the vendor's certificate is checked"),
    Key(
        "proxy_url",
        nullable(kinds.PROXY_URL),
        "an HTTP proxy, with its credentials if it wants some; null: the proxy of the environment",
        "null",
    ),
)

CODE_KEYS = (
    Key("code_file", kinds.PATH, "a file that holds the code and nothing else, read again at each attempt"),
    Key("code_env", kinds.VARIABLE, "the environment variable that holds the code"),
    Key("code", kinds.SECRET, "the code itself; a file is safer"),
)

ACCOUNT = section(
    Key("name", kinds.NAME, "the account's name: unique, the value of the label `account`", required=True),
    *CODE_KEYS,
    *SHARED_KEYS,
)

TARGET = section(
    Key("queues", kinds.GLOBS, "the queues it is for: globs over a queue's name or id", required=True),
    Key("accounts", kinds.GLOBS, "the accounts it is for: globs over their names", '["*"]'),
    Key(
        "wait_limit",
        section(
            Key(
                "warning",
                nullable(kinds.POSITIVE_DURATION),
                "from this wait on a warning is due",
                "120s",
            ),
            Key("critical", nullable(kinds.POSITIVE_DURATION), "from this wait on it is critical", "300s"),
            null_clears=True,
        ),
        "the limits of a caller's wait",
    ),
    Key("callers_limit", nullable(kinds.COUNT), "the limit of callers waiting at one time", "10"),
    Key(
        "service_level",
        section(
            Key(
                "within",
                nullable(kinds.POSITIVE_DURATION),
                "the wait within which callers should be answered",
                "20s",
            ),
            Key("ratio", nullable(kinds.RATIO), "the share of the callers for whom that should hold", "0.8"),
            null_clears=True,
        ),
        "the service level",
    ),
)

COLLECTORS = section(
    Key("history", kinds.FLAG, "counters and histograms from successive answers", "true"),
    Key(
        "extensions",
        section(
            Key("enabled", kinds.FLAG, "series for each extension", "false"),
            Key(
                "names",
                kinds.FLAG,
                "with the name of the person logged in as a label: personal data",
                "false",
            ),
            Key(
                "max", kinds.COUNT, "how many extensions of an account get series; the rest is counted", "500"
            ),
        ),
        "series for each extension",
    ),
)

ROOT = section(
    Key("accounts", entries(ACCOUNT, "list of accounts", "a list of accounts"), "the accounts to ask", "[]"),
    Key(
        "accounts_dir",
        nullable(kinds.PATH),
        "a folder with one account in each `*.yaml` or `*.yml` file, beside or instead of `accounts`",
        "null",
    ),
    Key("defaults", section(*SHARED_KEYS), "what holds for all accounts that do not say it themselves"),
    Key("collectors", COLLECTORS, "what is exported besides the gauges of the newest answer"),
    Key(
        "targets",
        entries(TARGET, "list of targets", "a list of targets"),
        "limits and service levels of queues; for each queue the first that matches it holds",
        "[]",
    ),
    Key(
        "queue_thresholds",
        increasing(kinds.POSITIVE_DURATION, 0),
        "the waits from which the callers in a queue are counted",
        "[20s, 60s, 120s, 300s]",
    ),
    Key(
        "wait_buckets",
        increasing(kinds.POSITIVE_DURATION, 1),
        "the bounds of the histogram of waits",
        "[10s, 20s, 30s, 45s, 60s, 90s, 120s, 180s, 300s, 600s, 900s, 1800s]",
    ),
    Key(
        "timeout_offset",
        kinds.DURATION,
        "how long before Prometheus' own timeout a scrape is answered",
        "500ms",
    ),
    Key("max_body", kinds.SIZE, "the largest answer that is read, after decompression", "64MiB"),
)
