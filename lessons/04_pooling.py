# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 04 · Pooling
#
# **13 minutes** to read, and two exercises.
#
# Run the cell below and slide the pads. They're blanks that fill up a batch; the message itself never changes. Does
# the verdict?

# %%
from headswap import Recipe, fixture_split, run_regime
from headswap.explorers import lesson_base, pads

base, split = lesson_base(), fixture_split()
mean = run_regime(base, split, "head-only", Recipe(pool="mean")).classifier
last = run_regime(base, split, "head-only", Recipe(pool="last")).classifier
pads(mean, last)

# %% [markdown]
# ## A question
#
# You've just turned spam into ham without touching the message. How did that work?
#
# The body gives one vector per byte: 32 bytes make 32 vectors of 64 numbers, the *hidden states*. The head wants one
# vector per message. A *pool* makes one out of many. In shapes: (B, T, D) goes in and (B, D) comes out, where B counts
# messages, T bytes, and D is the width, 64.
#
# The simplest pool is the mean. But the messages of a batch share one rectangle, and *pads* fill up the short ones
# (lesson 01). A pad has an id, so the body gives it a vector too. If the mean counts that vector, your verdict depends
# on who happens to be in your batch.
#
# "Our records say" has 15 bytes. Beside a message of 32 bytes it gets 17 pads, and the verdict flips. Was that one
# unlucky message?

# %% [markdown]
# ## Predict
#
# Take the first 15 bytes of each of the 160 test messages, and let the mean count 17 pads beside them.

# %%
from headswap.explorers import predict

answers = ["none, the first was bad luck", "up to five", "about one in five", "most of them"]
bet = predict("How many of the 160 verdicts flip?", answers)
bet

# %% tags=["nbval-ignore-output"]
import torch

from headswap import ByteTokenizer

alone, all_real = ByteTokenizer().batch([m.text for m in split.test], 15)
ids = torch.cat([alone, torch.full((160, 17), 256)], 1)  # (160, 32)
mask = ids != 256
with torch.no_grad():
    verdict = mean(alone, all_real).argmax(1)
    hidden = mean.body(ids, mask)
    left_out = mean.head(mean.pool(hidden, mask)).argmax(1)
    counted = mean.head(hidden.mean(1)).argmax(1)
flips, none = int((counted != verdict).sum()), int((left_out != verdict).sum())
assert none == 0 and 20 < flips < 60
print(f"verdicts that flip: {flips} of 160 with the pads counted, {none} with the pads left out")

# %%
bet.reveal("about one in five", f"{flips} of 160 flip, under one trained head (seed 0)")

# %% [markdown]
# The mean is pulled towards the pads' vectors, and nobody ever taught the body what a pad means: its embedding is as
# random as on the first day.
#
# Would a test score have warned you? No. The shortest practice message has 52 bytes and the model reads 32, so in
# training and in testing there's never a pad. The wrong mean and the right one earn exactly the same score. The first
# to notice is a user with a short message.

# %% [markdown]
# ## Look: the other pool
#
# Another simple pool takes the vector of the last byte. It has its own way to go wrong: it can take the last
# *position*, whatever is there. Choose the pool in this explorer, then move the pads to the left. Which mistake can you
# see on one side only?

# %%
example = pads(mean, last)
example.set(pads=17, pool="last byte")
example

# %% [markdown]
# With pads on the left, the last position *is* the last real byte. So this mistake hides until someone pads on the
# other side.

# %% [markdown]
# ## Read
#
# Here's the library's mean. A *mask* says which positions are real. It becomes a weight of 1 or 0, and so the pads
# vanish from both places where they could count: the sum, and the number that divides it.

# %%
from headswap import LastTokenPool, MeanPool
from headswap.explorers import read

read(MeanPool)

# %% [markdown]
# And the last real byte. Our body is *causal*: every position sees only what comes before it. So the last real byte is
# the only one that has seen the whole message, and that's why GPT classifiers read it.

# %%
read(LastTokenPool)

# %% [markdown]
# ## Build: the masked mean
#
# Now you. `hidden` is (B, T, D), `mask` is (B, T) and True on real ids. Return (B, D), the mean of each message's real
# positions. Pads may be on either side. `exercises.masked_mean.hint(1)` gives a nudge.

# %% tags=["solution"]
from headswap import exercises


