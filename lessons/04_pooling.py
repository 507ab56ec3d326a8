# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 04 · Pooling
#
# **13 minutes** to read, two exercises, and half a minute of computing. You need lesson 03: a classifier is a body, a
# pool and a head. Afterwards you can say which vector a head should see, prove that no pad and no neighbour has a say
# in it, and recognise a classifier that is blind.

# %% [markdown]
# ## A question
#
# The body answers with one vector per byte: 32 bytes, 32 vectors of 64 numbers. The head wants one vector. A *pool*
# stands between them and turns hidden states (B, T, D) into one vector per message (B, D). B counts messages, T
# bytes, D is the width, 64.
#
# The plainest pool is the mean. But messages of different length share one rectangle, and pads fill it up (lesson
# 01). A pad has an id, so the body gives it a vector as well. What does the mean do with it?
#
# Two classifiers first: the same frozen body under a mean pool and under a pool that takes the last byte. `P(spam)`
# is what the softmax of the two logits gives to spam, and the verdict is spam from one half on.

# %% tags=["nbval-ignore-output"]
from headswap import Recipe, encode, evaluate, fixture_split, run_regime
from headswap.explorers import lesson_base

base, split = lesson_base(), fixture_split()
mean = run_regime(base, split, "head-only", Recipe(pool="mean")).classifier
last = run_regime(base, split, "head-only", Recipe(pool="last")).classifier
for name, model in (("mean", mean), ("last", last)):
    accuracy = evaluate(model, encode(split.test, model)).accuracy
    assert 0.6 < accuracy < 0.95, accuracy
    print(f"{name} pool: {accuracy:.2f} of the 160 test messages right (seed 0)")

# %% [markdown]
# ## Predict
#
# "Our records say" is how 15 of the practice messages begin, all of them spam, and the classifier with the mean
# agrees. It has 15 bytes. Put it into one batch with a message of 32 bytes, and 17 pads stand beside it. Suppose the
# mean counts them by mistake.

# %%
from headswap.explorers import predict

bet = predict(
    "What happens to the verdict on “Our records say” beside 17 pads?",
    ["P(spam) does not move", "P(spam) moves, the verdict stays", "the verdict flips"],
)
bet

# %% [markdown]
# ## Look: the slider of pads
#
# Slide the number of pads and watch four lines. Solid ones use the mask. Dashed ones take every pad for a byte: the
# mean of every position, and the last position whatever stands there. Then put the pads on the left, and type
# messages of your own.

# %%
from headswap.explorers import pads

pads(mean, last)

# %% [markdown]
# The same numbers as data, at 17 pads on the right:

# %% tags=["nbval-ignore-output"]
example = pads(mean, last)
example.set(text="Our records say", pads=17, side="right")
rows = example.find("Verdicts")["rows"]
for pool, alone, beside, verdict in rows:
    print(f"{pool:23} no pads {alone}   17 pads {beside}   {verdict}")
assert [row[3] for row in rows[:3]] == ["spam", "ham", "spam"]
assert rows[0][1] == rows[0][2] and rows[2][1] == rows[2][2]  # the masked ones

# %%
truth = f"P(spam) fell from {rows[1][1]} to {rows[1][2]}, one trained head (seed 0)"
bet.reveal("the verdict flips", truth)

# %% [markdown]
# Nothing about the message has changed, only its neighbour. The unmasked mean is pulled towards the vectors of the
# pads, and nobody ever taught the body what a pad means: its embedding is as random as on the first day. With the
# mask, both lines stand still. The last position jumps about from pad to pad. With pads on the left the last position
# happens to be the last real byte, so that mistake hides until someone pads on the other side.
#
# Is it one unlucky message? Take the first 15 bytes of each of the 160 test messages, once alone and once beside 17
# pads.

# %% tags=["nbval-ignore-output"]
import torch

from headswap import ByteTokenizer

