"""Who may in, how often, and what every answer carries."""

from __future__ import annotations

import asyncio
import base64
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import trustme

from exporter.web import web_config_file
from exporter.web.auth import Busy, Logins, parse_basic
from exporter.web.limits import Limits
from tests.support.clock import Clock
from tests.web.rig import Running, config_file, running, wait_until

PASSWORD = "the-password-ü:with-colon"
LONG = "ä" * 36  # 72 bytes


def hashed(password: str, prefix: bytes = b"2b", cost: int = 4) -> bytes:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).replace(b"$2b$", b"$" + prefix + b"$", 1)


def basic(name: str, password: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def users(**hashes: bytes) -> str:
    return "basic_auth_users:\n" + "".join(f"  {name}: {each.decode()}\n" for name, each in hashes.items())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with users, without TLS."""
    text = users(
        anna=hashed(PASSWORD), old=hashed("old", b"2a"), apache=hashed("apache", b"2y"), long=hashed(LONG)
    )
    with running(web_config=config_file(tmp_path_factory.mktemp("web"), text)) as started:
        yield started


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("anna", PASSWORD), 200),
        (basic("anna", PASSWORD, "bAsIc"), 200),
        (basic("old", "old"), 200),
        (basic("apache", "apache"), 200),
        (basic("long", LONG), 200),
        ({}, 401),
        (basic("anna", "wrong"), 401),
        (basic("anna", ""), 401),
        (basic("anna", PASSWORD + "\0"), 401),
        (basic("Anna", PASSWORD), 401),
        (basic("bert", PASSWORD), 401),
        (basic("", ""), 401),
        (basic("old", "apache"), 401),
        (basic("long", LONG + "x"), 200),  # bcrypt has no more than 72 bytes, as with the toolkit
        (basic("long", "x" + LONG), 401),
        (basic("nobody", LONG + "x" * 1000), 401),
        (basic("anna", PASSWORD, "Bearer"), 401),
        ({"Authorization": "Basic"}, 401),
        ({"Authorization": "Basic ###"}, 401),
        ({"Authorization": "Basic YW5uYQ=="}, 401),
        ({"Authorization": "Basic /////w=="}, 401),
    ],
)
def test_only_a_right_name_and_password_enter(server: Running, headers: dict[str, str], status: int) -> None:
    for _ in range(2):  # the second time from the cache, when it was right
        for path in ("/metrics", "/", "/-/reload"):
            answer = server.ask(path, "POST" if path == "/-/reload" else "GET", headers)
            assert answer.status == status
            assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
@pytest.mark.parametrize("headers", [{}, basic("anna", "wrong")])
def test_health_checks_need_no_password(server: Running, path: str, headers: dict[str, str]) -> None:
    assert server.ask(path, headers=headers).status == 200


@pytest.mark.parametrize("path", ["/-/healthy/", "//-/healthy", "/-/healthy/../metrics", "/-/Healthy"])
def test_a_path_that_resembles_a_health_check_needs_a_password(server: Running, path: str) -> None:
    assert server.ask(path).status == 401


def test_a_changed_password_is_in_force_at_once(tmp_path: Path) -> None:
    file = config_file(tmp_path, users(anna=hashed("first")))
    with running(web_config=file) as server:
        assert server.ask(headers=basic("anna", "first")).status == 200
        for name in (
            "second",
            "third",
        ):
            (tmp_path / "web.yml").write_text(users(anna=hashed(name)))
            assert server.ask(headers=basic("anna", name)).status == 200
            assert server.ask(headers=basic("anna", "first")).status == 401
        (tmp_path / "web.yml").write_text("")
        assert server.ask().status == 200


def test_a_wrong_file_changes_nothing_and_is_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = users(anna=hashed("first"))
    caplog.set_level(logging.INFO)
    with running(web_config=config_file(tmp_path, good)) as server:
        (tmp_path / "web.yml").write_text("basic_auth_users: {anna: first}\n")
        for _ in range(3):
            assert server.ask(headers=basic("anna", "first")).status == 200
            assert server.ask().status == 401
        assert server.web_config.error is not None
        (tmp_path / "web.yml").unlink()
        assert server.ask(headers=basic("anna", "first")).status == 200
        assert "No such file" in server.web_config.error
        (tmp_path / "web.yml").write_text(good)
        assert server.ask(headers=basic("anna", "first")).status == 200
        assert server.web_config.error is None
    told = [record for record in caplog.records if record.name == "exporter.web.web_config_file"]
    assert [record.levelno for record in told] == [logging.ERROR, logging.ERROR, logging.INFO]
    assert "basic_auth_users.anna: is not a bcrypt hash" in told[0].getMessage()


def test_a_file_that_could_not_be_read_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config_file(tmp_path, users(anna=hashed("first")))
    (tmp_path / "web.yml").write_text(users(bert=hashed("first")))
    written = (tmp_path / "web.yml").stat().st_ctime
    wait_until(lambda: time.time() - written > 0.2, "a file that does not count as just written")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(OSError(24, "Too many open files")))
        assert list(file.current().users) == [b"anna"]
        assert file.error is not None
        assert "Too many open files" in file.error
    assert wait_until(lambda: list(file.current().users) == [b"bert"], "another try")
    assert file.error is None


def test_tls_is_not_turned_on_while_the_server_runs(tmp_path: Path) -> None:
    pair = trustme.CA().issue_cert("localhost")
    (tmp_path / "pair.pem").write_bytes(pair.private_key_and_cert_chain_pem.bytes())
    with running(web_config=config_file(tmp_path, "")) as server:
        (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: pair.pem, key_file: pair.pem}\n")
        assert server.ask().status == 200
        assert server.web_config.error is not None
        assert "by a restart" in server.web_config.error


class Counted:
    """bcrypt that counts, and waits until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, wait: bool = False) -> None:
        self.compared: list[bytes] = []
        self.most_at_a_time = 0
        self.go_on = threading.Event()
        self._lock = threading.Lock()
        self._now = 0
        self._real = bcrypt.checkpw
        if not wait:
            self.go_on.set()
        monkeypatch.setattr(bcrypt, "checkpw", self)

    def __call__(self, password: bytes, hashed_password: bytes) -> bool:
        with self._lock:
            self.compared.append(hashed_password)
            self._now += 1
            self.most_at_a_time = max(self.most_at_a_time, self._now)
        self.go_on.wait()
        with self._lock:
            self._now -= 1
        return self._real(password, hashed_password)


