# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 10 · Adapters, LoRA, and other small parts
#
# **14 minutes** to read, five exercises and half a minute of computing.
#
# The cell below fine-tunes the whole body, which takes a few seconds. Then you throw away nearly everything it learned:
# slide the rank up from 0. How much do you need?

# %%
from headswap import Recipe, fixture_split, run_regime
from headswap.explorers import lesson_base, thin

base, split = lesson_base(), fixture_split()
tuned = run_regime(base, split, "full", Recipe()).classifier
thin(tuned, base, split)

# %% [markdown]
# ## A question
#
# Full fine-tuning may move all 118,784 weights of the body. At rank 4, a twelfth as many numbers hold what you kept,
# and F1 was as good as with the whole change, as far as 160 messages can tell.
#
# The slider cuts each matrix's change down to a *rank*. A matrix of rank 4 is the product of two thin ones: the first
# turns 64 numbers into 4, the second turns 4 into 64. That's 512 numbers instead of 4,096.
#
# If the change is that thin, why learn a thick one? Freeze the body, put two thin matrices beside some of its weight
# matrices (here: those that make queries and values), and learn only the thin ones. That's *LoRA*, low-rank adaptation,
# and it's one of a family: small parts that you insert into a frozen body. Do they learn as well as the whole body
# does?

# %% [markdown]
# ## Predict
#
# Our LoRA has 2,178 weights, head included. Full fine-tuning has 118,914.

# %%
from headswap.explorers import predict

LUCK = "no difference that luck couldn't explain"
answers = ["full is ahead by more than luck", LUCK, "LoRA is ahead by more than luck"]
bet = predict("Five seeds, 2,000 test messages, both tuned: whose F1 is higher?", answers)
bet

# %% [markdown]
# ## Look: before the first step
#
# Here's the machine with LoRA inside: the layers that it sits in say how many of their weights learn. Now choose the
# adapters, prompt, prefix and ia3 in the menu, and watch the logits. Some parts change the answer before they've
# learned anything, and some don't. Which ones?

# %%
from headswap.explorers import machine

machine(base, regime="lora")

# %% [markdown]
# The same question for all 160 test messages. `attach` puts a part on a body; its weights are new and untrained.

# %% tags=["nbval-ignore-output"]
import copy

import torch

from headswap import REGIMES, ByteTokenizer, attach

ids, mask = ByteTokenizer().batch([message.text for message in split.test], 32)
was, started = base.body(ids, mask).detach(), {}
for name in ("lora", "ia3", "adapters-houlsby", "adapters-pfeiffer", "prefix", "prompt"):
    body = copy.deepcopy(base.body)
    attach(body, REGIMES[name].stages[0].inserts[0], torch.Generator().manual_seed(0))
    started[name] = float((body(ids, mask).detach() - was).abs().max())
    print(f"{name:18} the hidden states move by up to {started[name]:.2g}")
assert started["lora"] == started["ia3"] == 0.0
assert started["adapters-houlsby"] < 1e-3 < 0.1 < min(started["prefix"], started["prompt"])

# %% [markdown]
# Zero means zero: LoRA and (IA)³ begin as the *identity*. The model starts as exactly what it was, and training moves
# it away from there step by step. Here's what each part does:
#
# | part | what it adds to a frozen body | start |
# | --- | --- | --- |
# | LoRA | a product of two thin matrices beside every query and value | one of the two is zeros |
# | (IA)³ | a factor for each number in keys, values and the feed-forward's hidden layer | all factors are 1 |
# | Houlsby's adapter | a narrow network after attention and after feed-forward; the norms learn, too | tiny weights |
# | Pfeiffer's adapter | a narrow network after feed-forward only | small weights |
# | prefix | eight keys and values in front of each block's own | zeros |
# | prompt | eight vectors in front of the message | copies of bytes |
#
# A prefix of zeros isn't the identity: a key of zeros still gets its share of the attention. And *BitFit* adds nothing
# at all. It trains the biases that are already there.

# %% [markdown]
# ## Read
#
# The shortest of them is one part of (IA)³: a learned factor for each hidden number of the feed-forward network, just
# before its second layer.

# %%
from headswap.explorers import read
from headswap.model.inserts.ia3 import StretchInput

read(StretchInput)

# %% [markdown]
# ## Build: how LoRA begins
#
# Write `new_lora(fan_in, fan_out, rank, generator)`. It returns two matrices for a product that turns `fan_in` numbers
# into `fan_out`: A (rank, fan_in), drawn from the generator and divided by the root of `fan_in`, and B (fan_out, rank),
# all zeros.
#
# Why not draw both, or set both to zero? `exercises.new_lora.hint(1)` helps.

