import pytest

from tb_stability import StabilityCallback
from tb_stability.capture.quantities import choose_quantities, make_probes

NAMES = [
    "loss",
    "gradient_norm",
    "learning_rate",
    "weight_norm",
    "update_ratio",
    "clipped_fraction",
    "dead_relu",
    "saturation",
    "logits",
    "class_logits",
    "labels",
    "label_entropy",
    "targets",
    "inputs",
    "time_gradient",
    "cell_state",
    "hidden_state",
    "gate_saturation",
]


def test_all_quantities_are_measured_unless_some_are_named():
    assert [probe.name for probe in make_probes(choose_quantities(None), None)] == NAMES


@pytest.mark.parametrize("asked", [["logits", "loss"], "logits", ("logits",)])
def test_named_quantities_come_after_those_that_are_always_measured(asked):
    probes = make_probes(choose_quantities(asked), None)
    names = [probe.name for probe in probes]
    assert names == ["loss", "gradient_norm", "learning_rate", "logits"]


def test_unknown_quantities_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown quantities") as caught:
        StabilityCallback("logs", quantities=["dead_relus", "logits", "x"])
    assert str(caught.value) == (
        f"unknown quantities: 'dead_relus', 'x'. Known ones are: {', '.join(sorted(NAMES))}"
    )


@pytest.mark.parametrize("value", [0, -1, 1.5, False])
def test_sample_every_must_be_a_positive_integer(value):
    with pytest.raises(ValueError, match=f"sample_every must be a positive .*, not {value!r}"):
        StabilityCallback("logs", sample_every=value)
