"""A YAML text as nodes that know their place: the line, the path of keys, and where to report a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from exporter.config.errors import ConfigError, Mistake, Problems
from exporter.config.values import shown

LARGEST_FILE = 16 * 1024 * 1024
_YAML = "tag:yaml.org,2002:"
_KINDS = {
    "null": "nothing",
    "int": "a number",
    "float": "a number",
    "str": "text",
    "map": "a mapping",
    "seq": "a list",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One node of a document."""

    node: yaml.Node
    path: str
    problems: Problems

    @property
    def line(self) -> int:
        """The line it begins at, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def position(self) -> str:
        """File and line."""
        return f"{self.problems.file}:{self.line}"

    @property
    def folder(self) -> Path:
        """Where relative paths count from: the folder of the file."""
        return self.problems.file.parent

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or `null`."""
        return str(self.node.tag) == _YAML + "null"

    def report(self, message: str) -> None:
        """Note a mistake at this place."""
        self.problems.add(self.line, self.path, message)

    def warn(self, message: str) -> None:
        """Note at this place what is allowed and probably not meant."""
        self.problems.warn(self.line, self.path, message)

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Report a `Mistake` made inside as one at this place."""
        try:
            yield
        except Mistake as mistake:
            self.report(str(mistake))

    def scalar(self, *kinds: str) -> str:
        """The text of a scalar as it was written; `kinds` (str, int, …) are what YAML may take it for."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag.removeprefix(_YAML) not in kinds:
            raise Mistake(f"found {self.found}")
        return str(self.node.value)

    @property
    def found(self) -> str:
        """What stands here, in words and without repeating it."""
        kind = str(self.node.tag).removeprefix(_YAML)
        if kind == "bool":
            return f"the word {self.node.value!r}, which YAML reads as true or false (quotes make it text)"
        return _KINDS.get(kind, "a value with a tag or of another type (quotes make it text)")

    def items(self) -> Iterator[Place]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise Mistake(f"found {self.found}")
        for index, node in enumerate(self.node.value):
            yield Place(node, f"{self.path}[{index}]", self.problems)

    def entries(self, expected: str, *, hidden: bool = False) -> Iterator[tuple[Place, Place]]:
        """The keys and values of a mapping, a key that comes again reported and left out.

        The keys of a `hidden` one are no part of a path, and so in no message.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise Mistake(f"found {self.found}", expected)
        first_lines: dict[str, int] = {}
        for key_node, value_node in self.node.value:
            key = Place(key_node, self.path, self.problems)
            if not isinstance(key_node, yaml.ScalarNode):
                key.report(f"found {key.found} as a key, expected {expected}")
                continue
            word = key_node.value if re.fullmatch(r"[\w-]{1,40}", key_node.value) else shown(key_node.value)
            path = f"{self.path}.{word}" if self.path else word
            path = self.path if hidden else path
            value = Place(value_node, path, self.problems)
            if key_node.value in first_lines:
                problem = f"the key was given before, in line {first_lines[key_node.value]}; expected once"
                Place(key_node, path, self.problems).report(problem)
                continue
            first_lines[key_node.value] = key.line
            yield key, value


def read_document(text: str, problems: Problems) -> Place:
    """The root of the one document in `text`. Raises `ConfigError` when it is no YAML, empty or several."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.add(
            mark.line + 1 if mark else 1,
            "",
            _advice(error) or f"not valid YAML: {_reason(error)}; expected YAML",
        )
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.add(line, "", "it holds a character that YAML does not allow; expected YAML")
    except RecursionError:
        problems.add(1, "", "it is nested too deeply; expected a mapping of keys")
    except (ValueError, OverflowError):  # PyYAML's own, for numbers in escapes and directives
        problems.add(1, "", "not valid YAML: an escape or a version out of range; expected YAML")
    else:
        if node is not None:
            return Place(node, "", problems)
        problems.add(1, "", "the file is empty, expected a mapping of keys")
    raise problems.error()


_INDENTATION = re.compile(
    "mapping values are not allowed here|expected <block end>|could not find expected ':'"
)


def _advice(error: yaml.MarkedYAMLError) -> str | None:
    """The usual mistakes in plain words."""
    problem, context = error.problem or "", error.context or ""
    if "'\\t'" in problem:
        return "a tab stands before the text; indent with spaces"
    if "alias" in context or "alias" in problem:
        return 'a * without quotes is an alias of YAML; quote globs, as in ["*"] or "VIP*"'
    if _INDENTATION.search(problem):
        return (
            "the indentation is wrong, or text with a colon has no quotes; "
            "expected the keys of one mapping in the same column"
        )
    return None


def _reason(error: yaml.MarkedYAMLError) -> str:
    context = error.context or ""
    if context and error.context_mark:
        context += f" (line {error.context_mark.line + 1})"
    reason = ", ".join(filter(None, (context, error.problem)))
    # A quoted word may be a part of a secret: only single characters and words such as `<stream end>` stay.
    return re.sub(r""" (['"])(?!<[a-z ]+>)(?>\\?.)[^\n]+?\1""", "", reason)


def read_text(file: Path, largest: int = LARGEST_FILE) -> str:
    """The text of a configuration file of at most `largest` bytes. Raises `ConfigError`."""
    try:
        with file.open("rb") as opened:
            content = opened.read(largest + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}, expected a YAML file") from None
    if len(content) > largest:
        raise ConfigError(f"{file}: is larger than {largest / 2**20:g} MiB, expected a YAML file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}:{line}: is not UTF-8 text, expected YAML in UTF-8") from None
