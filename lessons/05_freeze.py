# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 05 · The freeze toggle
#
# **11 minutes** to read, three exercises, and a quarter of a minute of computing. You need lesson 03, where a new head
# stands on an old body. Afterwards you can freeze a body so that it stays frozen, say what an optimizer holds, and
# tell what freezing saves and why.

# %% [markdown]
# ## A question
#
# The new head has 130 weights: 2 · 64 and 2 biases. The body below it has 118,784 and already knows something about
# text. *Freezing* means that the body's weights do not learn, and only the head does. That is 915 times fewer weights
# to learn. What does it save?

# %% [markdown]
# ## Predict
#
# 640 messages, 20 epochs, one processor core. Full fine-tuning, where everything learns, takes a few seconds.

# %%
from headswap.explorers import predict

bet = predict(
    "With the body frozen, how much faster is the run?",
    ["about as fast", "2 to 5 times", "10 to 100 times", "about 900 times"],
)
bet

# %% [markdown]
# ## Look: what learns
#
# One call freezes the body. Each weight tensor, a *parameter* in PyTorch, carries a flag, `requires_grad`: whether it
# wants a *gradient*, the direction in which it should move to lower the loss.

# %%
import torch

from headswap import LinearHead, MeanPool, fixture_split, freeze_body, swap_head
from headswap.explorers import lesson_base

base, split = lesson_base(), fixture_split()
head = LinearHead(64, 2, torch.Generator().manual_seed(0))
model = swap_head(base, MeanPool(), head).classifier

freeze_body(model)
learns = [name for name, p in model.named_parameters() if p.requires_grad]
print("What learns:", ", ".join(learns))

# %% [markdown]
# Now you decide. Each layer is a switch: a click freezes it or thaws it, and a rate says how fast it learns. What you
# build is a *regime*, and below the machine you read it as Python. Try to freeze everything. Then build `last-block`:
# the head, the last norm and the last block learn.

# %%
from headswap.explorers import machine

mine = machine(base)
mine

# %% [markdown]
# Run this cell again when you have built it:

# %%
from headswap import REGIMES

built, wanted = mine.regime(), REGIMES["last-block"]
print("That is last-block." if built == wanted else f"This is {built.name}, not last-block yet.")

# %% [markdown]
# Built by hand or taken by name, it is the same value. Here are the clicks from Python:

# %%
twin = machine(base)
twin.set(rules='{"block[1]": 1, "norm": 1}')  # the head learns already
assert twin.regime() == wanted
print(twin.find("The machine")["summary"])

# %% [markdown]
# ## Read
#
# `freeze_body(model)` calls this function with `model.body.parameters()`. Two lines per parameter, and the second is
# easily forgotten.

# %%
from headswap.explorers import read
from headswap.training.regimes import freeze

read(freeze)

# %% [markdown]
# ## Look: a stale gradient
#
# Why drop the gradient? `requires_grad=False` says that no *new* gradient will be computed. An optimizer does not ask
# for that flag when it moves a weight. It asks whether a gradient is there, and one may be left from before.
#
# Here is one weight that has learned for a single step and is then frozen. Choose the optimizer and what is left in
# the weight, and slide the steps.

# %%
from headswap.explorers import stale

stale()

# %%
moves = stale()
for optimizer in ("SGD", "AdamW"):
    for left in moves.controls[1]["options"]:
        moves.set(optimizer=optimizer, left=left)
        print(f"{optimizer:6} {left:29} {moves.find('After freezing')['text']}")

# %% [markdown]
# With the old gradient left in it, the frozen weight walks on under either optimizer. Zeros instead of a gradient
# stop SGD but not AdamW: it still carries the mean of earlier gradients, and it shrinks weights a little at every
# step, which is called *weight decay*. Only `grad = None` makes an optimizer skip a weight.
# `optimizer.zero_grad()` does that in today's PyTorch; older code and `zero_grad(set_to_none=False)` leave zeros.

