"""The messages in which only the order decides: n-grams find nothing, labels follow from a rule, parts are disjoint."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap import cli
from headswap.comparing.plan import Plan
from headswap.data.messages import HAM, SPAM, Message
from headswap.data.order import LONGEST, PARTS, WEIGHTS, Deal, deals, messages, texts_of
from headswap.data.sources import LENGTHS, PRACTICE, FixtureData, OrderData, cut, split_of
from headswap.errors import SettingError
from headswap.lab import Lab
from headswap.live.prepare import practice
from headswap.live.runs import Settings
from headswap.model.body import BodyConfig
from headswap.results.baselines import REACH, NgramsSpec, run_ngrams
from headswap.results.compare import Settings as Comparing
from headswap.training.pretrain import pretraining_texts
from headswap.training.spec import RunSpec, run_key

PINNED = "f79c326759ce9ca26c1eac786799bdf53f0de9ea5f67b27d65a0c1a85e55352a"
seeds, parts = st.integers(-5, 2**31), st.sampled_from([*PARTS])


@pytest.fixture(scope="module")
def many() -> list[Deal]:
    return deals(1500)


def ngrams(text: str) -> Counter[str]:
    """Every run of letters that the baseline counts."""
    low, high = REACH
    text = text.lower()
    return Counter(text[i : i + n] for n in range(low, high + 1) for i in range(len(text) - n + 1))


@cache
def steps(kind: str) -> re.Pattern[str]:
    """What a reader looks for: a step of this kind, with anything that its slot may hold."""
    templates = "|".join(re.escape(step.partition("{")[0]) for step in texts_of()["steps"][kind])
    slot = texts_of()["slots"]["money" if kind == "money" else "thing"].split("; ")
    return re.compile(rf"(?:{templates})(?:{'|'.join(map(re.escape, slot))})", re.IGNORECASE)


def label_by_the_rule(text: str) -> int:
    """Whoever wants the money first is a scam; told backwards, taken back or not agreed with, it is the reverse."""
    money, goods = (steps(kind).search(text) for kind in ("money", "goods"))
    assert money and goods
    asides = texts_of()["asides"]
    ending = text[max(money.end(), goods.end()) :].rstrip(".!")
    between = text[min(money.end(), goods.end()) : max(money.start(), goods.start())]
    turned = ending in {e for group in asides for e in (*group.get("taken_back", []), *group.get("disagrees", []))}
    backwards = [turn for telling in texts_of()["backwards"] for turn in telling["turns"]]
    turned ^= any(between.endswith(turn) for turn in backwards)
    return SPAM if (money.start() < goods.start()) != turned else HAM


@given(seeds, parts)
@settings(max_examples=20)
def test_every_ngram_of_the_baseline_is_exactly_as_frequent_in_both_classes(seed: int, part: str) -> None:
    for deal in deals(20, seed, part):
        assert ngrams(deal.message(SPAM).text) == ngrams(deal.message(HAM).text), deal


@given(seeds)
@settings(max_examples=20)
def test_the_steps_change_places_and_nothing_else_does(seed: int) -> None:
    for deal in deals(10, seed):
        spam, ham = deal.message(SPAM).text, deal.message(HAM).text
        for step in (deal.money, deal.goods):
            assert step.lower() in spam.lower() and step.lower() in ham.lower()
        assert spam != ham and sorted(spam.lower()) == sorted(ham.lower())


def test_a_rule_that_knows_only_the_text_finds_every_label(many: list[Deal]) -> None:
    for deal in many:
        for label in (HAM, SPAM):
            message = deal.message(label)
            assert label_by_the_rule(message.text) == label, message
    assert {deal.family for deal in many} == {name for name, _ in WEIGHTS}
    assert sum(weight for _, weight in WEIGHTS) == 100


def test_ngrams_are_near_chance_on_fresh_messages() -> None:
    pytest.importorskip("sklearn")
    (judged,) = run_ngrams(NgramsSpec(OrderData(160, 300), 3, LONGEST)).judged
    assert judged.metrics.accuracy == pytest.approx(0.5, abs=0.01), "both messages of a deal are the same to them"


def test_no_pair_of_steps_is_learned_from_and_judged_on() -> None:
    pairs = {part: {(d.money, d.goods) for d in deals(600, 1, part)} for part in PARTS}
    assert not pairs["learn"] & pairs["test"] and not pairs["learn"] & pairs["validate"]
    assert not pairs["test"] & pairs["validate"]


def test_the_same_bytes_on_every_platform() -> None:
    said = "\n".join(f"{m.label} {m.text}" for m in messages(400, 3, "test"))
    assert hashlib.sha256(said.encode()).hexdigest() == PINNED


@given(st.integers(0, 40), st.integers(40, 80), seeds, parts)
@settings(max_examples=15)
def test_fewer_deals_are_the_beginning_of_more_and_none_comes_twice(few: int, more: int, seed: int, part: str) -> None:
    found = deals(more, seed, part)
    assert deals(few, seed, part) == found[:few]
    assert len({deal.message(SPAM).text for deal in found}) == more


def test_nothing_is_cut_at_the_length_that_is_proposed_and_nothing_is_untidy(many: list[Deal]) -> None:
    assert LENGTHS["order"] == LONGEST
    for deal in many:
        text = deal.message(SPAM).text
        assert text.isascii() and len(text) <= LONGEST and text[0].isupper()
        assert not re.search(r"\{|\}|  | [.,!]|[.,!][.,!]|\d{3}", text), text


def test_a_step_is_further_from_the_other_than_an_ngram_reaches(many: list[Deal]) -> None:
    assert min(len(deal.aside + deal.turn) for deal in many) > 3 * REACH[1]


@pytest.mark.parametrize("arguments", [(-1,), (2.5,), (True,), (10**7,), (10, "a"), (10, 0, "exam")])
def test_settings_that_make_no_sense_are_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(SettingError, match="expected"):
        deals(*arguments)  # type: ignore[arg-type]


# ---- as a choice of data


def texts(found: tuple[Message, ...]) -> set[str]:
    return {message.text for message in found}


def test_a_split_learns_each_deal_in_one_order_and_judges_it_in_both() -> None:
    split = OrderData().split(2)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [640, 160, 160]
    assert all(sum(m.label for m in part) == len(part) // 2 for part in (split.train, split.validation, split.test))
    assert len(split.corpus) == 1920 and texts(split.train) < set(split.corpus)
    assert not set(split.corpus) & (texts(split.validation) | texts(split.test))
    grams = [sum((ngrams(m.text) for m in split.test if m.label == label), Counter()) for label in (HAM, SPAM)]
    assert grams[0] == grams[1]


def test_the_body_reads_the_same_however_many_are_labelled() -> None:
    few, whole, more = (OrderData(labels).split(1) for labels in (10, 640, 800))
    assert pretraining_texts(few) == pretraining_texts(whole) == pretraining_texts(more)
    assert [m.label for m in few.train].count(SPAM) == 5 and texts(few.train) < texts(whole.train)
    assert len(texts(more.train)) == 800 and texts(whole.train) < texts(more.train)


def test_fresh_test_messages_are_the_same_for_every_seed_and_what_is_learned_stays() -> None:
    split, other, plain = OrderData(fresh=300).split(0), OrderData(fresh=300).split(1), OrderData().split(0)
    assert split.test == other.test and len(split.test) == 300 and texts(split.train) != texts(other.train)
    assert replace(split, test=plain.test) == plain


def test_a_run_on_it_can_be_stored_and_compared() -> None:
    base = Settings(data="order", messages=40, max_len=96)
    (spec,) = Plan(("head-only",), 1, base=base).runs()
    assert spec.data == OrderData(40, 2_000) and practice(base).train == split_of(spec.data, 0).train
    assert run_key(spec) != run_key(RunSpec(OrderData(80, 2_000)))
    with pytest.raises(SettingError, match="the wording of order cannot be shifted"):
        Plan(("head-only",), 1, "shift", base=base)


def test_the_lab_proposes_the_length_that_it_needs_and_says_when_messages_are_cut() -> None:
    assert Lab(data="order").max_len == 96 and Lab(data="order").said is None and Lab().max_len == 32
    lab = Lab(data="order", max_len=32)
    assert lab.said == {"sentence": cut("order", 32), "wrong": False} and "only the first 32 are read" in cut(
        "order", 32
    )
    for line in (lab.line(), Lab(data="order").line(), repr(lab)):
        assert "max_len" in line and eval(line, {"Lab": Lab}).line() == line
    assert Lab(pinned=[{"data": "order"}])._runner.promised[0].max_len == 96
    assert not cut("order", 96) and not cut("fixture", 8) and not cut("mine.tsv", 8)


def test_the_browser_offers_what_python_knows() -> None:
    source = (Path(cli.__file__).parent / "lab" / "settings.js").read_text("utf-8")
    assert f"PRACTICE = {[*PRACTICE]}".replace("'", '"').removesuffix("]") + ", DIGITS];" in source
    assert f"LENGTHS = {{ order: {LENGTHS['order']} }};" in source and len(LENGTHS) == 1


def test_the_command_line_takes_it_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, int]] = []
    monkeypatch.setattr(
        cli, "_demonstrate", lambda source, how, plan: (asked.append((source, how.config.max_len)), ([], None))[1]
    )
    for more in ([], ["--data", "order"], ["--data", "order", "--max-len", "40"], ["--data", "fixture"]):
        assert cli.main(["demo", *more]) == 0
    assert asked == [(FixtureData(), 32), (OrderData(), 96), (OrderData(), 40), (FixtureData(), 32)]
    assert cli.main(["demo", "--data", "order", "--sizes", "10,10,10"]) == 2
    assert cut("order", 40) in cli._headline(OrderData(), Comparing(config=BodyConfig(max_len=40)))
    assert "order: 640 messages to train on, 160 to validate" in cli._headline(OrderData(), Comparing())
