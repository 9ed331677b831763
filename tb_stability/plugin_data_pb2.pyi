from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class View(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEATMAP: _ClassVar[View]
    LINES: _ClassVar[View]
    HIDDEN: _ClassVar[View]

class Scale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINEAR: _ClassVar[Scale]
    LOG: _ClassVar[Scale]
HEATMAP: View
LINES: View
HIDDEN: View
LINEAR: Scale
LOG: Scale

class StabilityPluginData(_message.Message):
    __slots__ = ("version", "quantity", "row_group", "rows", "statistics", "row_kind", "unit", "view", "scale")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ROW_GROUP_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    ROW_KIND_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    version: int
    quantity: str
    row_group: str
    rows: _containers.RepeatedScalarFieldContainer[str]
    statistics: _containers.RepeatedScalarFieldContainer[str]
    row_kind: str
    unit: str
    view: View
    scale: Scale
    def __init__(self, version: _Optional[int] = ..., quantity: _Optional[str] = ..., row_group: _Optional[str] = ..., rows: _Optional[_Iterable[str]] = ..., statistics: _Optional[_Iterable[str]] = ..., row_kind: _Optional[str] = ..., unit: _Optional[str] = ..., view: _Optional[_Union[View, str]] = ..., scale: _Optional[_Union[Scale, str]] = ...) -> None: ...