def masked_mean(hidden, mask):
    """The mean of the real positions: hidden (B, T, D), mask (B, T), to (B, D)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1)


# %% tags=["check"]
exercises.masked_mean.check(masked_mean)

# %% [markdown]
# Your function becomes the pool of a real classifier: a new head learns on top of it, right here. If it's correct, its
# F1 equals the library's in every column. (F1 is one number for precision and recall; lesson 06 takes it apart.)

# %%
exercises.yours.pool(masked_mean, base, split)

# %% [markdown]
# Try a mistake, too: write `return hidden.mean(1)` above, run the last three cells again, and compare the columns.

# %% [markdown]
# ## Build: the last real byte
#
# Return (B, D) again, this time the vector of each message's last real position, with pads on either side. Counting
# the real bytes isn't enough: behind pads on the left, a message doesn't begin at 0. `exercises.last_real.hint(1)`
# helps.


# %% tags=["solution"]
def last_real(hidden, mask):
    """The vector of the last real id: hidden (B, T, D), mask (B, T), to (B, D)."""
    steps = torch.arange(mask.shape[1])
    place = (steps * mask).argmax(1)
    return hidden[torch.arange(len(hidden)), place]


# %% tags=["check"]
exercises.last_real.check(last_real)

# %%
exercises.yours.pool(last_real, base, split, beside="last")

# %% [markdown]
# ## Look: five pools on one body
#
# There are more ways to make one vector of many:
#
# - *max* takes the largest value of each feature, over the real positions;
# - *attention* is a weighted mean, and a learned query of 64 numbers decides the weights;
# - *cls* puts a special token in front of the message and takes its vector, as BERT does.
#
# Each pool gets a new head on the same frozen body, three times from three seeds. Every head is judged on the same 160
# test messages, half of them spam, so guessing earns .50. The last column compares each pool with the mean, message by
# message: that removes the luck that both share.

# %%
from headswap import judge
from headswap.metrics.intervals import mean_interval, paired_difference


def judged(base, pool, regime="head-only"):
    """What three seeds of a classifier with this pool say about the 160 test messages."""
    runs = [run_regime(base, split, regime, Recipe(pool=pool, seed=seed)) for seed in range(3)]
    return [judge(run.classifier, "test", split.test).verdicts for run in runs]


def accuracy(said):
    """The mean share of right verdicts over the seeds."""
    right = [p == y for one in said for p, y in zip(one.predictions, one.labels, strict=True)]
    return sum(right) / len(right)


# %% tags=["nbval-ignore-output"]
said = {pool: judged(base, pool) for pool in ("mean", "last", "max", "attention", "cls")}
print("pool       accuracy, 95 % interval   minus the mean pool, paired")
for pool, seeds in said.items():
    low, high = mean_interval(seeds, "accuracy")
    gain, (least, most) = paired_difference([*zip(seeds, said["mean"], strict=True)], "accuracy")
    print(f"{pool:10} {accuracy(seeds):.2f} [{low:.2f}, {high:.2f}]", end="")
    print("" if pool == "mean" else f"         {gain:+.2f} [{least:+.2f}, {most:+.2f}]")
assert accuracy(said["cls"]) == 0.5 and accuracy(said["last"]) < accuracy(said["mean"]) - 0.05

# %% [markdown]
# The last byte is clearly worse on this body, and there's a reason. This body learned to guess the next byte. At byte
# 32 that's usually the middle of a word, and what the message was about isn't needed for it.
#
# Attention ends a point above the mean, max a few points below. Both intervals in the last column include 0, so either
# could be luck: it's one body and one set of test messages. And cls?

# %% [markdown]
# ## Look: CLS is blind
#
# CLS earns exactly .50 with every seed. What does its classifier say to 160 messages?

# %%
from headswap import encode, predict_logits

blind = run_regime(base, split, "head-only", Recipe(pool="cls")).classifier
logits = predict_logits(blind, encode(split.test, blind))
different = logits.round(decimals=4).unique(dim=0)
assert len(different) == 1
print(f"{len(different)} answer to {len(logits)} messages")

# %% [markdown]
# One answer for all of them. The machine shows why: it follows the token in front, *cls*, and each block shows what
# that token looks at. Type other messages. Does the pooled vector move? Do the logits?

# %%
from headswap.explorers import machine

sight = machine(blind)
sight.set(position=0)
sight

# %% [markdown]
# A causal body only looks back, and the token in front has nothing behind it. So the head gets the same vector for
# every message, and no head, no learning rate and no amount of training can tell them apart.
#
# Nothing warns you. There's no error. If you thaw the body, its weights even move, if only through weight decay. Only
# the training loss gives it away: it stays near log 2, 0.69, the loss of a coin.
#
# BERT's CLS works because BERT's body is *bidirectional*: every position sees every other. Let's lift the causal mask.
# The body below has random weights and has never read a thing.

# %% tags=["nbval-ignore-output"]
from headswap import BodyConfig, new_language_model

both_ways = new_language_model(BodyConfig(causal=False), 0)
seeing = judged(both_ways, "cls", "frozen-random")
low, high = mean_interval(seeing, "accuracy")
print(f"cls, bidirectional, random body: {accuracy(seeing):.2f} [{low:.2f}, {high:.2f}], three seeds")
gain, (least, most) = paired_difference([*zip(seeing, said["cls"], strict=True)], "accuracy")
print(f"minus cls on our causal body:   {gain:+.2f} [{least:+.2f}, {most:+.2f}]")
assert least > 0.2

# %% [markdown]
# CLS can see, even on random weights: lifting the mask was enough.
#
# Then why isn't our body bidirectional? Because it's trained to guess the next byte, and a body that sees the next
# byte would just copy it. That's why BERT has another task: it guesses pieces of words that were hidden from it.

# %% [markdown]
# ## Look: where the vectors lie
#
# A pooled vector has 64 numbers, a screen has two dimensions. *PCA*, principal component analysis, picks the two
# directions in which the vectors spread most. We take these directions once, before training, so what moves on the
# screen are the vectors of the 160 validation messages and not our point of view.
#
# Choose a run and slide through its epochs. Circles are ham, triangles are spam.

# %%
from headswap.explorers import pooled, snapshots

runs = {name: snapshots(base, split, name, Recipe(epochs=4)) for name in ("head-only", "full")}
cloud = pooled(runs, [message.label for message in split.validation])
cloud

# %%
still, moving = runs["head-only"], runs["full"]
assert torch.equal(still[0], still[4]) and not torch.equal(moving[0], moving[1])
print("head-only: the 160 vectors after epoch 4 are exactly those from before training")

# %% [markdown]
# Under head-only not one vector moves: the body is frozen, and all the head can do is cut straight through the cloud.
# Under full fine-tuning the body itself pulls the classes apart, and most of that happens in the first epoch. That's
# what you pay for when you thaw a body. Lesson 05 is about the price.

# %% [markdown]
# ## Prove
#
# Batch neighbours never matter. Take one message alone, in a batch, in a reversed batch, with pads on the left or on
# the right: P(spam) stays the same to five decimals, and so does the verdict. We ask four pools about five messages,
# one of them as long as the model reads.

# %%
from headswap import AttentionPool, Classifier, MaxPool
from headswap.exercises.yours import YourPool

query = AttentionPool(64, torch.Generator().manual_seed(0))
pools = {"mean": MeanPool(), "last": LastTokenPool(), "max": MaxPool(), "attention": query}
texts = ["ok", "Our records say", "See you at lunch, Mia", "Zürich 👍", "x" * 32]
tokenizer = ByteTokenizer()


def spam(model, texts, side="right"):
    """P(spam) of texts in one batch, (B,)."""
    with torch.no_grad():
        return model(*tokenizer.batch(texts, 32, side=side)).softmax(1)[:, 1]


# %%
def counting(pool):
    """The same pool, for which every pad is a byte."""
    return YourPool(lambda hidden, mask: pool(hidden, torch.ones_like(mask)))


def neighbours(pool):
    """How far P(spam) moves beside neighbours, and how many verdicts flip in four batches of five."""
    model = Classifier(mean.body, pool, mean.head)
    alone = torch.cat([spam(model, [text]) for text in texts])
    beside = [spam(model, texts, side) for side in ("right", "left")]
    beside += [spam(model, texts[::-1], side).flip(0) for side in ("right", "left")]
    far = max(float((other - alone).abs().max()) for other in beside)
    return far, sum(int(((other >= 0.5) != (alone >= 0.5)).sum()) for other in beside)


# %% tags=["prove"]
break_it = False  # set this to True and run the cell again: now every pad counts as a byte

for name, pool in pools.items():
    far, flips = neighbours(counting(pool) if break_it else pool)
    assert break_it or (far < 1e-5 and flips == 0), name
    if break_it:
        print(f"{name:9} broken: P(spam) moves by up to {far:.2f}, and {flips} of 20 verdicts flip")
if not break_it:
    print("Alone or beside neighbours, pads left or right: the same P(spam) to 1e-5.")

# %% [markdown]
# Why only to five decimals? A matrix product of another size adds its numbers in another order, and float32 rounds.
#
# The pool's own promise does hold bit for bit: write anything finite into the pads' vectors, and the pooled vector
# doesn't change at all. Break this one as well.

# %% tags=["prove"]
break_it = False  # set this to True and run the cell again

with torch.no_grad():
    ids, mask = tokenizer.batch(texts, 32)
    hidden = mean.body(ids, mask)
    noise = 1e4 * torch.randn(hidden.shape, generator=torch.Generator().manual_seed(1))
    spoiled = torch.where(mask.unsqueeze(-1), hidden, noise)
    tried = {name: counting(pool) if break_it else pool for name, pool in pools.items()}
    same = {name: torch.equal(pool(hidden, mask), pool(spoiled, mask)) for name, pool in tried.items()}
assert break_it or all(same.values()), same
print(f"Pads overwritten with noise: {sum(same.values())} of 4 pools give the same vectors, bit for bit.")

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# A pool makes one vector out of many, and the mask must reach both its sum and its count; otherwise a longer neighbour
# changes your verdict, and no score on long messages shows it. CLS in front of a causal body is blind: it raises no
# error, and it can't tell any two messages apart. Head-only training cuts through a cloud that stays put; only a thawed
# body moves it.
#
# Next question: how do you freeze a body so that it really stays frozen, and what does that save?
#
# Next: [05 · The freeze toggle](05_freeze.ipynb) · Before: [03 · The head swap](03_head_swap.ipynb)
