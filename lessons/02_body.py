# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 02 · The body and its language model
#
# **13 minutes** to read, and three exercises. This model reads a message byte by byte, and
# before each byte it guesses what comes. The taller the bar, the less it saw that byte
# coming. Point at a bar to see its guesses. Then choose another message: what do capitals
# do?

# %%
from headswap.explorers import guesses, lesson_base

base = lesson_base()
guesses(base)

# %% [markdown]
# The beginning of a word is a surprise, the rest of it hardly ever is. Capitals are a shock:
# in what it has read, hardly a word stands in capitals. So it's sure of small letters, again
# and again, and wrong each time. That is worse than guessing blindly.

# %% [markdown]
# ## A question
#
# A *language model* predicts what comes next in a text. Nobody labels anything for it: the
# next byte is always there, so it can check its own guess.
#
# The large number above is its *perplexity*: it hesitates as if it had to choose among
# that many bytes, all equally likely. There are 260 ids, so a model that knows nothing has
# a perplexity of 260.
#
# A new model is about to read 1,920 short messages five times. What will it know?

# %% [markdown]
# ## Predict
#
# We measure on 160 messages that it hasn't read.

# %%
from headswap.explorers import predict

answers = ["About 100", "About 25", "Below 5"]
bet = predict("It starts at 260. What is its perplexity after five readings?", answers)
bet

# %% [markdown]
# ## Look: from ids to vectors
#
# The *body* turns each id into a *vector*, a list of 64 numbers. Two tables make a start,
# the *embeddings*: one has a vector for each id, the other a vector for each position, and
# the two are added.
#
# Must a body be told the position? Not strictly. In ours a byte sees only what came before
# it, and a body can learn to tell its place from that alone (Haviv et al. 2022). The table
# saves it the trouble.
#
# Two *blocks* follow. They change the vectors, not their number. A last *norm* brings each
# vector to a common scale. The *head* then turns a vector into 260 *logits*, one number for
# each id: the higher, the likelier that this id comes next.
#
# Follow one message through. B counts messages, T positions, D numbers of a vector, and
# V ids.

# %%
import torch

from headswap import ByteTokenizer

ids, mask = ByteTokenizer().batch(["Free prize, call now"], 32)
with torch.no_grad():
    vectors, _ = base.body.embed(ids, mask)
    hidden = base.body(ids, mask)
    logits = base.head(hidden)
print("ids     (B, T)   ", tuple(ids.shape))
print("vectors (B, T, D)", tuple(vectors.shape))
print("hidden  (B, T, D)", tuple(hidden.shape))
print("logits  (B, T, V)", tuple(logits.shape))

# %% [markdown]
# One row of logits for each position: every byte helps to guess the one after it. The body
# has 118,784 weights and the head 16,900. In lesson 03 the body stays and the head goes.

# %% [markdown]
# ## Look: where a byte looks
#
# So far every vector knows its own byte and its own place. *Attention* lets it look at the
# others. Each position takes a weighted mean of what it and the positions before it have to
# offer. Its weights add up to 1, so think of them as shares.
#
# Each block does this four times side by side, in four *attention heads*. They share a name
# with the head on top of the model, and nothing else.
#
# Point at a byte in the text or at a row of the grid: you see where it looks and what the
# model expects after it. Half of the grid is barred, because nobody may look ahead: this
# attention is *causal*.

# %%
from headswap.explorers import attention

attention(base)

# %% [markdown]
# *bos* marks the beginning, so that the first byte can be guessed from something. Only the
# language model gets it. The filter of lesson 01 has the same body and reads its messages
# without bos.
#
# Do heads have habits? On 40 unread messages, how much does a position give to itself and the
# two bytes before it, and how large is its largest share?

# %% tags=["nbval-ignore-output"]
from headswap import BodyConfig, fixture_split, new_language_model
from headswap.explorers import habits

split = fixture_split()
texts = [message.text for message in split.train] + list(split.unlabelled)
unread = [message.text for message in split.validation]
found = {"untrained": habits(new_language_model(BodyConfig(), seed=0), unread[:40])}
found["trained"] = habits(base, unread[:40])
print("                    last three  largest share")
for name, blocks in found.items():
    for block, (near, largest) in enumerate(blocks):
        print(f"{name:10} block {block}   {near:8.0%} {largest:14.0%}")
assert found["trained"][0][0] > found["untrained"][0][0] + 0.1
assert found["trained"][1][1] > 2 * found["untrained"][1][1]

