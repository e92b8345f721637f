"""A secret is never seen."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import dataclass

import pytest

from exporter.config.secret import Secret

HIDDEN = "hunter2-marked"


@dataclass(frozen=True)
class Holder:
    secret: Secret


def test_a_secret_gives_its_text_only_when_asked() -> None:
    assert Secret(HIDDEN).reveal() == HIDDEN


def test_a_secret_prints_as_a_mask_wherever_it_is_put() -> None:
    secret = Secret(HIDDEN)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret:>12}",
        str([secret]),
    ]
    shown += [str({"a": secret}), str(Holder(secret)), ascii(secret), format(secret)]
    assert all("<secret>" in text and HIDDEN not in text for text in shown)


def test_a_secret_is_masked_in_a_log_record(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("the code is %s, of %r", Secret(HIDDEN), Holder(Secret(HIDDEN)))
    assert "the code is <secret>" in caplog.text
    assert HIDDEN not in caplog.text


def test_a_secret_is_masked_in_a_traceback_that_shows_local_values() -> None:
    def fail() -> None:
        secret = Secret(HIDDEN)
        raise ValueError(secret)

    try:
        fail()
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(shown.format())
    assert "secret = <secret>" in text
    assert HIDDEN not in text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        pickle.dumps(Holder(Secret(HIDDEN)), protocol)


def test_a_secret_has_no_attributes_no_state_and_no_json() -> None:
    secret = Secret(HIDDEN)
    with pytest.raises(TypeError):
        vars(secret)
    with pytest.raises(TypeError):
        secret.__getstate__()
    with pytest.raises(TypeError) as caught:
        json.dumps({"code": secret})
    assert HIDDEN not in str(caught.value)


def test_a_secret_equals_one_of_the_same_text_and_no_bare_text() -> None:
    assert Secret(HIDDEN) == Secret(HIDDEN)
    assert Secret(HIDDEN) != Secret(HIDDEN + "x")
    assert Secret("é\ud800") == Secret("é\ud800")
    assert Secret(HIDDEN) != HIDDEN


def test_a_secret_has_no_hash() -> None:
    with pytest.raises(TypeError):
        hash(Secret(HIDDEN))


def test_a_copy_of_a_secret_is_itself() -> None:
    secret = Secret(HIDDEN)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
