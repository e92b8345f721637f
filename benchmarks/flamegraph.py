"""Draws where the time of scrapes goes: a flame graph of the running exporter, sampled by py-spy."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from benchmarks import speed
from benchmarks.contestant import exporter
from benchmarks.scraper import Scraper


def main() -> int:
    """Scrape without pause while py-spy samples. Returns the exit code of py-spy, or 1 without it."""
    parser = argparse.ArgumentParser(prog="make profile", description=__doc__)
    parser.add_argument("--size", default="L", choices=["S", "M", "L", "10L"])
    parser.add_argument("--history", action="store_true")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--output", type=Path, default=Path("build/profile.svg"))
    options = parser.parse_args()
    beside = Path(sys.executable).with_name("py-spy")
    sampler = str(beside) if beside.exists() else shutil.which("py-spy")
    if sampler is None:
        print("py-spy is not installed: pip install py-spy", file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with speed.upstream() as vendor:
        vendor.set(options.size)
        with exporter(vendor.base_url, history=options.history) as ours:
            done = threading.Event()
            thread = threading.Thread(target=_scrape, args=(ours.url, done))
            thread.start()
            try:
                code = _sample(sampler, ours.pid, options.seconds, options.output)
            finally:
                done.set()
                thread.join()
    if code == 0:
        print(f"{options.output}: a scrape of {options.size}, {options.seconds} s of samples")
    return code


def _scrape(url: str, done: threading.Event) -> None:
    scraper = Scraper(url)
    while not done.is_set():
        scraper.scrape()


def _sample(sampler: str, pid: int, seconds: int, output: Path) -> int:
    # Only samples of threads that hold the interpreter: those that wait would hide the ones that work.
    options = [
        "--gil",
        "--rate",
        "500",
        "--duration",
        str(seconds),
        "--output",
        str(output),
        "--pid",
        str(pid),
    ]
    return subprocess.run([sampler, "record", *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
