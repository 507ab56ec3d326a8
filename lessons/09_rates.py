# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 09 · Rates and schedules
#
# **13 minutes** to read, and two exercises.
#
# Run the cell below and slide the learning rate. Every one of these runs learns to find spam. What happens to the
# language that the model knew? Can you save it by going slower?

# %%
from headswap.explorers import movement

movement("full")

# %% [markdown]
# ## A question
#
# Going slower doesn't save it. *Perplexity* is measured with the old head back on, as in lesson 03: about 2
# before the run, and 260 for a model that knows nothing. (One that's confidently wrong does even worse.) Even at
# the lowest rate here it ends near 33, in the middle one of three. F1 hardly notices.
#
# The grid says how far each layer has moved: the length of its change, ‖Δw‖, in percent of the length that it began
# with, ‖w‖. At low rates the body doesn't move much. The head is new and starts near zero, so it soon passes 100 %.
#
# A frozen body would keep its language, but it costs F1 (lesson 05). Is there anything between the two? There are
# three dials: *how fast* each layer learns, *in which order* layers join in, and *how the rate moves* over a run.

# %% [markdown]
# ## Predict
#
# Take the order first. *LP-FT* has two stages. First comes a *linear probe*: the body is frozen, and only the head
# learns. Then everything learns, starting from the probe's head.
#
# In 20 epochs that's one of probing and 19 of full fine-tuning. The probe's epoch is a long one: it goes over the
# messages 40 times, which costs little on a frozen body, at a rate of its own, 0.05. Once everything learns, both
# regimes have the same rate, 0.001. At that rate `full` ends at a perplexity of about 35.

# %%
from headswap.explorers import predict

answers = ["about as high as full's", "about half of it", "about 10", "below 3"]
bet = predict("Where does the perplexity of lp-ft end?", answers)
bet

# %% [markdown]
# ## Look: the same rate, but a probe first
#
# Both, trained now.

# %% tags=["nbval-ignore-output"]
from dataclasses import replace

from headswap import REGIMES, fixture_split
from headswap.explorers import lesson_base, moved, movement_of

base, split = lesson_base(), fixture_split()
regimes = [replace(REGIMES[name], learning_rate=0.001) for name in ("full", "lp-ft")]
full, probed = runs = [moved(base, split, regime) for regime in regimes]
assert full.perplexity[0] == probed.perplexity[0]

# %%
ends = [f"{run.regime} at {run.perplexity[-1]:.1f}" for run in runs]
bet.reveal("below 3", f"one run of each, seed 0: {' and '.join(ends)}")

# %% tags=["nbval-ignore-output"]
for run in runs:
    start, *_, end = run.perplexity
    print(f"{run.regime:6} F1 {run.f1:.2f}   perplexity {start:.1f} before, {end:.1f} after the run")
assert abs(full.f1 - probed.f1) < 0.05
assert probed.perplexity[-1] < 3 < 8 < full.perplexity[-1]

# %%
far = {key: probed.layers[-1][key] / full.layers[-1][key] for key in full.layers[-1]}
assert far["head"] > 20 and max(far["embedding"], far["block[0]"], far["block[1]"]) < 0.7
movement_of(runs)

# %% [markdown]
# Switch between the two runs. Under `lp-ft` the blocks and the embeddings have moved a third to a bit over half as far,
# which hardly explains so large a difference. But look at the head. The probe has moved it more than twenty times as
# far as `full` did, and all of that in the first epoch.
#
# Why does that spare the body? The verdict depends on one number, spam's logit minus ham's. It's d · x plus a constant,
# where x is the pooled vector and d is the head's row for spam minus its row for ham. To make that number large,
# training can make d long, or move x along d. Which did each run do?

# %%
import torch

from headswap import LinearHead, MeanPool, encode, swap_head


def pooled(model):
    """The pooled vectors of the validation messages, (160, 64)."""
    with torch.no_grad():
        return model.features(*encode(split.validation, model).rows.tensors)


# %% tags=["nbval-ignore-output"]
head = LinearHead(64, 2, torch.Generator().manual_seed(0))
before = pooled(swap_head(base, MeanPool(), head).classifier)
length = before.norm(dim=1).mean()
print(f"before the run: x is {length:.1f} long on average")
lengths, shifts = [], []
for run in runs:
    ham, spam = run.classifier.head.linear.weight.detach()
    lengths.append((spam - ham).norm())
    shifts.append((pooled(run.classifier) - before).norm(dim=1).mean())
    print(f"{run.regime:6} d is {lengths[-1]:4.1f} long, and x has moved by {shifts[-1]:.1f}")
assert shifts[0] > length > 2 * shifts[1] and lengths[1] > 10 * lengths[0]

# %% [markdown]
# Under `full` the head stays short. So the body pushes the vectors, on average by more than their own length, and the
# old head no longer recognises them, it seems. After a probe the head is long, and a small push is enough.
#
# In 2022 Ananya Kumar and colleagues showed something close to this: learning from a random head distorts the features
# of the body. Theirs were large image models, and what suffered was the accuracy on other kinds of images. In this
# cell it's one seed of one small model.

