"""Measures this tree against another commit of it, alternating: below 1, this tree takes less."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import speed
from benchmarks.contestant import ROOT, exporter


@contextmanager
def checked_out(reference: str) -> Iterator[Path]:
    """A worktree of that commit; it runs with the packages that are installed here."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), reference], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="make bench-compare BASE=REF", description=__doc__)
    parser.add_argument("base", metavar="REF", help="the commit to compare with")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(f"{'this tree / ' + options.base:27}{'size':>5}{'processor':>11}{'latency':>9}{'peak memory':>13}")
    with checked_out(options.base) as tree, speed.upstream() as vendor:
        for size in ("S", "M", "L"):
            for history in (False, True):
                vendor.set(size)
                with (
                    exporter(f"{vendor.base_url}/here", history=history) as here,
                    exporter(f"{vendor.base_url}/base", history=history, tree=tree) as base,
                ):
                    base = replace(base, name="base")  # noqa: PLW2901
                    courses = speed.race([here, base], size, options.rounds)
                    mine, theirs = courses[here.name], courses["base"]
                    memory = here.memory("VmHWM") / base.memory("VmHWM")
                    cpu, latency = (
                        speed.ratio(mine.cpu, theirs.cpu),
                        speed.ratio(mine.latency, theirs.latency),
                    )
                    took = statistics.median(mine.cpu) * 1000
                ratios = f"{cpu:11.2f}{latency:9.2f}{memory:13.2f}"
                print(f"{here.name:27}{size:>5}{ratios}   (now {took:.2f} ms of processor time)", flush=True)


if __name__ == "__main__":
    main()
