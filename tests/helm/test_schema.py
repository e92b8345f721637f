"""values.schema.json: complete, strict, and clear to whoever mistypes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from helm import configuration
from tests.helm import chart

SCHEMA = json.loads((chart.CHART / "values.schema.json").read_text())
MINIMAL = ("accounts[0].name=main", "accounts[0].existingSecret=voicenter-code")
FREE = {  # contents of Kubernetes' own objects, whose API server is strict about them
    "global",
    "affinity.nodeAffinity",
    "affinity.podAffinity",
    "affinity.podAntiAffinity",
    "networkPolicy.extraEgress[].ports[]",
    "networkPolicy.extraEgress[].to[]",
    "volumes[]",
    "initContainers[]",
    "extraContainers[]",
    "resources.claims[]",
    "helmTest.resources.claims[]",
    "configCheck.resources.claims[]",
    "extraObjects[]",
}


def resolved(schema: chart.Object) -> chart.Object:
    if "$ref" in schema:
        found: chart.Object = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def objects(schema: chart.Object, path: str = "") -> Iterator[tuple[str, chart.Object]]:
    """Every object that the schema speaks of, by its path."""
    schema = resolved(schema)
    if "object" in schema.get("type", ()):
        yield path, schema
        for key, inner in schema.get("properties", {}).items():
            yield from objects(inner, f"{path}.{key}".lstrip("."))
    if "items" in schema:
        yield from objects(schema["items"], f"{path}[]")


def test_every_object_is_closed() -> None:
    is_open = {path for path, schema in objects(SCHEMA) if schema.get("additionalProperties", True) is True}
    assert is_open == FREE


def test_every_default_is_in_the_schema_and_nothing_else_is() -> None:
    def compare(values: Any, schema: chart.Object, path: str) -> None:
        schema = resolved(schema)
        if not isinstance(values, dict) or not values:
            return
        if "properties" not in schema:  # labels and the like
            return
        known = schema["properties"].keys() - {"enabled" if not path else ""}
        assert values.keys() <= known, path
        if path.partition(".")[0] not in (
            "podSecurityContext",
            "securityContext",
            "resources",
            "probes",
            "helmTest",
            "configCheck",
            "config",
        ):
            assert known == values.keys(), path
        for key, value in values.items():
            compare(value, schema["properties"][key], f"{path}.{key}".lstrip("."))

    compare(yaml.safe_load((chart.CHART / "values.yaml").read_text()), SCHEMA, "")


def test_the_keys_of_the_exporters_files_are_those_that_it_reads() -> None:
    text = configuration.SCHEMA.read_text("utf-8")
    assert configuration.schema(text) == text, "run: python -m helm.configuration"
    text = configuration.VALUES.read_text("utf-8")
    assert configuration.values(text) == text, "run: python -m helm.configuration"


@pytest.mark.parametrize("generation", chart.GENERATIONS)
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("acounts[0].name=main", ("acounts",)),
        ("image.tga=1", ("image", "tga")),
        ("image.pullPolicy=Sometimes", ("image", "pullPolicy", "Always")),
        ("image.digest=latest", ("image", "digest")),
        ("shards=0", ("shards", "1")),
        ("shards=two", ("shards", "integer")),
        ("demo=maybe", ("demo", "boolean")),
        ("accounts[0].nmae=x", ("accounts", "0", "nmae")),
        ("accounts[0].code_env=CODE", ("accounts", "0", "code_env")),
        ("accounts[0].base_url=ftp://host", ("accounts", "0", "base_url")),
        ("accounts[0].timeout=10", ("accounts", "0", "timeout", "string")),
        ("accounts[0].timeout=ten", ("accounts", "0", "timeout", "pattern")),
        ("accounts[0].proxy_url=http://user:password@proxy:3128", ("accounts", "0", "proxy_url")),
        ("accounts[0].queues.includes[0]=x", ("accounts", "0", "queues", "includes")),
        ("accounts[0].statuses.late=x", ("accounts", "0", "statuses", "late")),
        ("config.accounts[0].name=x", ("config", "accounts")),
        ("config.colectors.history=true", ("config", "colectors")),
        ("config.collectors.extensions.max=0", ("config", "collectors", "max", "1")),
        ("config.targets[0].wait_limt.critical=1m", ("targets", "0", "wait_limt")),
        ("config.targets[0].callers_limit=5", ("targets", "0", "queues")),
        ("config.targets[0].service_level.ratio=80", ("targets", "0", "ratio", "1")),
        ("config.max_body=64MB", ("config", "max_body")),
        ("web.config.tls_server_config.client_auth_type=RequireAnyClientCert", ("client_auth_type",)),
        ("web.config.tls_server_config.min_version=TLS10", ("min_version", "TLS12")),
        ("web.config.basic_auth_users.me=secret", ("basic_auth_users", "me")),
        ("web.telemetryPath=metrics", ("web", "telemetryPath")),
        ("log.level=verbose", ("log", "level", "info")),
        ("service.type=ExternalName", ("service", "type", "ClusterIP")),
        ("service.port=70000", ("service", "port")),
        ("serviceMonitor.interval=15", ("serviceMonitor", "interval", "string")),
        ("serviceMonitor.relabelings[0].target=x", ("serviceMonitor", "relabelings", "target")),
        ("prometheusRule.additionalRules[0].alert=x", ("additionalRules", "0", "expr")),
        ("podDisruptionBudget.minAvailable=1", ("podDisruptionBudget", "minAvailable")),
        ("podDisruptionBudget.maxUnavailable=0", ("podDisruptionBudget", "maxUnavailable")),
        ("networkPolicy.egressPorts[0]=https", ("networkPolicy", "egressPorts")),
        ("securityContext.runAsRoot=true", ("securityContext", "runAsRoot")),
        ("resources.limit.cpu=1", ("resources", "limit")),
        ("probes.liveness.path=/", ("probes", "liveness", "path")),
        ("probes.handler=grpc", ("probes", "handler", "httpGet")),
        ("env[0].nam=x", ("env", "0", "nam")),
        ("tolerations[0].effect=Never", ("tolerations", "0", "effect", "NoSchedule")),
        ("replicas=2", ("replicas",)),
        ("image.tag=a b", ("image", "tag")),
        ("image.repository=a b", ("image", "repository")),
        ("resources.limits.memory=lots", ("resources", "memory")),
        ("networkPolicy.egressCidrs[0]=192.0.2.0/99", ("egressCidrs", "0")),
        ("networkPolicy.egressCidrs[0]=192.0.2.300/24", ("egressCidrs", "0")),
        ("networkPolicy.egressCidrs[0]=2001:db8::/129", ("egressCidrs", "0")),
        ("networkPolicy.ingressFrom[0].ipBlock.cidr=here", ("ingressFrom", "cidr")),
        ("service.loadBalancerSourceRanges[0]=192.0.2.1", ("loadBalancerSourceRanges",)),
        ("commonLabels.team=a b", ("commonLabels", "team")),
        ("podLabels.a b=c", ("podLabels", "a b")),
        ("nodeSelector.disk=a b", ("nodeSelector", "disk")),
        ("dashboards.labelValue=a b", ("dashboards", "labelValue")),
        ("fullnameOverride=a-name-of-fifty-three-characters-which-is-one-too-many", ("fullnameOverride",)),
        ("global.imageRegistry=a b", ("global", "imageRegistry")),
    ],
)
def test_a_bad_value_is_refused_by_name(setting: str, said: tuple[str, ...], generation: str) -> None:
    with pytest.raises(chart.Refused) as refused:
        chart.render(None, *MINIMAL, setting, generation=generation)
    assert "schema" in str(refused.value)
    for each in said:
        assert each in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("accounts[0].name=main",), "accounts[0] (main): has nothing for its code"),
        ((*MINIMAL, "accounts[0].code=x"), "accounts[0] (main): has existingSecret and code for its code"),
        (
            ("accounts[0].name=main", "accounts[0].code=x", "accounts[0].existingSecretKey=k"),
            "existingSecretKey needs existingSecret",
        ),
        (
            (*MINIMAL, "accounts[1].name=main", "accounts[1].code=x"),
            'the name "main" is taken by accounts[0]',
        ),
        ((*MINIMAL, "demo=true"), "demo: serves a simulated call centre and no accounts"),
        (("demo=true", "shards=2"), "leave shards at 1"),
        ((*MINIMAL, "web.tls=true"), "need a web configuration file"),
        ((*MINIMAL, "web.existingSecret=x", "web.config.rate_limit.burst=1"), "config and existingSecret"),
        ((*MINIMAL, "serviceMonitor.enabled=true", "podMonitor.enabled=true"), "scraped twice"),
        ((*MINIMAL, "serviceMonitor.enabled=true", "scrapeConfig.enabled=true"), "metricsAccounts: false"),
        ((*MINIMAL, "metricsAccounts=false"), "set scrapeConfig.enabled"),
        (
            (*MINIMAL, "serviceMonitor.enabled=true", "serviceMonitor.scrapeTimeout=16s"),
            "serviceMonitor: scrapeTimeout 16s is longer than interval 15s",
        ),
        (
            (*MINIMAL, "podMonitor.enabled=true", "podMonitor.scrapeTimeout=1m30s"),
            "podMonitor: scrapeTimeout 1m30s is longer than interval 15s",
        ),
        ((*MINIMAL, "service.nodePort=30061"), "set service.type to NodePort or LoadBalancer"),
        ((*MINIMAL, "config.existingSecret=x"), "holds the whole configuration"),
        (("config.existingSecret=x", "config.max_body=1MiB"), "holds the whole configuration"),
        (
            (*MINIMAL, "web.existingSecret=x", "web.clientCertificate=true", "probes.handler=httpGet"),
            "the kubelet has none",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(settings: tuple[str, ...], said: str) -> None:
    with pytest.raises(chart.Refused) as refused:
        chart.render(None, *settings)
    assert said in str(refused.value)


def test_all_contradictions_are_reported_together() -> None:
    with pytest.raises(chart.Refused) as refused:
        chart.render(None, "demo=true", "shards=2", "web.tls=true")
    assert str(refused.value).count("\n  - ") == 2
