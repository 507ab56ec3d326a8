"""One body with the heads of a shelf on it: every answer is the shelf's own, and the passes are those that happen."""

from __future__ import annotations

import pytest
from helpers import tiny_base, tiny_split

from headswap import Recipe, Shelf, run_regime
from headswap.data.messages import Message, Split
from headswap.errors import SettingError
from headswap.explorers import many_heads
from headswap.explorers.closed import in_words
from headswap.explorers.many_heads import MESSAGE, ON, PICTURE

NAMES = ("no", "perhaps", "yes")


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    split, quick = tiny_split(), Recipe(epochs=1, batch_size=16)
    three = [tuple(Message(m.text, i % 3) for i, m in enumerate(part))
             for part in (split.train, split.validation, split.test)]  # fmt: skip
    filled = Shelf(tiny_base())
    filled.put("spam", run_regime(tiny_base(), split, "head-only", quick))
    filled.put("three", run_regime(tiny_base(), Split(*three, label_names=NAMES), "mlp-head", quick), NAMES)
    filled.put("lora", run_regime(tiny_base(), split, "lora", quick))
    return filled


def test_every_head_says_what_the_shelf_says(shelf: Shelf) -> None:
    drawn = many_heads(shelf)
    for text in (MESSAGE, "win cash"):
        drawn.set(text=text)
        for head, said in zip(drawn.find(PICTURE)["heads"], shelf.ask(list(shelf), [text] * 3), strict=True):
            assert (head["task"], head["answer"]) == (said.task, said.label)
            assert head["chance"] == pytest.approx(said.probability, abs=1e-4)
            assert head["p"] == pytest.approx(said.probabilities[head["high"]], abs=1e-4)


def test_a_head_that_is_taken_off_answers_nothing_and_changes_no_other(shelf: Shelf) -> None:
    drawn = many_heads(shelf)
    before = drawn.find(PICTURE)
    drawn.set(**{ON + "three": False})
    after = drawn.find(PICTURE)
    assert after["heads"][1] == before["heads"][1] | {"answer": None, "p": None, "chance": None, "high": ""}
    assert [after["heads"][i] for i in (0, 2)] == [before["heads"][i] for i in (0, 2)]
    drawn.set(**{ON + "three": True})
    assert drawn.find(PICTURE) == before


def test_it_tells_how_often_the_body_runs(shelf: Shelf) -> None:
    drawn = many_heads(shelf)
    assert drawn.find(PICTURE)["passes"] == 2
    assert "twice for all 3 heads" in drawn.find(PICTURE)["says"]
    drawn.set(**{ON + "lora": False})
    assert drawn.find(PICTURE)["says"].startswith("The body reads the message once for both heads.")
    drawn.set(**{ON + "spam": False})
    assert drawn.find(PICTURE)["says"] == "The body reads the message once for its head."
    drawn.set(**{ON + "three": False})
    assert (drawn.find(PICTURE)["passes"], drawn.find(PICTURE)["memory"]) == (0, "")
    assert drawn.find(PICTURE)["says"] == "No head is on, so nobody asks the body anything."


def test_a_picture_in_words_names_every_answer_and_what_is_off(shelf: Shelf) -> None:
    drawn = many_heads(shelf)
    drawn.set(**{ON + "three": False})
    said = in_words(drawn.get_state())
    assert "three, taken off" in said and "The body reads the message twice" in said
    assert "lora, " + str(drawn.find(PICTURE)["heads"][2]["answer"]) in said


@pytest.mark.parametrize("text, says", [("", "Type a message"), ("\ud800", "This can't be read")])
def test_nothing_and_what_is_no_text_get_a_sentence(shelf: Shelf, text: str, says: str) -> None:
    drawn = many_heads(shelf)
    drawn.set(text=text)
    assert says in drawn.find(PICTURE)["text"]


def test_an_empty_shelf_and_a_crowded_one_are_one_sentence(shelf: Shelf) -> None:
    crowded = Shelf(tiny_base())
    for i in range(7):
        crowded.keep(str(i), shelf.task("spam").learned)
    for one, said in ((Shelf(tiny_base()), "has 0 tasks"), (crowded, "has 7 tasks")):
        with pytest.raises(SettingError, match=f"this shelf {said}; give one with 1 to 6"):
            many_heads(one)


def test_a_task_that_leaves_the_shelf_leaves_the_picture(shelf: Shelf) -> None:
    own = Shelf(tiny_base())
    for name in ("spam", "lora"):
        own.keep(name, shelf.task(name).learned)
    drawn = many_heads(own)
    own.remove("lora")
    drawn.set(text="win cash")
    assert [head["task"] for head in drawn.find(PICTURE)["heads"]] == ["spam"]
