# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 03 · The head swap
#
# **11 minutes** to read, and three exercises. You need lesson 02: body, head, perplexity. Afterwards you can turn a
# language model into a classifier, say to the last weight what is new in it, and name the two baselines that its
# score needs.

# %% [markdown]
# ## A question
#
# The language model knows which byte comes next. You want to know whether a message is *spam*, or *ham*, a message that
# someone wanted to get. Nobody has asked the body about that, and the head answers another question.
#
# So the old head comes off, and a new one goes on. Then the new head learns, on 640 labelled messages, while the body
# stands still. Afterwards you take it off again and put the old head back. Does the language model still work?

# %% [markdown]
# ## Predict
#
# Before the swap its perplexity on unread messages is about 2. Choose before you read on.

# %%
from headswap.explorers import predict

SAME, WORSE, GONE = "What it was, to the last bit", "A little worse", "Back near 260"
answers = [SAME, WORSE, GONE]
bet = predict("New head trained, old head back on: what is the perplexity?", answers)
bet

# %% [markdown]
# ## Look: old head off, new head on
#
# A *pool* lies between body and head: the body gives a vector per byte, and the verdict is about the message. The
# mean pool takes the mean over the real bytes; lesson 04 is about the others. The new head, a `LinearHead`, gives a
# *logit* per class, a number for ham and a number for spam; the larger one is the verdict.
#
# Put the language model's head back on, and take it off again. Each time, follow one byte: click it at the bottom, and
# every layer shows its vector as a strip of colours. Which strips change with the head?

# %%
from headswap.explorers import lesson_base, machine

base = lesson_base()
model = machine(base, text="Free prize, call now")
model

# %% [markdown]
# None of them. The old head reads every vector above the norm, the new one reads their mean, from the pool. And the old
# one comes back as if nothing had happened:

# %%
twin, seen = machine(base), []
for swapped in (False, True, False):
    twin.set(swapped=swapped)
    seen.append(twin.find("The machine")["flow"])
old, new, back = seen
assert old["strips"] == new["strips"] and old["logits"] != new["logits"]
assert back == old
print(len(old["logits"]), "guesses at a byte, then", len(new["logits"]), "logits, from the same vectors")

# %% [markdown]
# In Python `swap_head` does it, and hands you a report by name.

# %%
import torch

from headswap import LinearHead, MeanPool, swap_head
from headswap.explorers import swap_report

generator = torch.Generator().manual_seed(0)
swapped = swap_head(base, MeanPool(), LinearHead(64, 2, generator))
report = swap_report(swapped)
report

# %% [markdown]
# Choose a place and read its tensors one by one. `head.linear.weight` and `head.linear.bias` are dropped *and*
# created: the same names for other tensors, as the shapes show.

# %%
for row in report.find("Tensors of the place")["rows"]:
    print(*row, sep="  |  ")
print(report.find("The swap")["text"])

# %% [markdown]
# The new head is drawn at random, so before it learns, its verdict means nothing. Only the answer's shape is right
# already:

# %%
from headswap import ByteTokenizer

ids, mask = ByteTokenizer().batch(["Free prize, call now", "See you at lunch"], 32)
with torch.no_grad():
    said, judged = base(ids, mask), swapped.classifier(ids, mask)
print("language model  (B, T, V)", tuple(said.shape))
print("classifier      (B, C)   ", tuple(judged.shape))

# %% [markdown]
# C counts the classes. From a guess per byte to a verdict per message.

# %% [markdown]
# ## Read: the whole operation
#
# There is less to it than the word promises. A classifier is a body, a pool and a head, called one after the other.

# %%
from headswap import Classifier
from headswap.explorers import read

read(Classifier)

# %% [markdown]
# The swap takes the body out of the language model, *the same object in memory and not a copy*, and makes a classifier
# of it. All the rest is the report. Putting the old head back is one line.

# %%
read(swap_head)

# %%
from headswap import put_back

read(put_back)

# %% [markdown]
# ## Build: swap
#
# Now yours. `swap(model, classes)` takes a language model and returns a `Classifier` on its body, with a `MeanPool()`
# and a new linear head with one logit per class, biases included. `LinearHead(width, classes, generator)` makes the
# head; `model.body.width` is the width. The language model must not lose its own head.
#
# `exercises.swap.hint(1)` to `hint(3)` help, and `exercises.swap.solution()` shows one way to do it.

