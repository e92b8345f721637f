"""What the vendor sends: the fields of both answers that are used, typed, and read tolerantly.

Names of people, phone numbers, file names and custom data are not among the fields, so they never leave the
body of an answer. The exceptions are `NamedExtension`, which is for names on request, and the number in
`DialledLeg`, which is for `lines`: a name takes its place as soon as the answer is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from exporter.api.failure import Failure

# Numbers beyond these bounds no field needs, and NaN and the infinities fall outside them too.
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Number = Annotated[float, Meta(ge=-(2**53), le=2**53)]

CallId = Annotated[str, Meta(max_length=256)]
"""Ids are remembered, so they have a bound; what is longer is no id. Observed are up to 40 characters."""

LARGE: Final = 1024 * 1024
"""Bytes from which on a body is looked at more carefully."""


class Nothing(msgspec.Struct, gc=False):
    """An object where a list belongs: `{}` stands for an empty list, and its content is not read."""


class Recording(msgspec.Struct, gc=False):
    """The recording of one leg."""

    is_muted: Whole = field(name="IsMuted", default=0)


class CustomData(msgspec.Struct, gc=False):
    """What was sent along with a call; only the id of the call that it was transferred from is read."""

    original_call_id: CallId | None = field(name="OriginalIvrUniqueID", default=None)


class CountedLeg(msgspec.Struct, gc=False):
    """One call as it stands at one extension. Times are the vendor's epoch seconds, 0 where none has come."""

    call_id: CallId = field(name="ivrid", default="")
    status: str = field(name="callstatus", default="")
    direction: str = ""
    started: Number = field(name="callStarted", default=0)
    answered_at: Number = field(name="callAnswered", default=0)
    answered: Whole = 0
    recording: Recording | list[Recording] | None = None

    def is_answered(self) -> bool:
        """Whether the leg has been answered; a talking leg may lack both marks (observed)."""
        return self.answered_at > 0 or self.answered == 1 or self.status in ("Talking", "Hold")

    def is_muted(self) -> bool:
        """Whether the conversation is not being recorded now."""
        recording = self.recording
        if recording.__class__ is list and recording:
            recording = recording[0]
        return recording.__class__ is Recording and recording.is_muted == 1


class Leg(CountedLeg, gc=False):
    """One call as it stands at one extension, with what it takes to follow it."""

    custom_data: CustomData | list[CustomData] | None = field(name="customdata", default=None)

    def original_call_id(self) -> str | None:
        """The id of the call that this one was transferred from, if the vendor tells."""
        data = self.custom_data
        for item in data if isinstance(data, list) else (data,):
            if item is not None and item.original_call_id:
                return item.original_call_id
        return None


class DialledLeg(Leg, gc=False):
    """A leg with the number that was dialled, for a moment; then with the name of the line."""

    line: str | Whole | None = field(name="did", default=None)


class CountedExtension(msgspec.Struct, gc=False):
    """One extension, enough to count: who is logged in there (`online_user_id` 0: nobody)."""

    online_user_id: Whole = field(name="onlineUserID", default=0)
    status: Whole = field(name="onlineUserStatus", default=0)
    calls: Sequence[CountedLeg] | Nothing | None = None


class Extension(CountedExtension, gc=False):
    """One extension; `username` is its SIP name."""

    username: str = ""
    extension_id: Whole | str = field(name="extensionID", default="")
    calls: Sequence[Leg] | Nothing | None = None

    @property
    def legs(self) -> Sequence[Leg]:
        """The calls at this extension; an empty list in whatever shape "none" came."""
        return self.calls if type(self.calls) is list else []


class NamedExtension(Extension, gc=False):
    """An extension with the name of the person logged in: personal data, read only on request."""

    representative: str = ""


class DialledExtension(Extension, gc=False):
    """An extension whose legs show what was dialled."""

    calls: Sequence[DialledLeg] | Nothing | None = None