alone, all_real = ByteTokenizer().batch([m.text for m in split.test], 15)
ids = torch.cat([alone, torch.full((160, 17), 256)], 1)  # (160, 32)
mask = ids != 256
with torch.no_grad():
    verdict = mean(alone, all_real).argmax(1)
    hidden = mean.body(ids, mask)
    masked = mean.head(mean.pool(hidden, mask)).argmax(1)
    counted = mean.head(hidden.mean(1)).argmax(1)
flips, masked_flips = int((counted != verdict).sum()), int((masked != verdict).sum())
assert masked_flips == 0 and 20 < flips < 120
print(f"flipped by 17 pads: {flips} of 160 without the mask, {masked_flips} with it")

# %% [markdown]
# And no score would have told you. The shortest practice message has 52 bytes and the model reads 32, so in training
# and in testing there is never a pad: the wrong mean and the right one earn the same score to the last digit. The
# first to notice is a user with a short message.

# %% [markdown]
# ## Read
#
# The mean of the library. The mask becomes a weight of 1 or 0, and pads vanish from both places where they could
# count: the sum, and the number that divides it.

# %%
from headswap import LastTokenPool, MeanPool
from headswap.explorers import read

read(MeanPool)

# %% [markdown]
# The last real byte. Under a causal mask it is the only position that has seen the whole message, which is why GPT
# classifiers read it.

# %%
read(LastTokenPool)

# %% [markdown]
# ## Build: the masked mean
#
# Write it yourself. `hidden` is (B, T, D), `mask` is (B, T) and True on real ids; return (B, D), the mean of each
# message's real positions. Pads may stand on either side. `exercises.masked_mean.hint(1)` gives a nudge.

# %% tags=["solution"]
from headswap import exercises


