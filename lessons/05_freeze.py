# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 05 · The freeze toggle
#
# **12 minutes** to read, and three exercises.
#
# Run the cell below. It shows a single weight of a model. It's frozen, and it moves anyway. Can you make it stay,
# under both optimizers? Try what the menus have left in it.

# %%
from headswap.explorers import stale

stale()

# %% [markdown]
# ## A question
#
# You'll see soon why that weight walked away. First: why would anyone freeze a weight?
#
# In lesson 03 a new head went on an old body. The head has 130 weights: 2 · 64, and 2 biases. The body has 118,784, and
# they already know something about text. To *freeze* the body means that only the head learns. That's 915 times fewer
# weights to learn. What does it save?

# %% [markdown]
# ## Predict
#
# You have a pretrained body, 640 messages, and time for 20 epochs. Full fine-tuning, where everything learns, takes a
# few seconds on one processor core.

# %%
from headswap.explorers import predict

answers = ["about as fast", "2 to 5 times", "10 to 100 times", "about 900 times"]
bet = predict("With the body frozen, how much faster is the run?", answers)
bet

# %% [markdown]
# ## Look: what learns
#
# One call freezes the body. Each weight tensor of a model, a *parameter* in PyTorch, carries a flag, `requires_grad`:
# does it want a *gradient*, the direction in which it should move to lower the loss?

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
# Now you decide. Each layer of the machine is a switch: click it, and it freezes or thaws. A rate says how fast it
# learns. What you build this way is a *regime*, and below the machine you can read it as Python.
#
# Try to freeze everything. Then build the regime `last-block`: the head, the last norm and the last block learn.

# %%
from headswap.explorers import machine

mine = machine(base)
mine

# %% [markdown]
# Run this cell when you've built it:

# %%
from headswap import REGIMES

built, wanted = mine.regime(), REGIMES["last-block"]
print("That's last-block." if built == wanted else f"This is {built.name}, not last-block yet.")

# %% [markdown]
# ## Read
#
# `freeze_body(model)` calls this function with `model.body.parameters()`. There are two lines for each parameter, and
# the second is easily forgotten.

# %%
from headswap.explorers import read
from headswap.regimes.places import freeze

read(freeze)

# %% [markdown]
# ## Look: a stale gradient
#
# Why drop the gradient? `requires_grad=False` says that no *new* gradient will be computed. But an optimizer never asks
# for that flag. It moves every weight that *has* a gradient, and one may be left from before. That's how the weight in
# the first cell walked away. Here are all six cases, after 20 steps:

# %%
moves = stale()
for optimizer in ("SGD", "AdamW"):
    for left in moves.controls[1]["options"]:
        moves.set(optimizer=optimizer, left=left)
        (card,) = moves.find("After freezing")["cards"]
        print(f"{optimizer:6} {left:29} {card['big'].lower()} {card['says']}")

# %% [markdown]
# An old gradient moves the frozen weight under either optimizer. Zeros stop SGD but not AdamW, because AdamW
# remembers: it still carries the mean of earlier gradients. It also shrinks every weight a little at each step, which
# is called *weight decay*.
#
# Only `grad = None` makes an optimizer skip a weight. In today's PyTorch `optimizer.zero_grad()` sets it; older code,
# and `zero_grad(set_to_none=False)`, leave zeros.

# %% [markdown]
# ## Build: freeze
#
# Freeze a classifier's body: no parameter of `model.body` may learn or hold a gradient. The head and the pool must
# still learn; one of the pools has a weight of its own. `exercises.freeze.hint(1)` gives a nudge.

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
# ## Build: groups
#
# Freezing is half of the promise. The other half: the optimizer gets what learns and nothing else. Freezing saves
# memory, too: for each weight that gets a gradient, AdamW keeps two more numbers, a running mean of the gradient, and
# one of its square.
#
# An optimizer made from every parameter might do no harm today. The library refuses it all the same:

# %%
from headswap import Recipe, SettingError, encode, train_classifier

everything = torch.optim.AdamW(model.parameters(), lr=0.01)
try:
    train_classifier(model, encode(split.train, model), everything, Recipe())
except SettingError as error:
    print(error)

# %% [markdown]
# Return the parameters of a model that learn, as a list. Don't name layers: the same function must work for a frozen
# body, for a last block that learns, and for a model in which everything does. `exercises.groups.hint(1)` helps.


