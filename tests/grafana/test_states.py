"""In each state of a centre the boards say the right word in the right colour, on a real Prometheus.

`make boards` runs them alone. One database holds all states, each in accounts of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exporter.simulator.options import CentreOptions
from grafana.palette import ACT, GOOD, UNJUDGED, WATCH
from renew.past_rules import inlined_records
from tests.grafana.board_files import FILES, drawn_panels, load
from tests.grafana.drawn import Drawn, numbers, rows
from tests.support.past import Watched, scraped
from tests.support.prometheus import Prometheus, prometheus, promtool

START: Final = 1_780_000_000.0 // 3600 * 3600
END: Final = START + 2700
STEP: Final = 15
OUTAGE: Final = 900.0
LOOKBACK: Final = "20s"
"""Of Prometheus: what has disappeared is gone at the next scrape, as with staleness markers."""


def centre(load: float, agents: int = 30, queues: int = 6, seed: int = 1) -> CentreOptions:
    """One that is worked in from the beginning."""
    return CentreOptions(load=load, agents=agents, queues=queues, seed=seed, keep_records=False)


def down(at: float) -> str:
    """It does not answer in time for the last minutes."""
    return "timeout" if at > END - OUTAGE else ""


ACCOUNTS: Final = {
    "calm": Watched("calm", centre(0.6), extensions=True),
    "busy": Watched("busy", centre(1.5)),
    "night": Watched("night", centre(0.01)),
    "down": Watched("down", centre(0.8), failing=down),
    "north": Watched("north", centre(1.0), failing=down),
    "south": Watched("south", centre(0.6, agents=14, queues=3, seed=2)),
    "wide": Watched("wide", centre(1.1, agents=120, queues=60)),
    "one": Watched("one", centre(0.6, agents=8, queues=1)),
    "new": Watched("new", centre(0.6), begins=END - 2 * STEP),
    "none": Watched("none", centre(0.0, queues=0)),
    "single": Watched("single", centre(0.9, seed=3)),
    "pair": Watched("pair", centre(0.9, seed=3)),
}
OTHER: Final = Watched("pair", centre(0.9, seed=3), instance="simulated:9001", later=STEP / 2)
"""A second exporter of one account, half a step later; the same calls as those of `single`."""
OK: Final = ("ok", GOOD)
WATCHED: Final = ("watch", WATCH)
ACTED: Final = ("act now", ACT)
FEW: Final = ("few calls", UNJUDGED)
TILES: Final = ("Waiting", "Longest wait", "Free agents", "Service level, 15 min", "Unanswered, 15 min")


def all_of(word: str) -> dict[str, tuple[str, str]]:
    """Every tile red with this word."""
    return dict.fromkeys(TILES, (word, ACT))


EXPECTED: Final = {
    "calm": dict.fromkeys(TILES, OK),
    "busy": dict(zip(TILES, (WATCHED, WATCHED, OK, ACTED, ACTED), strict=True)),
    "night": dict(zip(TILES, (OK, OK, OK, FEW, FEW), strict=True)),
    "down": all_of("down missing"),
    "north|south": all_of("north missing"),
    "calm|south": dict.fromkeys(TILES, OK),
    "down|north": all_of("2 accounts missing"),
    "one": dict.fromkeys(TILES, OK),
    "new": dict(zip(TILES, (OK, OK, OK, FEW, FEW), strict=True)),
    "none": dict(zip(TILES, (OK, OK, OK, FEW, FEW), strict=True)),
    "nobody": all_of("no exporter"),
}
BANNER: Final = {
    "calm": ("all accounts answer, age of the data", GOOD),
    "down": ("down missing: timeout, for", ACT),
    "north|south": ("north missing: timeout, for", ACT),
    "nobody": ("no exporter", ACT),
}


@dataclass(frozen=True)
class Wall:
    """The boards on a Prometheus."""

    server: Prometheus

    def panel(self, title: str, board: str = "Contact centre live") -> dict[str, Any]:
        """The panel with this title."""
        (found,) = (
            panel
            for each in map(load, FILES)
            if each["title"] == board
            for panel in drawn_panels(each)
            if panel["title"] == title
        )
        return found

    def numbers(self, panel: dict[str, Any], account: str, at: float = END, queue: str = ".+") -> list[Drawn]:
        """What it shows of these accounts."""
        return numbers(panel, self.server, at, variables(account, queue))

    def rows(self, account: str, at: float = END) -> dict[tuple[str, str], tuple[str, str]]:
        """Text and colour of the queues' states."""
        return rows(self.panel("Queues, the most urgent first"), self.server, at, variables(account))


