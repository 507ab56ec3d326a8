# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 00 · Start here
#
# **9 minutes** to read, and one exercise. This is a spam filter, already trained. Can
# you write spam that gets through? Click the cell below, press Shift + Enter, and try.

# %%
from headswap.explorers import outwit

outwit()

# %% [markdown]
# ## A question
#
# Did you get through? Try the buttons, and try words of your own: P(spam) is the filter's
# probability for spam. Only then unfold this:
#
# <details><summary>How it's done</summary>The filter reads 32 bytes and stops: put 32
# friendly bytes in front, and it never sees the rest. If it still says spam, your friendly
# words looked like spam.</details>
# <br>
#
# So what is this thing? It's a small *language model*: a network that learned to predict
# the next byte of a text. Then somebody pulled its *head* off, the last layer, and put
# a new one on that says ham or spam. *Ham* is a message that you wanted to get.
#
# The rest of the model, its *body*, stayed exactly as it was. That move is a **head swap**,
# and this course is about it. Here is the question: would the filter be better if the
# body had learned about spam too?

# %% [markdown]
# ## Predict
#
# Take two filters. In one only the new head learns, 130 numbers. In the other everything
# does, 118,914 numbers. Both learn from the same 640 messages and are judged on messages
# that they have never seen.
#
# The score is *F1*. It combines two shares: how many of the filter's alarms were right
# (*precision*), and how much of the spam it caught (*recall*). It runs from 0 to 1.
# Place your bet before you read on.

# %%
from headswap.explorers import predict

bet = predict(
    "Everything learns, or the head alone: whose F1 is higher?",
    ["Everything, by more than 0.10", "Everything, by less than 0.10", "The head alone"],
)
bet

# %% [markdown]
# ## Look: rip the head off
#
# This is the model before the swap. Its head guesses what comes next: one row of weights
# for each of 256 bytes and 4 special signs. It has read 1,920 short messages five times,
# without being told which ones are spam. See what it expects. Then press the button above
# the machine: the old head comes off, and two rows go on.

# %%
from headswap.explorers import lesson_base, machine

base = lesson_base()
model = machine(base, text="Claim your prize now")
model.set(swapped=False)  # the language model's own head is on
model

# %% [markdown]
# The two new rows give two numbers, the *logits*, one for ham and one for spam, and the
# larger one is the verdict. Right now it means nothing, because the new rows are random.
# They have to learn. Does the body learn along, or is it *frozen*, kept as it is? That's
# your bet.

# %% [markdown]
# ## Look: the messages
#
# There are 960 practice messages, half of them spam: 640 to learn from, 160 to choose
# settings by (*validation*), and 160 to judge on (*test*). They are made from templates,
# and some are hard on purpose: their first 32 bytes don't say what they are.

# %%
from headswap import fixture_split

split = fixture_split(seed=0)
print(len(split.train), len(split.validation), len(split.test))
for message in split.train[:4]:
    print(split.label_names[message.label], "|", message.text)

# %% [markdown]
# ## Look: train both
#
# Now the two filters from your bet, starting from the same body. The choice of what learns
# is called the *regime*: `head-only` freezes the body, `full` lets everything learn. Each
# makes 20 passes over the 640 messages. The test has only 160 others, so luck plays a part.
# The brackets, a *95 % interval*, show how much: of 100 such intervals, about 95 hold the
# score that a test without end would give.

# %% tags=["nbval-ignore-output"]
from headswap import Recipe, encode, evaluate, run_regime

runs = {}
for regime in ("head-only", "full"):
    runs[regime] = run_regime(base, split, regime, Recipe(epochs=20, seed=0))
    classifier = runs[regime].classifier
    metrics = evaluate(classifier, encode(split.test, classifier))
    low, high = metrics.intervals()["f1"]
    learned = f"{runs[regime].learning:>7,} weights"
    print(f"{regime:9} {learned}  F1 {metrics.f1:.3f} [{low:.3f}, {high:.3f}]")
    assert 0.75 < metrics.f1 < 0.97

# %% [markdown]
# That was one run of each, and one run is an anecdote: with another *seed*, that is, other
# random draws, the scores move. So we ran five seeds and judged them on 2,000 fresh
# messages:
#
# | what learns | weights | F1, mean of 5 seeds | 95 % interval |
# | --- | --- | --- | --- |
# | the head, on a random frozen body | 130 | 0.824 | [0.806, 0.841] |
# | the head, on the pretrained body (`head-only`) | 130 | 0.863 | [0.844, 0.879] |
# | everything (`full`) | 118,914 | 0.892 | [0.876, 0.905] |
#
# Now look at your bet.

# %%
outcome = "head-only 0.863, full 0.892: 0.029 more [0.011, 0.046], 5 seeds"
bet.reveal("Everything, by less than 0.10", outcome)

# %% [markdown]
# Compared message by message, training everything is ahead by 0.029 (95 % interval 0.011 to
# 0.046). That's more than luck, but over 900 times as many weights have to learn. Lesson 05
# asks what they cost.
#
# Look at the first row, too. A body that has read *nothing* still scores 0.824 with a
# trained head. It's the *baseline*: no score means much until you know what a random
# body gets.