# %% tags=["solution"]
from headswap import exercises


def swap(model, classes):
    """A classifier on the model's own body: mean pool, one new logit per class."""
    head = LinearHead(model.body.width, classes, torch.Generator().manual_seed(0))
    return Classifier(model.body, MeanPool(), head)


# %% tags=["check"]
exercises.swap.check(swap)

# %% [markdown]
# ## Build: count what is new
#
# How many numbers must learn if only the new head does? Write `count_new_weights(width, classes)` for a linear head:
# each logit is a weighted sum of `width` numbers, and a bias of its own.


# %% tags=["solution"]
def count_new_weights(width, classes):
    """How many numbers a new linear head for this width and these classes brings."""
    return classes * width + classes


# %% tags=["check"]
exercises.count_new_weights.check(count_new_weights)

# %% [markdown]
# For our model it is 2 · 64 + 2 = 130, of 118,914 in all: about one in a thousand.

# %% [markdown]
# ## Build: the loss it learns by
#
# The new head learns by *cross-entropy*: minus the logarithm of the probability that it gives to the true class. It is
# the loss of lesson 02, with classes in place of bytes. A *softmax* turns logits into probabilities, and here lies a
# trap: PyTorch's `cross_entropy` takes *raw* logits and does the softmax itself.
#
# Write `loss(logits, labels)`: logits (B, C) are raw, labels (B,) are class numbers. Return the *mean* over the
# messages, as a tensor, so that gradients find their way back. `exercises.loss.hint(1)` helps.

# %% tags=["solution"]
import torch.nn.functional as F


def loss(logits, labels):
    """Mean cross-entropy of raw logits (B, C) against labels (B,), as a tensor."""
    return F.cross_entropy(logits, labels)


# %% tags=["check"]
exercises.loss.check(loss)

# %% [markdown]
# From here on the lesson uses the library's own swap, head and loss.

# %% [markdown]
# ## Look: two baselines
#
# The new head learns. What is its score worth? Two *baselines* answer, and both do without pretraining. The third
# line is ours:
#
# - `frozen-random`: a body with random weights stands still, and only the head learns. It says what the 130 weights can
#   do alone.
# - `scratch`: everything learns, from random weights. It says what 640 messages teach without the body's schooling.
# - `head-only`: the pretrained body stands still, and the head learns.
#
# The score is F1, from 0 to 1: high where spam is found *and* real messages are left alone (lesson 06). Three seeds
# each: a seed draws the head, the order of the messages and, where it is random, the body. The pretrained body, the
# 640 messages and the 160 that judge are always the same. It takes about 25 seconds.

# %% tags=["nbval-ignore-output"]
from headswap import Recipe, fixture_split, judge, run_regime
from headswap.metrics.intervals import mean_interval, paired_difference

split = fixture_split()
runs, judged = {}, {}
for regime in ("frozen-random", "scratch", "head-only"):
    runs[regime] = [run_regime(base, split, regime, Recipe(seed=s)) for s in range(3)]
    judged[regime] = [judge(run.classifier, "test", split.test) for run in runs[regime]]
    mean = sum(one.metrics.f1 for one in judged[regime]) / 3
    low, high = mean_interval([one.verdicts for one in judged[regime]], "f1")
    learning = f"{runs[regime][0].learning:>7,} weights learn"
    print(f"{regime:13} {learning}  F1 {mean:.2f} [{low:.2f}, {high:.2f}]")
    assert 0.65 < mean < 0.95

# %% [markdown]
# Each line is a mean of three seeds with its 95 % interval, over the luck of the seeds and of the 160 messages. All
# seeds are judged on the *same* messages, so more seeds would not narrow these intervals much. But much of that luck is
# the same for all three. So compare them in pairs, message by message: what they share cancels out.

