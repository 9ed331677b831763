from __future__ import annotations

import pytest
from tensorboard.compat.proto import summary_pb2

from tb_stability import metadata, plugin_data_pb2
from tb_stability.metadata import MetadataError, SeriesMetadata

QUANTITIES = [item for item in vars(metadata).values() if isinstance(item, metadata.Quantity)]


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.name)
def test_what_is_written_is_parsed(quantity: metadata.Quantity) -> None:
    series = SeriesMetadata(quantity, ("a/b", "<b>", "ü"), row_group="lstm")
    summary = metadata.create_summary_metadata(series)
    parsed = metadata.parse_plugin_metadata(
        summary.plugin_data.content, summary.display_name, summary.summary_description
    )
    assert parsed == series
    assert summary.data_class == summary_pb2.DATA_CLASS_TENSOR


def test_tags() -> None:
    assert metadata.tag_of("loss") == "stability/loss"
    assert metadata.tag_of("epoch_logs", "val_loss") == "stability/epoch_logs/val_loss"


def test_a_view_of_a_later_version_is_a_heatmap() -> None:
    message = plugin_data_pb2.StabilityPluginData(
        version=1, quantity="x", rows=["row"], statistics=["value"]
    )
    content = message.SerializeToString() + b"\x40\x09"  # field 8, view: 9
    assert metadata.parse_plugin_metadata(content).quantity.view == "heatmap"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xff\xff", "metadata of 3 bytes cannot be decoded"),
        (b"", "metadata names no version and quantity"),
        (b"\x08\x01\x12\x01x", "metadata names no rows"),
        (b"\x08\x01\x12\x01x\x22\x01a\x22\x01a", "metadata names two rows alike"),
        (b"\x08\x07\x12\x01x", "written with version 7 of the event-file contract, and this"),
    ],
)
def test_bad_metadata_is_named(content: bytes, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        metadata.parse_plugin_metadata(content)
