"""`tb-stability report`: what is in the page, and what it may do."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import pathlib

import numpy as np
import pytest
from tensorboard.backend import json_util
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext

from tb_stability import metadata
from tb_stability.commands import report_html
from tb_stability.onsets import Thresholds
from tb_stability.plugin import StabilityPlugin
from tests import synthetic
from tests.browser import runs
from tests.commands.report.reports import EVIL, SCRIPT, Elements, report, stored, values
from tests.providers import open_provider


def test_the_page_holds_what_the_routes_answer(logdir: pathlib.Path) -> None:
    data = stored(report(logdir, "report.html"))
    context = RequestContext()
    thresholds = Thresholds()
    with open_provider("python loader", logdir) as provider:
        plugin = StabilityPlugin(TBContext(data_provider=provider))

        def answer(content: dict) -> dict:
            return json.loads(json.dumps(json_util.Cleanse(content)))

        def same(ours: dict, theirs: dict) -> None:
            theirs = answer(theirs)
            theirs["revision"] = ours["revision"]  # of a file there is only one
            assert ours == theirs

        listed = plugin.runs_impl(context, "", thresholds)["runs"]
        for ours, theirs in zip(data["runs"]["runs"], listed, strict=True):
            same(ours, theirs)
        assert data["thresholds"] == answer(plugin.thresholds_impl())
        for detail in data["run"]:
            same(detail, plugin.run_impl(context, "", detail["run"], thresholds))
            of_run = [item for item in data["series"] if item["run"] == detail["run"]]
            assert [item["tag"] for item in of_run] == [item["tag"] for item in detail["series"]]
            for item in of_run:
                theirs = plugin.series_impl(
                    context,
                    "",
                    item["run"],
                    item["tag"],
                    columns=2000,
                    first_step=None,
                    last_step=None,
                )
                same(item, json.loads(gzip.decompress(theirs)))


def test_nan_infinity_and_missing_are_three_things(logdir: pathlib.Path) -> None:
    data = stored(report(logdir, "report.html", "--run", "nonfinite"))
    (item,) = (item for item in data["series"] if item["tag"] == "stability/gradient_norm")
    mean, count = values(item, "mean"), values(item, "count")
    assert np.isnan(mean[0, 4])
    assert mean[1, 4] == np.inf
    assert mean[2, 4] == -np.inf
    assert (count[:, 4] > 0).all()
    assert count[0, 8] == 0
    assert values(item, "nonfinite")[1, 8] == 3


def test_a_large_run_is_merged_until_it_fits_and_keeps_its_maximum(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.spike()
    table = run.series[1].values.copy()
    rng = np.random.default_rng(3)
    for name in ("mean", "min", "last"):  # what does not compress
        at = metadata.PER_STEP.index(name)
        table[:, :, at] = rng.uniform(0.5, 1.5, table.shape[:2])
    gradients = dataclasses.replace(run.series[1], values=table)
    synthetic.write(
        dataclasses.replace(run, series=(run.series[0], gradients)), tmp_path / "logs" / "spike"
    )
    monkeypatch.setattr(report_html, "MAX_BYTES", 60_000)
    page = report(tmp_path / "logs", "report.html")
    assert 20_000 < len(page.encode()) <= 60_000
    (item,) = (item for item in stored(page)["series"] if item["tag"] == "stability/gradient_norm")
    assert 60 <= item["columns"] < item["windows"] == 2000
    assert values(item, "max")[1].max() == 1000.0
    assert values(item, "count").sum() == 3 * 2000 * 10


def test_only_the_pages_own_script_may_run(logdir: pathlib.Path) -> None:
    elements = Elements(report(logdir, "report.html")).found
    (policy,) = (
        found["content"]
        for tag, found, _ in elements
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    )
    _, (_, _, code) = [item for item in elements if item[0] == "script"]
    digest = base64.b64encode(hashlib.sha256(code.strip("\n").encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in str(policy)
    for rule in ("default-src 'none'", "connect-src 'none'"):
        assert rule in str(policy)
    assert "unsafe" not in str(policy)
    # The script says the same as before, and ends nothing.
    assert code.strip("\n") == SCRIPT.replace("</SCRIPT>", r"\x3c/SCRIPT>").replace(
        "<!--", r"\x3c!--"
    )


def test_hostile_names_are_no_elements(hostile: pathlib.Path) -> None:
    page = report(hostile, "report.html")
    allowed = {"html", "head", "meta", "title", "body", "noscript", "p", "pre", "script"}
    assert {tag for tag, _, _ in Elements(page).found} == allowed
    data = stored(page)
    assert data["runs"]["runs"][0]["run"] == runs.SCRIPT_END
    assert EVIL in {onset["row"] for onset in data["run"][0]["onsets"]}
    assert data["series"][1]["rows"] == ["embedding", EVIL, "a" * 10_000]
