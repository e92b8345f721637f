"""The chart, rendered and packaged by the real helm of both generations."""

from __future__ import annotations

import functools
import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support import tools

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "helm" / "voicenter-exporter"
CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
GENERATIONS = ("helm-3", "helm-4")
RELEASE = "voicenter-exporter"
NAMESPACE = "monitoring-test"

Object = dict[str, Any]


class Refused(Exception):
    """helm refused; the text is what it said."""


def helm(generation: str, *arguments: str | Path) -> str:
    """What helm wrote to stdout; raises `Refused` with what it wrote to stderr."""
    command = [tools.required(generation, "helm"), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Refused(_without_links(done.stderr) + done.stdout)
    return done.stdout


def _without_links(text: str) -> str:
    """helm tells of every symbolic link that it follows."""
    return "".join(line for line in text.splitlines(keepends=True) if "symbolic link" not in line)


@functools.cache
def render(values: Path | None = None, *settings: str, generation: str = "helm-4") -> list[Object]:
    """The objects of a release with a file of values and `--set` settings."""
    arguments: list[str | Path] = ["template", RELEASE, CHART, "--namespace", NAMESPACE]
    if values:
        arguments += ["--values", values]
    arguments += [f"--set={setting}" for setting in settings]
    return [each for each in yaml.load_all(helm(generation, *arguments), yaml.CSafeLoader) if each]


def render_values(folder: Path, values: Object, generation: str = "helm-4") -> list[Object]:
    """The objects of a release with these values, which are written to a file of `folder`."""
    text = yaml.safe_dump(values)
    path = folder / f"values-{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
    path.write_text(text)
    return render(path, generation=generation)


def notes(*settings: str, generation: str = "helm-4") -> str:
    """What helm tells after an installation."""
    arguments: list[str | Path] = ["install", RELEASE, CHART, "--dry-run=client", "--namespace", NAMESPACE]
    text = helm(generation, *arguments, *(f"--set={setting}" for setting in settings))
    return text.partition("NOTES:\n")[2]


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """The objects of these kinds, without those of hooks."""
    return [each for each in objects if each["kind"] in kinds and hook(each) is None]


def hook(each: Object) -> str | None:
    """The hook that the object belongs to."""
    found: str | None = each["metadata"].get("annotations", {}).get("helm.sh/hook")
    return found


def of_hook(objects: Iterable[Object], *kinds: str, name: str = "test") -> Object:
    """The only object of these kinds that belongs to a hook."""
    (found,) = [each for each in objects if each["kind"] in kinds and name in (hook(each) or "")]
    return found


def one(objects: Iterable[Object], *kinds: str) -> Object:
    """The only object of these kinds."""
    (found,) = of_kind(objects, *kinds)
    return found


def pod(objects: Iterable[Object]) -> Object:
    """The spec of the exporter's pod."""
    spec: Object = one(objects, "Deployment", "StatefulSet")["spec"]["template"]["spec"]
    return spec


def container(objects: Iterable[Object]) -> Object:
    """The exporter's container."""
    found: Object = pod(objects)["containers"][0]
    return found


def pod_specs(objects: Iterable[Object]) -> list[Object]:
    """The specs of all pods, those of hooks included."""
    kinds = ("Deployment", "StatefulSet", "Pod", "Job")
    workloads = [each for each in objects if each["kind"] in kinds]
    return [each["spec"] if each["kind"] == "Pod" else each["spec"]["template"]["spec"] for each in workloads]


def configuration(objects: Iterable[Object]) -> Object:
    """The exporter's configuration file."""
    maps = [each for each in of_kind(objects, "ConfigMap") if "config.yaml" in each["data"]]
    loaded: Object = yaml.safe_load(maps[0]["data"]["config.yaml"])
    return loaded


def ids(paths: Sequence[Path]) -> list[str]:
    """Names of files of values, for pytest."""
    return [path.name.removesuffix("-values.yaml") for path in paths]