# %% [markdown]
# ## Build: freeze
#
# Freeze a classifier's body: every parameter of `model.body` stops learning and holds no gradient. The head and the
# pool must still learn; one of the pools has a weight of its own. `exercises.freeze.hint(1)` gives a nudge.

# %% tags=["solution"]
from headswap import exercises


def freeze(model):
    """Freeze every weight of model.body, and drop the gradients it holds."""
    for parameter in model.body.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


# %% tags=["check"]
exercises.freeze.check(freeze)

# %% [markdown]
# ## Read: the optimizer
#
# The second half of the promise: the optimizer gets what learns, and nothing else. A *group* is a handful of
# parameters that share a learning rate. AdamW, our optimizer, keeps two more numbers for each weight in it, a running
# mean of its gradient and one of the gradient's square, so freezing saves memory as well.

# %%
from headswap import make_optimizer

read(make_optimizer)

# %% [markdown]
# Before it begins, the training loop compares what the optimizer holds with what learns. An optimizer that was made
# from every parameter is refused, though it might do no harm today:

# %%
from headswap import Recipe, SettingError, encode, train_classifier

everything = torch.optim.AdamW(model.parameters(), lr=0.01)
try:
    train_classifier(model, encode(split.train, model), everything, Recipe())
except SettingError as error:
    print(error)

# %% [markdown]
# ## Build: groups
#
# Return the parameters of a model that learn, as a list for an optimizer. Do not name places: the same function must
# do for a frozen body, for a last block that learns, and for a model in which everything does.
# `exercises.groups.hint(1)` helps.


