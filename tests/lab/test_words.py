"""Which words of a text speak for a class: what is told is what the model says of the text without them."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from helpers import until

from headswap.data.batches import encode_texts
from headswap.data.fixture import messages
from headswap.errors import DataError
from headswap.lab import Lab, Runner, Settings
from headswap.live.asked import KEPT
from headswap.live.runs import Prepared
from headswap.live.words import MOST, glimpsed, spoken
from headswap.model.body import BodyConfig
from headswap.model.classifier import Classifier, swap_head
from headswap.model.heads import new_head
from headswap.model.pooling import new_pool
from headswap.training.events import Event, StepDone
from headswap.training.run import start_regime
from tests.helpers import TINY, tiny_base, tiny_classifier, tiny_split

TEXT = "win a prize, Anna!\tCall\nnow"  # 27 bytes
WIDE = BodyConfig(width=16, heads=2, depth=2, max_len=64)
NARROW = BodyConfig(width=16, heads=2, depth=2, max_len=16)


def of_classes(classes: int, config: BodyConfig = WIDE) -> Classifier:
    """An untrained classifier of so many classes."""
    generator = torch.Generator().manual_seed(1)
    parts = new_pool("mean", config.width, generator), new_head("linear", config.width, classes, generator)
    return swap_head(tiny_base(config=config), *parts).classifier.eval()


def logits(model: Classifier, text: str) -> torch.Tensor:
    """What the model says of one text, with nothing of what is under test."""
    rows = encode_texts([text], model.body.config.max_len, cls=model.pool.prepends_cls)  # type: ignore[attr-defined]
    with torch.no_grad():
        return model(*rows.tensors)[0]


@pytest.mark.parametrize("pool", ["mean", "cls", "last", "attention"])
def test_a_word_s_effect_is_what_the_logits_lose_when_the_word_is_taken_out_by_hand(pool: str) -> None:
    model = tiny_classifier(pool, config=WIDE)
    by_hand = {
        "win": "a prize, Anna!\tCall\nnow",
        "a": "win prize, Anna!\tCall\nnow",
        "prize,": "win a Anna!\tCall\nnow",
        "Anna!": "win a prize, Call\nnow",
        "Call": "win a prize, Anna!\tnow",
        "now": "win a prize, Anna!\tCall",
    }
    said = spoken(model, TEXT)
    assert [TEXT[word.start : word.end] for word in said.words] == list(by_hand)
    ham, spam = logits(model, TEXT).tolist()
    for word, rest in zip(said.words, by_hand.values(), strict=True):
        less = logits(model, rest)
        assert word.effect == pytest.approx((spam - ham) - float(less[1] - less[0]), abs=1e-4)
    assert said.probabilities == pytest.approx(logits(model, TEXT).softmax(0).tolist(), abs=1e-5)
    matter = sum(abs(word.effect) > 1e-3 for word in said.words)  # type: ignore[arg-type]
    assert matter == 0 if pool == "cls" else matter > 3, "a token in front is blind under a causal mask"


def test_with_three_classes_a_word_has_an_effect_on_each_against_the_rest() -> None:
    model = of_classes(3)
    (first, _) = spoken(model, "hug me").words

    def odds(text: str, c: int) -> float:
        share = float(logits(model, text).double().softmax(0)[c])
        return torch.tensor(share / (1 - share)).log().item()

    wanted = [odds("hug me", c) - odds("me", c) for c in range(3)]
    assert first.effect == pytest.approx(wanted, abs=1e-4)


def test_removing_a_word_lets_later_bytes_move_up_and_a_word_beyond_the_cut_changes_nothing() -> None:
    model = tiny_classifier(config=NARROW)
    text = "claim your prize at noon tomorrow"  # "claim your prize" is what 16 bytes hold
    said = spoken(model, text)
    assert text[: said.read] == "claim your prize"
    rest = logits(model, "your prize at no")  # the bytes of " at no" are read now
    whole = logits(model, "claim your prize")
    assert said.words[0].effect == pytest.approx(float((whole[1] - whole[0]) - (rest[1] - rest[0])), abs=1e-4)
    assert [word.effect for word in said.words[3:]] == pytest.approx([0] * 3, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Grüße\taus  Köln\n", ["Grüße", "aus", "Köln"]),
        ("  👍🏽 ok ", ["👍🏽", "ok"]),
        ("une\u00a0fois\u2003deux", ["une", "fois", "deux"]),
        ("one", ["one"]),
        (" \n", []),
    ],
)
def test_words_are_runs_of_characters_that_are_no_white_space(text: str, words: list[str]) -> None:
    assert [text[word.start : word.end] for word in spoken(tiny_classifier(config=WIDE), text).words] == words


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a" * 16, "a" * 16),
        ("a" * 17, "a" * 16),
        ("ü" * 9, "ü" * 8),
        ("aü" * 6, "aü" * 5 + "a"),  # byte 16 is the first half of an ü
        ("👍" * 4, "👍" * 4),
        ("ok 👍👍👍👍", "ok 👍👍👍"),  # 15 bytes, and a quarter of the last
    ],
)
def test_what_is_read_ends_with_the_last_whole_character(text: str, read: str) -> None:
    said = spoken(tiny_classifier(config=NARROW), text)
    assert text[: said.read] == read
    whole = len(text.encode())
    assert (said.bytes_read, said.bytes_all) == (min(16, whole), whole)


def test_a_token_in_front_takes_the_room_of_a_byte() -> None:
    assert spoken(tiny_classifier("cls", config=NARROW), "a" * 20).read == 15


def test_a_text_of_one_word_has_no_text_to_compare_with() -> None:
    for text in ("prize", " prize ", "prize\n"):
        assert [word.effect for word in spoken(tiny_classifier(config=WIDE), text).words] == [None]
    with pytest.raises(DataError, match="empty"):
        spoken(tiny_classifier(), "")


def test_sixty_words_are_measured_and_the_rest_is_counted() -> None:
    said = spoken(tiny_classifier(config=WIDE), "ab " * (MOST + 7))
    assert (len(said.words), said.more) == (MOST, 7)
    assert all(word.effect is not None for word in said.words)
    assert glimpsed(tiny_classifier(config=WIDE), "ab cd").words == ()


def test_asking_leaves_every_module_in_the_mode_it_was_in_and_draws_nothing() -> None:
    model = tiny_classifier(config=WIDE)
    model.head.train()
    modes, state = [module.training for module in model.modules()], torch.get_rng_state()
    spoken(model, TEXT)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in model.parameters())


# ---- the runs that answer


class Told(list[dict[str, Any]]):
    """What a runner published."""

    def answers(self) -> list[dict[str, Any]]:
        return [message for message in self if message["kind"] == "answer"]


def small(start: Any = start_regime, dropout: float = 0.0) -> tuple[Runner, Told]:
    """A runner on a tiny body and few messages."""
    told, split = Told(), tiny_split(32, 16, 16)
    base = tiny_base(config=replace(TINY, dropout=dropout))
    return Runner(told.append, lambda settings, progress: Prepared(base, split, "key"), start), told


def trained(runner: Runner, **settings: Any) -> None:
    told: dict[str, Any] = {"epochs": 2, "max_len": 24}
    runner.train(Settings(**(told | settings)))
    runner.wait(60)


def test_the_runs_that_are_asked_answer_each_with_its_own_model() -> None:
    runner, told = small()
    for seed in range(3):
        trained(runner, seed=seed, regime="full")
    runner.attempt(TEXT, [1, 3])
    until(told.answers)
    (answer,) = told.answers()
    assert (answer["kind"], answer["text"], answer["gone"]) == ("answer", TEXT, [])
    assert [one["id"] for one in answer["answers"]] == [1, 3]
    for one in answer["answers"]:
        model = runner.runs[one["id"] - 1].model
        assert model is not None
        assert one["p"] == pytest.approx(logits(model, TEXT).softmax(0).tolist(), abs=1e-4)
        assert (one["epoch"], one["read"], one["bytes"], one["more"]) == (2, 24, [24, 27], 0)
        assert [TEXT[start:end] for start, end, _ in one["words"]] == TEXT.split()
    first, third = answer["answers"]
    assert first["p"] != third["p"]


def test_the_latest_run_answers_where_none_is_named_and_the_run_under_way_after_every_epoch() -> None:
    runner, told = small()
    trained(runner)
    runner.attempt("win a prize")
    until(told.answers)
    trained(runner, epochs=3)
    seen = [(one["id"], one["epoch"], len(one["words"])) for m in told.answers() for one in m["answers"]]
    assert seen == [(1, 2, 3), (2, 1, 0), (2, 2, 0), (2, 3, 3)], "words are measured when the run rests"


def test_a_pinned_run_answers_while_another_trains() -> None:
    gate: list[bool] = []

    def start(*given: Any) -> tuple[Classifier, Iterator[Event]]:
        model, events = start_regime(*given)

        def slowly() -> Iterator[Event]:
            for event in events:
                yield event
                while len(gate) == 1 and isinstance(event, StepDone):
                    time.sleep(0.005)

        return model, slowly()

    runner, told = small(start)
    trained(runner)
    gate.append(True)
    runner.train(Settings(epochs=2, max_len=24))
    until(lambda: runner.phase == "training")
    runner.attempt("win a prize", [2, 1])
    until(told.answers)
    (answer,) = told.answers()
    assert [one["id"] for one in answer["answers"]] == [1] and answer["gone"] == []
    gate.append(True)
    runner.wait(60)
    assert [[(one["id"], one["epoch"]) for one in m["answers"]] for m in told.answers()[1:]] == [[(2, 1)], [(2, 2)]]


def test_a_paused_and_a_stopped_run_tell_their_words() -> None:
    runner, told = small()
    runner.attempt("win a prize")
    runner.train(Settings(epochs=3, max_len=24), single=True)
    until(lambda: runner.phase == "paused")
    until(told.answers)
    runner.attempt("see you at home")
    until(lambda: len(told.answers()) == 2)
    runner.stop()
    runner.wait(30)
    seen = [(m["text"], one["epoch"], len(one["words"])) for m in told.answers() for one in m["answers"]]
    assert seen == [("win a prize", 1, 3), ("see you at home", 1, 4), ("see you at home", 1, 4)]
    assert runner.runs[0].model is not None and runner.runs[0].outcome == "stopped"


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("regime", ["head-only", "last-block", "full"])
def test_a_run_that_is_asked_all_the_time_has_the_same_events_to_the_bit(regime: str) -> None:
    def events_of(asking: bool) -> list[Any]:
        runner, _ = small(dropout=0.2)  # a mode that is changed within a step, or a number that is drawn, would show
        trained(runner, seed=1)
        runner.train(Settings(regime=regime, epochs=4, max_len=24))
        while asking and runner.busy:
            runner.attempt(f"win a prize {time.perf_counter()}", [1, 2])
        runner.wait(60)
        epochs = runner.runs[1].epochs
        weights = [p.tolist() for p in runner.runs[1].model.parameters()]  # type: ignore[union-attr]
        return [[(e.train_loss, e.validation_loss, e.probabilities) for e in epochs], weights]

    assert events_of(asking=True) == events_of(asking=False)


def test_old_classifiers_are_let_go_but_for_the_pinned_ones() -> None:
    runner, told = small()
    alive: list[weakref.ref[Classifier]] = []
    for number in range(1, KEPT + 5):
        trained(runner, epochs=1, regime="full", seed=number)
        if number == 2:
            runner.runs[1].pinned = True
        alive.append(weakref.ref(runner.runs[-1].model))  # type: ignore[arg-type]
        gc.collect()
        assert sum(one() is not None for one in alive) <= KEPT + 1
    kept = [run.id for run in runner.runs if run.model is not None]
    assert kept == [2, *range(5, KEPT + 5)]
    runner.attempt("win a prize", [1, 2, KEPT + 4, -2])
    until(told.answers)
    (answer,) = told.answers()
    assert [one["id"] for one in answer["answers"]] == [2, KEPT + 4]
    assert answer["gone"] == [1, -2]


def test_a_reset_that_is_taken_back_brings_the_classifiers_back_too() -> None:
    runner, told = small()
    trained(runner)
    runner.clear()
    runner.attempt("win a prize", [1])
    until(told.answers)
    assert told.answers()[-1]["gone"] == [1]
    runner.restore()
    runner.attempt("win a prize", [1])
    until(lambda: len(told.answers()) == 2)
    assert [one["id"] for one in told.answers()[-1]["answers"]] == [1]


def test_a_text_that_is_none_is_refused_and_the_run_goes_on() -> None:
    lab = Lab(max_len=16, messages=64, epochs=2)
    with pytest.raises(DataError, match="surrogate"):
        lab.attempt("half a pair: \ud83d")
    lab._asked(lab, {"do": "try", "text": "\ud83d", "ids": []}, [])
    assert lab.said is not None and lab.said["wrong"] and "surrogate" in lab.said["sentence"]
    lab.train(block=True)
    assert lab.runs[0].outcome == "done"


def test_what_was_tried_is_there_to_be_read_in_python() -> None:
    lab = Lab(max_len=16, messages=64, epochs=2)
    assert lab.tried == []
    lab.train(block=True)
    lab.pin(1)
    lab.seed = 1
    lab.train(block=True)
    lab._asked(lab, {"do": "try", "text": "win a prize", "ids": [2, 1, "x", None]}, [])
    until(lambda: len(lab.tried) == 2)
    assert [(one["id"], one["text"], one["epoch"]) for one in lab.tried] == [
        (1, "win a prize", 2),
        (2, "win a prize", 2),
    ]
    lab.reset()
    assert lab.tried == []
    lab.restore()
    lab.attempt("win a prize")
    until(lambda: lab.tried)
    assert [one["id"] for one in lab.tried] == [2]
    lab.attempt("")
    assert lab.tried == []


def test_the_practice_messages_own_words_decide() -> None:
    """The point of it all: in a trained run the words of a spam message speak for spam on the whole."""
    lab = Lab(max_len=32, epochs=5)
    lab.train(block=True)
    (spam,) = [m.text for m in messages(40) if m.label == 1][:1]
    lab.attempt(spam)
    until(lambda: lab.tried)
    (one,) = lab.tried
    assert sum(effect for _, _, effect in one["words"]) > 0
