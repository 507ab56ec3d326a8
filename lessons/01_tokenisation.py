# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 01 · Tokenisation
#
# **10 minutes** to read, and two exercises. Here is a spam filter that is already
# trained. Run the cell, then choose what comes *in front of* the message, or type one of
# your own. Can you get the advert past it without changing a word of it?

# %%
from headswap.explorers import reads

reads()

# %% [markdown]
# A friendly greeting in front, and spam becomes ham, a message that somebody wanted. The
# filter wasn't charmed. It reads 32 bytes, and the greeting fills them: the advert is
# crossed out, because the model never sees it. Eight emoji do the same, since each of
# them takes four bytes.

# %% [markdown]
# ## A question
#
# A network multiplies numbers, and you have text. So the text is cut into pieces. Such a
# piece is a *token*, and its number is its *id*.
#
# Large models use pieces of words. They need a *vocabulary*, a file that lists some
# hundred thousand pieces and travels with the model. Ours uses *bytes*: the numbers from
# 0 to 255 that every text on your disk is made of. There is no vocabulary to lose, and no
# word is unknown.
#
# The price is length, as you've just seen: a text has more bytes than words, or even
# letters. How much of a message fits into 32 of them?

# %% [markdown]
# ## Predict
#
# This course comes with 960 *practice messages* of one or two sentences, such as "Olive,
# guess who I met at lunch: Theo. Fancy soup at mine this evening? My uncle is cooking."

# %%
from headswap.explorers import predict

bet = predict(
    "How many of the 960 practice messages are longer than 32 bytes?",
    ["about a tenth", "about half", "about nine tenths", "all of them"],
)
bet

# %% [markdown]
# ## Look: a batch
#
# *UTF-8* is the usual way to write text as bytes. A plain English letter takes one byte,
# é takes two, most Chinese characters three, 👍 four, and ✅ only three. Some emoji are
# several characters glued together: 👩‍🚀 takes eleven bytes.
#
# A model reads several messages at once, as a rectangle of numbers called a *batch*.
# Shorter messages are filled up with *pads*, id 256. The *mask* remembers which positions
# are real: T for true, F for false. Below you see your message and its neighbour, one
# position under the other.
#
# - Make the neighbour longer or shorter. Where do the pads appear?
# - Slide the maximum length down. Can you cut through the middle of the emoji?
# - Switch the cls id on. It's an extra id in front, and it takes a place. Lesson 04 needs it.
# - Unfold the lines at the bottom: how many messages lose their end, and what they lose.

# %%
from headswap.explorers import tokens

tokens()

# %%
bet.reveal("all of them", "960 of 960 at 32 bytes, 938 at 64, none at 160")

# %% [markdown]
# Every practice message loses its end. That's on purpose: we wrote them 52 to 119 bytes
# long, so that a small model learns from them in seconds and still makes mistakes.
#
# Real messages look different. We counted the UCI SMS Spam Collection, 5,159 messages
# without duplicates, which doesn't come with the library:
#
# | maximum length | messages that lose their end |
# | --- | --- |
# | 32 bytes | 79.7 % |
# | 64 bytes | 47.6 %: 96.1 % of the spam, 40.7 % of the ham |
# | 160 bytes | 5.1 % |
#
# Look at the middle row. Spam is longer, so a short maximum length hurts one class more
# than the other.

# %% [markdown]
# Then why not read everything? Reading takes time. At 160 bytes an epoch, one pass over the
# training messages, takes more than five times as long as at 32 when everything learns, as
# measured in `figures/speed.txt`.
#
# And why not pieces of words? A piece covers about four English letters, by OpenAI's rule
# of thumb, so 32 ids would reach four times as far. But each id needs a row of numbers in
# the table that the model reads with, and a language model needs another row for guessing
# it. Here rows have 64 numbers:

# %%
print("                     ids     to read    to guess")
for name, ids in (("bytes", 260), ("GPT-2's pieces", 50_257)):
    print(f"{name:15} {ids:8,}  {64 * ids:10,}  {64 * ids:10,}")
print("the two blocks between the tables: 99,968 weights")

# %% [markdown]
# GPT-2 itself saves one of the two tables: it uses the same one for reading and for guessing,
# which is called *tying*. Our model keeps two, so the head that comes off shares no weight
# with the body. Even one table of that size would be 32 times as large as the blocks that do
# the thinking. Pieces pay off in a large model.

# %% [markdown]
# ## Read
#
# These are the two functions of the library's tokenizer that matter. One line of each
# does the work; the rest rejects anything that isn't text, or isn't an id.
#
# The four *special ids* come after the bytes: 256 is the pad and 257 is cls. 258 marks
# where a text begins (*bos*) and 259 where it ends (*eos*), while the model learns the
# language. A spam filter gets neither.

# %%
from headswap import ByteTokenizer
from headswap.explorers import read

read(ByteTokenizer.encode)

# %%
read(ByteTokenizer.decode)