# %% [markdown]
# ## Look: your own run
#
# Your turn. This is a small version of lesson 07's lab, and it opens with a recorded run.
# Pick `full`, press Train, and watch the *loss*, the model's surprise at the right answer.
# The dashed line is the loss on messages it doesn't learn from. When that starts to rise,
# the model *overfits*: it learns its messages by heart.
#
# The lab measures F1 on the 160 validation messages, with one seed. Here `head-only` may win,
# unlike in the table. That's luck, and the reason for five seeds.

# %%
from headswap.lab import Lab

lab = Lab(controls=("regime", "epochs", "train", "stop", "predict"), epochs=20)
lab

# %% [markdown]
# ## Read
#
# The course shows you the library's own source, never a copy. This is the whole filter:
# the body makes 64 numbers of a message (its *features*), and the head turns them into
# logits.

# %%
from headswap import Classifier
from headswap.explorers import read

read(Classifier.forward)

# %% [markdown]
# ## Build: decide
#
# Your first exercise. The new head outputs two logits per message, ham first. Write
# `decide(logits)`: it takes a tensor of shape (B, 2) and returns a list of B words, "ham"
# or "spam". Replace the dots, run the cell, then run the check below it.
#
# Stuck? `exercises.decide.hint(1)` gives a nudge, hints 2 and 3 say more, and
# `exercises.decide.solution()` shows one way to do it.

# %% tags=["solution"]
from headswap import exercises


def decide(logits):
    """One word per message, "ham" or "spam"; logits (B, 2), ham first."""
    return [["ham", "spam"][i] for i in logits.argmax(1).tolist()]


# %% tags=["check"]
exercises.decide.check(decide)

# %% [markdown]
# Now your function decides for the `full` filter from above, on the 160 test messages.
# Break it, say by returning the smaller logit's word, and see what that does to F1.

# %% tags=["nbval-ignore-output"]
from headswap import measure, predict_logits

answers = predict_logits(runs["full"].classifier, encode(split.test, runs["full"].classifier))
assert answers.shape == (160, 2)


def f1_with(function):
    words = function(answers)
    return measure([one.label for one in split.test], [int(word == "spam") for word in words]).f1


print("F1 with yours:", exercises.with_yours(f1_with, decide))

# %% [markdown]
# ## Prove
#
# "Frozen" is a claim, so test it. After the head-only run every weight of the body must
# be what it was before, bit for bit. After the full run, every tensor must have moved.


# %% tags=["prove"]
import torch


def moved(regime):
    after = runs[regime].classifier.body.parameters()
    pairs = zip(base.body.parameters(), after, strict=True)
    return sum(not torch.equal(a, b) for a, b in pairs)


tensors = len(list(base.body.parameters()))
assert moved("head-only") == 0
assert moved("full") == tensors
print(f"Of {tensors} tensors of the body, head-only moved 0 and full moved {tensors}.")

# %% [markdown]
# This line checks that your computer is ready for the other lessons. None of them needs the
# internet.

# %%
from headswap.explorers import check_environment

check_environment()

# %% [markdown]
# Every lesson ends with this list of what you have passed. It stays on your computer.

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# A language model is a body and a head. Swap the head, and 130 new weights on a frozen
# body come within 0.029 [0.011, 0.046] of training all 118,914, over five seeds. With few
# labels the body is worth far more: in lesson 03, a head that learns from ten real text
# messages scores 0.73 on it and 0.37 on a random one.
#
# <details><summary>The map of the course</summary>
#
# The minutes are for reading; an exercise takes a few more.
#
# | | lesson | minutes | what you will see |
# | --- | --- | --- | --- |
# | 00 | Start here | 9 | the whole story |
# | 01 | Tokenisation | 10 | text to bytes, and what a cut loses |
# | 02 | The body and its language model | 13 | attention, and guessing the next byte |
# | 03 | The head swap | 11 | what pretraining adds |
# | 04 | Pooling | 13 | many vectors to one |
# | 05 | The freeze toggle | 12 | what learns, and what freezing saves |
# | 06 | Metrics | 10 | four cells and every threshold |
# | 06b | Rare spam, and how sure | 10 | rare spam, and how far luck reaches |
# | 07 | The regime lab | 12 | your own experiments |
# | 08 | Probe or feature head | 13 | when a head should bend |
# | 09 | Rates and schedules | 13 | who moves, and how far |
# | 10 | Adapters, LoRA, and other small parts | 14 | your own LoRA |
# | 11 | Who forgot the language? | 10 | what a new task costs the old one |
# | 12 | Does .9 mean nine out of ten? | 12 | a filter that is too sure of itself, and what mends it |
# | 15 | Beyond text | 10 | a digit that one pixel hides |
#
# </details>
# <br>
#
# The filter stopped after 32 bytes. What is a byte, and why do some emoji take eleven of
# them?
#
# Next: [01 · Tokenisation](01_tokenisation.ipynb)
