"""Fusion on a shelf: adapters of tasks that are there help a new one, and which of them help is measured.

Shape letters: B batch, T positions, N adapters.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import cast

import torch
from torch import nn

from ..data.messages import Split
from ..errors import SettingError
from ..model.classifier import Classifier
from ..model.inserts.adapters import Adapters
from ..model.inserts.fusion import Fusion, Mix, NearIdentity
from ..regimes.named import ALL_FROZEN, NEW
from ..regimes.stages import Regime, Stage
from ..training.recipe import Recipe
from ..training.run import History, start_regime
from .shelf import Shelf


def fusion_regime(members: Sequence[str], adapter: Adapters, learning_rate: float = 1e-3) -> Regime:
    """Nothing learns but the attention over the members' adapters, and a new head."""
    insert = Fusion(tuple(members), adapter)
    stage = Stage((*NEW, ("inserted", 1.0), ALL_FROZEN), inserts=(insert,), loss=NearIdentity())
    return Regime("fusion", "Adapters of other tasks, frozen, are mixed by attention that learns.", (stage,),
                  learning_rate, "not tuned")  # fmt: skip


def fuse(shelf: Shelf, members: Sequence[str], split: Split, recipe: Recipe | None = None) -> History:
    """Train a fusion of the members' adapters on these messages; the shelf, its body and its adapters stay as they are.

    Raises SettingError where a member is not on the shelf, or brings no adapter.
    """
    learned = {name: shelf.task(name).learned for name in members}
    adapters = [insert for one in learned.values() for insert in one.about.inserts if isinstance(insert, Adapters)]
    if not adapters:
        raise SettingError(f"none of {', '.join(members)} has an adapter; train them as adapters-pfeiffer")
    regime, base = fusion_regime(members, adapters[0]), shelf.base
    classifier, events = start_regime(base, split, regime, recipe or Recipe())
    insert = cast(Fusion, regime.stages[0].inserts[0])
    insert.fill(classifier.body, {name: one.tensors for name, one in learned.items()})
    history = History(regime, recipe or Recipe(), classifier, base=base)
    history.events.extend(events)
    return history


@torch.inference_mode()
def shares_of(classifier: Classifier, items: Sequence[object]) -> torch.Tensor:
    """How much each member's adapter says in each block, (blocks, N): the mean over all real positions of the items."""
    body = classifier.eval().body
    rows = body.encode(items, cls=classifier.pool.prepends_cls)
    state = body.embed(*rows.batch(torch.arange(len(items))))
    mask, mixes = body.finish(state)[1], [module for module in body.modules() if isinstance(module, Mix)]
    asked: dict[nn.Module, torch.Tensor] = {}
    with ExitStack() as stack:
        for mix in mixes:
            stack.callback(mix.register_forward_hook(lambda one, inputs, output: asked.update({one: inputs[1]})).remove)
        body.run_blocks(state)
    return torch.stack([mix.shares(asked[mix], mix.additions(asked[mix]))[mask].mean(0) for mix in mixes])
