"""Further labels that follow from the text: told by a rule, balanced, on texts that the shared body has not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from headswap import values
from headswap.data.labels import text_key
from headswap.data.messages import Message
from headswap.data.sources import FileData
from headswap.data.tasks import QUESTIONS, TASKS, TaskData, answered
from headswap.errors import DataError, SettingError
from headswap.training.spec import KINDS, RunSpec


@pytest.mark.parametrize(
    "task, yes, no",
    [
        ("question", ["Are you there? Yes"], ["Are you there", "¿"]),
        (
            "money",
            ["I owe you 20 pounds", "£5 off", "win $ 100", "cost 50p", "30 Euros!"],
            ["pounds", "20 people", "50x"],
        ),
        ("time", ["at 7:30", "see you 5pm", "Half past 5", "on Monday", "TONIGHT"], ["Mon", "5 of us", "todays news"]),
        ("phone", ["call 07123 456 789", "text 08712-4602", "12345"], ["1234", "20 pounds", "7:30"]),
        ("friend", ["Is Mia in?", "Tom's late"], ["mia", "Tomorrow", "Thomas"]),
    ],
)
def test_an_answer_follows_from_the_text(task: str, yes: list[str], no: list[str]) -> None:
    for label, texts in ((1, yes), (0, no)):
        for text in texts:
            assert answered([Message(text, 0)], task) == [Message(text, label)], text
    assert answered([Message("x", 1)], "spam") == [Message("x", 1)]


@pytest.mark.parametrize("task", [task for task in TASKS if task != "phone"])
def test_each_task_is_balanced_and_the_body_has_read_none_of_it(task: str) -> None:
    split = TaskData(task, labelled=80).split(3)
    assert split.label_names == (QUESTIONS[task].names if task in QUESTIONS else ("ham", "spam"))
    for part, size in ((split.train, 80), (split.validation, 160), (split.test, 160)):
        assert len(part) == size and sum(example.label for example in part) == size / 2
    read = {text_key(text) for text in split.corpus}
    judged = {text_key(e.text) for part in (split.train, split.validation, split.test, split.natural) for e in part}
    assert not judged & read and len(split.corpus) > 2_000
    assert split.corpus == TaskData("spam", labelled=40).split(0).corpus, "one body for every task, seed and size"
    assert TaskData(task, labelled=80).split(3) == split


def test_the_fixture_names_no_phone_numbers() -> None:
    with pytest.raises(DataError, match=r"0 of 6,000 messages have a phone number, expected at least 40: take another"):
        TaskData("phone").split(0)


def test_a_task_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SettingError, match="task 'joke' is unknown; choose one of spam, question, money"):
        TaskData("joke")


def test_a_file_s_messages_are_asked_too(tmp_path: Path) -> None:
    file = tmp_path / "mine.tsv"
    rows = [f"{'spam' if i % 3 == 0 else 'ham'}\tmessage {i} {'?' if i % 2 else ''}" for i in range(400)]
    file.write_text("\n".join(rows))
    data = TaskData("question", 40, FileData.of(file))
    split = data.split(0)
    assert len(split.train) == 40 and all(("?" in m.text) == m.label for m in split.train)
    assert str(data) == f"question in {file}"
    assert values.from_json(values.to_json(RunSpec(data)), KINDS) == RunSpec(data)
    with pytest.raises(DataError, match="a file with more of them"):
        TaskData("money", 40, FileData.of(file)).split(0)


@pytest.mark.corpus
def test_the_corpus_gives_each_task_enough(corpus_path: Path) -> None:
    for task in (task for task in TASKS if task != "friend"):
        split = TaskData(task, 80, FileData.of(corpus_path)).split(0)
        assert len(split.train) == 80 and split.natural, task