# %% [markdown]
# ## Look: six regimes
#
# Now all the dials, recorded with three seeds each. You know `full`, `last-block` and `lp-ft`. Three are new:
#
# - `discriminative` slows the lower layers: each block learns 2.6 times slower than the one above it.
# - `gradual-unfreezing` adds one layer per epoch, from the top down. Both come from ULMFiT (Howard and Ruder,
#   2018).
# - `cosine-head` lets the head run ahead, 50 times faster than the body.
#
# The rate on the slider is that of the body's top block, once it learns (the probe of `lp-ft` keeps its 0.05). Which
# regimes keep the language at 0.001? Does it help to slow the lower layers? And what happens to `lp-ft` at 0.01?

# %%
six = movement()
six.set(regime="discriminative", rate=0.001)
six

# %% [markdown]
# At 0.001, from `figures/moved.txt`: the middle perplexity of three seeds with the least and the most, and how far two
# of the layers have moved.
#
# | regime | perplexity | Head moved | Block 2 moved |
# | --- | --- | --- | --- |
# | `full` | 35 (31 to 90) | 194 % | 19 % |
# | `gradual-unfreezing` | 30 (21 to 47) | 221 % | 19 % |
# | `discriminative` | 20 (17 to 36) | 208 % | 23 % |
# | `cosine-head` | 18 (17 to 19) | 878 % | 14 % |
# | `last-block` | 6.2 (5.5 to 10) | 240 % | 33 % |
# | `lp-ft` | 2.6 (2.6 to 2.7) | 5,680 % | 6 % |
#
# The seeds of `full` differ a lot. But in each of the three, slowing the lower layers keeps more of the language, and
# freezing them more still. Nothing here helps as much as a head that has already learned, though `lp-ft` leaves every
# layer of the body free to move.
#
# Distance isn't everything, either: at 0.0003 `full` moves no layer of the body by more than 14 %, and still ends near
# 33. At 0.002 `lp-ft` moves Block 1 and the embeddings further than that run does, and ends at 4.3.
#
# A probe doesn't make every rate safe: at 0.01 `lp-ft` ends at 76. And a fast head helps without a probe, too, but
# less: at 0.0003 `cosine-head` ends at 5.2, where `lp-ft` ends at 2.2 and `full` near 33.

# %% [markdown]
# So which regime finds spam best? Here's `figures/every.txt`: each regime with the best of three rates, chosen on
# validation messages, five seeds with a body each, judged on 2,000 fresh messages.
#
# | regime | F1 | minus full, paired | perplexity |
# | --- | --- | --- | --- |
# | full | 0.898 [0.879, 0.913] | | 15.67 |
# | discriminative | 0.895 [0.874, 0.912] | -0.003 [-0.016, +0.010] | 35.16 |
# | gradual-unfreezing | 0.898 [0.871, 0.918] | -0.000 [-0.014, +0.014] | 9.36 |
# | lp-ft | 0.902 [0.888, 0.914] | +0.005 [-0.008, +0.017] | 2.26 |
#
# Every difference in F1 could be luck, but the language differs by a factor of nearly 16. Three things are different
# from the table above. Each run stops at its best epoch, which spares the language. Each seed has its own body. And
# each regime was tried around a rate of its own, 0.002 for `discriminative`, 0.001 for `full`, 0.0003 for the other
# two: a faster rate costs language, too.

# %% [markdown]
# ## Look: the timetable
#
# The same regimes from the other side: not how far a layer has moved, but how fast it was allowed to. Beside it is the
# *schedule*, which says how the rate moves over a run. Here the layers join in one after the other, and every stage
# begins a new *slanted triangle*, as in ULMFiT. What does `cosine-head` do? (Its head and body each have a full rate of
# their own.)

# %%
from headswap.explorers import timetable

table = timetable()
table.set(regime="gradual-unfreezing")
table

# %% [markdown]
# ## Read
#
# A regime's rules give each place a multiple of the learning rate. `Falling` is a multiple that falls on the way down.

# %%
from headswap.explorers import read
from headswap.regimes.schedules import slanted
from headswap.regimes.stages import Falling

(stage,) = REGIMES["discriminative"].stages
print(*stage.rules, sep="\n")
read(Falling)

# %% [markdown]
# Under these rules the top block learns at the full rate, just as the head does. The first step down is below it. And
# this is the slanted triangle; `done` is the share of the stage that's over:

# %%
read(slanted)

# %% [markdown]
# ## Build: groups with their own rates
#
# An optimizer takes a list of groups, each with its parameters and its rate: `{"params": [...], "lr": 0.002}`.
#
# Write `layer_groups(model, rate, factor)` for a body of any depth. Head, pool, last norm (`model.body.norm`) and the
# top block learn at `rate`. Below it each block learns `factor` times slower than the one above. `model.body.blocks`
# lists them, the lowest first. The embeddings, `model.body.embed_tokens` and `model.body.embed_positions`, are one step
# below the lowest block. `exercises.layer_groups.hint(1)` gives a nudge.

# %% tags=["solution"]
from headswap import exercises


