"""`tb-stability report`: what is in the file, for each format."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import html.parser
import json
import pathlib
import re

import numpy as np
import pytest
from markdown_it import MarkdownIt
from tensorboard.backend import json_util
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext

from tb_stability import cli, metadata
from tb_stability.commands import judged_runs, report_html, report_markdown
from tb_stability.onsets import Thresholds
from tb_stability.plugin import StabilityPlugin
from tests import synthetic
from tests.browser import runs
from tests.providers import open_provider

SCRIPT = "let a = '</SCRIPT>', b = `<!-- no -->`, c = /<\\/script/;"
# Names that must stay text, in an onset: its row, its sentence, its remedies, and the run itself.
EVIL = (
    "</script><img src=x onerror=alert(1)> | `a` @root #1 **b** <!-- [c](http://d) \u2028\"'\n& $e$"
)


class Elements(html.parser.HTMLParser):
    """What a browser finds in a page: elements with their attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data


@pytest.fixture(autouse=True)
def script(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's script that tries to end its element; the real one needs a build."""
    path = tmp_path / "report.js"
    path.write_text(SCRIPT)
    monkeypatch.setattr(report_html, "SCRIPT", path)


@pytest.fixture
def logdir(tmp_path: pathlib.Path) -> pathlib.Path:
    """`faulty` has critical onsets, `fixed` none, `nonfinite` a cell of each kind."""
    for name, run in (
        ("faulty", synthetic.exploding()),
        ("fixed", synthetic.healthy()),
        ("nonfinite", runs.nonfinite()),
    ):
        synthetic.write(run, tmp_path / "logs" / name)
    return tmp_path / "logs"


@pytest.fixture
def hostile(tmp_path: pathlib.Path) -> pathlib.Path:
    """A run that explodes in a layer named `EVIL`, and has one of 10,000 characters."""
    run = synthetic.exploding()
    loss, gradients = run.series[:2]
    rows = ("embedding", EVIL, "a" * 10_000)
    renamed = dataclasses.replace(
        gradients, metadata=dataclasses.replace(gradients.metadata, rows=rows)
    )
    run = dataclasses.replace(run, record=None, series=(loss, renamed))
    synthetic.write(run, tmp_path / "hostile" / runs.SCRIPT_END)
    return tmp_path / "hostile"


def report(path: pathlib.Path, name: str, *arguments: str) -> str:
    target = path.parent / name
    assert cli.main(["report", str(path), "-o", str(target), *arguments]) == 0
    return target.read_text(encoding="utf-8")


def stored(page: str) -> dict:
    (text,) = (text for _, found, text in Elements(page).found if found.get("id") == "report-data")
    return json.loads(gzip.decompress(base64.b64decode(text)))


def error_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main(["report", *map(str, arguments)]) == 2
    return capsys.readouterr().err


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


def values(item: dict, statistic: str) -> np.ndarray:
    raw = base64.b64decode(item["statistics"][statistic])
    return np.frombuffer(raw, "<f4").reshape(len(item["rows"]), item["columns"])


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


def test_markdown_shows_hostile_names_as_text(hostile: pathlib.Path) -> None:
    text = report(hostile, "report.md")
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(re.fullmatch(r"<details><summary>[^<]*</summary>|</details>", b) for b in blocks)
    inline = [child for token in tokens for child in token.children or ()]
    assert {c.content for c in inline if c.type == "html_inline"} <= {"<code>", "</code>"}
    assert {c.type for c in inline} <= {
        *("text", "html_inline", "code_inline", "softbreak", "strong_open", "strong_close"),
    }
    # A name with a bar is one cell of its table.
    for line in re.findall(r"(?m)^\|.*$", text):
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        assert len(cells) in (4, 5), line
    assert "&#64;root" in text
    assert "@root" not in text.replace("@\u200broot", "")
    shown = "".join(c.content for c in inline if c.type == "text")
    assert "</script><img src=x onerror=alert(1)> | `a` @" in shown


def test_markdown_tells_causes_and_folds_what_followed(logdir: pathlib.Path) -> None:
    text = report(logdir, "report.md", "--run", "f*", "--threshold", "gradient_factor=2.5")
    assert text.startswith("## Stability: 1 of 2 runs with instability\n")
    assert "Judged with changed thresholds: gradient\\_factor 2.5." in text
    assert "| `faulty` | unstable | 9 | 180 |" in text
    assert "| `fixed` | stable | 9 | 180 |" in text
    told, folded = text.split("<details>")
    assert re.search(r"\| \*\*Exploding gradient\*\* \(critical\) \| 6 \| 121 \| `lstm` \|", told)
    assert "global_clipnorm=" in re.findall(r"```python\n +(.*)\n", told)[0]
    assert "Non-finite loss" not in told
    assert "<summary>then: " in folded
    assert re.search(r"\| \*\*Non-finite loss\*\* \(critical\) \| 7 \| 141 \|", folded)


def test_markdown_fits_a_comment_whatever_there_is(logdir: pathlib.Path) -> None:
    judged = judged_runs.judge_path(str(logdir), Thresholds())
    many = [
        dataclasses.replace(run, label=f"{number} {EVIL}")
        for number in range(200)
        for run in judged
    ]
    text = report_markdown.render(many, Thresholds())
    assert 30_000 < len(text) <= 65_536
    assert re.search(r"… and \d+ more\.", text)
    assert re.search(r"The findings of \d+ runs have no room in a comment", text)


def test_json_is_what_check_says_and_more(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = json.loads(report(logdir, "report.json", "--threshold", "gradient_factor=2.5"))
    capsys.readouterr()
    cli.main(["check", str(logdir), "--format", "json", "--threshold", "gradient_factor=2.5"])
    checked = json.loads(capsys.readouterr().out)
    for ours, theirs in zip(said["runs"], checked["runs"], strict=True):
        assert theirs.items() <= ours.items()
    faulty = said["runs"][0]
    assert (faulty["status"], faulty["severity"]) == ("finished", "critical")
    assert faulty["record"]["optimizer"] == {"class_name": "Adam"}
    rows = {item["tag"]: item["rows"] for item in faulty["series"]}
    assert rows["stability/gradient_norm"] == list(synthetic.LAYERS)
    assert said["thresholds"] == {"gradient_factor": 2.5}
    assert said["sources"] == ["logs"], "and not the path to it"


def test_a_format_is_taken_from_the_name_unless_it_is_given(logdir: pathlib.Path) -> None:
    assert report(logdir, "a.md").startswith("## Stability")
    assert report(logdir, "a.JSON").startswith("{")
    assert report(logdir, "a.txt", "--format", "markdown").startswith("## Stability")
    assert report(logdir, "a.html").startswith("<!doctype html>")


def test_without_a_file_it_goes_to_standard_output(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["report", str(logdir), "--run", "fixed"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert error_of(capsys, logdir) == (
        "tb-stability: HTML is not for the terminal: give a file, -o report.html.\n"
    )


def test_what_cannot_be_done_is_said(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = logdir.parent / "nowhere" / "report.html"
    assert error_of(capsys, logdir, "-o", target) == (
        f"tb-stability: {target} cannot be written: No such file or directory. "
        "Name another with -o.\n"
    )
    assert "There is no run 'none'. The runs are: faulty, fixed, nonfinite." in error_of(
        capsys, logdir, "--run", "none", "-o", logdir.parent / "a.md"
    )
    report_html.SCRIPT.unlink()
    assert "`npm run build` in frontend/; or use --format markdown or json." in error_of(
        capsys, logdir, "-o", logdir.parent / "a.html"
    )
