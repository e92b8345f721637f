"""Pages in Prometheus' protobuf format, read by the `protobuf` package with Prometheus' own metrics.proto."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from google.protobuf.proto import parse_length_prefixed

from tests.support import tools
from tests.support.packages import Unavailable

_TYPE = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    name: getattr(_TYPE, f"TYPE_{name.upper()}")
    for name in ("string", "double", "uint64", "int64", "sint64", "uint32", "sint32")
}
_FIELD = re.compile(r"(optional|repeated)\s+([\w.]+)\s+(\w+)\s*=\s*(\d+)")


def families(page: bytes) -> Iterator[Any]:
    """The MetricFamily messages of a page, in order. What the schema lacks is an error."""
    stream, message = BytesIO(page), _metric_family()
    while (family := parse_length_prefixed(message, stream)) is not None:
        assert family.IsInitialized()
        assert family.ByteSize() == len(family.SerializeToString())
        yield family


@cache
def _metric_family() -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(_schema().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("io.prometheus.client.MetricFamily"))


def _schema() -> descriptor_pb2.FileDescriptorProto:
    """The descriptor of the published file, which holds messages and one enumeration, none within another."""
    try:
        (file,) = tools.folder("metrics-proto").rglob("metrics.proto")
    except Unavailable as error:
        tools.unavailable(str(error))
    text = re.sub(r"//.*", "", file.read_text())
    schema = descriptor_pb2.FileDescriptorProto(name=file.name, package="io.prometheus.client")
    schema.dependency.append("google/protobuf/timestamp.proto")
    for name, body in re.findall(r"enum (\w+) \{(.*?)\}", text, re.DOTALL):
        enum = schema.enum_type.add(name=name)
        for value, number in re.findall(r"(\w+)\s*=\s*(\d+)", body):
            enum.value.add(name=value, number=int(number))
    enums = {enum.name for enum in schema.enum_type}
    for name, body in re.findall(r"message (\w+) \{(.*?)\}", text, re.DOTALL):
        message = schema.message_type.add(name=name)
        for label, kind, field, number in _FIELD.findall(body):
            added = message.field.add(name=field, number=int(number))
            added.label = _TYPE.LABEL_OPTIONAL if label == "optional" else _TYPE.LABEL_REPEATED
            if kind in _SCALARS:
                added.type = _SCALARS[kind]
            else:
                added.type = _TYPE.TYPE_ENUM if kind in enums else _TYPE.TYPE_MESSAGE
                added.type_name = f".{kind}" if "." in kind else f".io.prometheus.client.{kind}"
    return schema
