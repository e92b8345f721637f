"""What POST /control changes in a running simulator: a JSON object, checked whole before it is done."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

import msgspec

from exporter.simulator.faults import Fault
from exporter.simulator.options import load_zone
from exporter.simulator.people import STATUS_CODES
from exporter.simulator.tenants import Tenant, Tenants


class ControlError(ValueError):
    """An order that cannot be carried out; the text says why."""


class AgentsOrder(msgspec.Struct, forbid_unknown_fields=True):
    """`count` agents (all without it) to a status: a name, a code of the vendor's, or null: their own."""

    status: str | Annotated[int, msgspec.Meta(ge=0)] | None
    count: Annotated[int, msgspec.Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.status, str) and self.status not in STATUS_CODES:
            raise ValueError(f"unknown status {self.status!r}, expected one of {', '.join(STATUS_CODES)}")

    @property
    def code(self) -> int | None:
        return STATUS_CODES[self.status] if isinstance(self.status, str) else self.status


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    """From now on epochs are `zone`'s wall clock read as UTC, plus `offset` seconds; what is absent stays."""

    zone: str | None = None
    offset: float | None = None

    def __post_init__(self) -> None:
        if self.zone is not None:
            load_zone(self.zone)


class Control(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One order, to one account or to all. A fault goes before those in force; clearing goes first."""

    account: str | None = None
    agents: AgentsOrder | None = None
    arrival_rate: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None
    hold_arrivals: bool | None = None
    clear_faults: bool = False
    fault: Fault | None = None
    clock: ClockOrder | None = None
    allow: list[str] | None = None

    def __post_init__(self) -> None:
        for network in self.allow or ():
            ip_network(network)


ORDERS = tuple(name for name in Control.__struct_fields__ if name != "account")


def decode(body: bytes) -> Control:
    """Raises ControlError."""
    try:
        control = msgspec.json.decode(body, type=Control)
    except msgspec.DecodeError as error:
        raise ControlError(f"control: {error}") from error
    if control == Control(account=control.account):
        raise ControlError(f"control: nothing to do, expected at least one of {', '.join(ORDERS)}")
    return control


def carry_out(control: Control, tenants: Tenants) -> int:
    """Returns how many accounts were told; `allow` is left to the server. Raises ControlError."""
    chosen = list(tenants)
    if control.account is not None:
        tenant = tenants.get(control.account)
        if tenant is None:
            raise ControlError("control: no account has this code")
        chosen = [tenant]
    for tenant in chosen:
        _tell(tenant, control)
    return len(chosen)


def _tell(tenant: Tenant, control: Control) -> None:
    if control.clear_faults:
        tenant.faults = []
    if control.fault:
        tenant.faults = [control.fault, *tenant.faults]
    if control.agents:
        tenant.centre.order_status(control.agents.code, control.agents.count)
    if control.arrival_rate is not None:
        tenant.centre.set_arrival_rate(control.arrival_rate)
    if control.hold_arrivals is not None:
        tenant.centre.hold_arrivals(control.hold_arrivals)
    if control.clock:
        tenant.centre.change_clock(control.clock.zone, control.clock.offset)
