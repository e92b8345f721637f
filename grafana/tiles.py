"""The big numbers that several boards share, each with its state in a word."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import common, stat
from grafana_foundation_sdk.models.common import VizOrientation
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from grafana import measures as m
from grafana import states
from grafana.banner import banner
from grafana.palette import GOOD, WATCH
from grafana.panels import CLOCK, COUNT, SHARE, fixed, number, query, setting
from grafana.promql import QUEUE, RANGE, Scope, ratio, total
from grafana.states import judged

MISSING: Final = "Red, with its name: an account is missing from the number."


def blindness(scope: Scope) -> stat.Panel:
    """A line across the board: who answers, how old the data are, or who is missing, since when and why."""
    return (
        number(
            "",
            "Who answers, and how old the data are of the account and source that is worst off: amber "
            "from two minutes. Red: accounts that are missing, the longest first, with the reason of the "
            "newest failures and the time since their last usable answer. No exporter: Prometheus has "
            "scraped none for an hour.",
            banner(scope),
            CLOCK,
            empty="ever",
        )
        .text(common.VizTextDisplayOptions().title_size(18).value_size(18))
        .override_by_regexp("/^all/", [fixed(GOOD)])
        .override_by_regexp("/^the data/", [fixed(WATCH)])
    )


def waiting(scope: Scope, size: int = 40) -> stat.Panel:
    """Callers waiting, judged by each queue's own limit of callers, and by the agents who are free."""
    callers, limit = m.callers(scope), m.callers_limit(scope)
    free = f"{total(callers, 'account')} > on (account) {m.free_agents(scope)}"
    return number(
        "Waiting",
        "Callers waiting now in the chosen queues. Amber: a queue is above half of its limit of callers, "
        "or more wait in an account than agents are free there; red: a queue is above its limit. "
        f"{MISSING} Exact at the last answer.",
        judged(
            total(callers),
            scope,
            source="queues",
            conditions={
                states.ACT: f"{callers} > {limit}",
                states.WATCH: f"{callers} > 0.5 * {limit} or on (account) {free}",
            },
        ),
        COUNT,
        empty="no queues",
        size=size,
    )


def longest_wait(scope: Scope, size: int = 40) -> stat.Panel:
    """The longest wait, judged by each queue's own limits, as m:ss, for which Grafana has no unit."""
    wait = m.longest_wait(scope)
    shown = judged(
        _clock(f"max({wait})"),
        scope,
        source="queues",
        conditions={
            states.ACT: f"{wait} > {m.wait_limit(scope, 'critical')}",
            states.WATCH: f"{wait} > {m.wait_limit(scope, 'warning')}",
        },
        empty="no queues",
    )
    panel = number(
        "Longest wait",
        "How long the caller who has waited longest has been waiting (minutes:seconds). Amber and red: a "
        f"caller has waited longer than the warning or the critical limit of their queue. {MISSING} As "
        "the vendor counts it, to 1 s.",
        {},
        CLOCK,
        size=size,
    )
    fields = [
        {"fieldName": "state", "handlerKey": "field.name"},
        {"fieldName": "more", "handlerKey": "field.value"},
    ]
    return (
        panel.with_target(query(f"max by (state, more) ({shown})", instant=True, form="table"))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize", options={"excludeByName": {"Time": True, "Value": True, "Value #A": True}}
            )
        )
        .with_transformation(DataTransformerConfig(id_val="rowsToFields", options={"mappings": fields}))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/"))
    )


def _clock(seconds: str) -> str:
    """0, with the seconds as m:ss in the label `more`."""
    minutes = f'count_values("minutes", floor({seconds} / 60))'
    rest = f'count_values("rest", floor({seconds} % 60))'
    padded = f'label_replace({rest}, "rest", "0$1", "rest", "(.)")'
    return f'0 * label_join({minutes} * on () group_left (rest) {padded}, "more", ":", "minutes", "rest")'


