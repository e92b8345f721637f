"""The board of agents, extension by extension: what each does, and did."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import statetimeline, table
from grafana_foundation_sdk.builders.dashboard import Dashboard, FieldColor
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana import measures as m
from grafana.board import AGENTS, Placed, Section, account_choice, annotate, board, choice, fill
from grafana.palette import ACTIVITY, GOOD, QUIET, STATUS, UNJUDGED, WATCH, plain, ranges, steps, words
from grafana.panels import CLOCK, COUNT, SHARE, SOURCE, UNKNOWN, across, graph, legend_below, number, query
from grafana.promql import RANGE, Scope, seen, total
from grafana.states import NOTHING, judged
from grafana.tables import Column, Key, grid
from grafana.tiles import MISSING, blindness

S: Final = Scope(account='account="$account"', queue="")
EXTENSION: Final = ("account", "extension")
CHOSEN: Final = 'extension=~"$extension"'
MISSING_SETTING: Final = "needs collectors.extensions.enabled: true in the exporter's configuration"
NEEDS: Final = f"Empty? It {MISSING_SETTING}."

# Calls before statuses: an agent who talks is talking, whatever status is set. The last are the most urgent.
DOING: Final = ("talking", "dialing", "hold", "ringing")
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
ELSE, LOGGED_OUT, FREE, BREAK, BUSY = 1, 2, 3, 10, 30
BREAKS: Final = 'status!~"login|logout"'
LOGIN: Final = 'status="login"'
IDLE: Final = 'activity="idle"'
CODES: Final = {
    ELSE: ("another status", QUIET),
    LOGGED_OUT: ("logout", STATUS["logout"]),
    FREE: ("free", GOOD),
    **{code: (name.replace("_", " "), STATUS[name]) for code, name in enumerate(SHOWN[2:], start=BREAK)},
    **{code: (name, ACTIVITY[name]) for code, name in enumerate(DOING, start=BUSY)},
}


def build() -> Dashboard:
    """The board "Agents"."""
    made = board(
        AGENTS,
        "Agents",
        "Who does what since when, and what everybody did since midnight in your time zone. It needs "
        "collectors.extensions.enabled: true in the exporter's configuration; names need "
        "collectors.extensions.names too.",
        since="now/d",
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
        Section("", [Placed(blindness(S), 24, 3), *_now(), Placed(_work(), 24, 16)]),
        Section("All agents of the account", _account()),
        Section("Time in status", [Placed(_statuses(), 24, 12)]),
        Section("Each extension over time: choose some above", [Placed(_timeline(), 24, 26)], collapsed=True),
    ]
    return fill(annotate(made, S.account), sections)


def _now() -> list[Placed]:
    """How many are in which state."""
    present = f"count({S.now('voicenter_extension_info', EXTENSION, CHOSEN)})"

    def number_of(title: str, description: str, extensions: str) -> Placed:
        counted = f"(count({extensions}) or 0 * {present})"
        panel = number(
            title,
            f"Chosen extensions {description}. Exact at the last answer. {MISSING} {NEEDS}",
            judged(counted, S, source="extensions", ok="extensions"),
            COUNT,
            empty="none told",
        )
        return Placed(panel, 4, 4)

    dropped = number(
        "Left out",
        "Extensions of the account that collectors.extensions.max keeps out of this board. Amber: some are. "
        + NEEDS,
        f"{S.now('voicenter_extensions_dropped', ('account',))} or on () vector({NOTHING})",
        COUNT,
        steps((None, UNJUDGED), (1, WATCH)),
        empty="none told",
    )
    return [
        number_of("Free", "in status login and without a call", f"{_status(LOGIN)} and {_activity(IDLE)}"),
        number_of("Ringing", "that ring", _activity('activity="ringing"')),
        number_of(
            "In a call",
            "that talk, hold or dial, in whatever status",
            _activity('activity=~"talking|hold|dialing"'),
        ),
        number_of(
            "On break",
            "in any status but login and logout, without a call",
            f"{_status(BREAKS)} and {_activity(IDLE)}",
        ),
        number_of("Logged out", "in status logout", _status('status="logout"')),
        Placed(dropped, 4, 4),
    ]


def _timeline() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .title("What each extension does")
        .description(
            "Calls first (talking, hold, ringing, dialing), else the status that the extension shows; "
            "free is status login without a call. Exact at each answer; what is shorter than a "
            f"scrape interval may be missed. {NEEDS}"
        )
        .datasource(SOURCE)
        .unit(COUNT)
        .no_value(MISSING_SETTING)
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
    doing = {code: _activity(f'activity="{name}"') for code, name in enumerate(DOING, start=BUSY)}
    breaks = {code: _status(f'status="{name}"') for code, name in enumerate(SHOWN[2:], start=BREAK)}
    shown = {FREE: _status(LOGIN), LOGGED_OUT: _status('status="logout"'), **breaks}
    coded = {**doing, **shown, ELSE: _status("")}
    return " or on (account, extension) ".join(f"{each} * {code}" for code, each in coded.items())


def _activity(matcher: str) -> str:
    return S.now("voicenter_extension_activity", EXTENSION, CHOSEN, matcher)


def _status(matcher: str) -> str:
    return S.now("voicenter_extension_status", EXTENSION, CHOSEN, matcher)


def _work() -> table.Panel:
    """What each extension does since when, and what it did in the time shown."""

    def since(kind: str) -> str:
        return f"time() - {S.now(f'voicenter_extension_{kind}_since_timestamp_seconds', EXTENSION, CHOSEN)}"

    def grown(counter: str, *by: str) -> str:
        name = f"voicenter_extension_{counter}_total"
        return total(S.increase(name, (*EXTENSION, *by), CHOSEN, window=RANGE), *EXTENSION)

    busy = S.increase(
        "voicenter_extension_activity_seconds_total",
        (*EXTENSION, "status", "activity"),
        CHOSEN,
        'activity!="idle"',
        window=RANGE,
    )
    # The longer in a state the nearer to the top of those alike, up to a day.
    lasting = f"clamp_max(({since('activity')}) / 86400, 0.9)"
    need = f"({_state()}) + on (account, extension) ({lasting} or on (account, extension) 0 * {_status('')})"
    named = S.now("voicenter_extension_info", (*EXTENSION, "agent"), CHOSEN, 'agent!=""')
    return grid(
        "Who does what, agents who may need help first",
        "Ringing, hold, dialing and talking before breaks, then free, then logged out; of those alike "
        "the longest first. State: calls first, else the status. Answered, not answered (rings left), "
        "talked and in calls are of the time shown. The filter in a heading keeps some rows. What is "
        f"shorter than a scrape interval may be missed. {NEEDS}",
        [
            Key("account"),
            Key("extension", "Extension", filterable=True),
            Key("agent", "Agent", filterable=True),
        ],
        [
            Column(
                "State",
                f"({need}) + on (account, extension) group_left (agent) (0 * {named} or on (account, "
                f"extension) 0 * {_status('')})",
                mappings=[UNKNOWN, *ranges(CODES)],
                align="center",
                width=140,
            ),
            Column("In activity for", since("activity"), CLOCK, width=130),
            Column("In status for", since("status"), CLOCK, width=130),
            Column("Calls", S.now("voicenter_extension_calls", EXTENSION, CHOSEN), decimals=0, width=80),
            Column("Answered", grown("calls_answered", "direction"), decimals=0, width=100),
            Column("Not answered", grown("rings_not_answered"), decimals=0, width=120),
            Column("Talked", grown("talk_seconds", "direction"), CLOCK, decimals=0, width=110),
            Column("In calls", total(busy, *EXTENSION), CLOCK, decimals=0, width=110),
        ],
        sort="State",
    ).no_value(MISSING_SETTING)


def _statuses() -> table.Panel:
    columns = [_share(name.replace("_", " "), f'status="{name}"') for name in SHOWN]
    others = "|".join(SHOWN)
    return grid(
        "Share of the time in each status",
        "How much of the time shown each extension spent in each status: the share of the answers that "
        f"showed it. Good to about one scrape interval per change. {NEEDS}",
        [Key("account"), Key("extension", "Extension", filterable=True)],
        [*columns, _share("another", f'status!~"{others}"')],
        sort="login",
    ).no_value(MISSING_SETTING)


def _account() -> list[Placed]:
    """What agents of the account do, without the collector of extensions too."""

    def having(status: str) -> str:
        return total(S.now("voicenter_agents", ("account", "status"), status), "status")

    over_time = graph(
        "Agents by status",
        "Agents in each status, login at the bottom; a person logged in at several extensions counts "
        "once, an extension with nobody logged in counts as logout and is left out here. Exact at each "
        "answer.",
        {
            "login": having(LOGIN),
            "{{status}}": seen(having(BREAKS), "status"),
        },
        COUNT,
        colours=STATUS,
        style="stack",
    )
    by_status = total(m.agents(S), "status")
    activity = grid(
        "Status and activity now",
        "Agents by status (rows) and by what they do now (columns): talking before hold, dialing, "
        "ringing and idle, the first that applies over all of a person's calls. Statuses without anybody "
        "are left out.",
        [Key("status", "Status")],
        [
            Column(
                name,
                f"({_doing(name)}) and on (status) ({by_status}) > 0",
                width=80,
                decimals=0,
            )
            for name in ("talking", "hold", "dialing", "ringing", "idle")
        ],
        sort="talking",
    )
    occupancy = graph(
        "Occupancy, 15 min",
        "The share of the time in status login that agents spent ringing, dialing, talking or holding, "
        "over the last 15 minutes. Amber line 80 %, red 90 %: the alert. Sampled at each answer: good to "
        "about a point with ten agents.",
        {"{{account}}": m.occupancy(S)},
        SHARE,
    ).max(1)
    legs = graph(
        "Calls by status",
        "Call legs at extensions by status. An internal call stands at both extensions and counts twice; "
        "callers still waiting in a queue are not in it unless they ring somewhere. Exact at each answer.",
        {
            "{{status}}": seen(
                total(S.now("voicenter_calls", ("account", "status", "direction")), "status"), "status"
            )
        },
        COUNT,
        colours=ACTIVITY,
        style="stack",
    )
    return [Placed(panel, 6, 9) for panel in (over_time, activity, across(occupancy, 0.8, 0.9), legs)]


def _doing(activity: str) -> str:
    return total(m.agents(S, f'activity="{activity}"'), "status")


def _share(name: str, matcher: str) -> Column:
    metric, by = "voicenter_extension_status", (*EXTENSION, "status")
    spent = total(S.count(metric, by, CHOSEN, matcher, window=RANGE), *EXTENSION)
    whole = total(S.count(metric, by, CHOSEN, window=RANGE), *EXTENSION)
    return Column(name, f"{spent} / {whole}", SHARE, decimals=0)