# %% tags=["solution"]
from headswap import exercises


def new_lora(fan_in, fan_out, rank, generator):
    """Two thin matrices that add nothing yet: A (rank, fan_in) drawn, B (fan_out, rank) zeros."""
    A = torch.randn(rank, fan_in, generator=generator) / fan_in**0.5
    return A, torch.zeros(fan_out, rank)


# %% tags=["check"]
exercises.new_lora.check(new_lora)

# %% [markdown]
# ## Build: what LoRA adds
#
# The frozen layer has turned `x` (…, fan_in) into `output` (…, fan_out). Return the output plus what LoRA adds: narrow
# `x` with A, widen it with B, and scale it by `alpha` divided by the rank.
#
# Why divide? The paper's idea is that a learning rate which suits one rank then roughly suits another.
# `exercises.lora.hint(1)` helps.


# %% tags=["solution"]
def lora(x, output, A, B, alpha):
    """The frozen output plus alpha / rank times x Aᵀ Bᵀ."""
    return output + alpha / len(A) * (x @ A.T @ B.T)


# %% tags=["check"]
exercises.lora.check(lora)

# %% [markdown]
# ## Build: merge
#
# Once it has learned, LoRA needn't cost anything. x Aᵀ Bᵀ is x (B A)ᵀ, so B A fits into the weight itself. Return a
# *new* weight (fan_out, fan_in) that gives the same answers as the frozen weight and LoRA together. The weight you're
# given must stay as it is: it's your way back. `exercises.merge.hint(1)` helps.


# %% tags=["solution"]
def merge(weight, A, B, alpha):
    """A new weight that holds the frozen one and what LoRA has learned."""
    return weight + alpha / len(A) * (B @ A)


# %% tags=["check"]
exercises.merge.check(merge)

# %% [markdown]
# Now all three go to work: your LoRA hangs on every query and value, learns for ten epochs, and is merged by your
# function. And the machine counts your LoRA's weights in each layer.

# %%
exercises.yours.lora(new_lora, lora, merge, base, split)

# %%
exercises.yours.lora_machine(new_lora, lora, base)

# %% [markdown]
# Break it on purpose: start B with `torch.ones`, or forget to divide alpha, and run the cells again. Which column
# notices?

# %% [markdown]
# ## Look: rank and alpha
#
# How thin may it be, and how strong? Here's the validation loss at the best epoch, the mean of three seeds
# (`figures/ranks.txt`), all at learning rate 0.001. Lower is better; the seeds of one cell lie up to .13 apart.
#
# | rank | alpha 1 | alpha 4 | alpha 8 | alpha 16 | alpha 64 |
# | --- | --- | --- | --- | --- | --- |
# | 1 | 0.378 | 0.323 | 0.317 | 0.323 | 0.320 |
# | 2 | 0.382 | 0.323 | 0.309 | 0.299 | 0.289 |
# | 4 | 0.376 | 0.308 | 0.290 | 0.283 | 0.277 |
# | 8 | 0.373 | 0.310 | 0.299 | 0.295 | 0.287 |
# | 16 | 0.370 | 0.305 | 0.296 | 0.294 | 0.285 |
#
# Read down a column: even rank 1 isn't far behind, and above 4 nothing gets clearly better. Read along a row: with
# alpha 1 LoRA learns too slowly for 20 epochs at this rate, and from 8 on alpha hardly matters. We use rank 4 and
# alpha 8. (At the top of this lesson, rank 1 was bad: there you cut a change that had been learned thick. A LoRA of
# rank 1 learns to make do with it.)

# %% [markdown]
# ## Build: an adapter
#
# The oldest of these parts is the *adapter*: a narrow network after attention or after the feed-forward network, the
# two *sublayers* of a block. `down` and `up` are linear layers:
# `down(hidden)` turns 64 numbers into a few, `up` turns them back into 64. Between them comes `F.gelu`. What comes out
# is added to what came in. `exercises.adapter.hint(1)` helps.

# %% tags=["solution"]
import torch.nn.functional as F


def adapter(hidden, down, up):
    """What came in (…, D), plus what the narrow network makes of it."""
    return hidden + up(F.gelu(down(hidden)))


# %% tags=["check"]
exercises.adapter.check(adapter)

# %%
exercises.yours.adapters(adapter, base, split)

# %% [markdown]
# Where does it sit? Our blocks normalise first and add last. An adapter works on what the sublayer is about to add, so
# the stream of vectors itself passes untouched. In Houlsby's paper the adapter also comes before the sum; there the
# norm follows the sum.

