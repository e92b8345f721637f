"""The board of agents, extension by extension: what each does, and did."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import statetimeline, table
from grafana_foundation_sdk.builders.dashboard import Dashboard, FieldColor
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.board import AGENTS, Placed, Section, account_choice, annotate, board, choice, fill
from grafana.palette import ACTIVITY, GOOD, QUIET, STATUS, WATCH, plain, steps, words
from grafana.panels import CLOCK, COUNT, SHARE, SOURCE, graph, legend_below, number, query
from grafana.promql import Scope, largest, total
from grafana.tables import Column, Key, grid

S: Final = Scope(account='account="$account"', queue="")
EXTENSION: Final = ("account", "extension")
CHOSEN: Final = 'extension=~"$extension"'
MISSING: Final = "needs collectors.extensions.enabled: true in the exporter's configuration"
NEEDS: Final = f"Empty? It {MISSING}."

# Calls before statuses: an agent who talks is talking, whatever status is set.
DOING: Final = ("talking", "hold", "ringing", "dialing")
SHOWN: Final = (
    "login",
    "logout",
    "lunch",
    "administrative",
    "private",
    "other",
    "training",
    "team_meeting",
    "brief",
)
FREE, ELSE = 10, 30
LOGIN: Final = 'status="login"'
IDLE: Final = 'activity="idle"'
CODES: Final = {
    **{code: (name, ACTIVITY[name]) for code, name in enumerate(DOING, start=1)},
    FREE: ("available", GOOD),
    **{code: (name.replace("_", " "), STATUS[name]) for code, name in enumerate(SHOWN[1:], start=FREE + 1)},
    ELSE: ("another status", QUIET),
}


def build() -> Dashboard:
    """The board "Agents"."""
    made = board(
        AGENTS,
        "Agents",
        "Each extension of one account: what is done there, in which status, with how many calls. It "
        f"{MISSING}; extensions are shown by their SIP user name.",
        since="now-3h",
        refresh="30s",
    )
    extensions = choice(
        "extension",
        "Extension",
        f"voicenter_extension_info{{{S.account}}}",
        "extension",
        several=True,
    )
    made = made.with_variable(account_choice(several=False)).with_variable(extensions)
    sections = [
        Section("Now", _now()),
        Section("Each extension over time", [Placed(_timeline(), 24, 26)]),
        Section("Time in status, and calls", _totals()),
    ]
    return fill(annotate(made, S.account), sections)


def _now() -> list[Placed]:
    info = S.now("voicenter_extension_info", EXTENSION, CHOSEN)
    count = number(
        "Extensions",
        f"The chosen extensions that the exporter tells one by one. Exact at the last answer. {NEEDS}",
        f"count({info})",
        COUNT,
        plain(),
    )
    available = number(
        "Available",
        f"Chosen extensions in status login and without a call. Exact at the last answer. {NEEDS}",
        _number_of(f"{_status(LOGIN)} and {_activity(IDLE)}"),
        COUNT,
        plain(GOOD),
    )
    busy = number(
        "In a call",
        "Chosen extensions that talk, hold, ring or dial, in whatever status. Exact at the last answer. "
        f"{NEEDS}",
        _number_of(_activity('activity!="idle"')),
        COUNT,
        plain(),
    )
    dropped = number(
        "Left out",
        "Extensions of the account that collectors.extensions.max keeps out of this board. Amber: some "
        f"are. {NEEDS}",
        S.now("voicenter_extensions_dropped", ("account",)),
        COUNT,
        steps((None, GOOD), (1, WATCH)),
    )
    return [Placed(panel, 6, 5) for panel in (count, available, busy, dropped)]


def _number_of(extensions: str) -> str:
    """How many there are: 0, not nothing, as long as the exporter tells any extension."""
    return f"count({extensions}) or 0 * count({S.now('voicenter_extension_info', EXTENSION, CHOSEN)})"


def _timeline() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .title("What each extension does")
        .description(
            "Calls first (talking, hold, ringing, dialing), else the status that the extension shows; "
            "available is status login without a call. Exact at each answer; what is shorter than a "
            f"scrape interval may be missed. {NEEDS}"
        )
        .datasource(SOURCE)
        .unit(COUNT)
        .no_value(MISSING)
        .mappings(list(words(CODES)))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .thresholds(plain(QUIET))
        .show_value(VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(90)
        .legend(legend_below())
        .with_target(query(_state(), "{{extension}}"))
    )


def _state() -> str:
    """The code of what each extension does."""
    doing = {code: _activity(f'activity="{name}"') for code, name in enumerate(DOING, start=1)}
    shown = {code: _status(f'status="{name}"') for code, name in enumerate(SHOWN, start=FREE)}
    coded = {**doing, **shown, ELSE: _status("")}
    return " or on (account, extension) ".join(f"{each} * {code}" for code, each in coded.items())


def _activity(matcher: str) -> str:
    return S.now("voicenter_extension_activity", EXTENSION, CHOSEN, matcher)


def _status(matcher: str) -> str:
    return S.now("voicenter_extension_status", EXTENSION, CHOSEN, matcher)


def _totals() -> list[Placed]:
    columns = [_share(name.replace("_", " "), f'status="{name}"') for name in SHOWN]
    others = "|".join(SHOWN)
    time = grid(
        "Share of the time in each status",
        "How much of the time shown each extension spent in each status: the share of the answers that "
        f"showed it. Good to about one scrape interval per change. {NEEDS}",
        [Key("account"), Key("extension", "Extension")],
        [*columns, _share("another", f'status!~"{others}"')],
        sort="login",
    )
    calls = graph(
        "Calls by extension",
        "Call legs at each extension: the ten that had the most at one moment of the time shown. Exact at "
        f"each answer; what is shorter than a scrape interval may be missed. {NEEDS}",
        {"{{extension}}": largest(S.now("voicenter_extension_calls", EXTENSION, CHOSEN), "extension")},
        COUNT,
        style="stack",
    )
    return [
        Placed(_work().no_value(MISSING), 24, 12),
        Placed(time.no_value(MISSING), 24, 12),
        Placed(calls.no_value(MISSING), 24, 9),
    ]


def _work() -> table.Panel:
    """What each extension does since when, and what it did in the time shown."""

    def since(kind: str) -> str:
        return f"time() - {S.now(f'voicenter_extension_{kind}_since_timestamp_seconds', EXTENSION, CHOSEN)}"

    def grown(counter: str, *by: str) -> str:
        name = f"voicenter_extension_{counter}_total"
        return total(S.increase(name, (*EXTENSION, *by), CHOSEN, window="$__range"), *EXTENSION)

    busy = S.increase(
        "voicenter_extension_activity_seconds_total",
        (*EXTENSION, "status", "activity"),
        CHOSEN,
        'activity!="idle"',
        window="$__range",
    )
    return grid(
        "Work by extension",
        "Since when each extension has its status and does what it does now; calls answered, rings not "
        "answered, time talked and time in calls within the time shown. What is shorter than a scrape "
        f"interval may be missed. {NEEDS}",
        [Key("account"), Key("extension", "Extension")],
        [
            Column("In status for", since("status"), CLOCK),
            Column("In activity for", since("activity"), CLOCK),
            Column("Answered", grown("calls_answered", "direction"), decimals=0),
            Column("Not answered", grown("rings_not_answered"), decimals=0),
            Column("Talked", grown("talk_seconds", "direction"), CLOCK, decimals=0),
            Column("In calls", total(busy, *EXTENSION), CLOCK, decimals=0),
        ],
        sort="Not answered",
    )


def _share(name: str, matcher: str) -> Column:
    metric, by = "voicenter_extension_status", (*EXTENSION, "status")
    spent = total(S.count(metric, by, CHOSEN, matcher, window="$__range"), *EXTENSION)
    whole = total(S.count(metric, by, CHOSEN, window="$__range"), *EXTENSION)
    return Column(name, f"{spent} / {whole}", SHARE, decimals=0)