# %% tags=["solution"]
def groups(model):
    """The weights of the model that learn, for an optimizer to hold."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


# %% tags=["check"]
exercises.groups.check(groups)

# %% [markdown]
# ## Build: the training step
#
# What an optimizer holds moves in four steps: clear the old gradients, compute the loss, go backward, take the step.
# The order matters, because `backward()` *adds* to the gradients that it finds.
#
# Write `train_step(model, optimizer, ids, mask, labels)` for one batch: `model(ids, mask)` gives raw logits (B, 2), and
# the loss is their mean cross-entropy. Return it as a plain number. Whatever gradients were there before must not
# count. `exercises.train_step.hint(1)` helps.

# %% tags=["solution"]
import torch.nn.functional as F


def train_step(model, optimizer, ids, mask, labels):
    """Let the model learn from one batch; the loss that it had, as a plain number."""
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


# %% tags=["check"]
exercises.train_step.check(train_step)

# %% [markdown]
# ## Look: computed once
#
# A frozen body gives the same message the same vector in every epoch. So why compute it twenty times? The library
# computes what lies below the first learning weight, the *frozen prefix*, once per message and keeps it. Under
# head-only that is one pooled vector of 64 numbers.
#
# A *hook* is a function that PyTorch calls whenever a layer has run. One on the first block counts the messages that
# pass through the body in 20 epochs, with the prefix kept and without. `cache_bytes` is how much memory it may take.
#
# The library's own head-only goes over the messages twice per epoch here, so that its head is sure to converge. For a
# fair race, this one is written out without that: as many steps as full.

# %%
from dataclasses import replace

from headswap import FROZEN, Regime, Stage, start_regime

train_only = replace(split, validation=())
rules = (("head", 1.0), ("everything", FROZEN))
plain = Regime("plain", "The head alone, as many steps as full.", (Stage(rules),), 0.05, "the fixture")


# %%
def passes(cache_bytes):
    """How many messages the first block reads while the head learns for 20 epochs."""
    recipe, seen = Recipe(cache_bytes=cache_bytes), []
    model, events = start_regime(base, train_only, plain, recipe)
    model.body.blocks[0].register_forward_hook(lambda _, x, y: seen.append(len(y)))
    losses = [event.train_loss for event in events if hasattr(event, "train_loss")]
    return sum(seen), torch.tensor(losses)


# %%
(once, kept), (always, computed) = passes(2**28), passes(0)
print(f"messages through the body: {once:,} with the prefix kept, {always:,} without")

# %% [markdown]
# The loss of every epoch is the same both ways, to the last digits of float32:

# %%
torch.testing.assert_close(kept, computed, rtol=1e-5, atol=1e-6)
print("20 epochs, the same training loss to 1e-5.")

# %% [markdown]
# And the clock? The cell counts the processor's own seconds, three runs of the same 640 messages and 20 epochs.

# %% tags=["nbval-ignore-output"]
from time import process_time


def seconds(regime, cache_bytes=2**28):
    """Processor seconds of one run."""
    _, events = start_regime(base, train_only, regime, Recipe(cache_bytes=cache_bytes))
    began = process_time()
    list(events)
    return process_time() - began


full, frozen, cached = seconds("full"), seconds(plain, 0), seconds(plain)
assert full / frozen > 1.5 and frozen / cached > 3 and full / cached > 8
print("frozen against full: more than 1.5 times faster")
print("and the prefix kept: more than 3 times faster again")

# %%
because = "0.4 s against 6.6 s in figures/fixture.txt, 15 times, though head-only takes twice as many steps"
bet.reveal("10 to 100 times", because)

# %% [markdown]
# Freezing alone saves the backward pass: no gradients through the body. But every message still runs forward through
# it, about a third of the work, so 915 times fewer weights do not make a run 915 times faster. The rest comes from not
# running it again. The price is the score: in the same table head-only reaches F1 .863, and full fine-tuning .029 more
# [.011, .046] (5 seeds, compared in pairs).

# %% [markdown]
# ## Look: the feature head's arithmetic
#
# The same saving on paper, for another network. It reads 32 numbers, has three layers of width 64, and ends in a head
# of 20 hidden units and 10 outputs; biases are left out. Train all of it, or only a new head on its features?
# Multiply the sizes of neighbouring layers and add up. The sliders change every size.

# %%
from headswap.explorers import arithmetic

sizes = arithmetic()
sizes

# %%
for layer, product, weights in sizes.find("Weights")["rows"]:
    print(f"{layer:36}{product:12}{weights:>8}")
print(sizes.find("The head alone")["text"])

# %% [markdown]
# 7.92 times fewer there, 915 times fewer here: the difference is the size of the head and the depth of the body. Add
# hidden layers, and watch the head's share shrink. A deep body with a thin head is where freezing saves most.

# %% [markdown]
# ## Prove
#
# After head-only training exactly two tensors have moved, the head's weight and its bias. Every other one is the same
# bit for bit, and so is the base that the run started from.

# %% tags=["prove"]
trained, events = start_regime(base, split, "head-only", Recipe())
before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
origin = {name: tensor.clone() for name, tensor in base.state_dict().items()}
list(events)

after = trained.state_dict()
moved = [name for name in after if not torch.equal(after[name], before[name])]
assert moved == ["head.linear.weight", "head.linear.bias"], moved
assert all(torch.equal(t, origin[name]) for name, t in base.state_dict().items())
print(f"{len(moved)} of {len(after)} tensors moved: {', '.join(moved)}")

# %% [markdown]
# The library holds itself to this. It keeps what every frozen weight was before a run, and compares afterwards, bit
# for bit. A watcher that writes to a frozen weight while the run is on does not go unnoticed:

# %% tags=["prove"]
from headswap import EpochDone, HeadswapError

meddled, events = start_regime(base, split, "head-only", Recipe(epochs=2))
noticed = ""
try:
    for event in events:
        if isinstance(event, EpochDone):
            meddled.body.norm.weight.data.add_(1e-3)
except HeadswapError as error:
    noticed = str(error)
assert "a frozen weight changed" in noticed
print(noticed)

# %% [markdown]
# ## Recap
#
# Freezing is two lines per parameter: no new gradient, and no old one. The optimizer gets what learns and nothing
# else, or a frozen weight may still walk. What is frozen can be computed once, and that, more than the few weights,
# is what makes a probe fast.
#
# Next: head-only .86, full .89. How much of such a gap could be luck, and is F1 the right number to look at?
