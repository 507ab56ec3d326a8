# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 01 · Tokenisation
#
# **10 minutes** to read, and two exercises. You need Python and the idea of a tensor.
# Afterwards you can turn messages into a rectangle of numbers and a mask, turn numbers
# back into text without ever failing, and say what a maximum length costs your data.

# %% [markdown]
# ## A question
#
# A network multiplies numbers, and you have text. A *token* is the piece of text that
# gets a number of its own, its *id*. Large models use pieces of words and need a
# *vocabulary*, a file of a hundred thousand entries that must travel with the model.
# Ours uses *bytes*, the numbers from 0 to 255 that every text on your disk consists of.
# There is no vocabulary to learn, lose or mismatch, and no word is unknown.
#
# The price: a text has more bytes than it has words, or even letters. Our model reads
# 32 ids. How much of a message is that?

# %% [markdown]
# ## Predict
#
# The practice messages are one or two sentences each, such as "Olive, guess who I met
# at lunch: Theo. Fancy soup at mine this evening? My uncle is cooking." The model stops
# reading after 32 bytes.

# %%
from headswap.explorers import predict

bet = predict(
    "How many of the 960 practice messages are longer than 32 bytes?",
    ["about a tenth", "about half", "about nine tenths", "all of them"],
)
bet

# %% [markdown]
# ## Look
#
# UTF-8 is the usual way to write text as bytes. An English letter is one byte, é is
# two, most Chinese characters are three, an emoji is four or more. The id of a byte is
# the byte itself.
#
# Type into the first field and watch the row of ids. Try your name, `naïve`, `你好`, 👩‍🚀.
# Every cell is one id; a character of several bytes says which of its bytes this is.
#
# - A message rarely comes alone: the model reads a *batch* of them as one rectangle.
#   Lengthen the neighbour, and your message gets *pads*, id 256. The *mask* says which
#   positions are real.
# - Slide the maximum length down. Cells that are struck through are *cut*: the model
#   never sees them. Can you make the cut go through the middle of an emoji?
# - Switch the cls id on. It stands in front, as BERT has it, and takes one of the
#   places. Lesson 04 needs it.

# %%
from headswap.explorers import tokens

tokens()

# %% [markdown]
# The last two tables are about the 960 practice messages: how many lose their end at
# 32, 64 and 160 bytes and where the slider stands, and what the first of them lose.
# Everything an explorer shows is also data. Here is one that is set from Python to a
# text whose last character does not fit:

# %%
example = tokens()
example.set(text="你好 👍", max_len=8)
print(example.find("What the model reads")["text"])
for row in example.find("How many of 960 messages lose their end")["rows"]:
    print("{:22} {:4} messages cut, {}".format(*row))

# %%
bet.reveal("all of them", "960 of 960 at 32 bytes, 938 at 64, none at 160")

# %% [markdown]
# Every practice message loses its end at 32 bytes. That is on purpose: they were
# written for these lessons, from 52 to 119 bytes long, so that a model can learn from
# them in seconds and still make mistakes. They are **practice messages**, and their
# lengths say nothing about yours.
#
# Real messages look different. In the UCI SMS Spam Collection, 5,159 messages once
# duplicates are removed, 79.7 % are longer than 32 bytes, 47.6 % longer than 64, and
# 5.1 % longer than 160. That was counted once, offline; the corpus does not come with
# the library. Spam is the longer kind: at 64 bytes 96.1 % of the spam is cut and 40.7 %
# of the ham. So a short maximum length does not treat the classes alike, and that alone
# is a reason to count before you choose it.
#
# And the cost of reading more? Attention compares every position with every earlier
# one, so five times the bytes cost more than five times the work: an epoch of full
# training takes about six times as long at 160 bytes as at 32, as measured in
# `figures/speed.txt`. The practice messages themselves, counted here:

# %%
from headswap import fixture_split

split = fixture_split()
messages = [*split.train, *split.validation, *split.test]
lengths = sorted(len(message.text.encode()) for message in messages)
print(len(lengths), "messages, from", lengths[0], "to", lengths[-1], "bytes")

# %% [markdown]
# What would pieces of words cost? A piece holds about four letters of English, by
# OpenAI's rule of thumb for its own vocabularies, so 32 ids would reach four times as
# far. The bill comes elsewhere. Each id has a vector of its own, which the model looks
# up when it reads the id, and a language model's head has a row for each id that it may
# guess. With vectors of width 64:

# %%
for name, ids in (("bytes", 260), ("GPT-2's pieces", 50_257)):
    print(f"{name:15} {ids:6,} ids  {2 * 64 * ids:9,} weights to read and to guess them")

# %% [markdown]
# The two blocks between them, all that turns bytes into features, have 99,968 weights.
# With GPT-2's vocabulary our model would be a large dictionary with a very small mind.
# Pieces pay off where the mind is large too.

