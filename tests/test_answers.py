from __future__ import annotations

import gzip
import json
import random

import pytest

from tb_stability import freed_memory
from tb_stability.answers import Answers


class Maker:
    """Makes answers, and notes which."""

    def __init__(self, content: object) -> None:
        self.content = content
        self.made: list[str] = []

    def ask(self, answers: Answers, key: str) -> object:
        def make() -> object:
            self.made.append(key)
            return self.content

        return json.loads(gzip.decompress(answers.get(key, make)))


def test_an_answer_is_made_once() -> None:
    answers, maker = Answers(), Maker({"steps": [1, 2]})
    assert [maker.ask(answers, key) for key in "aba"] == 3 * [{"steps": [1, 2]}]
    assert maker.made == ["a", "b"]


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    noise = random.Random(0).randbytes(1000).hex()
    size = len(Answers().get("", lambda: noise))
    answers, maker = Answers(most_bytes=2 * size), Maker(noise)
    for key in "abacab":
        maker.ask(answers, key)
    assert maker.made == ["a", "b", "c", "b"]


def test_an_answer_larger_than_all_that_is_kept_is_not_kept() -> None:
    answers, maker = Answers(most_bytes=10), Maker([*range(99)])
    assert [maker.ask(answers, key) for key in "aa"] == 2 * [[*range(99)]]
    assert maker.made == ["a", "a"]


def test_what_an_answer_was_made_of_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in TensorBoard: the first heatmap of a large run left three times its file behind."""
    kept: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: kept.append)
    answers = Answers()
    answers.get("short", lambda: "")
    assert not kept
    answers.get("long", lambda: freed_memory._WORTH * "a")
    assert kept == [0]
