"""The fusion benchmark is fair: a lender's adapter stays what it was, and no lender has seen the spam task's texts."""

from __future__ import annotations

import torch
from helpers import tiny_base, tiny_split

from benchmarks.fusion import FUSION, LENDERS, NAMES, RATES, contenders, lender_split, lent
from headswap.data import fixture
from headswap.data.labels import text_key
from headswap.data.messages import Split
from headswap.shelf.shelf import Shelf
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime

QUICK = Recipe(epochs=1, batch_size=16)


def lender_on_a_shelf() -> Shelf:
    shelf = Shelf(tiny_base())
    for task in LENDERS:
        shelf.put(task, run_regime(tiny_base(), tiny_split(), "adapters-pfeiffer", QUICK))
    return shelf


def test_a_lent_adapter_stays_what_it_was_and_only_the_new_head_learns() -> None:
    shelf = lender_on_a_shelf()
    learned = shelf.task("money").learned
    history = lent(shelf.base, learned, tiny_split(seed=1), QUICK)
    now = history.classifier.state_dict()
    brought = {name: tensor for name, tensor in learned.tensors.items() if name.startswith("body.")}
    assert len(brought) == 8 and all(torch.equal(now[name], tensor) for name, tensor in brought.items())
    assert history.learning == sum(p.numel() for p in history.classifier.head.parameters())
    assert not torch.equal(now["head.linear.weight"], learned.tensors["head.linear.weight"])


def test_every_contender_is_there_in_its_order_with_three_rates() -> None:
    there = contenders(lender_on_a_shelf(), tiny_split())
    assert [*there] == [*NAMES]
    assert {len(rates) for _, rates in there.values()} == {3} and there[FUSION][1] is RATES


def test_a_lender_learns_from_texts_of_the_body_and_from_no_message_of_the_spam_task() -> None:
    found = fixture.messages(700)
    read, own = tuple(message.text for message in found[:600]), tuple(found[600:])
    target = Split(own[:40], own[40:60], own[60:], corpus=read)
    theirs = lender_split("money", target, seed=0)
    texts = {text_key(message.text) for part in (theirs.train, theirs.validation, theirs.test) for message in part}
    assert texts <= {text_key(text) for text in read}
    assert not texts & {text_key(message.text) for message in own}
