"""What goes wrong during a soak: the vendor's faults, reloads, renewed certificates, bad clients."""

from __future__ import annotations

import random
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import trustme
import yaml

from tests.support.exporter import Exporter
from tests.support.processes import wait_until

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 503, "share": 0.5},
    {"kind": "error", "err": 1, "desc": "Authorization failed."},
    {"kind": "error", "err": "1", "desc": "Malformed request."},
    {"kind": "error", "err": 2, "endpoint": "queues"},
    {"kind": "empty", "endpoint": "extensions"},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "hang", "endpoint": "extensions"},
    {"kind": "hang"},
    {"kind": "drip", "seconds": 30},
    {"kind": "cut", "share": 0.7},
    {"kind": "invalid_json"},
    {"kind": "redirect"},
)
SILENT, DRIPPING, AT_ONCE = 30, 20, 40


@dataclass
class Site:
    """The set-up: files, the simulator's address, and the running exporter."""

    folder: Path
    simulator: str
    """Its URL, without a path."""
    authority: trustme.CA = field(default_factory=trustme.CA)
    renewed: int = 0
    reloads: int = 0

    def __post_init__(self) -> None:
        self.authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        self.write_code()
        self.renew()
        self.write_config()
        tls = {"cert_file": "cert.pem", "key_file": "key.pem"}
        self._replace("web.yaml", yaml.safe_dump({"tls_server_config": tls}).encode())

    @property
    def ca_file(self) -> str:
        """What a scraper trusts."""
        return str(self.folder / "ca.pem")

    def write_code(self) -> None:
        """The file of the code of one account."""
        self._replace("code", b"CODE-0003\n")

    def write_config(self, *, more: bool = False) -> None:
        """The configuration: accounts that are scraped, polled, and never reached; one more on demand."""
        base_url = f"{self.simulator}/comet/API"
        accounts: list[dict[str, Any]] = [
            {"name": "main", "code": "CODE-0001"},
            {"name": "polled", "code": "CODE-0002", "poll_interval": "2s"},
            {"name": "rotated", "code_file": str(self.folder / "code")},
            {"name": "refused", "code": "X1", "base_url": "http://127.0.0.1:9/comet/API"},
            {"name": "plain", "code": "X2", "base_url": base_url.replace("http:", "https:")},
        ]
        if more:
            accounts.append({"name": "new", "code": "CODE-0004"})
        defaults = {"base_url": base_url, "timeout": "2s", "min_interval": "1s"}
        collectors = {"extensions": {"enabled": True}}
        content = {"accounts": accounts, "defaults": defaults, "collectors": collectors}
        self._replace("config.yaml", yaml.safe_dump(content).encode())

    def spoil_config(self) -> None:
        """A configuration that must be refused."""
        self._replace("config.yaml", b"accounts: [{name: main, code: CODE-0001, colour: red}]")

    def renew(self) -> None:
        """A new certificate and key, one file after the other, as tools for that do."""
        certificate = self.authority.issue_cert("127.0.0.1")
        self._replace("key.pem", certificate.private_key_pem.bytes())
        self._replace("cert.pem", certificate.cert_chain_pems[0].bytes())
        self.renewed += 1

    def control(self, **order: Any) -> None:
        """Tell the simulator."""
        answer = requests.post(f"{self.simulator}/control", json=order, timeout=30)
        assert answer.status_code == 200, answer.text

    def _replace(self, name: str, content: bytes) -> None:
        file = self.folder / f"{name}.new"
        file.write_bytes(content)
        file.rename(self.folder / name)


Trouble = Callable[[Site, Exporter], Any]


@contextmanager
def fault(site: Site, order: dict[str, Any]) -> Iterator[None]:
    """The vendor fails in one way, then answers well again."""
    site.control(fault=order)
    yield
    site.control(clear_faults=True)


@contextmanager
def no_code(site: Site, _: Exporter) -> Iterator[None]:
    """The file of a code is gone, then there again."""
    (site.folder / "code").unlink()
    yield
    site.write_code()


@contextmanager
def another_account(site: Site, exporter: Exporter) -> Iterator[None]:
    """A reload adds an account, another removes it."""
    site.write_config(more=True)
    _reload(site, exporter)
    yield
    site.write_config()
    _reload(site, exporter)


@contextmanager
def bad_config(site: Site, exporter: Exporter) -> Iterator[None]:
    """A reload of a file with a mistake."""
    site.spoil_config()
    _reload(site, exporter)
    yield
    site.write_config()
    _reload(site, exporter)


def _reload(site: Site, exporter: Exporter) -> None:
    exporter.process.send(signal.SIGHUP)
    site.reloads += 1


@contextmanager
def renewal(site: Site, exporter: Exporter) -> Iterator[None]:
    """A new certificate, which the next handshake must show."""
    site.renew()
    newest = ssl.PEM_cert_to_DER_cert((site.folder / "cert.pem").read_text())
    wait_until(lambda: _served(exporter) == newest, "the renewed certificate is served")
    yield


def _address(exporter: Exporter) -> tuple[str, int]:
    host, _, port = exporter.url.rpartition("/")[2].rpartition(":")
    return host, int(port)


def _served(exporter: Exporter) -> bytes:
    host, port = _address(exporter)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, port), 10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return connection.getpeercert(binary_form=True) or b""


@contextmanager
def silent_clients(_: Site, exporter: Exporter) -> Iterator[None]:
    """Clients that connect and say nothing, not even a handshake."""
    with ExitStack() as stack:
        for _number in range(SILENT):
            stack.enter_context(socket.create_connection(_address(exporter), 10))
        yield


@contextmanager
def slow_clients(site: Site, exporter: Exporter) -> Iterator[None]:
    """Clients that never come to the end of their headers."""
    context = ssl.create_default_context(cafile=site.ca_file)
    with ExitStack() as stack:
        for _number in range(DRIPPING):
            plain = stack.enter_context(socket.create_connection(_address(exporter), 10))
            connection = stack.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
            connection.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        yield


@contextmanager
def many_at_once(site: Site, exporter: Exporter) -> Iterator[None]:
    """Many scrapes at one moment."""

    def scrape(_: int) -> int:
        return requests.get(f"{exporter.url}/metrics", verify=site.ca_file, timeout=30).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(scrape, range(AT_ONCE))) == {200}
    yield


OTHERS = (
    no_code, another_account, bad_config, renewal, silent_clients, slow_clients, many_at_once, renewal,
)  # fmt: skip
NUMBER = len(FAULTS) + len(OTHERS)


def all_troubles(site: Site, exporter: Exporter, chance: random.Random) -> Iterator[tuple[str, Any]]:
    """Every trouble once, in any order: its name, and a block during which it lasts."""
    troubles = [(f"fault {order['kind']}", fault(site, order)) for order in FAULTS]
    troubles += [(each.__name__.replace("_", " "), each(site, exporter)) for each in OTHERS]
    chance.shuffle(troubles)
    return iter(troubles)
