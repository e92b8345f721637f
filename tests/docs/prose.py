"""The prose that users and maintainers read: pages, help, docstrings, alerts; and how hard it is to read.

python -m tests.docs.prose        reading ease (Flesch) of each page, the hardest first
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporter.command import flags
from exporter.metrics.catalogue import CATALOGUE
from renew.past_rules import rules
from tests.docs.pages import PAGES, REPOSITORY, name_of, prose

LONGEST: Final = 25
"""Words of a sentence."""
EASE: Final = 50
"""The least reading ease of a page; plain English is 60 to 70."""
PLAIN: Final = {
    r"(is|are|was|be) told(?! apart)": "say who logs, reports or shows it",
    r"told of": "say who reports it",
    r"(are|be|is) had": "is available",
    r"brings": "has, sends, gives",
    r"those who": "callers who, users who",
    r"mended": "fixed",
    r"just now": "currently",
    r"in trouble": "failing",
    r"let go of": "free, release",
}
"""Words that are not plain, and what to write instead."""
CODE: Final = ("exporter", "grafana", "renew", "benchmarks", "tests")
COMMENTED: Final = (
    "*.yaml",
    "Dockerfile",
    "Makefile",
    "compose/*.yml",
    "deploy/**/*.service",
    "helm/voicenter-exporter/values.yaml",
    "helm/voicenter-exporter/templates/**/*.yaml",
    "prometheus/**/*.yml",
    ".github/**/*.yml",
)
_SENTENCE: Final = 5
"""Blanks in a text of the code from which on it is prose."""
_GENERATED: Final = re.compile(r"<!-- [^>]* -->.*?<!-- end -->", re.DOTALL)
_ITEM: Final = re.compile(r"^([-*]|\d+\.) ")
_END: Final = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(]?[A-Z0-9\[])|(?<=[;:])\s+")


@dataclass(frozen=True)
class Text:
    """A paragraph and where it is from."""

    place: str
    words: str

    def sentences(self) -> list[str]:
        """Its sentences; a colon and a semicolon end one too."""
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", self.words)
        plain = re.sub(r"`[^`]*`", "Code", plain)  # may begin one
        return [each for each in _END.split(re.sub(r"[*_]", "", plain)) if each]


def words(sentence: str) -> list[str]:
    """Words and numbers."""
    return re.findall(r"\w[\w'%.,/-]*", sentence)


def of_page(text: str) -> Iterator[str]:
    """Paragraphs and items of a page, without tables, headings, code and generated parts."""
    paragraph: list[str] = []
    for line in [*_GENERATED.sub("\n\n", text).splitlines(), ""]:
        stripped = line.strip()
        ends = not stripped or stripped.startswith(("|", "#", "<!--", "![")) or _ITEM.match(stripped)
        if ends and paragraph:
            yield " ".join(paragraph)
            paragraph = []
        if _ITEM.match(stripped):
            paragraph = [_ITEM.sub("", stripped)]
        elif not ends:
            paragraph.append(stripped)


def texts() -> Iterator[Text]:
    """All of it."""
    for page in PAGES:
        yield from (Text(name_of(page), each) for each in of_page(prose(page)))
    yield from (Text(f"HELP of {family.name}", family.help) for family in CATALOGUE)
    for action in flags.parser()._actions:
        yield Text(f"help of {action.option_strings[-1]}", action.help or "")
    for rule in rules():
        for name in ("summary", "description"):
            if "alert" in rule:
                annotation = re.sub(r"\{\{.*?\}\}", "X", rule["annotations"][name])
                yield Text(f"{name} of {rule['alert']}", annotation)
    for file in sorted(file for room in CODE for file in (REPOSITORY / room).rglob("*.py")):
        code = file.read_text("utf-8")
        tree = ast.parse(code)
        written = (*docstrings(tree), *messages(tree), *comments(code), *names(tree))
        yield from (Text(name_of(file), each) for each in written)
    for file in sorted(each for pattern in COMMENTED for each in REPOSITORY.glob(pattern)):
        yield from (Text(name_of(file), each) for each in remarks(file.read_text("utf-8")))
    for board in sorted((REPOSITORY / "grafana" / "dashboards").glob("*.json")):
        for described in re.findall(r'"(?:title|description)": "([^"]*)"', board.read_text("utf-8")):
            yield Text(name_of(board), described)


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Their paragraphs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (" ".join(part.split()) for part in (ast.get_docstring(node) or "").split("\n\n"))


def remarks(text: str) -> Iterator[str]:
    """Comments in YAML and the like, paragraph by paragraph; those behind a value stand alone."""
    found = list[str]()
    for line in [*text.splitlines(), ""]:
        before, mark, remark = line.partition("#")
        if found and (before.strip() or not remark.strip()):
            yield " ".join(found)
            found = []
        if mark and remark.startswith(" "):
            found.append(remark.strip())


def names(tree: ast.Module) -> Iterator[str]:
    """Those of functions, which say in tests what is true."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name.replace("_", " ")


def comments(code: str) -> Iterator[str]:
    """Lines of comment that follow each other are one."""
    found, end = list[str](), 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] > end + 1 or not token.line.lstrip().startswith("#"):
                yield " ".join(found)
                found = []
            found.append(token.string.lstrip("# "))
            end = token.start[0]
    yield " ".join(found)


def messages(tree: ast.Module) -> Iterator[str]:
    """Texts in the code that are long enough to be sentences, with X for what is filled in."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (str(each.value) if isinstance(each, ast.Constant) else "X" for each in node.values)
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            text = node.value
        else:
            continue
        if text.count(" ") >= _SENTENCE and "\n" not in text:
            yield text


def syllables(word: str) -> int:
    """About how many: groups of vowels, without a silent e."""
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$", "", word.lower()))))


def ease(paragraphs: list[str]) -> float:
    """Flesch's reading ease."""
    sentences = [each for paragraph in paragraphs for each in Text("", paragraph).sentences()]
    found = [word for sentence in sentences for word in re.findall(r"[A-Za-z']+", sentence)]
    return 206.835 - 1.015 * len(found) / len(sentences) - 84.6 * sum(map(syllables, found)) / len(found)


def ease_by_page() -> dict[str, float]:
    """Of every page with at least three paragraphs."""
    pages = {name_of(page): list(of_page(prose(page))) for page in PAGES}
    return {name: ease(paragraphs) for name, paragraphs in pages.items() if len(paragraphs) >= 3}


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    for name, value in sorted(ease_by_page().items(), key=lambda each: each[1]):
        print(f"{value:5.0f}  {name}")
