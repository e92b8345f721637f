"""The workflows of .github: correct, with the least rights, and doing what `make` does."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support.tools import required

REPOSITORY: Final = Path(__file__).parents[1]
FILES: Final = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
WRITES: Final = {
    ("release", "package"): {"id-token", "attestations"},
    ("release", "publish"): {"id-token"},
    ("release", "image"): {"packages", "id-token", "attestations"},
    ("release", "chart"): {"packages", "id-token", "attestations"},
    ("release", "release"): {"contents"},
    ("codeql", "analyze"): {"security-events"},
    ("scorecard", "analysis"): {"security-events", "id-token"},
}
"""What each job may write; all others may only read the repository."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def workflow(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(file.read_text(), Loader=yaml.BaseLoader)
    return content


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in workflow(file)["jobs"].values():
        yield from job.get("steps", ())


def test_actionlint_finds_nothing() -> None:
    actionlint = required("actionlint", "actionlint")
    done = subprocess.run([actionlint, "-no-color", *FILES], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_there_is_one_for_each_part() -> None:
    assert [file.stem for file in FILES] == [
        "chart",
        "codeql",
        "image",
        "lint",
        "release",
        "scorecard",
        "test",
    ]


@each_file
def test_jobs_may_do_no_more_than_they_must(file: Path) -> None:
    content = workflow(file)
    assert content["permissions"] == {"contents": "read"}
    for name, job in content["jobs"].items():
        writes = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert writes == WRITES.get((file.stem, name), set()), name
        assert "timeout-minutes" in job or "uses" in job, name


@each_file
def test_actions_are_pinned_to_a_commit_beside_its_version(file: Path) -> None:
    for used in (step["uses"] for step in steps(file) if "uses" in step):
        assert re.fullmatch(r"[\w-]+(/[\w-]+){1,2}@[0-9a-f]{40}", used), used
    for line in re.findall(r"@[0-9a-f]{40}.*", file.read_text()):
        assert re.fullmatch(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_one_version_in_all_workflows() -> None:
    text = "".join(file.read_text() for file in FILES)
    pins = set(re.findall(r"uses: ([\w-]+/[\w-]+)\S*@(\S+) # (\S+)", text))
    assert len(pins) == len({action for action, *_ in pins})


def test_dependabot_looks_after_all_that_is_pinned() -> None:
    text = (REPOSITORY / ".github" / "dependabot.yml").read_text()
    found = {each["package-ecosystem"] for each in yaml.safe_load(text)["updates"]}
    assert found == {"github-actions", "pip", "docker", "docker-compose", "helm"}


@each_file
def test_who_attests_in_a_registry_logs_in_with_docker_first(file: Path) -> None:
    """The action reads docker's credentials; it does not see those of `helm registry login`."""
    for job in workflow(file)["jobs"].values():
        done: set[str] = set()
        for step in job.get("steps", ()):
            if step.get("with", {}).get("push-to-registry") == "true":
                assert "docker/login-action" in done
            done.add(step.get("uses", "").partition("@")[0])


@each_file
def test_the_token_is_not_left_in_the_checkout(file: Path) -> None:
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@each_file
def test_no_registry_is_named(file: Path) -> None:
    assert not re.findall(r"\b[\w-]+\.(?:io|org|com|dev)\b", file.read_text())


@each_file
def test_what_is_made_can_be_made(file: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    for script in (step["run"] for step in steps(file) if "run" in step):
        for line in re.findall(r"^\s*make (.+)$", script, re.MULTILINE):
            assert set(line.split()) <= targets


def test_the_gate_runs_on_every_python_that_the_package_tells_of() -> None:
    classifiers = re.findall(
        r'"Programming Language :: Python :: (3\.\d+)"', (REPOSITORY / "pyproject.toml").read_text()
    )
    (job,) = workflow(REPOSITORY / ".github" / "workflows" / "test.yml")["jobs"].values()
    # A newer one is tried by tests/package, as Debian has it.
    matrix = job["strategy"]["matrix"]["python"]
    assert matrix == classifiers[: len(matrix)]
    assert len(classifiers) - len(matrix) <= 1


def test_nothing_is_published_before_all_is_tested() -> None:
    jobs = workflow(REPOSITORY / ".github" / "workflows" / "release.yml")["jobs"]

    def before(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        named = {needs} if isinstance(needs, str) else set(needs)
        return named.union(*(before(each) for each in named))

    assert {"lint", "test", "image-test"} <= before("publish") & before("image")
    assert {"lint", "test", "image-test", "chart-test"} <= before("chart") & before("release")
