"""What the chart renders is really run: arguments, configuration, secrets and probes of the pod."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import bcrypt
import pytest
import trustme
import yaml

from exporter.command import healthcheck
from tests.helm import chart
from tests.support.exporter import Exporter
from tests.support.processes import command, running

CODE = "7A1C93D20E"
RUN = [command("voicenter-exporter")]
Sources = Mapping[str, Mapping[str, str]]  # files by name, of each Secret or the like
EXISTING: Sources = {"voicenter-code": {"code": CODE}}


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """The base URL of a call centre whose code is CODE."""
    flags = [
        "--listen-address=127.0.0.1:0",
        f"--code={CODE}",
        "--wrong-code=refused",
        "--agents=5",
        "--queues=2",
    ]
    with running([command("voicenter-simulator"), *flags]) as process:
        yield process.wait_for(r"http://[^\s\"]+/comet/API").group()


class Pod:
    """The rendered pod. What the kubelet would mount is written below a folder; paths then begin with it."""

    def __init__(
        self,
        objects: list[chart.Object],
        root: Path,
        outside: Sources = EXISTING,
        spec: chart.Object | None = None,
    ) -> None:
        """`outside` are the Secrets and the like that the chart does not make; `spec` is another pod's."""
        spec = spec or chart.pod(objects)
        self.container = spec["containers"][0]
        secrets = {
            each["metadata"]["name"]: {
                key: base64.b64decode(text).decode() for key, text in each["data"].items()
            }
            for each in chart.of_kind(objects, "Secret")
        }
        config_maps = {
            each["metadata"]["name"]: each["data"] for each in objects if each["kind"] == "ConfigMap"
        }
        self._sources = {**outside, **secrets, **config_maps}
        self._root = root
        self._mounts = {each["name"]: each["mountPath"] for each in self.container.get("volumeMounts", [])}
        for volume in spec.get("volumes", []):
            self._mount(volume)

    def arguments(self, **variables: str) -> list[str]:
        """The container's arguments, with paths below the folder and a free port of the loopback device."""
        text = "\n".join(self.container["args"]).replace("=:10061", "=127.0.0.1:0")
        for name, value in variables.items():
            text = text.replace(f"$({name})", value)
        return self._below(text).splitlines()

    def _mount(self, volume: chart.Object) -> None:
        folder = self._root / self._mounts[volume["name"]].lstrip("/")
        folder.mkdir(parents=True)
        for name, text in self._files(volume):
            (folder / name).write_text(self._below(text))

    def _files(self, volume: chart.Object) -> Iterator[tuple[str, str]]:
        match volume:
            case {"secret": {"name": name, "optional": True}} if name not in self._sources:
                pass
            case {"secret": {"name": name, "items": items}}:
                yield from ((each["path"], self._sources[name][each["key"]]) for each in items)
            case (
                {"secret": {"secretName": name}} | {"secret": {"name": name}} | {"configMap": {"name": name}}
            ):
                yield from self._sources[name].items()
            case {"emptyDir": _, "name": name}:
                yield from self._sources[name].items()
            case {"projected": {"sources": sources}}:
                for source in sources:
                    yield from self._files(source)

    def _below(self, text: str) -> str:
        for path in self._mounts.values():
            text = re.sub(rf"(?<![\w/]){re.escape(path)}", f"{self._root}{path}", text)
        return text


def settings(base_url: str, *more: str) -> list[str]:
    return [f"accounts[0].base_url={base_url}", "accounts[0].name=main", "accounts[0].min_interval=0s", *more]


@pytest.mark.parametrize(
    "source",
    ["accounts[0].existingSecret=voicenter-code", f"accounts[0].code={CODE}"],
    ids=["existing", "own"],
)
def test_the_pod_scrapes_its_account(simulator: str, source: str, tmp_path: Path) -> None:
    objects = chart.render(None, *settings(simulator, source))
    with running([*RUN, *Pod(objects, tmp_path).arguments()]) as process:
        exporter = Exporter(process)
        assert exporter.scrape().value("voicenter_up", account="main") == 1
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert exporter.get(chart.container(objects)[probe]["httpGet"]["path"]).status_code == 200
        assert CODE not in process.output
        assert process.stop() == 0


