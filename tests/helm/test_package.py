"""The packaged chart: what is inside, and that it does the same as the folder."""

from __future__ import annotations

import base64
import tarfile
from pathlib import Path

import pytest
import yaml

import exporter
from helm import readme
from tests.helm import chart


@pytest.fixture(scope="module", params=chart.GENERATIONS)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, packaged by either helm."""
    folder = tmp_path_factory.mktemp("package")
    chart.helm(request.param, "package", chart.CHART, "--destination", folder)
    (path,) = folder.glob("*.tgz")
    return path


@pytest.mark.parametrize("generation", chart.GENERATIONS)
def test_lint_finds_nothing(generation: str) -> None:
    for values in chart.CI_VALUES:
        chart.helm(generation, "lint", "--strict", chart.CHART, "--values", values)


def test_the_archive_holds_the_rules_and_dashboards_themselves(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        members = {each.name.partition("/")[2]: each for each in tar.getmembers()}
        for folder in ("rules", "dashboards"):
            source = chart.CHART / "files" / folder
            names = [path.name for path in source.iterdir() if path.is_file()]
            assert names
            for name in names:
                member = members[f"files/{folder}/{name}"]
                assert member.isfile()
                content = tar.extractfile(member)
                assert content is not None
                assert content.read() == (source / name).read_bytes()
    assert {
        "Chart.yaml",
        "values.yaml",
        "values.schema.json",
        "README.md",
        "templates/NOTES.txt",
    } <= members.keys()
    assert not [name for name in members if name.startswith("ci/") or not name.strip(".")]


def test_the_archive_fits_into_a_release(archive: Path) -> None:
    # Helm keeps a release, its files included, in a Secret of 1 MiB at most; base64 takes a third more.
    assert archive.stat().st_size < 500_000


def test_the_archive_renders_as_the_folder(archive: Path) -> None:
    values = chart.CHART / "ci" / "full-values.yaml"
    text = chart.helm(
        "helm-4", "template", chart.RELEASE, archive, "--namespace", chart.NAMESPACE, "--values", values
    )
    assert [each for each in yaml.load_all(text, yaml.CSafeLoader) if each] == chart.render(values)


def test_the_chart_has_the_version_of_the_exporter() -> None:
    metadata = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    assert metadata["appVersion"] == metadata["version"] == exporter.__version__


def test_the_chart_shows_the_icon_of_the_folder() -> None:
    metadata = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    icon = base64.b64encode((chart.CHART.parent / "icon.svg").read_bytes()).decode()
    assert metadata["icon"] == f"data:image/svg+xml;base64,{icon}"
    assert metadata["sources"] == [metadata["home"]]


def test_the_readme_tells_of_every_value_as_it_is() -> None:
    assert readme.README.read_text() == readme.page(), "run python helm/readme.py"
    text = (chart.CHART / "values.yaml").read_text()
    documented = {option.path for option in readme.options(text)}

    def undocumented(values: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        if path in documented:
            return []
        if isinstance(values, dict) and values:
            return [each for key, value in values.items() for each in undocumented(value, (*path, key))]
        return [path]

    assert undocumented(yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("demo=true",), "simulated call centre"),
        (("demo=true",), "serviceMonitor.enabled=true"),
        (
            ("demo=true", "web.existingSecret=w", "web.clientCertificate=true"),
            "Client certificates are required",
        ),
        (
            ("demo=true", "scrapeConfig.enabled=true", "metricsAccounts=false"),
            "the alerts need the exporter's own",
        ),
    ],
)
def test_the_notes_say_what_to_do_next(settings: tuple[str, ...], said: str) -> None:
    assert said in chart.notes(*settings)


@pytest.mark.parametrize("version", ["1.28.0", "1.37.0", "v1.30.4-gke.100"])
def test_the_chart_takes_the_versions_of_kubernetes_that_it_names(version: str) -> None:
    assert chart.helm("helm-4", "template", chart.RELEASE, chart.CHART, f"--kube-version={version}")


def test_an_older_kubernetes_is_refused() -> None:
    with pytest.raises(chart.Refused, match=r"requires kubeVersion: >=1\.28"):
        chart.helm("helm-4", "template", chart.RELEASE, chart.CHART, "--kube-version=1.27.9")