# %% tags=["solution"]
def groups(model):
    """The weights of the model that learn, for an optimizer to hold."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


# %% tags=["check"]
exercises.groups.check(groups)

# %% [markdown]
# ## Build: the training step
#
# A training step has four parts: clear the old gradients, compute the loss, go backward, take the step. Their order
# matters, because `backward()` *adds* to the gradients it finds.
#
# Write `train_step(model, optimizer, ids, mask, labels)` for one batch. `model(ids, mask)` gives raw logits (B, 2), and
# the loss is their mean cross-entropy; return it as a plain number. Gradients from before must not count.
# `exercises.train_step.hint(1)` helps.

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
# Now put all three to work. Your `freeze` gets a model whose weights all hold a gradient, your `groups` fills the
# optimizer, and your `train_step` takes 200 steps. If they're right, you end where the library's own loop ends.

# %%
exercises.yours.loop(freeze, groups, train_step, base, split)

# %% [markdown]
# Then break something: delete `optimizer.zero_grad()`, or freeze the head as well. What does it do to F1?

# %% [markdown]
# ## Look: computed once
#
# A frozen body gives a message the same vector in every epoch. So why compute it twenty times? The library computes
# everything below the first learning weight, the *frozen prefix*, once per message, and keeps it. With only the head
# learning, that's one pooled vector of 64 numbers.
#
# Below, `plain` trains the head alone, with as many steps as full fine-tuning takes, and
# `cache_bytes` limits the memory for what is kept; 0 keeps nothing. Either way the losses come out the same:

# %%
from dataclasses import replace

from headswap import FROZEN, Regime, Stage, start_regime

train_only = replace(split, validation=())
rules = (("head", 1.0), ("everything", FROZEN))
plain = Regime("plain", "The head alone, as many steps as full.", (Stage(rules),), 0.05, "the fixture")


def losses(cache_bytes):
    """The training loss of each epoch while the head learns, (20,)."""
    _, events = start_regime(base, train_only, plain, Recipe(cache_bytes=cache_bytes))
    return torch.tensor([event.train_loss for event in events if hasattr(event, "train_loss")])


# %%
torch.testing.assert_close(losses(2**28), losses(0), rtol=1e-5, atol=1e-6)
print("20 epochs, the same loss to 1e-5")

# %% [markdown]
# ## Look: two bills
#
# And the clock? There are two questions here, and they have different answers.
#
# 1. *You have a body. What does it cost to train one more head?* Compare full fine-tuning with the head alone.
# 2. *You have nothing yet. Does pretraining pay?* Then the body's own bill counts, too.
#
# This cell measures everything, in processor seconds on this machine.

# %%
from time import process_time


def seconds(work):
    """Processor seconds that some work takes."""
    began = process_time()
    work()
    return process_time() - began


def run(regime, cache_bytes=2**28):
    """Train once on the 640 messages, 20 epochs; return the processor seconds."""
    _, events = start_regime(base, train_only, regime, Recipe(cache_bytes=cache_bytes))
    return seconds(lambda: list(events))


# %% tags=["nbval-ignore-output"]
full, frozen, cached = run("full"), run(plain, cache_bytes=0), run(plain)
print(f"full fine-tuning               {full:6.2f} s")
print(f"head alone, body frozen        {frozen:6.2f} s   {full / frozen:5.1f} times faster: freezing")
print(f"head alone, body computed once {cached:6.2f} s   {frozen / cached:5.1f} times faster again: the cache")
assert full / frozen > 1.5 and frozen / cached > 3 and full / cached > 8

# %%
because = f"on this machine {full:.2f} s against {cached:.2f} s, {full / cached:.0f} times; by freezing alone, "
bet.reveal("10 to 100 times", because + f"{full / frozen:.1f} times")

# %% [markdown]
# Freezing alone saves the backward pass: no gradients flow through the body. But every message still runs forward
# through it, and that's about a third of the work. So 915 times fewer weights don't make the run 915 times faster. The
# larger saving comes from not running the body again.
#
# Now the second bill.

# %% tags=["nbval-ignore-output"]
from headswap import pretrain_quick
from headswap.training.pretrain import pretraining_texts

schooling = seconds(lambda: pretrain_quick(pretraining_texts(split)))
scratch = run("scratch")
print(f"pretraining the body, once  {schooling:6.2f} s")
print("tasks   one body, a head for each   a model from scratch for each")
for tasks in (1, 10, 100):
    print(f"{tasks:5}   {schooling + tasks * cached:24.1f} s   {tasks * scratch:27.1f} s")
assert 0.3 < (schooling + cached) / scratch < 3
assert schooling + 10 * cached < 10 * scratch

# %% [markdown]
# One pretraining, one head and one model from scratch were measured; the rest is arithmetic. For a single task,
# pretraining plus a head costs about as much as a model trained from scratch. A frozen body is cheap when it's
# *shared*: pretraining is paid once, and each further head costs a fraction of a second.
#
# What do you give up? Here are the scores from `figures/fixture.txt`: five seeds, one split each, tested on as much ham
# as spam. The last column compares each regime with head-only in pairs.
#
# | regime | F1 | 95 % interval | minus head-only |
# | --- | --- | --- | --- |
# | scratch | 0.870 | [0.854, 0.885] | +0.007 [-0.008, +0.022] |
# | head-only | 0.863 | [0.844, 0.879] | |
# | full | 0.892 | [0.876, 0.905] | +0.029 [+0.011, +0.046] |
#
# Full fine-tuning is better than head-only, by one to five points; the interval of the difference leaves 0 out. Between
# scratch and head-only it could be luck.

# %% [markdown]
# ## Look: the same saving on paper
#
# Count the weights of another network. It reads 32 numbers, passes them through three layers of width 64, then through
# 20 hidden units to 10 outputs. To count a layer's weights, multiply the sizes on its two sides (we leave out biases).
#
# What the body hands on, here 64 numbers, are the *features*. A head trained on frozen features is called a *feature
# head*. Ours has the last two layers, 64 · 20 and 20 · 10: together 1,480 weights. The whole network has 11,720.

# %%
from headswap.explorers import arithmetic

arithmetic()

# %% [markdown]
# 7.92 times fewer there, 915 times fewer in our classifier. The difference lies in the size of the head and the depth
# of the body. Add layers and watch the head's share shrink: a deep body with a thin head is where freezing saves most.

# %% [markdown]
# ## Prove
#
# After head-only training exactly two tensors have moved: the head's weight and its bias. All others are the same bit
# for bit, and so is the base that the run started from. Then break it: thaw one layer, and look what happens to the
# language that the body knew.

# %%
from headswap import perplexity, put_back

thawed = replace(plain, name="thawed", stages=(Stage((("head", 1.0), ("norm", 1.0), ("everything", FROZEN))),))
texts = [message.text for message in split.test]


def language(model):
    """How well the body still guesses bytes, under its old head."""
    return f"perplexity {perplexity(put_back(model, base.head), texts):.2f}"


def copies(model):
    """Every tensor of a model as it is now, by name."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


