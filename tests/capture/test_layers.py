import keras
import pytest

from tb_stability.capture.layers import layer_rows


def names(model, **options):
    return [row.name for row in layer_rows(model, **options)]


def variable_names(row):
    return [variable.path.rpartition("/")[2] for variable in row.variables]


def test_recurrent_layers_own_what_their_cells_hold():
    keras.utils.clear_session()  # Keras numbers the names that it makes up through the process
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True), name="both"),
            keras.layers.RNN(keras.layers.LSTMCell(2), return_sequences=True, name="rnn"),
            keras.layers.RNN(
                [keras.layers.LSTMCell(2, name="low"), keras.layers.LSTMCell(2, name="high")],
                name="stack",
            ),
        ]
    )
    rows = layer_rows(model)
    assert [row.name for row in rows] == [
        "both/forward_gru",
        "both/backward_gru",
        "rnn",
        "stack/stacked_rnn_cells/low",
        "stack/stacked_rnn_cells/high",
    ]
    assert variable_names(rows[2]) == ["kernel", "recurrent_kernel", "bias"]
    assert sum(len(row.variables) for row in rows) == len(model.trainable_variables)


def test_composite_layers_and_nested_models_are_expanded():
    inner = keras.Sequential([keras.Input((4, 4)), keras.layers.Dense(4, name="d")], name="inner")
    inputs = keras.Input((4, 4))
    attended = keras.layers.MultiHeadAttention(1, 2, name="attention")(inputs, inputs)
    outputs = keras.layers.TimeDistributed(keras.layers.Dense(1, name="d"), name="each")(
        inner(attended)
    )
    rows = layer_rows(keras.Model(inputs, outputs))
    assert sorted(row.name for row in rows) == [
        "attention/attention_output",
        "attention/key",
        "attention/query",
        "attention/value",
        "each/d",
        "inner/d",
    ]


def test_layers_without_trainable_weights_have_no_row():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(center=False, scale=False),
            keras.layers.Dense(2, name="head"),
        ]
    )
    assert names(model) == ["head"]


def test_frozen_layers_keep_their_row():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="head")])
    model.trainable = False
    assert names(model) == ["head"]


@pytest.fixture
def same_names():
    class Model(keras.Model):
        def __init__(self):
            super().__init__(name="model")
            self.blocks = [keras.layers.Dense(2, name="d") for _ in range(2)]
            self.other = keras.layers.Dense(2, name="d_1")
            for layer in [*self.blocks, self.other]:
                layer.build((None, 2))

    return Model()


def test_names_that_occur_twice_are_told_apart(same_names):
    assert names(same_names) == ["d", "d_2", "d_1"]


def test_rows_are_in_order_of_the_first_call(same_names):
    order = {id(same_names.other): 0, id(same_names.blocks[1]): 1, id(same_names.blocks[0]): 2}
    assert [row.layer for row in layer_rows(same_names, order)] == [
        same_names.other,
        same_names.blocks[1],
        same_names.blocks[0],
    ]


def test_layers_below_places_of_one_name_are_in_the_place_that_is_theirs():
    class Block(keras.Layer):
        def __init__(self):
            super().__init__(name="block")
            self.dense = keras.layers.Dense(2, name="dense")
            self.dense.build((None, 2))

    class Model(keras.Model):
        def __init__(self):
            super().__init__(name="dense")
            self.blocks = [Block(), Block()]

    assert names(Model()) == ["block/dense", "block_1/dense"]