# %% [markdown]
# ## Look: what each part is worth
#
# From `figures/every.txt`: each regime tuned on its own validation messages, five seeds, 2,000 fresh test messages. F1
# minus full is paired, message by message.
#
# | regime | weights | F1 | minus full | perplexity |
# | --- | --- | --- | --- | --- |
# | full | 118,914 | 0.898 | | 15.67 |
# | head-only | 130 | 0.861 | -0.037 [-0.052, -0.021] | 2.17 |
# | bitfit | 1,602 | 0.892 | -0.006 [-0.011, -0.001] | 17.16 |
# | ia3 | 898 | 0.896 | -0.002 [-0.010, +0.007] | 3.33 |
# | prompt | 642 | 0.886 | -0.012 [-0.024, +0.001] | 7.86 |
# | prefix | 2,178 | 0.881 | -0.016 [-0.040, +0.007] | 5.21 |
# | lora | 2,178 | 0.896 | -0.002 [-0.011, +0.007] | 5.48 |
# | adapters-houlsby | 5,154 | 0.892 | -0.005 [-0.018, +0.007] | 5.92 |
# | adapters-pfeiffer | 4,386 | 0.898 | +0.000 [-0.014, +0.015] | 5.30 |

# %%
bet.reveal(LUCK, "LoRA minus full: -0.002 [-0.011, +0.007], five seeds, paired")

# %% [markdown]
# So 2,178 weights come within about a point of 118,914. The head alone is clearly behind. BitFit is behind by a hair,
# which among eight comparisons could still be luck; prompt and prefix vary too much from seed to seed to tell. On these
# messages something in the body has to learn, but very little is enough.
#
# *Perplexity* tells the other half: the old head back on the body, the small part still in it. Every small part costs
# some of the language. Two of them also write to the body itself: BitFit to its biases, Houlsby's adapters to its
# norms. Take any of the others off, and the body is what it was.

# %% [markdown]
# ## Look: the bill
#
# What do you store for one more task? Only what isn't in the body already, the *delta*.

# %% tags=["nbval-ignore-output"]
from pathlib import Path
from tempfile import TemporaryDirectory

from headswap import save_delta

names = ("full", "adapters-houlsby", "lora", "ia3")
runs = {name: run_regime(base, split, name, Recipe(epochs=2)) for name in names}
with TemporaryDirectory() as folder:
    for name, run in runs.items():
        size = save_delta(Path(folder) / name, run, base).stat().st_size
        print(f"{name:18} {run.learning:>8,} weights   {size / 1000:6.1f} kB")
        assert (size > 400_000) == (name == "full")

# %% [markdown]
# Small parts save less time than you'd think, because gradients still flow down to the lowest part. From
# `figures/every.txt`: an epoch takes between 0.70 (Pfeiffer's adapters) and 1.06 (prompt) of the time that `full`
# takes.
#
# But where full fine-tuning leaves you a whole model for each task, small parts need one body for all of them.

# %% [markdown]
# ## Look: one body, many tasks
#
# A *shelf* is one body with many tasks on it. Hang three heads of your own on it, for lesson 08's questions: is it
# spam, is there a comma, is exactly one of the two true? That last head has a hidden layer, so it's larger.

# %% tags=["nbval-ignore-output"]
from headswap import Shelf
from headswap.explorers import question_split

shelf, splits = Shelf(base), {}
for task in ("spam", "comma", "exactly one"):
    regime = "mlp-head" if task == "exactly one" else "head-only"
    splits[task] = question_split(task)
    run = run_regime(base, splits[task], regime, Recipe())
    shelf.put(task, run, splits[task].label_names)
    print(f"{task:12} {shelf.task(task).weights:>6,} weights, F1 {run.epochs[-1].validation.f1:.2f}")
    assert run.epochs[-1].validation.f1 > 0.7

# %% [markdown]
# Delete the comma below: one head flips, one wavers, and spam doesn't care. The body reads the message once for
# all of them. Take a head off, and the others don't notice.

# %% tags=["nbval-ignore-output"]
from headswap.explorers import many_heads

mine = many_heads(shelf)
assert mine.find("One body, many heads")["passes"] == 1
mine

# %% [markdown]
# Often the questions come mixed: each row names its task, and the shelf takes that task's head. A name that isn't there
# must be an error. The body's vectors fit every head, so a wrong head answers, too, and confidently.

# %% tags=["nbval-ignore-output"]
from headswap import SettingError