# %% tags=["prove"]
break_it = False  # set this to True and run the cell again: the body's last norm learns as well

trained, events = start_regime(base, split, thawed if break_it else "head-only", Recipe())
before, origin = copies(trained), copies(base)
list(events)
after = trained.state_dict()
moved = [name for name in after if not torch.equal(after[name], before[name])]
assert break_it or moved == ["head.linear.weight", "head.linear.bias"], moved
assert all(torch.equal(t, origin[name]) for name, t in base.state_dict().items())
print(f"{len(moved)} of {len(after)} tensors moved: {', '.join(moved)}")
if break_it:
    print(f"Broken: with the old head back on, {language(trained)}; it was {language(base)}.")

# %% [markdown]
# The library holds itself to this. It remembers what every frozen weight was before a run and compares afterwards. If
# somebody writes to a frozen weight during the run, it doesn't go unnoticed:

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

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# Freezing takes two lines per parameter: no new gradient, and no old one. The optimizer gets what learns and nothing
# else, or a frozen weight may still walk away. What's frozen can be computed once and shared, and that saves far more
# than having few weights to learn.
#
# Next question: head-only .86, full .89. How much of such a gap could be luck, and is F1 the right number to look at?
#
# Next: [06 · Metrics](06_metrics.ipynb) · Before: [04 · Pooling](04_pooling.ipynb)
