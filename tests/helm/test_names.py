"""No two releases share a name, and names fit where Kubernetes cuts them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from tests.helm import chart

RELEASES = (
    "voicenter",
    "voicenter-exporter",
    "x",
    "x-voicenter-exporter",
    "a.b",
    "a-b",
    "a" * 52 + "b",
    "a" * 52 + "c",
)
EVERYTHING = ("serviceMonitor", "prometheusRule", "dashboards", "networkPolicy", "podDisruptionBudget")
Identity = tuple[str, str, str]


def rendered(release: str, namespace: str, *settings: str) -> list[chart.Object]:
    given = [f"--set={each}" for each in settings]
    text = chart.helm("helm-4", "template", release, chart.CHART, "--namespace", namespace, *given)
    return [each for each in yaml.safe_load_all(text) if each]


def identities(objects: Iterable[chart.Object]) -> set[Identity]:
    return {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]) for each in objects}


def test_releases_in_one_namespace_share_no_object() -> None:
    settings = [
        "accounts[0].name=main",
        "accounts[0].code=A1",
        *(f"{each}.enabled=true" for each in EVERYTHING),
    ]
    found = [identities(rendered(release, "one", *settings)) for release in RELEASES]
    assert len(set.union(*found)) == sum(map(len, found))


def test_releases_of_one_name_share_no_object_of_a_shared_namespace() -> None:
    kinds = ("serviceMonitor", "prometheusRule", "dashboards")
    settings = [
        "demo=true",
        *(f"{each}.enabled=true" for each in kinds),
        *(f"{each}.namespace=shared" for each in kinds),
    ]
    one, two = (rendered("voicenter", namespace, *settings) for namespace in ("one", "two"))
    assert not identities(one) & identities(two)
    files = [
        {key for each in chart.of_kind(objects, "ConfigMap") for key in each["data"]}
        for objects in (one, two)
    ]
    assert not files[0] & files[1]


@pytest.mark.parametrize("release", RELEASES)
def test_names_fit(release: str) -> None:
    objects = rendered(release, "one", "accounts[0].name=main", "accounts[0].code=A1", "shards=2")
    name = chart.one(objects, "StatefulSet")["metadata"]["name"]
    assert len(name) <= 52  # a label of its pods holds the name and a hash
    assert all(len(each["metadata"]["name"]) <= 63 for each in objects)
    assert all("." not in each["metadata"]["name"] for each in objects)


def test_a_release_called_as_the_chart_says_it_once() -> None:
    assert (
        chart.one(rendered("voicenter-exporter", "one"), "Service")["metadata"]["name"]
        == "voicenter-exporter"
    )


def test_another_namespace_holds_everything() -> None:
    objects = rendered("x", "one", "demo=true", "namespaceOverride=two")
    assert {each["metadata"]["namespace"] for each in objects} == {"two"}
    assert ".two.svc:" in str(chart.of_hook(objects, "Pod"))
