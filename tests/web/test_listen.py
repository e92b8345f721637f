"""Listen addresses."""

from __future__ import annotations

import socket

import pytest

from exporter.web.listen import ListenError, bind, bind_all, url


def reaches(host: str, listener: socket.socket) -> bool:
    with socket.create_connection((host, listener.getsockname()[1]), 5):
        accepted, _ = listener.accept()
        accepted.close()
    return True


@pytest.mark.parametrize("address", [":0", "[::]:0"])
def test_no_host_means_all_addresses_of_both_families(address: str) -> None:
    with bind(address) as listener:
        assert reaches("127.0.0.1", listener)
        assert reaches("::1", listener)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("127.0.0.1:0", "127.0.0.1"),
        ("[::1]:0", "::1"),
        ("localhost:0", "127.0.0.1"),
        ("0.0.0.0:0", "127.0.0.1"),
    ],
)
def test_a_host_is_listened_on_at_the_port_that_is_shown(address: str, host: str) -> None:
    with bind(address) as listener:
        shown = url(listener, "http")
        assert reaches(host, listener)
        assert int(shown.rpartition(":")[2]) == listener.getsockname()[1] > 0
        assert ("[::1]" in shown) == (address == "[::1]:0")


@pytest.mark.parametrize(
    "address",
    ["", "10061", "127.0.0.1", "127.0.0.1:", ":http", "::1:10061", ":65536", ":-1", "[::1:0", "host:1:2"],
)
def test_what_is_no_address_is_reported_with_what_one_looks_like(address: str) -> None:
    with pytest.raises(ListenError) as told:
        bind(address)
    assert str(told.value).startswith(f"cannot listen on {address!r}: expected HOST:PORT")


def test_an_address_of_another_machine_is_reported() -> None:
    with pytest.raises(
        ListenError, match=r"^cannot listen on 192\.0\.2\.1:0: Cannot assign requested address$"
    ):
        bind("192.0.2.1:0")


def test_a_name_that_cannot_be_is_reported() -> None:
    with pytest.raises(ListenError, match="no such host name"):
        bind(f"{'a' * 70}.example:0")


def test_an_address_in_use_leaves_none_of_the_others_open() -> None:
    with bind("127.0.0.1:0") as taken:
        used = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError, match=f"^cannot listen on {used}: Address already in use$"):
            bind_all(["127.0.0.1:0", used])  # a socket left open would be a ResourceWarning, so an error
