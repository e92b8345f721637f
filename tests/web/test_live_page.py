"""The live page: what it says of accounts and queues, and that no markup on it is not ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import bcrypt
import pytest

from exporter.api.snapshot import read_queues
from exporter.collect.trail import Trail
from exporter.metrics.gathered import GATHERER, Gathered
from exporter.metrics.samples import account_samples
from exporter.metrics.view import View
from exporter.web.live import AccountNow, QueueNow, State, account_now
from exporter.web.live_page import SHOWN, Look, clock, render
from tests.faults.conftest import config_for
from tests.metrics.views import PLAIN, RECEIVED, totals, view
from tests.support import answers
from tests.support.answers import extension, leg, queue
from tests.support.exporter import Exporter, exporter_of
from tests.support.vendor import vendor
from tests.web.test_status_page import SCRIPT, Document

IDLE = answers.extensions(extension("S1", person=1), extension("S2", person=2, status=3))
TALKING = answers.extensions(extension("S1", leg(ivrid="other")))


def samples_of(shown: View) -> Gathered:
    return GATHERER.block(account_samples(shown))


def now_of(shown: View, after: float = 3.0) -> AccountNow:
    return account_now("main", samples_of(shown), RECEIVED + after, Trail())


def queue_of(shown: View) -> QueueNow:
    (only,) = now_of(shown).queues
    return only


def page_of(*accounts: AccountNow, look: Look | None = None) -> Document:
    return Document(render(accounts, look or Look(), RECEIVED))


@pytest.mark.parametrize(
    ("extensions", "waits", "state"),
    [
        (IDLE, (), State.FINE),
        (IDLE, (119,), State.FINE),
        (IDLE, (121,), State.WAITING),
        (IDLE, (301,), State.LONG_WAIT),
        (IDLE, (1,) * 10, State.FINE),
        (IDLE, (1,) * 11, State.FULL),
        (TALKING, (1,), State.NOBODY_FREE),
        (TALKING, (), State.FINE),
        (TALKING, (301,), State.LONG_WAIT),
    ],
)
def test_the_state_of_a_queue_follows_its_own_limits(
    extensions: bytes, waits: tuple[int, ...], state: State
) -> None:
    shown = view(extensions, answers.queues(queue(1, "Sales", *waits)))
    assert queue_of(shown).state is state
    assert now_of(shown).state is state
    assert f"Sales {state.word} {len(waits)} waiting of 10" in page_of(now_of(shown)).text


def test_limits_that_are_not_set_judge_nothing() -> None:
    config = (
        PLAIN + "\ntargets: [{queues: ['*'], wait_limit: null, callers_limit: null, service_level: null}]"
    )
    shown = view(IDLE, answers.queues(queue(1, "Sales", *[9_000] * 50)), config)
    assert queue_of(shown).state is State.FINE
    assert "Longest wait 2:30:00 Free agents" in page_of(now_of(shown)).text


def test_free_agents_are_those_of_the_queue_where_it_is_known_who_serves_it() -> None:
    both = answers.extensions(
        extension("S1", leg(), person=1), extension("S2", person=2), extension("T1", person=3)
    )
    waiting = answers.queues(queue(1, "Sales", 5))
    of_account = queue_of(view(both, waiting))
    assert (of_account.free, of_account.serving) == (2, None)
    config = PLAIN + "\ntargets: [{queues: [Sales], extensions: ['S*']}]"
    of_queue = queue_of(view(both, waiting, config))
    assert (of_queue.free, of_queue.serving) == (1, 2)
    assert "Free agents 1 of 2" in page_of(now_of(view(both, waiting, config))).text


def test_an_account_without_data_is_blind_and_says_since_when() -> None:
    shown = view(IDLE, None)
    account = now_of(shown)
    assert (account.state, account.failing, account.age) == (State.BLIND, ["queues"], None)
    page = page_of(account)
    assert "Blind: no answer about queues. There has been none since the start." in page.text
    assert "login" in page.text
    seen = replace(shown.sources["queues"], last_success=RECEIVED - 90)
    account = now_of(replace(shown, sources={**shown.sources, "queues": seen}), after=10)
    assert account.age == 100
    assert "The last one came 1:40 ago." in page_of(account).text


def test_an_account_without_any_sample_is_blind() -> None:
    account = account_now("main", {}, RECEIVED, Trail())
    assert account.state is State.BLIND
    assert "Blind: no answer about extensions and queues." in page_of(account).text


def test_agents_are_shown_by_status_and_activity() -> None:
    both = answers.extensions(
        extension("S1", leg(), person=1), extension("S2", person=2), extension("S3", person=3, status=12)
    )
    text = page_of(now_of(view(both, answers.queues()))).text
    assert "2 login 1 talking, 1 idle 1 team meeting" in text
    assert "The account has no queues." in text


def test_queues_that_were_counted_stay_on_the_page_while_it_is_blind() -> None:
    history = totals((IDLE, answers.queues(queue(1, "Sales", 5))))
    account = now_of(view(None, None, totals=history))
    assert [(each.name, each.state, each.waiting) for each in account.queues] == [
        ("Sales", State.NO_DATA, None)
    ]
    assert account.free is None
    assert account.activities is None


def test_service_level_and_outcomes_are_those_since_the_start() -> None:
    counted = {"answered": 30, "unanswered": 10}
    samples = _with_counts(counted, within=24)
    only = account_now("main", samples, RECEIVED, Trail()).queues[0]
    assert (only.answered, only.unanswered) == (30, 10)
    assert only.service is not None
    assert only.service.share == 0.6
    assert only.service.is_below
    # √(4 · 0.4² + 8 · 0.6² + 0.6 · 0.4 · 40) / 40
    assert only.service.error == pytest.approx(0.0906, abs=1e-4)
    text = page_of(account_now("main", samples, RECEIVED, Trail())).text
    assert "Service level 60 % ± 9 target 80 % Answered 30 Unanswered 10" in text


def test_a_share_of_few_callers_is_not_judged() -> None:
    samples = _with_counts({"answered": 5, "unanswered": 4}, within=2)
    only = account_now("main", samples, RECEIVED, Trail()).queues[0]
    assert only.service is not None
    assert not only.service.is_below
    assert only.service.error is None


def _with_counts(outcomes: Mapping[str, float], within: float) -> Gathered:
    labels = ("main", "1", "Sales")
    samples = samples_of(view(IDLE, answers.queues(queue(1, "Sales", 5))))
    return {
        **samples,
        "voicenter_queue_leaves_total": {(*labels, name): number for name, number in outcomes.items()},
        "voicenter_queue_service_level_calls_total": {labels: sum(outcomes.values())},
        "voicenter_queue_answered_within_target_total": {labels: within},
        "voicenter_queue_service_level_calls_variance_total": {labels: 6.0 * len(outcomes)},
        "voicenter_queue_answered_within_target_variance_total": {labels: 4.0},
    }


def test_the_estimate_is_the_longest_wait() -> None:
    def estimate(extensions: bytes, *waits: int) -> float | None:
        rounds = (extensions, answers.queues(queue(1, "Sales", *waits)))
        return queue_of(view(*rounds, totals=totals(rounds))).estimate

    assert estimate(IDLE) == 0
    assert estimate(IDLE, 40, 10) == 40


def test_the_worst_come_first_and_the_page_says_how_many_it_leaves_out() -> None:
    many = [queue(number, f"queue-{number:03}") for number in range(SHOWN + 20)]
    crowded = answers.queues(*many, queue("last", "Crowded", 400))
    page = page_of(now_of(view(IDLE, answers.queues(queue(1, "Sales")))), now_of(view(IDLE, crowded)))
    assert page.text.index("Crowded") < page.text.index("queue-000")
    assert page.elements.count("h3") == SHOWN
    assert "21 more queues are in the metrics." in page.text


def test_names_that_look_like_markup_are_text() -> None:
    shown = view(IDLE, answers.queues(queue(1, SCRIPT, 5)))
    account = replace(now_of(shown), name='" onmouseover="alert(1)')
    page = page_of(account)
    assert "script" not in page.elements
    assert SCRIPT in page.text
    assert not {name for name in page.attributes if name.startswith("on")}


def test_the_page_runs_nothing_fetches_nothing_and_takes_no_other_style() -> None:
    html = render([now_of(view(IDLE, answers.queues(queue())))], Look(), RECEIVED)
    page = Document(html)
    assert "default-src 'none'; style-src 'sha256-" in html
    assert not {"script", "img", "iframe", "form", "object"} & set(page.elements)
    assert not {"style", "src"} & page.attributes
    assert "07700900010" not in html  # of a caller


def test_it_renews_itself_unless_it_is_to_stand_still() -> None:
    assert '<meta http-equiv="refresh" content="5">' in render([], Look(), RECEIVED)
    assert "refresh" not in render([], Look(still=True), RECEIVED)
    assert page_of(look=Look()).links == ["./", "live?wall", "live?still"]
    assert page_of(look=Look(wall=True)).links == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03")]
)
def test_durations_read_like_a_stop_watch(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_each_queue_has_a_line_of_the_last_half_hour() -> None:
    trail = Trail()
    for moment, waits in enumerate([(), (5,), (5, 6, 7), ()]):
        snapshot = read_queues(answers.queues(queue(1, "Sales", *waits), queue(2, "Support")))
        trail.add(RECEIVED - 60 + 15 * moment, snapshot.queues)
    shown = view(IDLE, answers.queues(queue(1, SCRIPT), queue(2, "Support"), queue(3, "New")))
    html = render([account_now("main", samples_of(shown), RECEIVED, trail)], Look(), RECEIVED)
    page = Document(html)
    assert page.elements.count("svg") == 2
    assert "script" not in page.elements
    assert f"Waiting in {escape(SCRIPT)}, last 30 minutes: 0 now, 3 at most" in html
    assert "Waiting in Support, last 30 minutes: 0 now, 0 at most" in html


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with (
        vendor() as server,
        exporter_of(config_for(server.url), tmp_path_factory.mktemp("live")) as started,
    ):
        yield started


def test_the_page_and_the_metrics_tell_the_same(exporter: Exporter) -> None:
    metrics = exporter.scrape()
    answer = exporter.get("/live")
    assert answer.headers["Cache-Control"] == "no-store"
    page = Document(answer.text)
    waiting = metrics.values("voicenter_queue_callers", account="main")
    assert page.elements.count("h3") == len(waiting) > 0
    assert f"Waiting {sum(waiting):.0f} " in page.text
    assert "/live" in Document(exporter.get("/").text).links


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    with (
        vendor() as server,
        exporter_of(config_for(server.url), tmp_path, ["--no-web.live"]) as started,
    ):
        assert started.get("/live").status_code == 404
        assert "/live" not in Document(started.get("/").text).links


def test_it_is_behind_the_login_like_the_metrics(tmp_path: Path) -> None:
    hashed = bcrypt.hashpw(b"an invented password", bcrypt.gensalt(4)).decode()
    web_config = tmp_path / "web.yml"
    web_config.write_text(f"basic_auth_users: {{supervisor: '{hashed}'}}\n")
    with (
        vendor() as server,
        exporter_of(config_for(server.url), tmp_path, [f"--web.config.file={web_config}"]) as started,
    ):
        assert started.get("/live").status_code == started.get("/metrics").status_code == 401
        assert server.count("queues") == 0
        started.session.auth = ("supervisor", "an invented password")
        assert started.get("/live").status_code == 200


def test_many_who_look_and_scrape_ask_the_vendor_no_more_often_than_one(tmp_path: Path) -> None:
    with vendor() as server:
        config = config_for(server.url, min_interval="1m")
        with exporter_of(config, tmp_path) as started:
            for _ in range(5):
                assert started.get("/live").status_code == 200
                assert started.scrape().value("voicenter_snapshot_gaps_total") == 0
            assert (server.count("queues"), server.count("extensions")) == (1, 1)