def free_agents(scope: Scope, size: int = 40) -> stat.Panel:
    """Agents who could take a call, judged by whether somebody waits for them."""
    waiting = f"{m.callers(scope)} > 0"
    return number(
        "Free agents",
        "Agents in status login and in no call, of the chosen accounts. Amber: callers wait in an "
        "account where none is free; red: callers wait in an account where nobody is even logged in. "
        f"{MISSING} The choice of queues does not change it: the table has the agents of each queue.",
        judged(
            total(m.free_agents(scope)),
            scope,
            source="extensions",
            conditions={
                states.ACT: f"{waiting} and on (account) {m.agents_logged_in(scope)} == 0",
                states.WATCH: f"{waiting} and on (account) {m.free_agents(scope)} == 0",
            },
        ),
        COUNT,
        empty="no agents",
        size=size,
    )


def service_level(scope: Scope, size: int = 40) -> stat.Panel:
    """The service level with its error, judged by the queues' own targets."""
    level, target = m.service_level_overall(scope), m.target_overall(scope)
    band = m.enough_overall(f"round(100 * {m.service_level_band(scope)})", scope)
    error = f'count_values("number", {band})'
    told = f'0 * label_replace({error}, "more", " ± $1", "number", "(.+)")'
    return number(
        "Service level, 15 min",
        "Callers answered within their own queue's target, as a share of those whom the service level "
        "counts, in the last 15 minutes. After ±: points; the true level is that near in 19 of 20 cases. "
        "Amber: below the queues' targets (weighted by their callers); red: by more than 10 points; "
        f"grey: fewer than ten callers. {MISSING} An estimate that makes up for callers whom no answer "
        "showed.",
        judged(
            f"{told} + on () group_left () ({level}) or on () {level}",
            scope,
            conditions={
                states.ACT: m.enough_overall(f"{level} < {target} - 0.1", scope),
                states.WATCH: m.enough_overall(f"{level} < {target}", scope),
                states.FEW: m.few_overall(scope),
            },
        ),
        SHARE,
        empty="no calls",
        size=size,
    )


def unanswered(scope: Scope, size: int = 40) -> stat.Panel:
    """The share that left unanswered, judged by what the queues' targets leave room for."""
    share, target = m.unanswered_overall(scope), m.target_overall(scope)
    return number(
        "Unanswered, 15 min",
        "Callers who left without a trace of an answer, as a share of those answered or left unanswered "
        "in the last 15 minutes. Amber: above half of what the service level allows; red: more than it "
        f"allows; grey: fewer than ten callers. {MISSING} A caller who was answered outside the centre "
        "counts as unanswered.",
        judged(
            share,
            scope,
            conditions={
                states.ACT: m.enough_overall(f"{share} > 1 - {target}", scope),
                states.WATCH: m.enough_overall(f"{share} > 0.5 * (1 - {target})", scope),
                states.FEW: m.few_overall(scope),
            },
        ),
        SHARE,
        empty="no calls",
        size=size,
    )


def _complete(judged_value: str) -> str:
    """With the state incomplete in place of the names that are missing, where there is little room."""
    return f'label_replace({judged_value}, "state", "incomplete", "state", ".+")'


def today(scope: Scope) -> stat.Panel:
    """What has happened since midnight."""
    values = {
        **{name: m.left(scope, name, window=RANGE) for name in m.SERVED_OUTCOMES},
        "service": ratio(total(m.within_target(scope, RANGE)), total(m.counted(scope, RANGE))),
        "longest": f"max({scope.most('voicenter_queue_longest_wait_seconds', QUEUE)})",
    }
    panel = number(
        "Today so far",
        "Since midnight in your time zone: callers answered and left unanswered, the service level, the "
        f"longest wait. {MISSING} Estimates that make up for callers whom no answer showed.",
        {f"{name} {{{{state}}}}": _complete(judged(value, scope, ok="")) for name, value in values.items()},
        COUNT,
        empty="no calls",
    )
    return (
        panel.time_from("now/d")
        .hide_time_override(True)
        .text(common.VizTextDisplayOptions().title_size(16).value_size(22))
        .orientation(VizOrientation.HORIZONTAL)
        .override_by_regexp("/^service/", [setting("unit", SHARE)])
        .override_by_regexp("/^longest/", [setting("unit", CLOCK)])
    )
