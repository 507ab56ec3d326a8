# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 03 · The head swap
#
# **11 minutes** to read, three exercises and half a minute of computing. Press the button:
# 260 rows come off, two go on. Press it again. What changes below the head?

# %%
from headswap.explorers import lesson_base, machine

base = lesson_base()
model = machine(base, text="Free prize, call now")
model

# %% [markdown]
# ## A question
#
# Nothing changes below. Every strip of colours is a vector inside the body, and each one
# stays as it was. The old head reads those vectors one by one and guesses the next byte.
# The new one reads their mean and says ham or spam. Same vectors, another question.
#
# So far the new head's answer means nothing, because its 128 weights are random. It has to learn, on
# 640 labelled messages, with the body frozen. Suppose that's done, and you put the old head back. Is
# the language model still what it was?

# %% [markdown]
# ## Predict
#
# *Perplexity* measures a language model: between how many bytes it hesitates, on average.
# Ours is at about 2 on messages it hasn't read. One that knows nothing is at 260.

# %%
from headswap.explorers import predict

SAME, WORSE, GONE = "Exactly what it was", "A little worse", "Back near 260"
answers = [SAME, WORSE, GONE]
bet = predict("New head trained, old head back on: what is the perplexity?", answers)
bet

# %% [markdown]
# ## Look: old head off, new head on
#
# First the same thing in numbers: old head, new head, old head again.

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
# A *logit* is a head's raw answer: one number per class, and the largest wins. Between body
# and head sits a *pool*, because the body gives one vector per byte and the verdict is about
# the whole message. Ours takes the mean; lesson 04 tries others.
#
# In Python, `swap_head` does the swap and reports by name what it kept and what it made.

# %%
import torch

from headswap import LinearHead, MeanPool, swap_head
from headswap.explorers import swap_report

generator = torch.Generator().manual_seed(0)
swapped = swap_head(base, MeanPool(), LinearHead(64, 2, generator))
report = swap_report(swapped)
report

# %% [markdown]
# `head.linear.weight` and `head.linear.bias` are dropped *and* created. The names are the
# same and the tensors are not, as their shapes show:

# %%
for row in report.find("Tensors of the place")["rows"]:
    print(*row, sep="  |  ")

# %% [markdown]
# The answer has a new shape, too: from a guess per byte to a verdict per message. B counts
# messages, T bytes, V the 260 possible ids and C the classes.

# %%
from headswap import ByteTokenizer

ids, mask = ByteTokenizer().batch(["Free prize, call now", "See you at lunch"], 32)
with torch.no_grad():
    said, judged = base(ids, mask), swapped.classifier(ids, mask)
print("language model  (B, T, V)", tuple(said.shape))
print("classifier      (B, C)   ", tuple(judged.shape))

# %% [markdown]
# ## Read: the whole operation
#
# A classifier is a body, a pool and a head, called one after the other.

# %%
from headswap import Classifier
from headswap.explorers import read

read(Classifier)

# %% [markdown]
# The swap takes the body out of the language model and builds a classifier around it. It's
# the same object in memory, not a copy. Everything else here writes the report.

# %%
read(swap_head)

# %% [markdown]
# And the way back is one line.

# %%
from headswap import put_back

read(put_back)

# %% [markdown]
# ## Build: swap
#
# Now you. `swap(model, classes)` takes a language model and returns a `Classifier` on its
# body, with a `MeanPool()` and a new linear head that has one logit per class.
# `LinearHead(width, classes, generator)` makes the head, and `model.body.width` is the
# width. The language model must keep its own head.
#
# `exercises.swap.hint(1)` to `hint(3)` help, and `exercises.swap.solution()` shows one way.

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
# How many numbers must learn if only the new head does? Write `count_new_weights(width,
# classes)` for a linear head: each logit is a weighted sum of `width` numbers plus a bias
# of its own.


# %% tags=["solution"]
def count_new_weights(width, classes):
    """How many numbers a new linear head for this width and these classes brings."""
    return classes * width + classes


# %% tags=["check"]
exercises.count_new_weights.check(count_new_weights)

# %% [markdown]
# For our model that's 2 · 64 + 2 = 130 of 118,914: about one in a thousand.

# %% [markdown]
# ## Build: the loss it learns by
#
# The new head learns by *cross-entropy*: minus the logarithm of the probability that it
# gives the true class. A *softmax* turns logits into probabilities, and here's a trap:
# PyTorch's `cross_entropy` takes raw logits and does the softmax itself.
#
# Write `loss(logits, labels)`: logits (B, C) are raw, labels (B,) are class numbers. Return
# the *mean* over the messages, as a tensor, so that gradients can flow back.

# %% tags=["solution"]
import torch.nn.functional as F


def loss(logits, labels):
    """Mean cross-entropy of raw logits (B, C) against labels (B,), as a tensor."""
    return F.cross_entropy(logits, labels)


# %% tags=["check"]
exercises.loss.check(loss)

# %% [markdown]
# Now put both to work. The next cell takes the classifier that your `swap` makes, trains its head by
# your `loss`, and judges it on 160 messages that the classifier has never seen.

# %%
from headswap import fixture_split