def test_a_renewed_secret_is_used_without_a_restart(simulator: str, tmp_path: Path) -> None:
    objects = chart.render(None, *settings(simulator, "accounts[0].existingSecret=voicenter-code"))
    pod = Pod(objects, tmp_path, {"voicenter-code": {"code": "OLD"}})
    with running([*RUN, *pod.arguments()]) as process:
        exporter = Exporter(process)
        assert exporter.scrape().value("voicenter_up", account="main") == 0
        (tmp_path / "run/secrets/voicenter/main").write_text(CODE)
        assert exporter.scrape().value("voicenter_up", account="main") == 1


def test_an_account_without_its_secret_stops_no_other(simulator: str, tmp_path: Path) -> None:
    other = (
        "accounts[1].name=other",
        "accounts[1].existingSecret=mistyped",
        f"accounts[1].base_url={simulator}",
    )
    objects = chart.render(None, *settings(simulator, "accounts[0].existingSecret=voicenter-code"), *other)
    with running([*RUN, *Pod(objects, tmp_path).arguments()]) as process:
        page = Exporter(process).scrape()
        assert page.value("voicenter_up", account="main") == 1
        assert page.value("voicenter_up", account="other") == 0
        assert page.failures("queues", "other") == {"credential": 1}


def checked(objects: list[chart.Object], folder: Path, outside: Sources = EXISTING) -> int:
    """The exit code of the job before an upgrade."""
    spec = chart.of_hook(objects, "Job", name="pre-upgrade")["spec"]["template"]["spec"]
    arguments = Pod(objects, folder, outside, spec).arguments()
    return subprocess.run([*RUN, *arguments], check=False, capture_output=True).returncode


@pytest.mark.parametrize(
    "mistake", [{"config": {"wait_buckets": ["30s", "10s"]}}, {"web": {"telemetryPath": "/probe"}}]
)
def test_a_configuration_that_the_exporter_refuses_ends_the_upgrade_before_the_pod(
    mistake: chart.Object, tmp_path: Path
) -> None:
    values = {"accounts": [{"name": "main", "existingSecret": "voicenter-code"}]}
    assert checked(chart.render_values(tmp_path, values), tmp_path / "good") == 0
    assert checked(chart.render_values(tmp_path, values | mistake), tmp_path / "bad") != 0


def test_the_check_before_an_upgrade_creates_what_it_needs_and_removes_it() -> None:
    objects = chart.render(None, *settings("https://vendor.example", "accounts[0].code=A1"))
    hooks = [each for each in objects if chart.hook(each) == "pre-install,pre-upgrade"]
    assert {each["kind"] for each in hooks} == {"ServiceAccount", "ConfigMap", "Job"}
    for each in hooks:
        policy = each["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert policy == "before-hook-creation,hook-succeeded"
    spec = chart.of_hook(objects, "Job", name="pre-upgrade")["spec"]["template"]["spec"]
    own = {each["metadata"]["name"] for each in hooks}
    assert spec["serviceAccountName"] in own
    assert {each["configMap"]["name"] for each in spec["volumes"]} <= own


def test_the_test_pods_log_is_there_to_be_read() -> None:
    """Helm 3 reads it after it has deleted what hook-succeeded names."""
    pod = chart.of_hook(chart.render(None, "demo=true"), "Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation"


def test_the_test_pods_command_finds_the_account_up(simulator: str, tmp_path: Path) -> None:
    objects = chart.render(None, *settings(simulator, "accounts[0].existingSecret=voicenter-code"))
    (container,) = chart.of_hook(objects, "Pod")["spec"]["containers"]
    with running([*RUN, *Pod(objects, tmp_path).arguments()]) as process:
        url = re.sub(r"http://[^/]+", Exporter(process).url, container["args"][0])
        assert "voicenter_up is 1 for main" in said([*container["command"][1:], url])


def test_shards_carry_each_account_once(simulator: str, tmp_path: Path) -> None:
    tenants = {
        f"tenant-{n}.yaml": yaml.safe_dump(
            {"name": f"tenant-{n}", "code": f"{CODE}{n}", "base_url": simulator}
        )
        for n in range(12)
    }
    values = {"accountsDir": {"secrets": ["tenants"]}, "shards": 3, "metricsAccounts": False}
    values |= {"scrapeConfig": {"enabled": True}}
    objects = chart.render_values(tmp_path, values)
    carried: list[str] = []
    for ordinal in range(3):
        pod = Pod(objects, tmp_path / str(ordinal), {"tenants": tenants})
        with running([*RUN, *pod.arguments(POD_INDEX=str(ordinal))]) as process:
            groups = Exporter(process).get("/sd").json()
            carried += [target for group in groups for target in group["targets"]]
    assert sorted(carried) == sorted(name.removesuffix(".yaml") for name in tenants)


def test_users_of_the_web_configuration_are_asked_for_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
    login = {key: {"name": "login", "key": key} for key in ("username", "password")}
    values = {
        "demo": True,
        "web": {"config": {"basic_auth_users": {"prometheus": hashed}}},
        "prometheusClient": {"basicAuth": login},
    }
    objects = chart.render_values(tmp_path, values)
    (container,) = chart.of_hook(objects, "Pod")["spec"]["containers"]
    variables = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]}
    secret = {"username": "prometheus", "password": "correct horse"}
    with running([*RUN, *Pod(objects, tmp_path).arguments()]) as process:
        exporter = Exporter(process)
        assert exporter.get("/metrics").status_code == 401
        question = ["--expect-up", f"{exporter.url}/metrics"]
        assert healthcheck.main(question) == 1
        for name, reference in variables.items():
            assert (reference["name"], reference["optional"]) == ("login", True)
            monkeypatch.setenv(name, secret[reference["key"]])
        assert healthcheck.main(question) == 0


