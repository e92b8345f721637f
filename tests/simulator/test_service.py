"""The API: codes, filters, the error answers, the faults that can be ordered."""

from __future__ import annotations

import json

import pytest

from tests.simulator.service import PATHS, get, order, post, service, told


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
def test_other_methods_and_paths_are_reported(method: str, path: str, status: int) -> None:
    reply = service().handle(method, path, b"", "127.0.0.1")
    assert reply.status == status
    assert told(reply)["error"]


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
