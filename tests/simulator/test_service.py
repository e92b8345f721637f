"""The API without sockets: codes, error answers, faults, control, truth, many accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporter.simulator.accounts import SimulatorOptions
from exporter.simulator.faults import Reply
from exporter.simulator.options import CentreOptions
from exporter.simulator.service import API_PATH, Service

SMALL = CentreOptions(agents=6, queues=2, odd=0.0, warm_up=300.0, keep_records=False)
PATHS = {"EXTENSIONS": f"{API_PATH}/GetExtensionsCalls", "QUEUES": f"{API_PATH}/GetQueuesCallers"}


def service(**options: Any) -> Service:
    return Service(SimulatorOptions(**{"centre": SMALL, **options}))


def post(of: Service, path: str, content: object, peer: str = "127.0.0.1") -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return of.handle("POST", path, body, peer)


def get(of: Service, target: str) -> Reply:
    return of.handle("GET", target, b"", "127.0.0.1")


def told(reply: Reply) -> Any:
    return json.loads(reply.body)


def order(of: Service, **content: Any) -> None:
    reply = post(of, "/control", content)
    assert reply.status == 200, reply.body


@pytest.mark.parametrize("key", PATHS)
def test_post_and_get_give_the_same_kind_of_answer(key: str) -> None:
    here = service()
    posted = post(here, PATHS[key], {"code": "DEMO"})
    asked = get(here, PATHS[key] + "?code=DEMO")
    assert posted.status == asked.status == 200
    assert len(told(posted)[key]) == len(told(asked)[key]) > 1


@pytest.mark.parametrize("number_as_text", [True, False])
def test_the_filters_of_both_requests(number_as_text: bool) -> None:
    here = service()
    name = told(post(here, PATHS["EXTENSIONS"], {"code": "DEMO"}))["EXTENSIONS"][2]["username"]
    queue = told(post(here, PATHS["QUEUES"], {"code": "DEMO"}))["QUEUES"][1]["ID"]
    one = told(post(here, PATHS["EXTENSIONS"], {"code": "DEMO", "extension": name}))["EXTENSIONS"]
    assert [extension["username"] for extension in one] == [name]
    wanted = str(queue) if number_as_text else queue
    assert [
        one["ID"] for one in told(post(here, PATHS["QUEUES"], {"code": "DEMO", "queue": wanted}))["QUEUES"]
    ] == [queue]
    assert told(get(here, f"{PATHS['QUEUES']}?code=DEMO&queue={queue}"))["QUEUES"][0]["ID"] == queue


def test_an_unknown_queue_is_not_found_in_this_account() -> None:
    answer = told(post(service(), PATHS["QUEUES"], {"code": "DEMO", "queue": "1"}))
    assert answer == {"ERR": 2, "DESC": "Queue is not found in this account", "QUEUES": []}


@pytest.mark.parametrize("key", PATHS)
def test_a_wrong_code_looks_like_success_or_is_refused(key: str) -> None:
    assert told(post(service(), PATHS[key], {"code": "WRONG"})) == {"ERR": 0, "DESC": "OK", key: []}
    refused = told(post(service(wrong_code="refused"), PATHS[key], {"code": "WRONG"}))
    assert refused == {"ERR": 1, "DESC": "Authorization failed.", key: []}


@pytest.mark.parametrize("key", PATHS)
@pytest.mark.parametrize(
    "body", [b"", b"code=DEMO", b"[]", b"{}", b'{"code": 5}', b'{"code": null}', b"\xff"]
)
def test_a_malformed_request_is_err_1(key: str, body: bytes) -> None:
    reply = post(service(), PATHS[key], body)
    assert (reply.status, told(reply)) == (200, {"ERR": 1, "DESC": "Authorization failed.", key: []})


def test_a_get_without_code_is_malformed() -> None:
    assert told(get(service(), PATHS["QUEUES"]))["ERR"] == 1


def test_who_is_not_allow_listed_gets_403() -> None:
    here = service(allow=("10.0.0.0/8", "::1"))
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}, peer="127.0.0.1").status == 403
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}, peer="10.1.2.3").status == 200
    order(here, allow=["127.0.0.1"])
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}, peer="127.0.0.1").status == 200
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}, peer="10.1.2.3").status == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", PATHS["QUEUES"], 405), ("GET", "/control", 405), ("POST", "/truth", 405), ("GET", "/", 404)],
)
def test_other_methods_and_paths_are_told(method: str, path: str, status: int) -> None:
    reply = service().handle(method, path, b"", "127.0.0.1")
    assert reply.status == status
    assert told(reply)["error"]


# Faults


def test_an_http_status_with_retry_after() -> None:
    here = service()
    order(here, fault={"kind": "status", "endpoint": "queues", "status": 429, "retry_after": 7})
    reply = post(here, PATHS["QUEUES"], {"code": "DEMO"})
    assert (reply.status, reply.headers) == (429, (("Retry-After", "7"),))
    assert post(here, PATHS["EXTENSIONS"], {"code": "DEMO"}).status == 200
    order(here, clear_faults=True)
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}).status == 200


def test_errors_and_empty_answers() -> None:
    here = service()
    order(here, fault={"kind": "error", "err": "1", "desc": "Authorization failed."})
    assert told(post(here, PATHS["QUEUES"], {"code": "DEMO"})) == {
        "ERR": "1",
        "DESC": "Authorization failed.",
        "QUEUES": [],
    }
    order(here, fault={"kind": "empty"})  # the newest fault goes first
    assert told(post(here, PATHS["EXTENSIONS"], {"code": "DEMO"})) == {
        "ERR": 0,
        "DESC": "OK",
        "EXTENSIONS": [],
    }


def test_invalid_json_lacks_the_commas_between_objects() -> None:
    here = service()
    order(here, fault={"kind": "invalid_json"})
    reply = post(here, PATHS["EXTENSIONS"], {"code": "DEMO"})
    assert b"}{" in reply.body
    with pytest.raises(json.JSONDecodeError):
        told(reply)


def test_delays_redirects_and_manners_of_sending() -> None:
    here = service()
    order(here, fault={"kind": "delay", "seconds": 1.5})
    assert post(here, PATHS["QUEUES"], {"code": "DEMO"}).delay == 1.5
    order(here, fault={"kind": "redirect", "location": "http://127.0.0.1:1/"})
    reply = post(here, PATHS["QUEUES"], {"code": "DEMO"})
    assert (reply.status, reply.headers) == (302, (("Location", "http://127.0.0.1:1/"),))
    for kind, name in (("hang", "hang"), ("cut", "cut"), ("drip", "drip")):
        order(here, clear_faults=True, fault={"kind": kind, "seconds": 2})
        assert getattr(post(here, PATHS["QUEUES"], {"code": "DEMO"}), name)


def test_a_share_of_the_requests_can_fail() -> None:
    here = service()
    order(here, fault={"kind": "status", "status": 500, "share": 0.2})
    failed = sum(post(here, PATHS["QUEUES"], {"code": "DEMO"}).status == 500 for _ in range(500))
    assert 60 < failed < 140


# Control and truth


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


# Accounts


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
    assert len({post(fresh, PATHS["EXTENSIONS"], {"code": "DEMO"}).body for _ in range(3)}) > 1


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
