"""A panel saved as PNG, SVG and CSV: what is in the files."""

from __future__ import annotations

import csv
import io
import pathlib
import xml.etree.ElementTree

import numpy as np
import PIL.Image
import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, HOSTILE_ROWS, MARKUP, NONFINITE

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"


def save(tab: StabilityTab, kind: str, panel: str = "heatmap", run: str = FAULTY) -> pathlib.Path:
    """Saves a panel with the menu in its head, and returns the file."""
    tag = GRADIENT_NORM if panel == "heatmap" else "loss"
    menu = tab.panel(panel, tag, run).locator(".save-menu")
    menu.locator("summary").click()
    with tab.page.expect_download() as download:
        menu.get_by_test_id(f"save-{kind}").click()
    suggested = download.value.suggested_filename
    assert suggested.endswith(f".{kind}")
    assert not set(suggested) & set('<>/\\"')
    return pathlib.Path(download.value.path())


def lines(path: pathlib.Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_csv_holds_every_statistic_as_it_was_written(tab: StabilityTab) -> None:
    found = lines(save(tab, "csv"))
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    assert len(found) == 3 * 18
    for index, line in enumerate(found):
        row, column = divmod(index, 18)
        assert (line["run"], line["tag"]) == (FAULTY, GRADIENT_NORM)
        assert line["row"] == synthetic.LAYERS[row]
        assert (int(line["first_step"]), int(line["last_step"])) == (
            10 * column + 1,
            10 * column + 10,
        )
        assert float(line["epoch_start"]) == column / 2
        for name in written.metadata.quantity.statistics:
            expected = written.statistic(name)[column, row]
            assert np.float32(line[name]) == expected or np.isnan(expected), (line, name)
            assert (line[name] == "NaN") == np.isnan(expected)


def test_csv_of_a_zoom_holds_what_is_in_sight(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="2,4")
    steps = {(int(line["first_step"]), int(line["last_step"])) for line in lines(save(tab, "csv"))}
    assert steps == {(41, 50), (51, 60), (61, 70), (71, 80)}


def test_csv_tells_nan_infinity_and_missing_apart(open_tab: OpenTab) -> None:
    tab = open_tab([NONFINITE])
    found = {
        (line["row"], int(line["last_step"])): line
        for line in lines(save(tab, "csv", run=NONFINITE))
    }
    assert found["embedding", 50]["mean"] == "NaN"
    assert found["lstm", 50]["mean"] == "Infinity"
    assert found["dense", 50]["mean"] == "-Infinity"
    missing = found["embedding", 90]
    assert (missing["mean"], missing["count"]) == ("", "0")
    assert found["lstm", 90]["nonfinite"] == "3"


def test_csv_makes_no_formula_of_a_name(open_tab: OpenTab) -> None:
    tab = open_tab([MARKUP])
    rows = {line["row"] for line in lines(save(tab, "csv", run=MARKUP))}
    assert rows == {*HOSTILE_ROWS[:2], "'=1+1", HOSTILE_ROWS[3]}


def test_png_shows_the_cells(tab: StabilityTab) -> None:
    image = PIL.Image.open(save(tab, "png"))
    picture = np.asarray(image.convert("RGB")).astype(int)
    box = tab.panel("heatmap", GRADIENT_NORM).bounding_box()
    assert box is not None
    assert image.width / 2 >= box["width"], "twice as sharp as the screen"
    for column in (2, 13):
        colour = np.array(tab.cell("lstm", column)["rgb"])
        area = (np.abs(picture - colour).max(axis=2) <= 4).sum()
        cell = tab.cell("lstm", column)
        assert area > 4 * 0.8 * cell["width"] * cell["height"]


def test_svg_holds_its_texts_as_text(tab: StabilityTab) -> None:
    root = xml.etree.ElementTree.parse(save(tab, "svg")).getroot()
    texts = [element.text for element in root.iter(f"{SVG}text")]
    for expected in ("Gradient norm", *synthetic.LAYERS, "0", "9"):
        assert expected in texts
    assert f"{FAULTY} · Gradient norm · tb_stability" in texts
    assert "NaN" in texts, "the pattern in it is named"
    assert len(list(root.iter(f"{SVG}image"))) == 2, "the heatmap, and a sample of the pattern"
    markers = [line for line in root.iter(f"{SVG}line") if line.get("stroke") == "#b71c1c"]
    assert len(markers) == 3


def test_svg_of_lines_names_the_right_axis_and_samples_each_line(tab: StabilityTab) -> None:
    root = xml.etree.ElementTree.parse(save(tab, "svg", panel="loss")).getroot()
    turned = [
        element.text
        for element in root.iter(f"{SVG}text")
        if element.get("transform", "").startswith("rotate(90 ")
    ]
    assert turned == ["learning rate"]
    samples = [item for item in root.iter(f"{SVG}svg") if item.get("class") == "line-sample"]
    assert all(float(item.get("x", "nan")) > 0 for item in samples)
    dashes = [line.get("stroke-dasharray") for item in samples for line in item]
    assert dashes == ["2 3", "none"], "dotted as the learning rate, drawn through as the loss"


def test_svg_of_hostile_names_is_still_svg(open_tab: OpenTab) -> None:
    tab = open_tab([MARKUP])
    root = xml.etree.ElementTree.parse(save(tab, "svg", run=MARKUP)).getroot()
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert MARKUP in texts
    assert not list(root.iter(f"{SVG}img"))
    assert not list(root.iter(f"{SVG}script"))


def test_the_loss_is_saved_too(tab: StabilityTab) -> None:
    found = lines(save(tab, "csv", panel="loss"))
    loss = [line for line in found if line["tag"] == "stability/loss"]
    assert [float(line["mean"]) for line in loss[:3]] == pytest.approx([1.0, 0.95, 0.9], rel=1e-6)
    assert loss[-1]["mean"] == "NaN"
    rates = [line for line in found if line["tag"] == "stability/learning_rate"]
    assert [float(line["value"]) for line in rates] == pytest.approx([0.01] * 18, rel=1e-6)
