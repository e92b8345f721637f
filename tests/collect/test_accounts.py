"""The accounts carried: by shard, over reloads, and from a folder that changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from exporter.collect import accounts as accounts_module
from exporter.collect.accounts import Accounts, of_shard
from exporter.config import ConfigError, Settings, load, parse
from exporter.config.secret import Secret
from exporter.config.settings import TLS


def settings(*names: str, more: str = "") -> Settings:
    listed = ", ".join(f"{{name: {name}, code: c-{name}}}" for name in names)
    return parse(f"accounts: [{listed}]\n{more}", Path("config.yaml"), {})


@pytest.mark.parametrize("total", [1, 2, 3, 7])
def test_every_account_is_in_exactly_one_shard(total: int) -> None:
    everything = settings(*(f"account-{number}" for number in range(200)))
    parts = [of_shard(everything, shard, total).accounts for shard in range(total)]
    assert sorted(each.name for part in parts for each in part) == sorted(
        each.name for each in everything.accounts
    )
    assert min(map(len, parts)) > 0.5 * 200 / total


def test_another_total_moves_few_accounts() -> None:
    everything = settings(*(f"account-{number}" for number in range(500)))

    def homes(total: int) -> dict[str, int]:
        return {
            each.name: shard for shard in range(total) for each in of_shard(everything, shard, total).accounts
        }

    before, after = homes(4), homes(5)
    moved = [name for name in before if before[name] != after[name]]
    assert all(after[name] == 4 for name in moved)
    assert 0.1 * 500 < len(moved) < 0.3 * 500


def test_a_reload_keeps_the_accounts_that_are_still_there() -> None:
    async def scenario() -> None:
        following = settings("main", "new")
        carried = Accounts(settings("main", "old"), lambda: following)
        main = carried.by_name["main"]
        await carried.reload()
        assert list(carried.by_name) == ["main", "new"]
        assert carried.by_name["main"] is main

    asyncio.run(scenario())


def test_a_bad_configuration_changes_nothing_and_is_reported() -> None:
    def fail() -> Settings:
        raise ConfigError("config.yaml:1: wrong")

    async def scenario() -> None:
        carried = Accounts(settings("main"), fail)
        with pytest.raises(ConfigError):
            await carried.reload()
        assert list(carried.by_name) == ["main"]
        assert carried.reload_error == "config.yaml:1: wrong"

    asyncio.run(scenario())


def test_accounts_of_one_kind_share_their_connections_and_keep_them_over_a_reload() -> None:
    async def scenario() -> None:
        first = settings("a", "b")
        insecure = replace(first.accounts[1], name="c", tls=TLS(insecure_skip_verify=True))
        first = replace(first, accounts=(*first.accounts, insecure))
        carried = Accounts(first)
        transports = {name: each._client._transport for name, each in carried.by_name.items()}
        assert transports["a"] is transports["b"]
        assert transports["a"] is not transports["c"]
        await carried.reload()
        assert carried.by_name["a"]._client._transport is transports["a"]

    asyncio.run(scenario())


def test_a_changed_folder_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts_module, "FILES_LOOK", 0.02)
    folder = tmp_path / "accounts.d"
    folder.mkdir()
    file = tmp_path / "config.yaml"
    file.write_text(f"accounts_dir: {folder}")
    (folder / "a.yaml").write_text("{name: a, code: c-a}")

    async def scenario() -> None:
        carried = Accounts(load(file, {}), lambda: load(file, {}))
        carried.start()
        try:
            (folder / "b.yaml").write_text("{name: b, code: c-b}")
            await until(lambda: set(carried.by_name) == {"a", "b"})
            (folder / "a.yaml").unlink()
            await until(lambda: set(carried.by_name) == {"b"})
        finally:
            carried.stop()

    asyncio.run(scenario())


def test_a_reload_that_fails_halfway_leaves_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        proxied = replace(settings("new").accounts[0], proxy_url=Secret("http://127.0.0.1:9"))
        following = replace(settings("new"), accounts=(proxied,))
        carried = Accounts(settings("main"), lambda: following)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with pytest.raises(ConfigError):
            await carried.reload()
        assert list(carried.by_name) == ["main"]
        assert carried.reload_error is not None

    asyncio.run(scenario())


def test_an_error_of_any_kind_does_not_end_the_watch_over_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts_module, "FILES_LOOK", 0.02)
    results: list[Exception | Settings] = [KeyError("MARKED"), settings("main", "new")]

    def read() -> Settings:
        result = results.pop(0) if len(results) > 1 else results[0]
        if isinstance(result, Exception):
            raise result
        return replace(result, accounts_dir=tmp_path)

    async def scenario() -> None:
        carried = Accounts(replace(settings("main"), accounts_dir=tmp_path), read)
        carried.start()
        try:
            (tmp_path / "a.yaml").touch()
            await until(lambda: carried.reload_error is not None)
            assert carried.reload_error == "internal error while reading it: KeyError"
            (tmp_path / "b.yaml").touch()
            await until(lambda: list(carried.by_name) == ["main", "new"])
        finally:
            carried.stop()

    asyncio.run(scenario())


def test_another_accounts_dir_is_reloaded_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(f"{{name: {name}, code: c-{name}}}")
    file = tmp_path / "config.yaml"

    async def scenario() -> None:
        file.write_text(f"accounts_dir: {tmp_path / 'one'}")
        carried = Accounts(load(file, {}), lambda: load(file, {}))
        file.write_text(f"accounts_dir: {tmp_path / 'two'}")
        await carried.reload()
        await carried.look_at_files()
        assert list(carried.by_name) == ["two"]

    asyncio.run(scenario())
    assert caplog.text.count("the configuration is reloaded") == 1


@pytest.mark.parametrize("auto_reload", [False, True])
def test_a_changed_configuration_file_is_found_where_that_is_wanted(
    tmp_path: Path, auto_reload: bool
) -> None:
    file = tmp_path / "config.yaml"

    async def scenario() -> None:
        file.write_text("accounts: [{name: one, code: C-1}]")
        carried = Accounts(load(file, {}), lambda: load(file, {}), auto_reload=auto_reload)
        file.write_text("accounts: [{name: one, code: C-1}, {name: two, code: C-2}]")
        await carried.look_at_files()
        assert list(carried.by_name) == (["one", "two"] if auto_reload else ["one"])

    asyncio.run(scenario())


def test_a_renewed_ca_file_is_used_by_the_next_reload_and_found_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts_module, "FILES_LOOK", 0.02)
    file = tmp_path / "ca.pem"

    def trusted(carried: Accounts) -> list[object]:
        context = carried.by_name["main"]._client._transport._adapter._context
        return [each["subject"] for each in context.get_ca_certs()]

    async def scenario() -> None:
        old, new, newest = (
            trustme.CA(),
            trustme.CA(organization_name="New"),
            trustme.CA(organization_name="Newest"),
        )
        old.cert_pem.write_to_path(str(file))
        read = settings("main")
        account = replace(read.accounts[0], tls=TLS(ca_file=file))
        carried = Accounts(replace(read, accounts=(account,)))
        before = trusted(carried)
        new.cert_pem.write_to_path(str(file))
        await carried.reload()
        after = trusted(carried)
        assert after != before
        carried.start()
        try:
            newest.cert_pem.write_to_path(str(file))
            await until(lambda: trusted(carried) not in (before, after))
        finally:
            carried.stop()

    asyncio.run(scenario())


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)
