"""The simulator in the place of Voicenter's own host: a proxy that ends TLS with a certificate of ours.

What the documentation tells to type names no host, so it goes to Voicenter's. In the sandbox, HTTPS_PROXY
leads here and REQUESTS_CA_BUNDLE holds the authority that signed the certificate.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from exporter.config.settings import Defaults

HOST = urlsplit(Defaults().base_url).hostname or ""


@contextmanager
def in_the_vendors_place(simulator: tuple[str, int], folder: Path) -> Iterator[dict[str, str]]:
    """Yields the environment in which requests to the vendor's host reach the simulator."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    closing = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=_accept, args=(listener, simulator, context, closing))
        accepting.start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield {"HTTPS_PROXY": proxy, "REQUESTS_CA_BUNDLE": str(bundle), "NO_PROXY": "127.0.0.1"}
        finally:
            closing.set()
            accepting.join()


def _accept(
    listener: socket.socket, simulator: tuple[str, int], context: ssl.SSLContext, closing: threading.Event
) -> None:
    threads = []
    while not closing.is_set():
        if select.select([listener], [], [], 0.05)[0]:
            client, _ = listener.accept()
            threads.append(threading.Thread(target=_tunnel, args=(client, simulator, context, closing)))
            threads[-1].start()
    for thread in threads:
        thread.join()


def _tunnel(
    client: socket.socket, simulator: tuple[str, int], context: ssl.SSLContext, closing: threading.Event
) -> None:
    """Answer one CONNECT to the vendor's host, and carry bytes until either side ends."""
    with client, suppress(OSError):
        client.settimeout(10)
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        assert head.startswith(f"CONNECT {HOST}:443 ".encode()), head
        client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with (
            context.wrap_socket(client, server_side=True) as near,
            socket.create_connection(simulator) as far,
        ):
            while not closing.is_set():
                readable = [near] if near.pending() else select.select([near, far], [], [], 0.05)[0]
                for source in readable:
                    data = source.recv(65536)
                    if not data:
                        return
                    (far if source is near else near).sendall(data)
