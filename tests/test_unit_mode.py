"""What `make unit` leaves out, and that it notices what it should have left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import NotAUnitTest, refuse, starts

TESTS = Path(__file__).parent


def test_every_module_that_needs_real_servers_is_left_out() -> None:
    kept = [
        path
        for name in ("e2e", "faults", "image")
        for path in (TESTS / name).glob("test_*.py")
        if not starts(path)
    ]
    assert not kept


def test_the_pure_core_is_kept() -> None:
    for name in ("api", "history", "metrics"):
        assert not [path for path in (TESTS / name).glob("test_*.py") if starts(path)]


@pytest.mark.parametrize("event", ["subprocess.Popen", "socket.bind", "os.posix_spawn"])
def test_a_process_and_a_listening_socket_are_errors(event: str) -> None:
    with pytest.raises(NotAUnitTest, match=event):
        refuse(event, ("whatever",))


def test_opening_a_file_is_none() -> None:
    refuse("open", ("whatever",))
