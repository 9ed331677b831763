"""After training, and while it is trained, a model is as it would be without the callback."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import zipfile

import h5py  # type: ignore[import-untyped]
import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.line import OnBatch, X, Y, check_same, compiled, fail, fit, interrupt


def parts_of(model):
    return [model, model.optimizer, *model._flatten_layers(include_self=False)]


def attributes(model):
    """Each attribute of a model's parts: which object it is, and of what length."""
    return {
        (index, name): (value, len(value) if hasattr(type(value), "__len__") else None)
        for index, part in enumerate(parts_of(model))
        for name, value in vars(part).items()
    }


def changed(model, action):
    """Names of the attributes that are others after the action, and of the new and lost ones."""
    before = attributes(model)
    action(model)
    after = attributes(model)
    return before.keys() ^ after.keys() | {
        key
        for key in before.keys() & after.keys()
        if before[key][0] is not after[key][0] or before[key][1] != after[key][1]
    }


def hooked(model):
    """Names of the attributes of a model's parts that hide a method of their class."""
    return [
        (type(part).__name__, name)
        for part in parts_of(model)
        for name, value in vars(part).items()
        if callable(getattr(type(part), name, None)) and callable(value)
    ]


def training(*callbacks, **options):
    def run(model):
        with contextlib.suppress(KeyboardInterrupt, ArithmeticError):
            fit(model, *callbacks, **options)

    return run


LEFT = {"finished": [], "interrupted": [interrupt], "failed": [fail]}


@pytest.mark.parametrize("how", LEFT)
@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}], ids=["graph", "eager"])
def test_no_attribute_is_another_than_without_the_callback(tmp_path, how, options):
    def others():
        return [OnBatch(6, action) for action in LEFT[how]]

    plain, observed = compiled(**options), compiled(**options)
    for model in (plain, observed):
        fit(model)
    expected = changed(plain, training(*others()))
    found = changed(observed, training(StabilityCallback(tmp_path), *others()))
    assert found == expected
    assert hooked(observed) == hooked(plain)
    names = [[variable.path for variable in model.variables] for model in (plain, observed)]
    assert names[0] == names[1]


def test_no_attribute_is_another_after_a_fault_of_ours(tmp_path, monkeypatch):
    monkeypatch.setattr("tb_stability.capture.hooks.StepHooks.tell", lambda *_, **__: fail(None))
    plain, observed = compiled(), compiled()
    for model in (plain, observed):
        fit(model)
    expected = changed(plain, training())
    with pytest.warns(RuntimeWarning, match="cannot observe the train step"):
        assert changed(observed, training(StabilityCallback(tmp_path))) == expected
    check_same(observed, plain)


def test_while_it_trains_only_the_train_function_is_another(tmp_path):
    model = compiled()
    fit(model)
    before, during = attributes(model), OnBatch(3, attributes)
    plain = OnBatch(3, attributes)
    other = compiled()
    fit(other)
    before_plain = attributes(other)
    fit(other, plain)
    fit(model, StabilityCallback(tmp_path), during)

    def differing(one, two):
        return {key for key in one.keys() & two.keys() if one[key][0] is not two[key][0]}

    added = differing(before, during.result) - differing(before_plain, plain.result)
    assert added == {(0, "train_function")}
    assert during.result.keys() == plain.result.keys()


def test_the_models_own_train_function_is_put_back(tmp_path):
    model = compiled()
    fit(model)
    own = model.train_function
    during = OnBatch(1, lambda model: model.train_function)
    fit(model, StabilityCallback(tmp_path), during)
    assert during.result is not own
    assert model.train_function is own


def saved_form(path):
    """What a .keras file says, but for the date."""
    with zipfile.ZipFile(path) as archive:
        config = without_ids(json.loads(archive.read("config.json")))
        metadata = json.loads(archive.read("metadata.json"))
        names = sorted(archive.namelist())
        weights = {}
        with archive.open("model.weights.h5") as file, h5py.File(file) as stored:
            stored.visititems(
                lambda name, item: weights.update({name: item[()]} if item_is_data(item) else {})
            )
    return names, config, metadata["keras_version"], weights


def without_ids(config):
    """Keras tells shared objects by their addresses."""
    if isinstance(config, dict):
        return {k: without_ids(v) for k, v in config.items() if k != "shared_object_id"}
    return [without_ids(item) for item in config] if isinstance(config, list) else config


def item_is_data(item):
    return isinstance(item, h5py.Dataset)


def same_form(found, expected):
    assert found[:3] == expected[:3]
    assert found[3].keys() == expected[3].keys()
    for name, values in found[3].items():
        np.testing.assert_array_equal(values, expected[3][name], name)


def test_the_saved_form_is_the_same_while_it_trains_and_afterwards(tmp_path):
    for name in ("plain", "observed"):
        keras.utils.clear_session()
        model = compiled(keras.optimizers.Adam(0.1, name="adam"))
        checkpoint = keras.callbacks.ModelCheckpoint(
            tmp_path / f"{name}-{{batch}}.keras", save_freq=5
        )
        observe = [StabilityCallback(tmp_path / "run")] if name == "observed" else []
        fit(model, *observe, checkpoint)
        model.save(tmp_path / f"{name}.keras")
    for suffix in ("-5", "-10", ""):
        forms = [saved_form(tmp_path / f"{name}{suffix}.keras") for name in ("observed", "plain")]
        same_form(*forms)


COPIES = {
    "clone_model": keras.models.clone_model,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_model_that_is_copied_while_observed_is_not(tmp_path, name):
    models = compiled(), compiled()
    plain = OnBatch(5, COPIES[name])
    during = OnBatch(5, COPIES[name])
    fit(models[0], plain)
    fit(models[1], StabilityCallback(tmp_path / "run"), during)
    check_same(models[1], models[0])
    assert type(during.result.train_function) is type(plain.result.train_function)
    for one in (plain.result, during.result):
        one.compile("adam", "mse")
        if name == "clone_model":  # its weights are new
            one.set_weights(models[0].get_weights())
    fit(plain.result)
    fit(during.result, StabilityCallback(tmp_path / "copied"))
    check_same(during.result, plain.result)


def test_an_observed_model_can_be_saved_in_every_form(tmp_path):
    weights = keras.callbacks.ModelCheckpoint(tmp_path / "model.weights.h5", save_weights_only=True)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    exported = OnBatch(1, lambda model: model.export(tmp_path / "saved", verbose=False) or True)
    model = compiled()
    fit(model, StabilityCallback(tmp_path / "run"), weights, backup, exported)
    assert exported.result
    loaded = compiled()
    loaded.load_weights(tmp_path / "model.weights.h5")
    for found, expected in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())


def test_next_to_keras_own_tensorboard_callback_in_one_directory(tmp_path):
    models = compiled(), compiled()
    for model, log_dir, observe in zip(
        models, ("plain", "both"), ([], [StabilityCallback(tmp_path / "both")]), strict=True
    ):
        board = keras.callbacks.TensorBoard(tmp_path / log_dir, histogram_freq=1)
        fit(model, *observe, board, epochs=2, validation_data=(X, Y))
    assert [path.suffix for path in (tmp_path / "both").glob("events*")] == [".stability"]
    for part in ("train", "validation"):
        files = [list((tmp_path / name / part).glob("events*")) for name in ("plain", "both")]
        assert len(files[0]) == len(files[1]) == 1
    check_same(models[1], models[0])
