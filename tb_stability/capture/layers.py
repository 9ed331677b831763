"""The rows of a model: its layers with weights, under readable and unique names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras


@dataclasses.dataclass(frozen=True, eq=False)
class LayerRow:
    """One line of a heatmap over layers.

    Attributes:
      name: Path of the layer below the model: ``"encoder/dense"``.
      layer: The layer; the model itself for weights that belong to no layer.
      variables: The trainable variables that the layer owns itself. Those of a frozen layer are
        among them, so that the rows stay the same when it is unfrozen.
    """

    name: str
    layer: Any
    variables: tuple[Any, ...]


def layer_rows(model: Any, first_call: Mapping[int, int] | None = None) -> tuple[LayerRow, ...]:
    """Returns the layers that own trainable variables, from the input to the output.

    A recurrent layer owns its cell's variables. A shared layer is one row, named by the first place
    it is found at.

    Args:
      model: A Keras model. Layers that are not built yet have no variables and no row.
      first_call: Order in which layers were first called, by `id`. Layers that are not in it come
        after the one they follow in the model.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="head")])
    >>> [row.name for row in layer_rows(model)]
    ['head']
    """
    found: list[tuple[int, LayerRow]] = []
    order = -1
    for path, layer in walk_layers(model):
        order = (first_call or {}).get(id(layer), order)
        variables = tuple(_own_variables(layer))
        if variables:
            found.append((order, LayerRow(path or model.name, layer, variables)))
    found.sort(key=lambda pair: pair[0])
    rows = [row for _, row in found]
    # A layer may be called like the model, under whose name weights of no layer are shown.
    names = unique([row.name for row in rows])
    return tuple(dataclasses.replace(row, name=name) for row, name in zip(rows, names, strict=True))


def walk_operations(model: Any) -> Iterator[tuple[str, Any]]:
    """Yields each layer once as `walk_layers` does, and the operations of functional models."""
    for path, layer in walk_layers(model):
        yield path, layer
        if isinstance(layer, keras.Model):
            for operation in getattr(layer, "operations", ()):
                if not isinstance(operation, keras.Layer):
                    yield (f"{path}/{operation.name}" if path else operation.name), operation


def walk_layers(model: Any) -> Iterator[tuple[str, Any]]:
    """Yields each layer of a model once, parents before children, with its path below the model.

    Layers of one name in one place are told apart by ``_1``, ``_2``, in the order of their making.

    The model itself comes first, with an empty path. Cells of recurrent layers are left out, as
    they are a part of their layer.
    """
    seen: set[int] = set()

    def walk(layer: Any, path: str) -> Iterator[tuple[str, Any]]:
        seen.add(id(layer))
        yield path, layer
        children = sublayers(layer)
        for child, name in zip(children, unique([one.name for one in children]), strict=True):
            if id(child) not in seen and child is not _single_cell(layer):
                yield from walk(child, f"{path}/{name}" if path else name)

    yield from walk(model, "")


def sublayers(layer: Any) -> list[Any]:
    """Returns the layers that a layer or model holds directly, in the order of their creation."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


def _single_cell(layer: Any) -> Any:
    if not isinstance(layer, keras.layers.RNN):
        return None
    return None if isinstance(layer.cell, keras.layers.StackedRNNCells) else layer.cell


def _own_variables(layer: Any) -> Iterator[Any]:
    # Keras keeps in this list what was created as trainable, whether it is frozen or not.
    for variable in layer._trainable_variables:
        # float8 scales are "trained" by being overwritten: what they are given is no gradient.
        if not getattr(variable, "overwrite_with_gradient", False):
            yield variable
    cell = _single_cell(layer)
    if cell is not None:
        for part in cell._flatten_layers():
            yield from _own_variables(part)


def unique(names: Sequence[str]) -> list[str]:
    """Returns names of which no two are alike: those that come again are numbered.

    Example:

    >>> unique(["dense", "dense", "dense_1"])
    ['dense', 'dense_2', 'dense_1']
    """
    result: list[str] = []
    for wanted in names:
        name, number = wanted, 0
        while name in result or (number and name in names):
            number += 1
            name = f"{wanted}_{number}"
        result.append(name)
    return result