def layer_groups(model, rate, factor):
    """Groups with rates that fall by `factor` from block to block, from the top down."""
    body = model.body
    top = [*model.head.parameters(), *model.pool.parameters(), *body.norm.parameters()]
    groups = [{"params": top, "lr": rate}]
    for steps, block in enumerate(reversed(body.blocks)):
        groups.append({"params": list(block.parameters()), "lr": rate / factor**steps})
    embeddings = [*body.embed_tokens.parameters(), *body.embed_positions.parameters()]
    return [*groups, {"params": embeddings, "lr": rate / factor ** len(body.blocks)}]


# %% tags=["check"]
exercises.layer_groups.check(layer_groups)

# %% [markdown]
# The machine shows your rates, layer by layer. If they're right, it recognises the regime by its name. A layer that you
# forgot is frozen: what's in no group never moves.

# %%
exercises.yours.machine(layer_groups, base)

# %% [markdown]
# ## Build: a schedule
#
# A fast start can throw a model far off before it has learned anything. That's why runs often *warm up*: the rate
# climbs from 0 in a straight line, and then falls along half a cosine wave.
#
# Write `warm_cosine(done, warm)`. `done` says how much of the run is over, from 0 to 1. Return the rate at that moment,
# as a share of the full rate. It climbs to 1 while `done` is below `warm`, and ends at 0. With `warm=0` there's no
# climb. `exercises.warm_cosine.hint(1)` helps.

# %% tags=["solution"]
import math


def warm_cosine(done, warm):
    """The share of the full rate: up to 1 while `done` is below `warm`, then down to 0."""
    if done < warm:
        return done / warm
    return (1 + math.cos(math.pi * (done - warm) / (1 - warm))) / 2


# %% tags=["check"]
exercises.warm_cosine.check(warm_cosine)

# %% [markdown]
# Now both go to work: five epochs in which everything learns, at rate 0.002, factor 2.6 and a warm share of 0.1, your
# groups and schedule beside ours.

# %%
exercises.yours.rates(layer_groups, warm_cosine, base, split)

# %% [markdown]
# Then break something: reverse the order of the rates, or leave the embeddings out. Does F1 notice? Which columns do?

# %% [markdown]
# ## Prove
#
# LP-FT promises that its second stage starts where the probe ended. So train a probe alone, with the same seed, and
# stop LP-FT as its second stage begins. All 30 tensors must be the same, bit for bit. (An epoch of `head-only` is as
# long as the probe's.)

# %%
from headswap import EpochDone, Recipe, StageBegan, place_of, run_regime, start_regime

# %% tags=["prove"]
break_it = False  # set this to True and run the cell again: a new head is made

probe, rest = REGIMES["lp-ft"].stages
rest = replace(rest, head="linear") if break_it else rest
regime = replace(REGIMES["lp-ft"], stages=(probe, rest))
alone = run_regime(base, split, "head-only", Recipe(epochs=1)).classifier.state_dict()
model, events = start_regime(base, split, regime, Recipe(epochs=2))
next(event for event in events if isinstance(event, StageBegan) and event.stage == 1)
same = [name for name, tensor in model.state_dict().items() if torch.equal(tensor, alone[name])]
assert break_it or len(same) == len(alone) == 30
print(f"{len(same)} of {len(alone)} tensors are those of the probe.")

# %% [markdown]
# Gradual unfreezing promises that a layer stays where it is until its turn comes. After each stage, check which layers
# of the body differ from the base at all.


# %%
def changed(model):
    """The layers of the body in which any weight differs from the base's."""
    start, now = base.body.state_dict(), model.body.state_dict()
    names = [name for name in now if not torch.equal(now[name], start[name])]
    return sorted({str(place_of(model, f"body.{name}")) for name in names})


# %% tags=["prove"]
break_it = False  # set this to True and run the cell again: the second stage thaws everything

first, second, third, last = REGIMES["gradual-unfreezing"].stages
second = replace(last, share=second.share) if break_it else second
gradual = replace(REGIMES["gradual-unfreezing"], stages=(first, second, third, last))
model, events = start_regime(base, split, gradual, Recipe(epochs=4))
seen = {event.stage: changed(model) for event in events if isinstance(event, EpochDone)}
top, below, lowest = ["block[1]", "norm"], ["block[0]"], ["embedding"]
promised = [[], top, sorted(top + below), sorted(top + below + lowest)]
assert break_it or [*seen.values()] == promised, seen
said = "Broken" if break_it else "As promised"
for number, layers in seen.items():
    print(f"{said}: moved after stage {number + 1}: {', '.join(layers) or 'nothing'}")

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# A layer's rate limits how far it can move. In our runs, a body that starts under a trained head has less far to go,
# and keeps more of its language. Train the head first and then everything at a low rate, and you keep most of the
# language at the F1 of `full`. F1 alone would never have told you, so measure what you want to keep.
#
# Next question: what if the body stays exactly as it is, and something small learns inside it?
#
# Next: [10 · Adapters, LoRA, and other small parts](10_inserts.ipynb) ·
# Before: [08 · Probe or feature head](08_feature_head.ipynb)