def masked_mean(hidden, mask):
    """The mean of the real positions: hidden (B, T, D), mask (B, T), to (B, D)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1)


# %% tags=["check"]
exercises.masked_mean.check(masked_mean)

# %% [markdown]
# ## Build: the last real byte
#
# Now (B, D) with the vector of each message's last real position, again for pads on either side. Counting the real
# bytes is not enough: behind pads on the left the message does not begin at 0. `exercises.last_real.hint(1)` helps.


# %% tags=["solution"]
def last_real(hidden, mask):
    """The vector of the last real id: hidden (B, T, D), mask (B, T), to (B, D)."""
    steps = torch.arange(mask.shape[1])
    place = (steps * mask).argmax(1)
    return hidden[torch.arange(len(hidden)), place]


# %% tags=["check"]
exercises.last_real.check(last_real)

# %% [markdown]
# ## Look: five pools on one body
#
# There are more ways to make one vector of many:
#
# - *max*: the largest value of each feature, over the real positions;
# - *attention*: a weighted mean whose weights come from a learned query, 64 numbers more;
# - *cls*: put a special token in front and take its vector, as BERT does.
#
# Each pool gets a new head on the same frozen body, five times from five seeds, and is judged on the same 160 test
# messages. Half of them are spam, so guessing earns .50. The interval says how far the luck of seeds and of messages
# reaches; one split, one body.

# %%
from statistics import mean as average

from headswap import judge
from headswap.metrics.intervals import mean_interval


def judged(base, pool, regime="head-only"):
    """Mean accuracy of five seeds and the ends of its 95 % interval, as text."""
    runs = [run_regime(base, split, regime, Recipe(pool=pool, seed=seed)) for seed in range(5)]
    found = [judge(run.classifier, "test", split.test) for run in runs]
    low, high = mean_interval([one.verdicts for one in found], "accuracy")
    return average(one.metrics.accuracy for one in found), f"[{low:.2f}, {high:.2f}]"


# %% tags=["nbval-ignore-output"]
accuracy = {}
for pool in ("mean", "last", "max", "attention", "cls"):
    accuracy[pool], interval = judged(base, pool)
    print(f"{pool:10} {accuracy[pool]:.2f} {interval}")
assert 0.8 < accuracy["mean"] < 0.95 and accuracy["last"] < accuracy["mean"]
assert accuracy["cls"] == 0.5

# %% [markdown]
# The last byte is weak on this body. It was schooled to guess the byte after it, and at byte 32 that is the middle of
# some word; what the message was about is not what it had to carry. The attention pool ends one point above the
# mean, with 64 weights more; on one body and one split that could be luck. And cls?

# %% [markdown]
# ## Look: CLS is blind
#
# CLS earns .50, exactly, with every seed. What does its classifier say to 160 messages?

# %%
from headswap import predict_logits

blind = run_regime(base, split, "head-only", Recipe(pool="cls")).classifier
logits = predict_logits(blind, encode(split.test, blind))
different = logits.round(decimals=4).unique(dim=0)
assert len(different) == 1
print(f"{len(different)} answer to {len(logits)} messages")

# %% [markdown]
# One answer to all of them. Here is why: the machine follows the token in front, *cls*, and the blocks show what it
# looks at. Type other messages. Do the pooled vector and the logits move?

# %%
from headswap.explorers import machine

sight = machine(blind)
sight.set(position=0)
sight

# %%
twin, flows = machine(blind), []
for text in ("Free prize, call now", "See you at lunch Mia"):
    twin.set(text=text, position=0)
    flows.append(twin.find("The machine")["flow"])
looks = flows[0]["attention"]["block[1]"]
assert looks[0] == 1 and not any(looks[1:])
pool_of = [torch.tensor(flow["strips"]["pool"]) for flow in flows]
torch.testing.assert_close(*pool_of, rtol=1e-3, atol=1e-4)
print("cls looks at itself alone; two messages, one pooled vector")

# %% [markdown]
# A causal body looks back only, and the token in front has nothing behind it. No head, no learning rate and no thawed
# body can help, because the head gets the same vector for every message. Nothing raises an error, and the training
# loss stays near log 2, 0.69, the loss of a coin.
#
# BERT's CLS works because BERT's body is *bidirectional*: every position sees every other. Lift the causal mask:

# %% tags=["nbval-ignore-output"]
from headswap import BodyConfig, perplexity

both_ways = lesson_base(BodyConfig(causal=False))
texts = [message.text for message in split.test]
hesitates = [perplexity(model, texts) for model in (base, both_ways)]
print("perplexity: causal {:.2f}, bidirectional {:.2f}".format(*hesitates))
assert hesitates[0] > 1.5 and 1 < hesitates[1] < 1.2

# %% [markdown]
# A perplexity of almost 1 is no triumph, it is cheating. *Perplexity* is how many bytes the model hesitates between
# (lesson 02). This body was pretrained to guess the next byte while it could see the next byte, so it learned to copy
# its right-hand neighbour. That is why real bidirectional models have another task, to guess bytes that were hidden
# from them. Ours is all we have for now, so look at what it is worth, beside a bidirectional body with random
# weights:

# %% tags=["nbval-ignore-output"]
for body, regime, pool in (
    (both_ways, "head-only", "cls"),
    (both_ways, "frozen-random", "cls"),
    (both_ways, "head-only", "mean"),
    (both_ways, "frozen-random", "mean"),
):
    value, interval = judged(body, pool, regime)
    assert value > 0.6, (regime, pool, value)
    print(f"bidirectional, {regime:14} {pool:5} {value:.2f} {interval}")

# %% [markdown]
# Without the causal mask CLS sees: .82 instead of .50. But random weights do no worse than the cheat, under either
# pool. What the cheating body learned is of no use here; what helped CLS is the lifted mask alone. Do not rank the
# lines more finely than that: to compare two of them, pair them message by message, as lesson 03 does.

# %% [markdown]
# ## Look: where the vectors lie
#
# A pooled vector has 64 numbers, a screen has two. *PCA*, principal component analysis, picks the two directions in
# which the vectors spread most. Here these directions are taken once, before training, and stay. So what moves on the
# screen are the vectors of the 160 validation messages and not the point of view.

# %%
from headswap.explorers import snapshots

runs = {name: snapshots(base, split, name) for name in ("head-only", "full")}

# %% [markdown]
# Choose a run and slide through its epochs. Circles are ham, triangles are spam.

# %%
from headswap.explorers import pooled

classes = [message.label for message in split.validation]
pooled(runs, classes)

# %% tags=["nbval-ignore-output"]
cloud, found = pooled(runs, classes), {}
for run in runs:
    for epoch in (0, 1, 20):
        cloud.set(run=run, epoch=epoch)
        apart = cloud.find("How far the classes stand apart")["rows"][0][-1]
        found[run, epoch] = apart
        print(f"{run:10} epoch {epoch:2}: distance of the means ÷ spread {apart:.2f}")
assert found["head-only", 0] == found["head-only", 20]
assert found["full", 20] > 1.5 * found["full", 0]

# %% [markdown]
# Under head-only not one vector moves: the body is frozen, and the head can only lay a straight cut through a cloud
# that stands still. With everything learning, the body itself pulls the classes apart, most of it in the first epoch.
# That is what you pay for when you thaw a body, and lesson 05 is about the price.

# %% [markdown]
# ## Prove
#
# Batch neighbours never matter. One message alone, in a batch, in a reversed batch, with its pads on the left or on
# the right: P(spam) stays the same to five decimals, and the verdict is the same. Four pools, five messages, one of
# them as long as the model reads.

# %%
from headswap import AttentionPool, Classifier, MaxPool

query = AttentionPool(64, torch.Generator().manual_seed(0))
pools = [MeanPool(), LastTokenPool(), MaxPool(), query]
texts = ["ok", "Our records say", "See you at lunch, Mia", "Zürich 👍", "x" * 32]
tokenizer = ByteTokenizer()


def spam(model, texts, side="right"):
    """P(spam) of texts in one batch, (B,)."""
    with torch.no_grad():
        return model(*tokenizer.batch(texts, 32, side=side)).softmax(1)[:, 1]


# %% tags=["prove"]
for pool in pools:
    model = Classifier(mean.body, pool, mean.head)
    alone = torch.cat([spam(model, [text]) for text in texts])
    for side in ("right", "left"):
        beside = spam(model, texts, side)
        backwards = spam(model, texts[::-1], side).flip(0)
        for other in (beside, backwards):
            assert float((other - alone).abs().max()) < 1e-5, pool
            assert torch.equal(other >= 0.5, alone >= 0.5), pool
print("Alone or beside neighbours, pads left or right: the same P(spam) to 1e-5.")

# %% [markdown]
# Why not to the bit? A matrix product of another size adds its numbers in another order, and float32 rounds. What
# does hold, bit for bit, is the pool's own promise: write anything finite into the pads' vectors, and the pooled vector
# does not change at all.

# %% tags=["prove"]
with torch.no_grad():
    ids, mask = tokenizer.batch(texts, 32)
    hidden = mean.body(ids, mask)
    noise = 1e4 * torch.randn(hidden.shape, generator=torch.Generator().manual_seed(1))
    spoiled = torch.where(mask.unsqueeze(-1), hidden, noise)
    for pool in pools:
        assert torch.equal(pool(hidden, mask), pool(spoiled, mask)), pool
print("Pads overwritten with noise: four pools give the same vectors, bit for bit.")

# %% [markdown]
# ## Recap
#
# A pool makes one vector of many, and the mask must reach both its sum and its count; otherwise a longer neighbour
# changes your verdict, and no score on long messages shows it. CLS in front of a causal body is blind, without an
# error and without learning. Head-only training cuts through a standing cloud; only a thawed body moves it.
#
# Next: how do you freeze a body so that it stays frozen, to the bit, and what does that save?
