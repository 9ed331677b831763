"""The part of a run that is read before the rest of it: what the first heatmap needs.

Every record that TensorBoard is asked for takes its time. Those of a long run take a second or more
together, most of it for quantities that nobody looks at yet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from tb_stability.assemble import (
    RUN_RECORD_TAG,
    WINDOWS_TAG,
    Tags,
    display_key,
    parse_listed,
    tells_epochs,
)
from tb_stability.metadata import GRADIENT_NORM, MetadataError, SeriesMetadata
from tb_stability.series import RunSeries

# Epochs and status: everything else is drawn over them.
FRAME = frozenset((WINDOWS_TAG, RUN_RECORD_TAG))


def first_tags(tags: Tags) -> frozenset[str]:
    """Returns which tags are read first; none where the rest of a run may say otherwise of them.

    Args:
      tags: The provider's listing of the run.
    """
    found = _parsed(tags)
    windows = found.get(WINDOWS_TAG)
    shown = {tag for tag, item in found.items() if item.quantity.name == GRADIENT_NORM.name}
    # Without windows of their own, those of a run are made of all of its series.
    if windows is None or not tells_epochs(windows) or not shown:
        return frozenset()
    return FRAME & tags.keys() | shown


def with_unread(part: RunSeries, tags: Tags) -> RunSeries:
    """Returns a part of a run that knows what else there is.

    Args:
      part: What was read.
      tags: The provider's listing of what was not.
    """
    unread = _parsed({tag: tags[tag] for tag in tags.keys() - FRAME})
    return dataclasses.replace(part, unread=tuple(unread[tag] for tag in _ordered(unread)))


def join_parts(first: RunSeries, rest: RunSeries) -> RunSeries:
    """Returns the whole run.

    Args:
      first: Of the tags that were read first.
      rest: Of all others, and of the windows.
    """
    series = {item.tag: item for item in (*first.series, *rest.series)}
    return dataclasses.replace(
        first,
        series=tuple(series[tag] for tag in _ordered(series)),
        # What is said of the windows is said by both.
        notes=tuple(dict.fromkeys((*first.notes, *rest.notes))),
    )


def _parsed(tags: Tags) -> dict[str, SeriesMetadata]:
    found = {}
    for tag, listed in tags.items():
        try:
            found[tag] = parse_listed(tag, listed)
        except MetadataError:
            # Whoever reads the tag says so.
            continue
    return found


def _ordered(tags: Iterable[str]) -> list[str]:
    return sorted(tags, key=display_key)
