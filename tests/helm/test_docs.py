"""The values that docs/kubernetes.md shows are values that the chart takes."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from tests.helm import chart

PAGE = (chart.REPOSITORY / "docs" / "kubernetes.md").read_text()
EXAMPLES = [
    yaml.safe_load(textwrap.dedent(each)) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
]
ACCOUNT = {"accounts": [{"name": "main", "existingSecret": "voicenter-code"}]}


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("values", EXAMPLES)
def test_an_example_is_rendered(values: chart.Object, tmp_path: Path) -> None:
    assert chart.of_kind(chart.render_values(tmp_path, ACCOUNT | values), "Deployment", "StatefulSet")