# %% [markdown]
# Before training, every position takes nearly the plain mean of all it sees. Afterwards the
# first block favours what is near, and the second gives much of its weight to a single
# byte, often one further back. Three other seeds did the same. It's a tendency, no more:
# hardly any head does just one thing.

# %% [markdown]
# ## Look: one head, by hand
#
# How does a position decide what to take? It makes three short vectors: a *query*, what it's
# looking for; a *key*, what it can be found by; and a *value*, what it hands over. Here are
# three positions in one head, with the model's own numbers. Bars below the line are negative.
#
# Read the table from top to bottom. The larger the product of query and key, the better they
# match. Then let the second position look: the mask takes the third one away from it. You can
# check every line with a pocket calculator, give or take the rounding to two digits.

# %%
from headswap.explorers import by_hand

by_hand(base)

# %% [markdown]
# ## Read: attention and the block
#
# This is all of it, for H heads at once. `qkv` makes queries, keys and values in one go. Then
# they meet: PyTorch's `scaled_dot_product_attention` does what you've just read in the table.

# %%
from headswap.explorers import read
from headswap.model.body import Attend, Attention

read(Attention.forward)

# %%
read(Attend.forward)

# %% [markdown]
# A block attends and then thinks: the feed-forward part works on each position alone. Both
# results are *added* to what was there, so a block only proposes changes. The norm comes
# before each part, hence the name *pre-norm*.

# %%
from headswap import Block

read(Block.forward)

# %% [markdown]
# ## Build: the causal mask
#
# A language model that sees the next byte copies it, and learns nothing. Write
# `causal_mask(T)`: a tensor (T, T) of type bool, True where position *row* may see position
# *column*. Each position sees itself and everything before it. If you're stuck, try
# `exercises.causal_mask.hint(1)`.

# %% tags=["solution"]
from headswap import exercises


def causal_mask(T):
    """What may be seen, (T, T) bool: row i is True at i and at everything before it."""
    return torch.ones(T, T, dtype=torch.bool).tril()


# %% tags=["check"]
exercises.causal_mask.check(causal_mask)

# %% [markdown]
# Now a new model reads all messages twice under your mask, and then it writes. Try `tril(1)`
# too, one byte too far: the perplexity falls almost to 1, which looks like a triumph. But it
# peeks, and when it has to write, there is nothing to peek at.

# %% tags=["nbval-ignore-output"]
import headswap
from headswap import generate, pretrain


def read_under(mask):
    model = exercises.seeing(new_language_model(BodyConfig(), seed=0), mask)
    assert list(pretrain(model, texts, epochs=2, seed=0))
    found = headswap.perplexity(model, unread)
    return f"perplexity {found:.2f}, writes {generate(model, 'Free')!r}"


print("the library's mask:", read_under(exercises.causal_mask.reference))
print("yours:             ", exercises.with_yours(read_under, causal_mask))
exercises.causal_mask.check(causal_mask)

# %% [markdown]
# ## Build: attention by hand
#
# Now write the table above as code. `attend(queries, keys, values)` gets all positions of
# one head; each of the three is (T, D), one row for each position. Four steps: scores,
# divided by the square root of D; minus infinity where a row may not look; a softmax over
# each row; the mean of the values under these shares. Return (T, D).
# `exercises.attend.hint(1)` helps.


# %% tags=["solution"]
def attend(queries, keys, values):
    """What causal attention hands to each position; all (T, D), one row per byte."""
    T, D = queries.shape
    scores = queries @ keys.T / D**0.5
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(hidden, float("-inf")).softmax(1)
    return weights @ values


# %% tags=["check"]
exercises.attend.check(attend)

# %% [markdown]
# Put it into the trained model: now all eight heads run your function. Without the square
# root, say, perplexity more than doubles.


# %% tags=["nbval-ignore-output"]
def perplexity_with(function):
    return headswap.perplexity(exercises.attending(base, function), unread)


usual = headswap.perplexity(base, unread)
assert 1.5 < usual < 3.0
print(f"perplexity with PyTorch's attention: {usual:.3f}")
print("perplexity with yours:              ", exercises.with_yours(perplexity_with, attend))
exercises.attend.check(attend)

# %% [markdown]
# ## Build: perplexity
#
# Suppose the model gave probability 0.5 to the byte that came. Its *loss* there is minus
# the natural logarithm of that, 0.69. The unit is called *nat*, for natural logarithm; half
# the probability costs another 0.69 nats. Take the mean loss of all bytes, then exp: that's
# the perplexity. A model that gives 1/260 to everything loses log 260 = 5.56 nats at each
# byte, and has a perplexity of 260.
#
# Write `perplexity(logits, targets, mask)`. The logits are (B, T, V), raw; `targets` (B, T)
# has the id that came next; `mask` (B, T) is True on real bytes, and pads don't count.
# Return a plain number. `exercises.perplexity.hint(1)` helps.