answers = shelf.ask(["comma", "spam", "comma"], ["Hi, it's me", "Free cash now", "Free cash now"])
for answer in answers:
    print(f"{answer.task:6} {answer.label:9} {answer.probability:.2f}")
assert [answer.task for answer in answers] == ["comma", "spam", "comma"]
try:
    shelf.ask("coma", ["Hi, it's me"])
except SettingError as error:
    print(error)

# %% [markdown]
# ## Build: a mixed batch
#
# Write `route(tasks, features, heads)`. `tasks` names the task of each row, `features` (B, D) is what the body made of
# the rows, and `heads` has a function for each task. It turns features (…, D) into logits (…, C), and C differs from
# head to head.
#
# Return a list with the logits of each row, in the order asked. A task without a head must be an error.
# `exercises.route.hint(1)` helps.


# %% tags=["solution"]
def route(tasks, features, heads):
    """The logits of each row, by the head of its own task, in the order asked."""
    answers = [None] * len(tasks)
    for task in set(tasks):
        mine = [row for row, name in enumerate(tasks) if name == task]
        for row, logits in zip(mine, heads[task](features[mine]), strict=True):
            answers[row] = logits
    return answers


# %% tags=["check"]
exercises.route.check(route)

# %%
exercises.yours.route(route, shelf, splits)

# %% [markdown]
# Break it on purpose: let the first row's head answer for all. Nothing crashes, and the answers are as confident as
# before. Only the columns show it.
#
# What does sharing save? For 100 tasks (`figures/shelf.txt`):
#
# | 100 tasks as | on disk |
# | --- | --- |
# | whole copies | 48 MB |
# | a shelf of LoRAs | 1.6 MB |
# | a shelf of heads | 0.7 MB |
#
# In memory, one more head takes less than 10 kB, and one more LoRA less than 100 kB.

# %% [markdown]
# Could other tasks' adapters help spam when you have only 80 labels? *AdapterFusion* freezes several adapters and
# learns attention that mixes them. Here are five recorded seeds. Used alone, no other task's adapter does as well as
# spam's own. The mixture mostly picks spam's own, and we see no gain over that adapter, or over one wide adapter with
# as many weights. So far, with this small body and these tasks, fusion hasn't paid.

# %%
from headswap.explorers import fused

fused()

# %% [markdown]
# ## Prove
#
# Three promises. A new LoRA changes nothing. A merged one answers as before, to five decimals. And taken off, it
# leaves the body as it was, bit for bit, language and all. (These are five epochs; the runs in the table had 20, at
# rates of their own.)

# %% tags=["prove"]
from headswap import LoRA

break_it = False  # set this to True and run the cell again: one B no longer starts as zeros

body = copy.deepcopy(base.body)
attach(body, LoRA(), torch.Generator().manual_seed(1))
if break_it:
    with torch.no_grad():
        body.get_parameter("inserted.blocks/0/attention/qkv.lora.q.B").fill_(0.01)
with torch.no_grad():
    far = float((body(ids, mask) - was).abs().max())
assert break_it or far == 0.0
print(f"put on:    the hidden states move by {far:.2g}")

# %% tags=["prove", "nbval-ignore-output"]
import headswap
from headswap import perplexity, put_back

texts = [message.text for message in split.test]
learned = run_regime(base, split, "lora", Recipe(epochs=5)).classifier
merged = headswap.merge(learned.body)
with torch.no_grad():
    torch.testing.assert_close(merged(ids, mask), learned.body(ids, mask), rtol=1e-5, atol=1e-5)
with_lora = perplexity(put_back(learned, base.head), texts)
headswap.detach(learned.body, "lora")
without = perplexity(put_back(learned, base.head), texts)
assert without == perplexity(base, texts) < with_lora
assert all(torch.equal(now, base.body.get_parameter(n)) for n, now in learned.body.named_parameters())
print("merged:    the same hidden states, to five decimals")
print(f"taken off: perplexity {without:.2f}, exactly the base's; with LoRA on: {with_lora:.2f}")

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# What fine-tuning changes is thin, so a thin part can learn it: two small matrices, a narrow network, a few factors.
# Start it at the identity where you can, train it on a frozen body, and merge it or take it off when you're done. One
# body then serves many tasks: each brings a head and perhaps a small part, a row goes to its own task, and a task that
# isn't there is an error.
#
# Next question: while it does its new task, nearly every model here has lost some of its language. Who forgot how much,
# and does it matter?
#
# Next: [11 · Who forgot the language?](11_forgetting.ipynb) · Before: [09 · Rates and schedules](09_rates.ipynb)