# %% [markdown]
# ## Build: pad and mask
#
# Your turn. `rows` is a list of lists of ids; they differ in length, and none is empty.
# Return two tensors of shape (B, T), where B is the number of rows and T the length of
# the longest:
#
# - `ids`, int64: each row from the left, then pads, id 256;
# - `mask`, bool: True where an id is real, False where it is a pad.
#
# Replace the dots, run the cell, then run the check. `exercises.pad_and_mask.hint(1)` gives
# you a nudge, hints 2 and 3 more, and `exercises.pad_and_mask.solution()` shows one way to do
# it.

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
# Now put it to work. The trained filter judges 160 test messages, cut to between 16 and
# 32 bytes so that there is something to pad. Your function makes its batches. *F1* is a
# score from 0 to 1 for how well it finds the spam; lesson 06 takes it apart.

# %%
from headswap import fixture_split, measure
from headswap.lab import recorded_classifier

tokenizer, model, test = ByteTokenizer(), recorded_classifier(), fixture_split().test
rows = [tokenizer.encode(one.text, 16 + i % 17) for i, one in enumerate(test)]


def f1_with(batch):
    with torch.no_grad():
        answers = [model(*batch(rows[i : i + 16])).argmax(1) for i in range(0, 160, 16)]
    return measure([one.label for one in test], torch.cat(answers).tolist()).f1


print(f"F1 with the library's batches: {f1_with(tokenizer.pad):.3f}")

# %%
print("F1 with yours:", exercises.with_yours(f1_with, pad_and_mask))
exercises.pad_and_mask.check(pad_and_mask)

# %% [markdown]
# Try a mistake: return `~mask`, or a mask that is True everywhere, and run both cells
# again. The pads now count as text, F1 drops, and the check names what went wrong. A few
# mistakes cost nothing here, such as pads of 0: this filter asks the mask, not the ids.

# %% [markdown]
# ## Build: decode, whatever comes
#
# Now back from ids to text. Special ids aren't bytes. And a cut may go through a
# character: 240, 159, 145 are three of the four bytes of 👍. Unicode has a character for
# that, U+FFFD, which looks like this: �. It means that something here couldn't be read.
#
# Write `decode`: leave special ids out, write U+FFFD for a broken character, and never
# raise. `exercises.decode.hint(1)` helps.


# %% tags=["solution"]
def decode(ids):
    """The text of ids: 256 and above are left out, half a character becomes U+FFFD."""
    return bytes(i for i in ids if i < 256).decode("utf-8", errors="replace")


# %% tags=["check"]
exercises.decode.check(decode)

# %% [markdown]
# Does yours survive real rows? These are the same 160 messages, with an emoji after each
# word, cut at 28 to 32 bytes and padded. A row is right if your text is the beginning of
# the message, with one � at the end where the cut broke a character.


# %%
def come_back(read_back):
    right = 0
    for i, one in enumerate(test):
        text = one.text.replace(" ", " ✅" if i % 2 else " 👍")
        ids = tokenizer.encode(text, 28 + i % 5)
        back = read_back([*ids, 256, 256])
        whole = back.removesuffix("�")
        broken = whole.encode() != bytes(ids)  # the cut went through a character
        right += text.startswith(whole) and (back != whole) == broken
    return right


print("the library's:", come_back(tokenizer.decode), "of 160 rows come back")
print("yours:        ", exercises.with_yours(come_back, decode))
exercises.decode.check(decode)

# %% [markdown]
# ## Prove
#
# Encode a text and decode it again, and you get it back exactly: nothing is normalised,
# lower-cased or unknown. We try texts that break tokenizers: a NUL byte, a flag made of
# two characters, an accent on its own, right-to-left writing, U+FFFD itself. Then 2,000
# random ones.

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
# We left out the *surrogates*, halves of characters that other encodings use; the tokenizer
# rejects them. And a text that is too long loses only its end:

# %% tags=["prove"]
for text in random_texts[:200]:
    for max_len in range(len(text.encode()) + 1):
        back = tokenizer.decode(tokenizer.encode(text, max_len))
        assert text.startswith(back) or text.startswith(back.removesuffix("\ufffd"))
print("200 texts, cut at every byte: each came back as its beginning.")

# %% [markdown]
# The same holds for a whole batch: the mask is True on every byte of every message, and
# False on pads alone.

# %% tags=["prove"]
split = fixture_split()
messages = [*split.train, *split.validation, *split.test]
ids, mask = tokenizer.batch([message.text for message in messages], 160)
for message, row, real in zip(messages, ids, mask, strict=True):
    assert tokenizer.decode(row[real].tolist()) == message.text
assert set(ids[~mask].tolist()) == {256}
print("ids", tuple(ids.shape), ids.dtype, "and mask", tuple(mask.shape), mask.dtype)

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# A token is a byte: 256 ids and four special ones, no vocabulary file, and every text can
# be encoded. Pads make messages of different length fit one rectangle, and the mask
# remembers what is real. A maximum length cuts the ends off, so count what it costs
# before you choose it, class by class.
#
# Up to 32 numbers from 0 to 259 go in. How does a model make sense of them, and how does
# it learn to guess the next one?
#
# Next: [02 · The body and its language model](02_body.ipynb) ·
# Before: [00 · Start here](00_start_here.ipynb)