# %% tags=["solution"]
import torch.nn.functional as F


def perplexity(logits, targets, mask):
    """exp of the mean loss per real byte: logits (B, T, V), targets and mask (B, T)."""
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses[mask.flatten()].mean().exp().item()


# %% tags=["check"]
exercises.perplexity.check(perplexity)

# %% [markdown]
# ## Look: a model that has read nothing
#
# A language model writes by guessing: it draws a byte from its own probabilities, appends
# it, and guesses again. It stops after 32 bytes at the latest, since it has no vector for
# position 33. Here are three drafts of a model with random weights.

# %% tags=["nbval-ignore-output"]
model = new_language_model(BodyConfig(), seed=0)
for seed in range(3):
    print(repr(generate(model, "Free", temperature=1, seed=seed)))
before = headswap.perplexity(model, unread)
assert 240 < before < 290
print(f"Perplexity: {before:.0f}")

# %% [markdown]
# Noise. The perplexity isn't exactly 260: random weights have opinions too, and they happen
# to be wrong.

# %% [markdown]
# ## Look: it reads
#
# Now it reads 640 practice messages without their labels and 1,280 more that never had any,
# five times. Each point of the curve is the mean of 20 steps. Then switch the axis to loss:
# the cliff becomes a slope, and you see that it's still learning at the end.

# %% tags=["nbval-ignore-output"]
from IPython.display import display

from headswap.explorers import pretraining

curve = pretraining()
display(curve)
for step in pretrain(model, texts, epochs=5, seed=0):
    curve.add(step)
after = headswap.perplexity(model, unread)
assert 1.5 < after < 3.0
print(f"{len(texts):,} messages, {step.steps} steps")
print(f"Perplexity on unread messages: {before:.0f} before, {after:.2f} after")

# %% [markdown]
# And what does your own function say? It gets the same messages, cut to 12 to 32 bytes so
# that there are pads to leave out. The cut ends are a surprise, so perplexity is higher.

# %% tags=["nbval-ignore-output"]
from headswap.training.pretrain import next_byte_texts

cut = next_byte_texts([text[: 12 + i % 21] for i, text in enumerate(unread)], 32)
with torch.no_grad():
    logits = model(cut.ids, cut.mask)
library = exercises.perplexity.reference(logits, cut.targets, cut.mask)
assert after < library < 10
print(f"the library's: {library:.3f}")
print("yours:        ", exercises.with_yours(lambda f: f(logits, cut.targets, cut.mask), perplexity))
exercises.perplexity.check(perplexity)

# %% [markdown]
# That was one seed, and easy reading: the practice messages come from templates, so much of
# a sentence is settled once it has begun. Now let the model write again:

# %% tags=["nbval-ignore-output"]
babble = [generate(model, "Free", temperature=1, seed=seed) for seed in range(3)]
for text in babble:
    print(repr(text))
assert len(set(babble)) == 3

# %% [markdown]
# It sounds like a message, but makes no sense. To guess the next byte it had to learn how
# words are spelled and which go together. The next lesson keeps that.

# %%
bet.reveal("Below 5", "about 2, measured above on 160 unread messages with one seed")

# %% [markdown]
# ## Prove
#
# Nobody looks ahead. So if you change a byte, every output *before* it must stay the same,
# bit for bit. Take ten messages, and change everything from position t on, for every t.

# %% tags=["prove"]
generator = torch.Generator().manual_seed(0)
tokenizer, cases = ByteTokenizer(), 0
for message in fixture_split().validation[:10]:
    ids, mask = tokenizer.batch([message.text], 32)
    with torch.no_grad():
        original = base(ids, mask)
        for t in range(1, ids.shape[1]):
            changed = ids.clone()
            changed[0, t:].random_(0, 256, generator=generator)
            assert torch.equal(base(changed, mask)[:, :t], original[:, :t])
            cases += 1
print(f"{cases} changed endings: no earlier output moved.")

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# A body turns ids into vectors: embeddings, then blocks that attend and think, each adding
# to what was there. Causal attention looks only back. Guessing the next byte needs no label,
# and in seconds it brings the perplexity on unread messages from about 260 to about 2.
#
# The body has learned something, but its head answers a question that you don't have. Can
# you take the head off and keep the body?
#
# Next: [03 · The head swap](03_head_swap.ipynb) ·
# Before: [01 · Tokenisation](01_tokenisation.ipynb)
