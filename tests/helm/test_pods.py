"""What runs: one pod or shards, where the codes are, how its health is asked, what makes it roll."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm import chart

CI = chart.CHART / "ci"
CODE = "7A1C93D20E"
MINIMAL = ("accounts[0].name=main", "accounts[0].existingSecret=voicenter-code")
OWN_CODE = ("accounts[0].name=main", f"accounts[0].code={CODE}")

every_values = pytest.mark.parametrize("values", chart.CI_VALUES, ids=chart.ids(chart.CI_VALUES))


def pod_annotations(*settings: str) -> dict[str, str]:
    workload = chart.one(chart.render(None, *settings), "Deployment", "StatefulSet")
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["annotations"]
    return found


def projected(pod: chart.Object, volume: str) -> list[Any]:
    (found,) = [each for each in pod["volumes"] if each["name"] == volume]
    sources: list[Any] = found["projected"]["sources"]
    return sources


def test_one_command_is_enough() -> None:
    objects = chart.render(None, *MINIMAL)
    assert {each["kind"] for each in objects} == {
        "Deployment",
        "Service",
        "ServiceAccount",
        "ConfigMap",
        "Pod",
        "Job",
    }
    assert chart.configuration(objects) == {
        "accounts": [{"name": "main", "code_file": "/run/secrets/voicenter/main"}]
    }
    assert projected(chart.pod(objects), "codes") == [
        {
            "secret": {
                "name": "voicenter-code",
                "optional": True,
                "items": [{"key": "code", "path": "main"}],
            }
        }
    ]


def test_two_pods_of_one_account_never_run_at_once() -> None:
    spec = chart.one(chart.render(None, *MINIMAL), "Deployment")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_nothing_runs_without_an_account() -> None:
    objects = chart.render()
    assert chart.one(objects, "Deployment")["spec"]["replicas"] == 0
    assert not [each for each in objects if chart.hook(each)]
    assert "no code is configured" in chart.notes()
    assert "no code is configured" not in chart.notes(*MINIMAL)


def test_shards_take_their_number_from_the_ordinal() -> None:
    objects = chart.render(None, *MINIMAL, "shards=3")
    workload, container = chart.one(objects, "StatefulSet"), chart.container(objects)
    assert workload["spec"]["replicas"] == 3
    assert {"--shard=$(POD_INDEX)", "--total-shards=3"} <= set(container["args"])
    (variable,) = container["env"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['apps.kubernetes.io/pod-index']"
    names = [each["metadata"]["name"] for each in chart.of_kind(objects, "Service")]
    assert workload["spec"]["serviceName"] in names


def test_a_code_of_the_values_is_in_a_secret_only() -> None:
    objects = chart.render(None, *OWN_CODE)
    secret = chart.one(objects, "Secret")
    assert base64.b64decode(secret["data"]["main"]).decode() == CODE
    others = json.dumps([each for each in objects if each["kind"] != "Secret"])
    assert CODE not in others
    assert base64.b64encode(CODE.encode()).decode() not in others
    (source,) = projected(chart.pod(objects), "codes")
    assert source["secret"]["name"] == secret["metadata"]["name"]
    assert "existingSecret" in chart.notes(*OWN_CODE)


def test_each_account_has_a_file_of_its_own() -> None:
    objects = chart.render(CI / "full-values.yaml")
    mount = next(each for each in chart.container(objects)["volumeMounts"] if each["name"] == "codes")
    sources = projected(chart.pod(objects), "codes")
    mounted = {f"{mount['mountPath']}/{item['path']}" for each in sources for item in each["secret"]["items"]}
    files = {each["name"]: each["code_file"] for each in chart.configuration(objects)["accounts"]}
    assert files.pop("vault") == "/vault/secrets/voicenter"
    assert set(files.values()) == mounted
    assert len(mounted) == 3


def workload(*settings: str) -> chart.Object:
    found: chart.Object = chart.one(chart.render(None, *settings), "Deployment", "StatefulSet")["spec"]
    return found


@pytest.mark.parametrize(
    "change",
    [
        "accounts[0].timeout=9s",
        "config.max_body=1MiB",
        "web.config.rate_limit.burst=2",
        "accounts[1].code=OTHER",
        "serviceMonitor.enabled=true",
        "service.port=80",
        "commonLabels.team=support",
        "commonAnnotations.team=support",
    ],
)
def test_what_the_exporter_reads_again_or_never_reads_does_not_restart_it(change: str) -> None:
    """A restart costs the counters; a checksum would besides tell a short code to who can read pods."""
    before = (*MINIMAL, "accounts[1].name=own", "accounts[1].code=ONE", "web.config.rate_limit.burst=1")
    assert workload(*before, change)["template"] == workload(*before)["template"]


def test_a_new_version_of_the_chart_alone_does_not_restart_the_exporter(tmp_path: Path) -> None:
    copy = tmp_path / "chart"
    shutil.copytree(chart.CHART, copy)
    text = (copy / "Chart.yaml").read_text()
    (copy / "Chart.yaml").write_text(re.sub(r"^version: .*$", "version: 99.0.0", text, flags=re.MULTILINE))
    settings = [f"--set={each}" for each in MINIMAL]
    text = chart.helm("helm-4", "template", chart.RELEASE, copy, f"--namespace={chart.NAMESPACE}", *settings)
    rendered = chart.one(yaml.safe_load_all(text), "Deployment")
    assert rendered["metadata"]["labels"]["helm.sh/chart"].endswith("-99.0.0")
    assert rendered["spec"]["template"] == workload(*MINIMAL)["template"]


def test_an_account_more_mounts_its_code_and_so_restarts_the_exporter() -> None:
    more = ("accounts[1].name=other", "accounts[1].existingSecret=other")
    assert workload(*MINIMAL, *more)["template"] != workload(*MINIMAL)["template"]


def test_shards_change_their_number_all_at_once_and_go_to_different_nodes() -> None:
    spec = workload(*MINIMAL, "shards=3")
    assert spec["podManagementPolicy"] == "Parallel"
    assert spec["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 3}
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == (
        "kubernetes.io/hostname",
        "ScheduleAnyway",
    )
    assert "topologySpreadConstraints" not in workload(*MINIMAL)["template"]["spec"]


@every_values
def test_pods_meet_the_restricted_level(values: Path) -> None:
    for spec in chart.pod_specs(chart.render(values)):
        assert spec["automountServiceAccountToken"] is False
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] >= 10000
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*spec["containers"], *spec.get("initContainers", [])):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"] is True
            assert container["resources"]["limits"]["memory"]


@every_values
def test_no_budget_blocks_a_drain(values: Path) -> None:
    for budget in chart.of_kind(chart.render(values), "PodDisruptionBudget"):
        assert "minAvailable" not in budget["spec"]
        assert budget["spec"]["maxUnavailable"] not in (0, "0%")


def probe_handlers(*settings: str) -> set[str]:
    container = chart.container(chart.render(None, *MINIMAL, *settings))
    known = {"httpGet", "exec", "tcpSocket"}
    return {
        handler
        for each in ("startup", "liveness", "readiness")
        for handler in container[f"{each}Probe"].keys() & known
    }


def test_the_kubelet_asks_over_http_or_tls() -> None:
    assert probe_handlers() == {"httpGet"}
    settings = (*MINIMAL, "web.existingSecret=web", "web.tls=true")
    assert chart.container(chart.render(None, *settings))["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"


@pytest.mark.parametrize(
    "settings",
    [
        ("web.existingSecret=web", "web.clientCertificate=true"),
        ("web.config.tls_server_config.client_auth_type=RequireAndVerifyClientCert",),
    ],
)
def test_where_client_certificates_are_required_the_image_asks_itself(settings: tuple[str, ...]) -> None:
    assert probe_handlers(*settings) == {"exec"}
    command = chart.container(chart.render(None, *MINIMAL, *settings))["readinessProbe"]["exec"]["command"]
    assert command[-1] == "https://127.0.0.1:10061/-/ready"
    assert probe_handlers(*settings, "probes.handler=tcpSocket") == {"tcpSocket"}


def test_the_test_pod_asks_each_shard_by_name() -> None:
    objects = chart.render(CI / "sharded-values.yaml")
    (container,) = chart.of_hook(objects, "Pod")["spec"]["containers"]
    domain = f"voicenter-exporter-shards.{chart.NAMESPACE}.svc:10061"
    assert container["args"] == [f"https://voicenter-exporter-{shard}.{domain}/sd" for shard in range(3)]


def test_selectors_find_the_pods_and_only_them() -> None:
    objects = chart.render(CI / "full-values.yaml")
    labels = chart.one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    test_labels = chart.of_hook(objects, "Pod")["metadata"]["labels"]
    selectors = [
        chart.one(objects, "Deployment")["spec"]["selector"]["matchLabels"],
        chart.one(objects, "Service")["spec"]["selector"],
        chart.one(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        chart.one(objects, "PodMonitor")["spec"]["selector"]["matchLabels"],
        chart.one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= test_labels.items()


def test_labels_that_selectors_use_cannot_be_overridden() -> None:
    setting = r"podLabels.app\.kubernetes\.io/component=mine"
    workload = chart.one(chart.render(None, *MINIMAL, setting), "Deployment")["spec"]
    assert workload["selector"]["matchLabels"].items() <= workload["template"]["metadata"]["labels"].items()


def test_the_network_policy_lets_out_dns_and_https_only() -> None:
    spec = chart.one(chart.render(None, *MINIMAL, "networkPolicy.enabled=true"), "NetworkPolicy")["spec"]
    ports = {(port["port"], port["protocol"]) for rule in spec["egress"] for port in rule["ports"]}
    assert ports == {(53, "UDP"), (53, "TCP"), (443, "TCP")}
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    demo = chart.one(chart.render(None, "demo=true", "networkPolicy.enabled=true"), "NetworkPolicy")["spec"]
    assert demo["egress"] == []


def test_the_scrape_config_asks_each_account_of_each_shard_where_it_was_listed() -> None:
    spec = chart.one(chart.render(CI / "sharded-values.yaml"), "ScrapeConfig")["spec"]
    assert [each["url"] for each in spec["httpSDConfigs"]] == chart.of_hook(
        chart.render(CI / "sharded-values.yaml"), "Pod"
    )["spec"]["containers"][0]["args"]
    assert spec["metricsPath"] == "/probe"
    assert [each["targetLabel"] for each in spec["relabelings"]][:3] == [
        "__param_target",
        "instance",
        "__address__",
    ]


def test_annotations_tell_a_prometheus_without_operator_where_to_scrape() -> None:
    found = pod_annotations(*MINIMAL, "scrapeAnnotations=true", "web.telemetryPath=/m")
    assert found["prometheus.io/path"] == "/m"
    assert found["prometheus.io/port"] == "10061"


def test_a_null_in_a_target_reaches_the_configuration() -> None:
    targets = chart.configuration(chart.render(CI / "full-values.yaml"))["targets"]
    assert targets[1]["wait_limit"] == {"critical": None}


@pytest.mark.parametrize("name", ["2024", "voicenter", "x"])
def test_names_and_labels_hold_for_any_release_name(name: str) -> None:
    text = chart.helm("helm-4", "template", name, chart.CHART, *(f"--set={each}" for each in MINIMAL))
    for each in yaml.safe_load_all(text):
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == name
        assert each["metadata"]["name"].startswith(f"{name}-")
