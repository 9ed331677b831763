"""`tb-stability report`: what is in a comment in Markdown, and in JSON."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re

import pytest
from markdown_it import MarkdownIt

from tb_stability import cli
from tb_stability.commands import judged_runs, report_markdown
from tb_stability.onsets import Thresholds
from tests import synthetic
from tests.commands.report.reports import EVIL, report


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