class NamedDialledExtension(NamedExtension, gc=False):
    """Both."""

    calls: Sequence[DialledLeg] | Nothing | None = None


class Caller(msgspec.Struct, gc=False):
    """Somebody waiting in a queue: since `join_time` (vendor's epoch seconds), for `duration` seconds now."""

    call_id: CallId = field(name="CallID", default="")
    join_time: Number = field(name="JoinTime", default=0)
    duration: Number = field(name="Duration", default=0)


class Queue(msgspec.Struct, gc=False):
    """One queue and who waits in it."""

    id: Whole | str = field(name="ID", default="")
    name: str = field(name="Name", default="")
    weight: Number = field(name="Weight", default=0)
    calls: list[Caller] | Nothing | None = field(name="Callers", default=None)

    @property
    def callers(self) -> list[Caller]:
        """Callers who wait; an empty list in whatever shape "nobody" came."""
        return self.calls if type(self.calls) is list else []


class Answer(msgspec.Struct):
    """What both answers begin with; `err` 0 is success."""

    err: Whole | UnsetType = field(name="ERR", default=UNSET)
    description: str = field(name="DESC", default="")


class CountedExtensionsAnswer(Answer):
    """The answer of GetExtensionsCalls, enough to count."""

    entries: list[CountedExtension] | UnsetType | None = field(name="EXTENSIONS", default=UNSET)


class ExtensionsAnswer(Answer):
    """The answer of GetExtensionsCalls."""

    entries: list[Extension] | UnsetType | None = field(name="EXTENSIONS", default=UNSET)


class NamedExtensionsAnswer(Answer):
    """The answer of GetExtensionsCalls, with names."""

    entries: list[NamedExtension] | UnsetType | None = field(name="EXTENSIONS", default=UNSET)


class DialledExtensionsAnswer(Answer):
    """The answer of GetExtensionsCalls, with the numbers dialled."""

    entries: list[DialledExtension] | UnsetType | None = field(name="EXTENSIONS", default=UNSET)


class NamedDialledExtensionsAnswer(Answer):
    """The answer of GetExtensionsCalls, with both."""

    entries: list[NamedDialledExtension] | UnsetType | None = field(name="EXTENSIONS", default=UNSET)


class QueuesAnswer(Answer):
    """The answer of GetQueuesCallers."""

    entries: list[Queue] | UnsetType | None = field(name="QUEUES", default=UNSET)


A = TypeVar("A", bound=Answer)


def decode(body: bytes | bytearray, kind: type[A]) -> A:
    """The answer in `body`. Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError if it is none.

    A field that does not fit its type takes its default, so that one odd value does not hide a call centre.
    For that the body is decoded without types, which takes much memory; a large one raises `Failure` instead.
    """
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except msgspec.ValidationError:
        if len(body) > LARGE:
            raise Failure("too_large", "an answer of more than 1 MiB has a value of an odd type") from None
        return cast(A, _fit(msgspec.json.decode(body), kind))


def _fit(value: Any, kind: Any) -> Any:
    """`value` as `kind`, without what does not fit. Raises msgspec.ValidationError if nothing fits."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        arms = get_args(kind) if get_origin(kind) in (UnionType, Union) else (kind,)
        for arm in arms:
            if get_origin(arm) in (list, Sequence) and isinstance(value, list):
                return [item for entry in value for item in _fitting(entry, get_args(arm)[0])]
            if isinstance(arm, type) and issubclass(arm, msgspec.Struct) and isinstance(value, dict):
                return arm(**_fitting_fields(value, arm))
        raise


def _fitting(value: Any, kind: Any) -> list[Any]:
    try:
        return [_fit(value, kind)]
    except msgspec.ValidationError:
        return []


def _fitting_fields(value: dict[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        each.name: item
        for each in msgspec.structs.fields(kind)
        if each.encode_name in value
        for item in _fitting(value[each.encode_name], each.type)
    }