def test_a_scrape_does_not_pay_for_bcrypt_each_time(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    for _ in range(5):
        assert server.ask(headers=basic("anna", PASSWORD)).status == 200
    assert len(counted.compared) <= 1
    counted.compared.clear()
    for name in ("anna", "nobody"):
        for _ in range(3):
            assert server.ask(headers=basic(name, "the same wrong one")).status == 401
    assert len(counted.compared) == 2  # nor a client with a wrong password


def test_an_unknown_name_costs_what_a_known_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    known = {b"anna": hashed("a", cost=5), b"bert": hashed("b", b"2y", cost=5)}

    async def log_in(*names: str) -> None:
        logins = Logins(Limits())
        for name in names:
            assert not await logins.enter(known, basic(name, "wrong")["Authorization"].encode(), "192.0.2.1")

    asyncio.run(log_in("anna", "bert", "carla", "dora", ""))
    assert len(counted.compared) == 5
    assert {each[4:6] for each in counted.compared} == {b"05"}


def test_an_unknown_name_does_not_enter_even_with_the_password_of_its_stand_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: True)
    logins = Logins(Limits())
    header = basic("bert", "a")["Authorization"].encode()
    assert not asyncio.run(logins.enter({b"anna": hashed("a")}, header, "192.0.2.1"))