def variables(account: str, queue: str = ".+") -> dict[str, str]:
    """What the board's variables stand for; those with longer names first."""
    return {
        "__interval_ms": "15000",
        "__rate_interval": "1m",
        "__interval": "15s",
        "__range": "45m",
        "extension": ".+",
        "account": account,
        "queue": queue,
    }


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    """All states at the same time."""
    folder = tmp_path_factory.mktemp("states")
    moments = [START + STEP * number for number in range(round(END - START) // STEP + 1)]
    _backfill(folder, "openmetrics", "\n".join([*scraped([*ACCOUNTS.values(), OTHER], moments), "# EOF\n"]))
    flags = ["--storage.tsdb.retention.time=100y", f"--query.lookback-delta={LOOKBACK}"]
    with prometheus("newest", {"scrape_configs": []}, folder, flags) as server:
        rules = folder / "records.yml"
        rules.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": inlined_records()}]}))
        window = f"--start={END - 60:.0f}", f"--end={END:.0f}", "--eval-interval=15s"
        output = "--output-dir", folder / "prometheus"
        made = promtool(
            "newest", "tsdb", "create-blocks-from", "rules", *window, "--url", server.url, *output, rules
        )
        assert made.returncode == 0, made.stderr
    with prometheus("newest", {"scrape_configs": []}, folder, flags) as server:
        yield Wall(server)


def _backfill(folder: Path, form: str, text: str) -> None:
    file = folder / "samples.txt"
    file.write_text(text)
    made = promtool("newest", "tsdb", "create-blocks-from", form, file, folder / "prometheus")
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("account", EXPECTED)
def test_every_tile_says_its_state_in_a_word_and_a_colour(wall: Wall, account: str) -> None:
    for title in TILES:
        (shown,) = wall.numbers(wall.panel(title), account)
        word = shown.name.partition(" ±")[0]
        assert (word, shown.colour) == EXPECTED[account][title], f"{title}: {shown}"


@pytest.mark.parametrize("account", BANNER)
def test_the_banner_says_who_answers_or_who_is_missing_and_why(wall: Wall, account: str) -> None:
    (shown,) = wall.numbers(wall.panel(""), account)
    assert (shown.name, shown.colour) == BANNER[account]


def test_an_exporter_that_is_gone_is_red_everywhere(wall: Wall) -> None:
    later = END + 600
    (banner,) = wall.numbers(wall.panel(""), "calm", later)
    assert (banner.name, banner.text, banner.colour) == ("calm missing: not scraped, for", "600", ACT)
    for title in TILES:
        (shown,) = wall.numbers(wall.panel(title), "calm", later)
        assert (shown.name.partition(" ±")[0], shown.colour) == ("calm missing", ACT)
    assert set(wall.rows("calm", later).values()) == {("✕ NO DATA", ACT)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_number_that_nobody_knows_is_red_on_every_board(wall: Wall, file: Path) -> None:
    """Of an account that never was, and of one that does not answer: what needs an answer."""
    for panel in drawn_panels(load(file)):
        if panel["type"] == "stat":
            of_accounts = all("account" in target["expr"] for target in panel["targets"])
            for shown in wall.numbers(panel, "nobody") if of_accounts else ():
                optional = {"not learned", "none told"}
                assert shown.colour == ACT or shown.text in optional, f"{panel['title']}: {shown}"
            for shown in wall.numbers(panel, "down") if of_accounts and "exporter" not in file.stem else ():
                known = shown.text in {"none told", "not learned"} or panel["title"].startswith("Serving")
                assert shown.colour == ACT or known, f"{panel['title']}: {shown}"


def test_today_lacks_an_account(wall: Wall) -> None:
    shown = wall.numbers(wall.panel("Today so far"), "north|south")
    assert [each.name for each in shown] == [
        f"{name} incomplete" for name in ("answered", "unanswered", "service", "longest")
    ]
    assert {each.colour for each in shown} == {ACT}


def test_queues_of_a_missing_account_come_first(wall: Wall) -> None:
    shown = list(wall.rows("north|south").values())
    lost = [each == ("✕ NO DATA", ACT) for each in shown]
    assert lost == sorted(lost, reverse=True)
    assert 0 < sum(lost) < len(lost)


def test_few_calls_are_not_judged(wall: Wall) -> None:
    assert set(wall.rows("night").values()) == {("· few calls", UNJUDGED)}


def test_urgent_queues_are_seen_without_scrolling(wall: Wall) -> None:
    """Sixty rows, the worst first: red, amber, then the rest."""
    colours = [colour for _, colour in wall.rows("wide").values()]
    ranks = [(ACT, WATCH, GOOD, UNJUDGED).index(colour) for colour in colours]
    assert len(ranks) == 60
    assert ranks == sorted(ranks)
    assert sum(rank < 2 for rank in ranks) > 0


def test_service_level_comes_with_its_error(wall: Wall) -> None:
    (shown,) = wall.numbers(wall.panel("Service level, 15 min"), "busy")
    assert shown.name.startswith("act now ± ")
    assert 1 <= int(shown.name.rpartition(" ")[2]) <= 30
    (sure,) = wall.numbers(wall.panel("Service level, 15 min"), "one")
    assert (sure.text, sure.name) != ("1", "ok ± 0"), "ten of ten are no proof"


def test_two_exporters_of_one_account_show_what_one_shows(wall: Wall) -> None:
    """Nothing is doubled, and counts are as near as the phases of the scrapes allow."""

    def counted(account: str) -> dict[str, float]:
        shown = wall.numbers(wall.panel("Today so far"), account)
        return {each.name.split()[0]: float(each.text) for each in shown}

    single, pair = counted("single"), counted("pair")
    assert single["answered"] > 50
    for name, value in single.items():
        assert pair[name] == pytest.approx(value, rel=0.1, abs=10), name
    assert wall.rows("pair").keys() == {("pair", queue) for _, queue in wall.rows("single")}
    for title in TILES:
        assert len(wall.numbers(wall.panel(title), "pair")) == 1


def test_a_queue_whose_extensions_are_not_learned_says_so(wall: Wall) -> None:
    panel = wall.panel("Serving extensions known since", "Queue detail")
    queue = wall.server.query('voicenter_queue_weight{account="new"}', at=END)[0].labels["queue"]
    (shown,) = wall.numbers(panel, "new", queue=queue)
    assert (shown.text, shown.colour) == ("not learned", UNJUDGED)