split = fixture_split()
exercises.yours.head(swap, loss, base, split)

# %% [markdown]
# ## Look: two baselines
#
# What is a score worth? Two *baselines* answer, and both do without pretraining.
#
# - `frozen-random`: the body is random and frozen, and only the head learns. So that's what
#   130 weights can do on their own.
# - `scratch`: everything learns, starting from random weights. That's what the 640 labels
#   teach without any reading beforehand.
#
# Beside them stands ours, `head-only`: a pretrained body, frozen, and a head that learns. Each runs
# with three *seeds*, that is, three sets of random draws. It takes about 20 seconds.

# %% tags=["nbval-ignore-output"]
from headswap import Recipe, judge, run_regime
from headswap.metrics.intervals import mean_interval, paired_difference

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
# Each bracket is a 95 % interval over the luck of the seeds and of the 160 messages. Much of
# that luck is shared, since all three are judged on the same messages. So compare them in
# pairs, message by message, and what they share cancels out:

# %% tags=["nbval-ignore-output"]
for ours, other in (("head-only", "frozen-random"), ("head-only", "scratch")):
    pairs = [(a.verdicts, b.verdicts) for a, b in zip(judged[ours], judged[other], strict=True)]
    gain, (low, high) = paired_difference(pairs)
    print(f"{ours} minus {other:13}  F1 {gain:+.2f} [{low:+.2f}, {high:+.2f}]")
    assert -0.12 < gain < 0.20

# %% [markdown]
# If an interval leaves 0 out, luck hardly explains the difference. If it holds 0, it could be
# luck. Three seeds are few, and they share one body. Here is the library's own record, five
# seeds with a body each, judged on 2,000 fresh messages (`figures/fixture.txt`):
#
# | what learns | body | weights | F1 | 95 % interval |
# | --- | --- | --- | --- | --- |
# | `frozen-random` | random | 130 | 0.824 | [0.806, 0.841] |
# | `head-only` | pretrained | 130 | 0.863 | [0.844, 0.879] |
# | `scratch` | random | 118,914 | 0.870 | [0.854, 0.885] |
#
# With 640 labels, pretraining adds +0.039 [+0.018, +0.059] to the same 130 weights. Against
# `scratch` five seeds can't tell: +0.007 [-0.008, +0.022] for `scratch` could be luck.

# %% [markdown]
# ## Look: what is pretraining worth?
#
# But who has 640 labels? Slide up to 640 and back to 10. The same two bodies, the same head, and fewer
# and fewer labelled messages to learn from.

# %%
from headswap.explorers import worth

worth()

# %% [markdown]
# With 640 labels the pretrained body is ahead by 0.04 [0.03, 0.05], with 10 labels by 0.14
# [0.07, 0.20]. Now choose the real text messages: there 10 labels give 0.73 on the pretrained
# body and 0.37 on the random one. Few labels are what pretraining is for.
#
# And the green triangles? N-grams have no body at all: they count short runs of characters. With 10 or
# 20 labels, n-grams and the pretrained body are too close to call. From 40 labels on they lead, because
# in these messages words give spam away. Lesson 07 has messages where they don't.

# %% [markdown]
# ## Look: the old head back
#
# Now the promise from your bet. Put the language model's head back on the body that
# `head-only` used, and measure. Then put the same head on the body of `scratch`, which it
# has never met.

# %% tags=["nbval-ignore-output"]
from headswap import perplexity

unread = [message.text for message in split.validation]
before = perplexity(base, unread)
after = perplexity(put_back(runs["head-only"][0].classifier, swapped.old_head), unread)
stranger = perplexity(put_back(runs["scratch"][0].classifier, swapped.old_head), unread)
print("before", before)
print("after ", after)
print(f"on a stranger's body: {stranger:.0f}")
assert after == before
assert stranger > 20

# %%
bet.reveal(SAME, "head-only never touched the body, so every digit is what it was")

# %% [markdown]
# Every digit agrees. A head is nothing without its body, and the body has lost nothing. One body can
# serve as many heads as you like. If the body had learned too, it would be another story: lesson 05
# lets you break it.

# %% [markdown]
# ## Prove
#
# First, the swap keeps the body, bit for bit. Remember all 28 of its tensors, swap, and
# compare.

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
# Second, there's a way back. Under its old head the body is the language model again: the
# same logits and the same perplexity on 160 messages.

# %% tags=["prove"]
speaker = put_back(proof.classifier, proof.old_head)
unread = [message.text for message in split.validation]
with torch.no_grad():
    assert torch.equal(speaker(ids, mask), base(ids, mask))
assert perplexity(speaker, unread) == perplexity(base, unread)
print(f"{len(unread)} messages: exactly the same perplexity.")

# %% [markdown]
# Your progress so far:

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# A head swap keeps the body and renews the head: 130 new numbers, 118,784 kept, and the old
# head can go back on. Pretraining is worth most where labels are few. Judge a score by its
# baselines: what a random frozen body gets, and what training from scratch gets.
#
# Up to 32 vectors became one by taking their mean. Why the mean, and what happens to it when
# a message is padded?
#
# Next: [04 · Pooling](04_pooling.ipynb) · Before: [02 · The body and its language model](02_body.ipynb)
