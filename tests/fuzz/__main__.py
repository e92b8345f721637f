"""Run the property tests round by round, each with a new seed, until the time is up or something breaks.

python -m tests.fuzz [--minutes M] [--seed N] [--examples N]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

TESTS = ("tests/fuzz", "tests/metrics/test_properties.py", "tests/config/test_properties.py")


def run(seed: int, examples: int) -> tuple[bool, str]:
    """One round; whether everything held, and what pytest said."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "--no-header", "--hypothesis-profile=fuzz",
            f"--hypothesis-seed={seed}", "-p", "no:cacheprovider", "-n", "0", *TESTS,
        ],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "VOICENTER_FUZZ_EXAMPLES": str(examples)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout + done.stderr


def main() -> int:
    """Returns the exit code: 0 when everything held, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Run the property tests, each round with a new seed."
    )
    parser.add_argument("--minutes", type=float, default=10, help="begin no round after that (default 10)")
    parser.add_argument("--seed", type=int, help="of the first round, to repeat it (default: by chance)")
    parser.add_argument("--examples", type=int, default=500, help="per test and round (default 500)")
    options = parser.parse_args()
    began = time.monotonic()
    number = 0
    while number == 0 or time.monotonic() - began < 60 * options.minutes:
        number += 1
        seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed + number - 1
        print(f"round {number}, seed {seed}: ", end="", flush=True)
        held, said = run(seed, options.examples)
        summary = re.search(r"^\d+ (passed|failed).*$", said, re.MULTILINE)
        print(summary[0] if summary else "no summary", flush=True)
        if not held:
            print(said)
            print(f"again: python -m tests.fuzz --minutes 0 --seed {seed} --examples {options.examples}")
            return 1
    print(f"everything held; rounds: {number}, examples per test and round: {options.examples}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
