"""What /control, /truth and /accounts say, and what many accounts are like."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.simulator.tenants import SimulatorOptions
from tests.simulator.service import PATHS, get, order, post, service, told
from tests.support.processes import wait_until


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"lunch", "JSON is malformed"),
        (b"[]", "Expected `object`"),
        (b"{}", "nothing to do, expected at least one of agents, arrival_rate"),
        (b'{"account": "DEMO"}', "nothing to do"),
        (b'{"agent": {}}', "unknown field `agent`"),
        (b'{"agents": {"status": "nap"}}', "unknown status 'nap', expected one of login, logout, lunch"),
        (b'{"agents": {"count": 1}}', "missing required field `status`"),
        (b'{"arrival_rate": "2"}', "`$.arrival_rate`"),
        (b'{"arrival_rate": -1}', "`$.arrival_rate`"),
        (b'{"fault": {"kind": "fire"}}', "`$.fault.kind`"),
        (b'{"fault": {"kind": "status", "status": 200}}', "`$.fault.status`"),
        (b'{"fault": {"kind": "drip"}}', "needs seconds above 0"),
        (b'{"fault": {"kind": "status", "retry_after": "1\\r\\nX: y"}}', "retry_after"),
        (b'{"fault": {"kind": "redirect", "location": "a b"}}', "`$.fault.location`"),
        (b'{"clock": {"zone": "Mars/Olympus"}}', "'Mars/Olympus' is not a time zone"),
        (b'{"allow": ["somewhere"]}', "'somewhere' does not appear to be"),
        (b'{"account": "OTHER", "arrival_rate": 2}', "no account has this code"),
    ],
)
def test_a_bad_order_is_refused_with_the_reason(body: bytes, message: str) -> None:
    reply = post(service(), "/control", body)
    assert reply.status == 400
    assert message in told(reply)["error"]


def test_a_refused_order_does_nothing() -> None:
    here = service()
    assert post(here, "/control", {"agents": {"status": "lunch"}, "arrival_rate": "x"}).status == 400
    statuses = told(post(here, PATHS["EXTENSIONS"], {"code": "DEMO"}))["EXTENSIONS"]
    assert {one["onlineUserStatus"] for one in statuses} != {3}


def test_orders_reach_the_centre() -> None:
    here = service(speed=1000.0)
    order(here, agents={"status": "lunch"}, hold_arrivals=True, arrival_rate=2.0, clock={"offset": 3600})
    statuses = told(post(here, PATHS["EXTENSIONS"], {"code": "DEMO"}))["EXTENSIONS"]
    assert {one["onlineUserStatus"] for one in statuses if one["onlineUserID"]} == {3}


def test_the_truth_adds_up_over_http_too() -> None:
    here = service(speed=3600.0)
    truth = told(get(here, "/truth?within=20,30"))
    assert truth["since"] == pytest.approx(truth["start"] - 300)
    for queue in truth["queues"]:
        assert queue["joins"] == sum(
            queue[key] for key in ("answered", "unanswered", "transferred", "waiting")
        )
        assert list(queue["answered_within"]) == ["20", "30"]
        for outcome, waits in queue["waits"].items():
            assert waits["count"] == queue[outcome] == sum(waits["histogram"].values())
    assert set(truth["calls"]) >= {"Incoming"}


@pytest.mark.parametrize(
    ("query", "status"), [("?within=soon", 400), ("?code=OTHER", 404), ("?code=DEMO", 200)]
)
def test_questions_about_the_truth_are_checked(query: str, status: int) -> None:
    assert get(service(), "/truth" + query).status == status


def test_each_account_is_a_centre_of_its_own() -> None:
    here = service(accounts=3, code_prefix="TENANT")
    codes = [account["code"] for account in told(get(here, "/accounts"))]
    assert codes == ["TENANT-0001", "TENANT-0002", "TENANT-0003"]
    answers = {post(here, PATHS["EXTENSIONS"], {"code": code}).body for code in codes}
    assert len(answers) == 3
    order(here, account="TENANT-0002", fault={"kind": "status", "status": 500})
    assert [post(here, PATHS["QUEUES"], {"code": code}).status for code in codes] == [200, 500, 200]
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}).body == b'{"ERR":0,"DESC":"OK","QUEUES":[]}'


def test_shares_of_the_accounts_hang_and_fail_as_listed() -> None:
    here = service(accounts=100, hanging=0.05, failing=0.12)
    listed = told(get(here, "/accounts"))
    behaviours = [account["behaviour"] for account in listed]
    assert (behaviours.count("hanging"), behaviours.count("failing")) == (5, 12)
    assert listed == told(get(service(accounts=100, hanging=0.05, failing=0.12), "/accounts"))
    for account in listed:
        reply = post(here, PATHS["EXTENSIONS"], {"code": account["code"]})
        well = reply.status == 200 and not reply.hang and b'"ERR":0' in reply.body and len(reply.body) > 100
        if account["behaviour"] != "healthy":
            assert account["faults"]
            assert reply.hang == (account["behaviour"] == "hanging")
            assert not well or b"}{" in reply.body
        else:
            assert well


def test_latency_lies_within_its_bounds() -> None:
    here = service(latency=(0.03, 0.08))
    delays = [post(here, PATHS["QUEUES"], {"code": "DEMO"}).delay for _ in range(100)]
    assert 0.03 <= min(delays) < 0.04
    assert 0.07 < max(delays) <= 0.08


def test_asked_again_too_soon_the_answer_is_stale() -> None:
    here, fresh = service(speed=1e5, stale_within=60.0), service(speed=1e5)
    assert len({post(here, PATHS["EXTENSIONS"], {"code": "DEMO"}).body for _ in range(3)}) == 1
    first = post(fresh, PATHS["EXTENSIONS"], {"code": "DEMO"}).body
    wait_until(lambda: post(fresh, PATHS["EXTENSIONS"], {"code": "DEMO"}).body != first, "a newer answer")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accounts": 0}, "accounts"),
        ({"code": ""}, "code"),
        ({"speed": 0.0}, "speed"),
        ({"speed": float("nan")}, "speed"),
        ({"latency": (0.2, 0.1)}, "latency"),
        ({"hanging": 0.6, "failing": 0.6}, "hanging"),
        ({"allow": ("somewhere",)}, "somewhere"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SimulatorOptions(**options)