def test_probes_work_where_client_certificates_are_required(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = authority.issue_cert("localhost")
    folder = "/etc/voicenter-exporter/tls"
    tls = {
        "cert_file": f"{folder}/tls.crt",
        "key_file": f"{folder}/tls.key",
        "client_ca_file": f"{folder}/ca.crt",
        "client_auth_type": "RequireAndVerifyClientCert",
    }
    values = {
        "demo": True,
        "web": {"config": {"tls_server_config": tls}, "certificateSecret": "certificate"},
        "helmTest": {"certificateSecret": "certificate"},
    }
    secret = {
        "tls.crt": b"".join(each.bytes() for each in server.cert_chain_pems).decode(),
        "tls.key": server.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }
    objects = chart.render_values(tmp_path, values)
    test = chart.of_hook(objects, "Pod")["spec"]
    asking = Pod(objects, tmp_path / "test", {"certificate": secret}, test).arguments()
    with running([*RUN, *Pod(objects, tmp_path, {"certificate": secret}).arguments()]) as process:
        address = Exporter(process).url.partition("//")[2]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            _, *module, url = chart.container(objects)[probe]["exec"]["command"]
            assert said([*module, url.replace("127.0.0.1:10061", address)]).startswith("https://")
        _, *module = test["containers"][0]["command"]
        *options, _ = asking
        assert "voicenter_up is 1 for demo" in said([*module, *options, f"https://{address}/metrics"])


def said(arguments: list[str]) -> str:
    """What a module of the image writes when it succeeds."""
    done = subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "name", [name for name in chart.ids(chart.CI_VALUES) if name not in ("demo", "unconfigured")]
)
def test_the_rendered_configuration_is_valid(name: str, tmp_path: Path) -> None:
    tenant = {"tenant.yaml": yaml.safe_dump({"name": "tenant", "code": "A1"})}
    outside = {
        "voicenter-code": {"code": CODE},
        "voicenter-codes": {"main": "B2", "haifa": "C3"},
        "voicenter-web": {},
        "voicenter-exporter-tls": {},
        "tenants": tenant,
        "tenants-a": tenant,
        "tenants-b": {},
        "tenants-c": {},
        "private-ca": {"ca.crt": trustme.CA().cert_pem.bytes().decode()},
        "vault": {"voicenter": "D4"},
        "voicenter-configuration": {"voicenter.yaml": "accounts: [{name: main, code: E5}]"},
    }
    pod = Pod(chart.render(chart.CHART / "ci" / f"{name}-values.yaml"), tmp_path, outside)
    (config,) = [each for each in pod.arguments() if each.startswith("--config.file=")]
    done = subprocess.run([*RUN, config, "--config.check"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
