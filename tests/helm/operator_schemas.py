"""JSON schemas of the Prometheus operator's objects, every object closed.

They are made from the typed models that a Python package ships. The models themselves need a newer Python
than this one, so their classes are read from the source: annotations, aliases and bounds.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import packages, tools

PACKAGE = "cloudcoil-models-prometheus-operator"
VERSION = "0.93.1.1"
MODULES = {
    "ServiceMonitor": "v1",
    "PodMonitor": "v1",
    "PrometheusRule": "v1",
    "ScrapeConfig": "v1alpha1",
}
SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
BOUNDS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}

Schema = dict[str, Any]


@functools.cache
def schema(kind: str) -> Schema:
    """The schema of one kind of object; made once and kept beside the package."""
    tools.TOOLS.setdefault(PACKAGE, tools.Tool("models of the Prometheus operator", _bring, version=VERSION))
    folder = tools.folder(PACKAGE)
    kept = folder / f"{kind}.json"
    if not kept.exists():
        source = folder / "cloudcoil" / "models" / "prometheus_operator" / f"{MODULES[kind]}.py"
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(Models(ast.parse(source.read_text())).schema(kind)))
        partial.replace(kept)
    loaded: Schema = json.loads(kept.read_text())
    return loaded


def _bring(target: Path) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PIP_IGNORE_REQUIRES_PYTHON", "1")  # it is read, not run
        packages.unpack_wheel(f"{PACKAGE}=={VERSION}", target)


class Models:
    """The classes of a module of models."""

    def __init__(self, module: ast.Module) -> None:
        self._classes = {each.name: each for each in module.body if isinstance(each, ast.ClassDef)}
        self._definitions: dict[str, Schema] = {}

    def schema(self, name: str) -> Schema:
        """The schema of one class, with those that it names as definitions."""
        return {**self._class(name), "definitions": self._definitions}

    def _class(self, name: str) -> Schema:
        if name not in self._classes:  # from elsewhere: metadata, points in time
            return {}
        if name not in self._definitions:
            self._definitions[name] = {}  # a class may name itself
            fields = {
                each.target.id: each
                for each in self._classes[name].body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            }
            fields.pop("__cloudcoil_api__", None)
            if set(fields) == {"root"}:
                self._definitions[name] = self._type(fields["root"].annotation)
            else:
                self._definitions[name] = {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        _key(name, each): self._type(each.annotation) for name, each in fields.items()
                    },
                    "required": [_key(name, each) for name, each in fields.items() if each.value is None],
                }
        return {"$ref": f"#/definitions/{name}"}

    def _type(self, node: ast.expr) -> Schema:
        match node:
            case ast.Name(id=name):
                return {"type": SCALARS[name]} if name in SCALARS else self._class(name)
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return {"anyOf": [self._type(left), self._type(right)]}
            case ast.Subscript(value=ast.Name(id=generic), slice=parameters):
                return self._generic(generic, parameters)
        raise NotImplementedError(ast.unparse(node))

    def _generic(self, name: str, parameters: ast.expr) -> Schema:
        match name, parameters:
            case "list", item:
                return {"type": "array", "items": self._type(item)}
            case "dict", ast.Tuple(elts=[_, value]):
                return {"type": "object", "additionalProperties": self._type(value)}
            case "Literal", values:
                return {"enum": list(_elements(ast.literal_eval(values)))}
            case "Annotated", ast.Tuple(elts=[inner, ast.Call() as field]):
                return _bounded(self._type(inner), field)
        raise NotImplementedError(f"{name}[{ast.unparse(parameters)}]")


def _elements(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _key(name: str, field: ast.AnnAssign) -> str:
    """The name in YAML: the alias if there is one."""
    alias = re.search(r"alias='([^']+)'", ast.unparse(field.annotation))
    return alias[1] if alias else name


def _bounded(schema: Schema, field: ast.Call) -> Schema:
    """The schema within the field's bounds, which hold for each value but null."""
    given = {keyword.arg: keyword.value for keyword in field.keywords}
    bounds = {BOUNDS[name]: ast.literal_eval(value) for name, value in given.items() if name in BOUNDS}
    if "pattern" in bounds:
        bounds["pattern"] = re.sub(r"^\^\(\?i\)", "(?i)^", bounds["pattern"])  # where Python wants it
    return {"allOf": [schema, {"anyOf": [bounds, {"type": "null"}]}]} if bounds else schema
