import json

import pytest

from tb_stability.record import LayerRecord, OutputRecord, RunRecord

RECORD = RunRecord(
    status="finished",
    layers=(LayerRecord("head", "Dense", 6, "linear"),),
    outputs=(OutputRecord("head", "softmax", "SparseCategoricalCrossentropy", True),),
    scaling_layers=("normalization",),
    thresholds={"spreads": 6.0},
)


def test_a_record_survives_json() -> None:
    assert RunRecord.from_json(RECORD.to_json()) == RECORD


def test_unknown_keys_are_dropped_and_missing_ones_defaulted() -> None:
    value = json.loads(RECORD.to_json())
    value["later"] = 1
    value["outputs"] = [{"name": "head", "later": 2}]
    value["layers"][0]["later"] = 3
    del value["thresholds"]
    record = RunRecord.from_json(json.dumps(value))
    assert record.outputs == (OutputRecord("head"),)
    assert record.layers == RECORD.layers
    assert record.thresholds == {}
    assert RunRecord.from_json("{}") == RunRecord()


@pytest.mark.parametrize("text", ["[]", "1"])
def test_what_is_not_an_object_is_refused(text: str) -> None:
    with pytest.raises(TypeError, match="JSON object"):
        RunRecord.from_json(text)
