"""What the documentation names is there: metrics, flags, keys, paths, targets of make, tests and modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from exporter.command import flags
from exporter.config import parse
from exporter.config.keys import keys
from exporter.config.settings import Account, Settings, Target
from exporter.metrics.catalogue import FAMILIES
from exporter.web import web_config
from renew.configuration import made_of
from tests.docs.pages import PAGES, REPOSITORY, Block, blocks, name_of
from tests.prometheus.rule_files import RECORDS, SERIES_OF_CATALOGUE
from tests.support.prometheus import promtool

KNOWN_METRICS: Final = SERIES_OF_CATALOGUE.keys() | FAMILIES.keys() | set(RECORDS)
KNOWN_FLAGS: Final = {option for action in flags.parser()._actions for option in action.option_strings}
OWN_FLAG: Final = re.compile(
    r"(?<![\w-])--(?:no-)?(?:config|web|api|log)\.[a-z.-]*[a-z]|--(?:demo(?:\.past)?|(?:total-)?shards?)\b"
)
ROOT_WORDS: Final = {name for made in (Settings, Account, Target) for name in keys(made)}

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def paths_of(made: type, prefix: str = "") -> Iterator[str]:
    """Every key with its path, `collectors.extensions.max`."""
    for name, key in keys(made).items():
        yield prefix + name
        if inner := made_of(key.kind):
            yield from paths_of(inner, f"{prefix}{name}.")


KNOWN_KEYS: Final = {path for made in (Settings, Account, Target) for path in paths_of(made)}


@each_page
def test_metrics_are_in_the_catalogue_or_recorded(page: Path) -> None:
    named = set(re.findall(r"\bvoicenter[_:][a-z0-9_:]*[a-z0-9]", page.read_text("utf-8")))
    assert named - KNOWN_METRICS == set()


def test_queries_for_the_numbers_of_other_tools_are_promql() -> None:
    page = next(page for page in PAGES if page.name == "from-your-present-tool.md")
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("|")]
    spans = [span.replace("\\|", "|") for row in rows for span in re.findall(r"`([^`]+)`", row)]
    queries = [span for span in spans if span.startswith("voicenter") or "(" in span]
    assert len(queries) > 30
    for query in queries:
        promql_parser.parse(query)


@each_page
def test_flags_are_those_of_help(page: Path) -> None:
    named = set(OWN_FLAG.findall(page.read_text("utf-8")))
    others = {"--config.file"} if "prometheus --config.file" in page.read_text() else set()
    assert named - others <= KNOWN_FLAGS


def test_the_docs_name_every_flag() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    text = re.sub(r"<!-- voicenter-exporter --help -->.*?<!-- end -->", "", text, flags=re.DOTALL)
    named = set(OWN_FLAG.findall(text)) | set(re.findall(r"--version\b", text))
    own = {flag for flag in KNOWN_FLAGS if flag.startswith("--")}
    # Of two opposite forms the docs name the one that changes something.
    assert own - named <= {"--help", "--web.metrics-accounts", "--web.live"}


@each_page
def test_keys_of_the_configuration_are_in_its_schema(page: Path) -> None:
    if "helm" in page.parts or page.name in ("kubernetes.md", "web-configuration.md"):
        return  # their keys are those of the chart, and of the other file
    for path in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", page.read_text("utf-8")):
        if path.partition(".")[0] in ROOT_WORDS and path.rpartition(".")[2] not in (
            "py",
            "md",
            "yaml",
            "json",
        ):
            assert path in KNOWN_KEYS, path


def _examples(*words: str) -> list[Block]:
    """The YAML blocks, those of the chart aside, that have one of these keys at the top."""
    return [
        block
        for block in blocks("yaml")
        if "helm" not in block.page.parts
        and block.page.name != "kubernetes.md"
        and set(yaml.safe_load(block.content)) & set(words)
    ]


@pytest.mark.parametrize("block", _examples("accounts", "defaults", "accounts_dir", "targets"), ids=str)
def test_examples_of_the_configuration_are_good(block: Block, tmp_path: Path) -> None:
    content: dict[str, Any] = yaml.safe_load(block.content)
    content.setdefault("accounts", [{"name": "main", "code": "C"}])
    for place, account in enumerate(content["accounts"]):
        account.pop("code_file", None)  # it is not on this machine
        account.setdefault("code", f"C-{place}")
    if "accounts_dir" in content:
        content["accounts_dir"] = str(tmp_path)
    assert parse(yaml.safe_dump(content), tmp_path / "config.yaml", {}).accounts


@pytest.mark.parametrize("block", _examples("scrape_configs", "remote_write", "global"), ids=str)
def test_examples_of_prometheus_are_good(block: Block, generation: str, tmp_path: Path) -> None:
    for name in ("ca.crt", "password"):
        (tmp_path / name).touch()
    file = tmp_path / "prometheus.yml"
    file.write_text(block.content)
    done = promtool(generation, "check", "config", "--syntax-only", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_of_the_web_configuration_is_good(tmp_path: Path) -> None:
    (block,) = _examples("tls_server_config")
    content: dict[str, Any] = yaml.safe_load(block.content)
    del content["tls_server_config"]  # the certificate is not on this machine; tests/web has some
    file = tmp_path / "web.yml"
    file.write_text(yaml.safe_dump(content))
    assert list(web_config.load(file).users) == [b"prometheus"]


@each_page
def test_targets_of_make_are_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= targets


@each_page
def test_files_in_code_quotes_are_there(page: Path) -> None:
    tops = "exporter|tests|prometheus|grafana|helm|deploy|benchmarks|docs|compose"
    for path in re.findall(rf"`((?:{tops})/[\w./-]+)`", page.read_text("utf-8")):
        assert (REPOSITORY / path).exists(), path


def test_the_sample_of_the_readme_is_what_the_exporter_shows() -> None:
    samples = [block.content for block in blocks("text") if block.page.name == "README.md"]
    assert len(samples) == 1
    seen = [sample for family in text_string_to_metric_families(samples[0]) for sample in family.samples]
    assert len(seen) == len(samples[0].splitlines())
    for sample in seen:
        assert set(sample.labels) == SERIES_OF_CATALOGUE[sample.name]
        assert list(sample.labels) == sorted(sample.labels)


def test_the_docs_name_every_environment_variable() -> None:
    text = (REPOSITORY / "docs" / "configuration.md").read_text("utf-8")
    assert all(name in text for name in _environment((REPOSITORY / "exporter").rglob("*.py")))


def _environment(files: Iterable[Path]) -> set[str]:
    return {name for file in files for name in re.findall(r"\bVOICENTER_[A-Z_]+", file.read_text())}