# %% [markdown]
# ## Read
#
# These are the two functions of the library's tokenizer that matter. At the heart of
# each is one line; the rest refuses what is no text and what is no id. The four
# *special ids* stand above the bytes: 256 is the pad, 257 cls, and 258 and 259 mark
# where a text begins (*bos*) and ends (*eos*) while the body is pretrained. No byte can
# be mistaken for one of them.

# %%
from headswap import ByteTokenizer
from headswap.explorers import read

read(ByteTokenizer.encode)

# %%
read(ByteTokenizer.decode)

# %% [markdown]
# ## Build: pad and mask
#
# Your turn. `rows` is a list of lists of ids, of different length and none empty. Make
# two tensors of shape (B, T), where B is the number of rows and T the length of the
# longest:
#
# - `ids`, int64: each row from the left, then pads, id 256;
# - `mask`, bool: True where an id is real, False where a pad stands.
#
# Replace the dots, run the cell, then run the check. If you are stuck,
# `exercises.pad_and_mask.hint(1)` gives a nudge, `hint(2)` and `hint(3)` more, and
# `exercises.pad_and_mask.solution()` shows one way to do it.

# %% tags=["solution"]
import torch

from headswap import exercises


def pad_and_mask(rows):
    """Rows of ids as ids (B, T), pads on the right, and a mask (B, T), True on real ids."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([row + [256] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[t < len(row) for t in range(longest)] for row in rows])
    return ids, mask


# %% tags=["check"]
exercises.pad_and_mask.check(pad_and_mask)

# %% [markdown]
# The check asks your function a few small questions and compares. Where it is wrong, it
# looks for the misconception that gives the very same answers, and names it. You can
# try: return `~mask` and run the check again.

# %% [markdown]
# ## Build: decode, whatever comes
#
# Now back from ids to text. Two things stand in the way. Special ids are no bytes, and
# a cut may go through the middle of a character: 240, 159, 145 are three of the four
# bytes of 👍. The Unicode standard has a character for that, U+FFFD, which looks like
# this: �. It says that something was here and could not be read.
#
# Write `decode` so that it leaves special ids out, writes U+FFFD for what is no whole
# character, and never raises. `exercises.decode.hint(1)` helps.


# %% tags=["solution"]
def decode(ids):
    """The text of ids: 256 and above are left out, half a character becomes U+FFFD."""
    return bytes(i for i in ids if i < 256).decode("utf-8", errors="replace")


# %% tags=["check"]
exercises.decode.check(decode)

# %% [markdown]
# From here on the lesson uses the library's own tokenizer, so it goes on whether or not
# you have solved the exercises.

# %% [markdown]
# ## Prove
#
# Encoding and then decoding gives back any text that fits, to the last character:
# nothing is normalised, lower-cased or unknown. First some texts that break tokenizers:
# a NUL byte, a flag made of two characters, letters with loose accents, right-to-left
# writing, U+FFFD itself. Then 2,000 random ones, from a generator of their own.

# %% tags=["prove"]
from random import Random

tricky = ["", "\0", "🇨🇭", "e\u0301", "مرحبا", "\ufffd", "\r\n\t", "\U0001d518", "👩‍🚀"]
rng = Random(0)
points = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000]  # no surrogates
random_texts = ["".join(map(chr, rng.choices(points, k=12))) for _ in range(2000)]

tokenizer = ByteTokenizer()
texts = tricky + random_texts
assert all(tokenizer.decode(tokenizer.encode(text)) == text for text in texts)
print(f"{len(texts):,} texts came back unchanged.")

# %% [markdown]
# The gap in the middle, the *surrogates*, are halves of characters that other encodings
# use; they are not text, and the tokenizer refuses them and says where they stand. And
# where a text does not fit, only its end suffers: what comes back is the beginning of
# the text, and behind it at most one U+FFFD.

# %% tags=["prove"]
for text in random_texts[:200]:
    for max_len in range(len(text.encode()) + 1):
        back = tokenizer.decode(tokenizer.encode(text, max_len))
        assert text.startswith(back) or text.startswith(back.removesuffix("\ufffd"))
print("200 texts, cut at every byte: each came back as its beginning.")

# %% [markdown]
# The same holds for a batch: the mask is True on every byte of every message, and only
# pads lie where it is False.

# %% tags=["prove"]
ids, mask = tokenizer.batch([message.text for message in messages], 160)
for message, row, real in zip(messages, ids, mask, strict=True):
    assert tokenizer.decode(row[real].tolist()) == message.text
assert set(ids[~mask].tolist()) == {256}
print("ids", tuple(ids.shape), ids.dtype, "and mask", tuple(mask.shape), mask.dtype)

# %% [markdown]
# ## Recap
#
# A token is a byte: 256 ids and four special ones, no vocabulary file, and no text that
# cannot be written. Messages of different length fit one rectangle with the help of
# pads, and a mask remembers what is real. A maximum length cuts the ends off; count how
# many before you choose it, and count per class.
#
# Next: 32 numbers between 0 and 259 go in. How does a body make sense of them, and how
# does it learn to guess the next?
