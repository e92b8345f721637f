"""What the simulator answers to which HTTP request; knows no socket."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from exporter.simulator import control
from exporter.simulator.centre import error_answer
from exporter.simulator.faults import AUTHORIZATION_FAILED, LIST_KEYS, Endpoint, Reply
from exporter.simulator.tenants import SimulatorOptions, Tenants
from exporter.simulator.truth import WITHIN_SECONDS

API_PATH = "/comet/API"
ENDPOINTS: dict[str, Endpoint] = {
    f"{API_PATH}/GetExtensionsCalls": "extensions",
    f"{API_PATH}/GetQueuesCallers": "queues",
}
FILTERS: dict[Endpoint, str] = {"extensions": "extension", "queues": "queue"}


class Service:
    """All paths of one simulator."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.options = options
        self.tenants = Tenants(options)
        self._allow = [ip_network(network) for network in options.allow]

    def handle(self, method: str, target: str, body: bytes, peer: str) -> Reply:
        """Answer one request of the client with the IP address `peer`."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        endpoint = ENDPOINTS.get(parts.path)
        if endpoint:
            return self._api(endpoint, method, query, body, peer)
        match method, parts.path:
            case "POST", "/control":
                return self._control(body)
            case "GET", "/truth":
                return self._truth(query)
            case "GET", "/accounts":
                return _json([self._describe(tenant.code) for tenant in self.tenants])
            case _, "/control" | "/truth" | "/accounts":
                return _problem(405, "this path takes " + ("POST" if parts.path == "/control" else "GET"))
        paths = ", ".join([*ENDPOINTS, "/control", "/truth", "/accounts"])
        return _problem(404, f"there is nothing here; the paths are {paths}")

    def _api(
        self, endpoint: Endpoint, method: str, query: Mapping[str, str], body: bytes, peer: str
    ) -> Reply:
        if self._allow and not any(ip_address(peer) in network for network in self._allow):
            return _problem(403, "Forbidden")
        if method not in ("GET", "POST"):
            return _problem(405, "this path takes POST and GET")
        key = LIST_KEYS[endpoint]
        try:
            request: Any = query if method == "GET" else msgspec.json.decode(body)
        except msgspec.DecodeError:
            request = None
        if not isinstance(request, Mapping) or not isinstance(request.get("code"), str):
            return Reply(error_answer(1, AUTHORIZATION_FAILED, key))
        tenant = self.tenants.get(request["code"])
        if tenant is None:
            refused = self.options.wrong_code == "refused"
            return Reply(
                error_answer(1, AUTHORIZATION_FAILED, key) if refused else error_answer(0, "OK", key)
            )
        only = request.get(FILTERS[endpoint])
        return tenant.reply(endpoint, None if only in (None, "") else str(only))

    def _control(self, body: bytes) -> Reply:
        try:
            order = control.decode(body)
            told = control.carry_out(order, self.tenants)
        except control.ControlError as error:
            return _problem(400, str(error))
        if order.allow is not None:
            self._allow = [ip_network(network) for network in order.allow]
        return _json({"accounts": told})

    def _truth(self, query: Mapping[str, str]) -> Reply:
        first = next(iter(self.tenants)).code
        tenant = self.tenants.get(query.get("code", first))
        if tenant is None:
            return _problem(404, "no account has this code")
        within = query.get("within", ",".join(map(str, WITHIN_SECONDS))).split(",")
        if not all(limit.isascii() and limit.isdigit() for limit in within):
            return _problem(400, "within: expected whole seconds, separated by commas")
        centre = tenant.centre
        report = centre.truth.report(centre.now, [int(limit) for limit in within])
        return _json({**self._describe(tenant.code), "start": centre.start, **report})

    def _describe(self, code: str) -> dict[str, Any]:
        tenant = self.tenants.get(code)
        return {
            "code": code,
            "behaviour": tenant and tenant.behaviour,
            "faults": tenant and tenant.faults,
        }


def _json(content: object, status: int = 200) -> Reply:
    return Reply(msgspec.json.encode(content), status)


def _problem(status: int, message: str) -> Reply:
    return _json({"error": message}, status)