@pytest.mark.parametrize(("costs", "expected"), [((18, 13), 12), ((18, 5), 5), ((10,), 10)])
def test_an_unknown_name_costs_no_more_than_the_cheapest_hash(
    costs: tuple[int, ...], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []
    monkeypatch.setattr(bcrypt, "checkpw", lambda _, hashed: compared.append(hashed))
    known = {b"user%d" % cost: b"$2b$%02d$" % cost + b"." * 53 for cost in costs}
    header = basic("nobody", "a")["Authorization"].encode()
    assert not asyncio.run(Logins(Limits()).enter(known, header, "192.0.2.1"))
    assert [int(each[4:6]) for each in compared] == [expected]


@pytest.mark.parametrize(("age", "changed"), [(0, True), (1, False)])
def test_a_file_that_was_only_just_written_counts_as_changed(
    monkeypatch: pytest.MonkeyPatch, age: int, changed: bool
) -> None:
    clock = Clock(1_700_000_000)
    state = (clock.time_ns() - age * 10**9, 0, 0, 0, 0)  # as after a second write in the tick of the first
    monkeypatch.setattr(web_config_file, "time", clock)
    monkeypatch.setattr(web_config_file, "_state", lambda _: state)
    files = web_config_file.Files()
    files.note(Path("web.yml"))
    assert files.changed() == changed


def test_checks_at_a_time_are_bounded_and_do_not_delay_known_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_file(tmp_path, users(anna=hashed("anna")))
    with running(web_config=config, logins=5, login_threads=2) as server:
        assert server.ask(headers=basic("anna", "anna")).status == 200
        counted = Counted(monkeypatch, wait=True)
        statuses: list[int] = []
        guesses = [
            threading.Thread(
                target=lambda n=n: statuses.append(server.ask(headers=basic(f"x{n}", "y")).status)
            )
            for n in range(7)
        ]
        for guess in guesses:
            guess.start()
        logins = server.server.config.app._logins  # type: ignore[union-attr]
        wait_until(lambda: len(logins._queue) == 5, "all logins", pause=0.01)
        refused = server.ask(headers=basic("x", "y"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert server.ask(headers=basic("anna", "anna")).status == 200
        assert server.ask().status == 401
        assert server.ask("/-/healthy").status == 200
        wait_until(lambda: counted.most_at_a_time == 2, "both threads at work", pause=0.01)
        counted.go_on.set()
        for guess in guesses:
            guess.join()
        assert statuses == [401] * 7
        assert counted.most_at_a_time == 2
        assert server.ask(headers=basic("x", "y")).status == 401


def test_what_is_remembered_is_bounded_and_no_password() -> None:
    known = {f"user{number}".encode(): hashed(f"pass{number}") for number in range(103)}

    async def log_in() -> Logins:
        logins = Logins(Limits())
        for number in range(103):
            header = basic(f"user{number}", f"pass{number}")["Authorization"].encode()
            assert await logins.enter(known, header, "192.0.2.1")
        return logins

    logins = asyncio.run(log_in())
    assert len(logins._right) == 100
    assert not any(b"pass" in digest for digest in logins._right)


def test_a_full_house_is_busy() -> None:
    async def log_in() -> None:
        logins = Logins(Limits(logins=0, login_threads=0))
        await logins.enter({b"a": hashed("a")}, basic("a", "a")["Authorization"].encode(), "192.0.2.1")

    with pytest.raises(Busy):
        asyncio.run(log_in())


def test_a_name_ends_at_the_first_colon() -> None:
    assert parse_basic(basic("anna", "a:b")["Authorization"].encode()) == (b"anna", b"a:b")


def test_beyond_the_rate_requests_are_refused_but_never_health_checks(tmp_path: Path) -> None:
    config = config_file(tmp_path, "rate_limit: {interval: 1h, burst: 2}\n")
    with running(web_config=config) as server:
        assert [server.ask("/-/ready").status for _ in range(3)] == [200] * 3
        assert [server.ask().status for _ in range(3)] == [200, 200, 429]
        assert server.ask().headers["retry-after"] == "3600"
        assert server.ask("/-/healthy").status == 200
        (tmp_path / "web.yml").write_text("rate_limit: {interval: 1h, burst: 2}\nbasic_auth_users: {}\n")
        assert server.ask().status == 429  # the same limit goes on
        (tmp_path / "web.yml").write_text("rate_limit: {interval: 1h, burst: 1}\n")
        assert [server.ask().status for _ in range(2)] == [200, 429]
        (tmp_path / "web.yml").write_text("rate_limit: {interval: 0}\n")
        assert [server.ask().status for _ in range(3)] == [200] * 3


HEADERS: dict[str, Any] = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Frame-Options": "sameorigin",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Strict-Transport-Security": "max-age=31536000",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/metrics", 401),
        ("/-/healthy", 200),
        ("/-/ready", 200),
        ("/fault", 500),
        ("/put", 405),
        ("/" + "x" * 3000, 414),
    ],
)
def test_every_answer_carries_the_configured_headers(tmp_path: Path, path: str, status: int) -> None:
    lines = "".join(f'    {name}: "{value}"\n' for name, value in HEADERS.items())
    text = f"http_server_config:\n  headers:\n{lines}{users(anna=hashed('a'))}"
    with running(web_config=config_file(tmp_path, text)) as server:
        headers = basic("anna", "a") if status == 500 else {}
        answer = server.ask(path, "PUT" if status == 405 else "GET", headers)
        too_large = server.ask(headers={"X-Filler": "x" * 17_000})
    assert (answer.status, too_large.status) == (status, 431)
    for each in (answer, too_large):
        assert {name: each.headers[name.lower()] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/" + "x" * 5000])
def test_pages_are_not_framed_or_sniffed_unless_it_is_configured_otherwise(tmp_path: Path, path: str) -> None:
    text = "http_server_config: {headers: {Content-Security-Policy: frame-ancestors https://x.example}}"
    with running() as server, running(web_config=config_file(tmp_path, text)) as configured:
        for running_server, policy in (
            (server, "frame-ancestors 'none'"),
            (configured, "frame-ancestors https://x.example"),
        ):
            answer = running_server.ask(path)
            assert answer.headers["content-security-policy"] == policy
            assert answer.headers["x-content-type-options"] == "nosniff"
