"""Reports as `tb-stability report` writes them, and what is in their pages."""

from __future__ import annotations

import base64
import gzip
import html.parser
import json
import pathlib

import numpy as np
import pytest

from tb_stability import cli

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


def report(path: pathlib.Path, name: str, *arguments: str) -> str:
    target = path.parent / name
    assert cli.main(["report", str(path), "-o", str(target), *arguments]) == 0
    return target.read_text(encoding="utf-8")


def stored(page: str) -> dict:
    (text,) = (text for _, found, text in Elements(page).found if found.get("id") == "report-data")
    return json.loads(gzip.decompress(base64.b64decode(text)))


def values(item: dict, statistic: str) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(item["statistics"][statistic]), "<f4")
    shape = (len(item["rows"]), item["columns"])
    return np.broadcast_to(data, shape) if data.size == 1 else data.reshape(shape)


def error_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main(["report", *map(str, arguments)]) == 2
    return capsys.readouterr().err