# %% tags=["nbval-ignore-output"]
for ours, other in (("head-only", "frozen-random"), ("head-only", "scratch")):
    pairs = [(a.verdicts, b.verdicts) for a, b in zip(judged[ours], judged[other], strict=True)]
    gain, (low, high) = paired_difference(pairs)
    print(f"{ours} minus {other:13}  F1 {gain:+.2f} [{low:+.2f}, {high:+.2f}]")
    assert -0.12 < gain < 0.20

# %% [markdown]
# If the interval leaves 0 out, chance hardly explains the difference. Three seeds are few, and they share one body. The
# library's own record has five, each with a body of its own and its own draw of 640 from the same 960 messages,
# judged on 2,000 fresh ones (`figures/fixture.txt`):
#
# | what learns | body | weights | F1 | 95 % interval |
# | --- | --- | --- | --- | --- |
# | `frozen-random` | random | 130 | 0.824 | [0.806, 0.841] |
# | `head-only` | pretrained | 130 | 0.863 | [0.844, 0.879] |
# | `scratch` | random | 118,914 | 0.870 | [0.854, 0.885] |
#
# Read it twice. With the default settings pretraining adds +0.039 [+0.018, +0.059] to the same 130 weights in F1,
# compared in pairs; in average precision +0.014 [-0.001, +0.029], which could be luck. Two of our own choices, how
# random weights start and how much text is read, widen this gap (CONTRIBUTING.md). Against `scratch` five seeds can't
# tell: `scratch` minus `head-only` is +0.007 [-0.008, +0.022]. The frozen body pays from the second task on: 0.4 s
# each, after 6.4 s of pretraining once, where `scratch` takes 6.9 s every time.

# %% [markdown]
# ## Look: the old head back
#
# Now the promise. `head-only` has trained its head on a copy of the body, which stood still. Put the language model's
# head back on it, and measure. Then put the same head on the body of `scratch`, which it has never met.

# %% tags=["nbval-ignore-output"]
from headswap import perplexity

unread = [message.text for message in split.validation]
before = perplexity(base, unread)
after = perplexity(put_back(runs["head-only"][0].classifier, swapped.old_head), unread)
stranger = perplexity(put_back(runs["scratch"][0].classifier, swapped.old_head), unread)
print("before", before)
print("after ", after)
print(f"on a body that it does not know: {stranger:.0f}")
assert after == before
assert stranger > 20

# %%
bet.reveal(SAME, "head-only never touched the body, so every digit is what it was")

# %% [markdown]
# All digits agree. A head is nothing without its body, and the body has lost nothing: one body can serve as many heads
# as you like. If the body had learned too, this would be different; in lesson 07 you see by how much.

# %% [markdown]
# ## Prove
#
# First, the swap keeps the body. Remember every tensor of it, swap, and compare, to the bit. The kept object must be
# the very same one, and 28 tensors must be all there are.

# %% tags=["prove"]
before_swap = {name: weight.clone() for name, weight in base.body.named_parameters()}
head = LinearHead(64, 2, torch.Generator().manual_seed(1))
proof = swap_head(base, MeanPool(), head)
after_swap = dict(proof.classifier.body.named_parameters())
assert before_swap.keys() == after_swap.keys()
assert all(torch.equal(before_swap[name], after_swap[name]) for name in before_swap)
numbers = sum(weight.numel() for weight in after_swap.values())
print(f"{len(after_swap)} tensors, {numbers:,} numbers: not one bit has changed.")

# %% [markdown]
# Second, there is a way back. Under its old head the classifier's body is the language model again: each logit and the
# perplexity on 160 messages are what they were, to the bit.

# %% tags=["prove"]
speaker = put_back(proof.classifier, proof.old_head)
with torch.no_grad():
    assert torch.equal(speaker(ids, mask), base(ids, mask))
texts = [message.text for message in fixture_split().validation]
assert perplexity(speaker, texts) == perplexity(base, texts)
print(f"{len(texts)} messages: the same perplexity, to the last bit.")

# %% [markdown]
# ## Recap
#
# A head swap keeps the body and renews the head: 130 numbers are new, 118,784 are kept to the bit, and the old head
# can go back on. A score needs its baselines: a random frozen body says what the head does alone, training from scratch
# what the labels teach alone. Say how many seeds, and give the interval.
#
# Next: up to 32 vectors became one by taking their mean. Why the mean, and what happens to it when pads are counted?
