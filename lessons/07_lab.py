# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 07 · The regime lab
#
# **11 minutes** to read, four missions to play, and some ten seconds of computing. You need lesson 06: F1 and its
# interval. Afterwards you can choose a regime for messages of your own, and say what that choice rests on.

# %% [markdown]
# ## A question
#
# A *regime* says what may learn and how fast: the head alone (130 weights), the head and the last block (50,242), all
# of it (118,914). You have seven of them, some messages and an evening. Which one do you take?
#
# Nobody can tell from a table, because it depends on your messages. So you need a place to try. Here it is.

# %% [markdown]
# ## Predict
#
# Take 100 labelled messages only, and the regimes head-only and full: 130 weights learn, or 118,914. Both are judged on
# the same 160 validation messages.

# %%
from headswap.explorers import predict

answers = [
    "head-only is ahead, and the interval of the difference leaves 0 out",
    "full is ahead, and the interval of the difference leaves 0 out",
    "160 messages cannot tell them apart",
]
bet = predict("Which one ends with the higher F1?", answers)
bet

# %% [markdown]
# ## Look: the lab
#
# Choose a regime, or click layers of the machine to build one, press Train, and watch: loss curves, the confusion
# matrix under a threshold to slide, and how far each layer moves. The rest lies behind one word each; *Vectors* and
# *Runs* are open here, and *Costs* says what is left of the language. Training goes on in the background, *Replay*
# paints a run once more, and *Pin* keeps it in view beside the next. Each setting has a Python twin: an attribute of
# the same name.
#
# The lab has two recorded runs, and draws one while the settings fit it. With 100 messages neither fits.

# %%
from headswap.lab import Lab

tour = Lab(messages=100, folds=("scatter", "runs"))
tour

# %% [markdown]
# Nobody has to click. The next cell trains four regimes from Python, and if you scroll up you see the lab follow.

# %% tags=["nbval-ignore-output"]
for regime in ("frozen-random", "head-only", "last-block", "full"):
    tour.regime = regime
    tour.train(block=True)
frame = tour.frame().set_index("regime")
assert frame.f1.between(0.55, 0.97).all()
assert frame.f1["frozen-random"] < frame.f1["head-only"]
frame[["learning", "f1", "f1_low", "f1_high", "best_epoch"]].round(3)

# %% [markdown]
# One row per run: what learns, the F1 on the validation messages with its 95 % interval (the luck of the messages,
# one seed), and the epoch of the lowest validation loss. The frame has more columns, seconds of training among them.

# %% tags=["nbval-ignore-output"]
from headswap.metrics.intervals import paired_difference

by_name = {run.settings.regime: run for run in tour.runs}
gain, (low, high) = paired_difference([(by_name["full"].verdicts, by_name["head-only"].verdicts)])
print(f"full minus head-only, on the same messages: F1 {gain:+.2f} [{low:+.2f}, {high:+.2f}]")
outcome = answers[2] if low <= 0 <= high else answers[1 if gain > 0 else 0]
assert -0.1 < gain < 0.1

# %% tags=["nbval-ignore-output"]
assert outcome in answers
bet.reveal(outcome, f"full minus head-only {gain:+.2f} [{low:+.2f}, {high:+.2f}], one seed")

# %% [markdown]
# This is the first thing to know about the lab. It judges on 160 validation messages, and there an interval is ten to
# fourteen points wide. It is a place to look and to suspect. A firm claim needs more: several seeds, and test messages
# that no choice of these runs has touched. The library's benchmark has done that for 640 messages
# (figures/fixture.txt, 5 seeds, 2,000 test messages):
#
# | | weights that learn | F1 on the test | seconds per run |
# | --- | --- | --- | --- |
# | head-only | 130 | .863 [.844, .879] | 0.4 |
# | last-block | 50,242 | .894 [.880, .906] | 3.5 |
# | full | 118,914 | .892 [.876, .905] | 6.6 |
#
# The body that all three start from took 6.4 s to pretrain, once. Compared in pairs, full is ahead of head-only by .029
# [.011, .046]; full and last-block end .002 apart, which five seeds can't order. So the lab may well show you another
# order.

# %% [markdown]
# ## Look: one run
#
# `figure()` gives the latest run as a still picture, for a slide or a report. Its numbers stand in
# its alternative text too, for whoever does not see it.

# %% tags=["nbval-ignore-output"]
latest = tour.runs[-1]
assert latest.settings.regime == "full"
assert latest.epochs[-1].train_loss < latest.epochs[0].train_loss
tour.figure()

# %% [markdown]
# ## Read
#
# Above the curves the lab writes one sentence. It is no oracle; these lines write it. A run *overfits* where the
# validation loss has left its lowest point for good while the training loss goes on falling: it learns its messages by
# heart, and that helps with no other.

# %%
from headswap.explorers import read
from headswap.live.runs import diagnose

read(diagnose)

# %% [markdown]
# ## Build: mission 1, predict, then look
#
# Now you play. Each mission has a cell that checks it, from the runs that you made in the lab above it; run it as often
# as you like. A mission never trains anything itself.
#
# With 640 messages, which one ends with the higher validation F1, head-only or full? Choose an answer in the lab, then
# train both. The bet counts if you keep it, not only if you win it.

# %%
wager = Lab(
    controls=("forecast", "regime", "seed", "train", "stop", "reset"),
    question="With 640 messages, which ends with the higher validation F1?",
    answers=["head-only", "full", "less than two points between them"],
)
wager

# %%
from headswap import exercises

exercises.missions.predicted(wager)

# %% [markdown]
# Before you believe the outcome, look at the table of five seeds again, and change the seed of both runs.
#
# <details><summary>A path, from Python</summary>
#
# ```python
# wager.forecast("full")
# for regime in ("head-only", "full"):
#     wager.regime = regime
#     wager.train(block=True)
# ```
# </details>

# %% [markdown]
# ## Build: mission 2, the cheapest that is good enough
#
# Good enough is what ends within two points of the best F1. Cheap is what learns few weights: they are counted exactly,
# they are what you store per task, and seconds differ from machine to machine. Train at least three regimes with the
# same messages and the same seed, one of them with everything free to learn. Then name the cheapest, as the second
# argument of `cheapest`.

# %%
lab = Lab(folds=("runs",))
lab

# %%
exercises.missions.cheapest(lab)

# %% [markdown]
# "Within two points" is a rule to decide by, not a finding: two points are less than the interval. With another seed
# the answer may be another regime. Try one.
#
# <details><summary>A path, from Python</summary>
#
# ```python
# for regime in ("frozen-random", "head-only", "mlp-head", "last-block", "full"):
#     lab.regime = regime
#     lab.train(block=True)
# lab.frame()[["regime", "learning", "f1", "f1_low", "f1_high"]]
# exercises.missions.cheapest(lab, "the regime you choose")
# ```
# </details>

# %% [markdown]
# ## Build: mission 3, make full fine-tuning overfit
#
# In the same lab, train full until it overfits beyond doubt: the validation loss ends at twice its lowest, and the
# training loss below 0.1 nats. Which setting has most power over it: epochs, or, behind *More*, learning rate and
# messages? Change one at a time, and pin a run to compare.

# %%
exercises.missions.overfit(lab)

# %% [markdown]
# Look at F1 as well. The loss punishes confident mistakes more; F1 counts every mistake once. So a loss that
# doubles need not mean a filter that is worse by much.
#
# <details><summary>A path, from Python</summary>
#
# ```python
# lab.regime, lab.messages, lab.epochs = "full", 320, 40
# for rate in (0.001, 0.003):
#     lab.learning_rate = rate
#     lab.train(block=True)
# lab.frame()[["regime", "learning_rate", "f1", "best_epoch", "diagnosis"]]
# ```
# </details>

# %% [markdown]
# ## Build: mission 4, beat the n-grams on real messages
#
# The last opponent has no body at all: logistic regression on *n-grams*, runs of one to four characters. It reads a
# message whole, and your body a few bytes of it. On the practice messages it reaches F1 .986 [.979, .990], out of reach
# for every regime in figures/fixture.txt, and .925 [.912, .935] on the same 32 bytes. On real SMS it is .973 [.936,
# .988], whole or cut to 160 bytes, and head-only .948 [.902, .972], .025 [.013, .037] behind in pairs (figures/sms.txt;
# all 5 seeds, balanced test).
#
# For this mission you need real messages. `download_sms(".")` of headswap fetches the SMS corpus (it needs the network,
# and the corpus is licensed CC BY 4.0), or take a file of your own: `read_messages` reads one with a column of texts
# and one of labels. Without a file the mission stays open, and the lesson is complete without it. The n-grams need
# scikit-learn, which is no part of the course's own packages.

# %%
real = "SMSSpamCollection"  # a path
exercises.missions.beat_ngrams(lab, real)

# %% [markdown]
# The check trains the n-grams on the very messages that your run has learned from, and compares both on the same
# validation messages, message by message. Expect to lose. And if you win as the best of ten runs, remember who chose
# among the ten: those validation messages. On them the winner is flattered, and only test messages can say how much.
#
# <details><summary>A path, from Python</summary>
#
# It takes a minute or two. The body reads your messages first, at the length that you set.
#
# ```python
# lab = Lab(data=real, max_len=160)
# for regime, pool, seed in [("head-only", "mean", 0), ("full", "max", 0), ("full", "max", 1)]:
#     lab.regime, lab.pool, lab.seed = regime, pool, seed
#     lab.train(block=True)
# exercises.missions.beat_ngrams(lab, real)
# ```
# </details>

# %% [markdown]
# ## Prove
#
# The lab draws, counts and answers while it trains. Does looking change the run? Train one with the lab, ask it about a
# text after every epoch, and train one without: the same probabilities, to the bit.

# %% tags=["prove", "nbval-ignore-output"]
from headswap import Recipe, fixture_split, run_regime
from headswap.explorers import lesson_base

watched = Lab(regime="full", epochs=3)
watched.attempt("Free prize, call now")
watched.train(block=True)
alone = run_regime(lesson_base(), fixture_split(), "full", Recipe(epochs=3))
for seen, unseen in zip(watched.runs[0].epochs, alone.epochs, strict=True):
    assert seen.probabilities == unseen.probabilities
    assert seen.train_loss == unseen.train_loss
print("Three epochs, watched or not: the same losses and probabilities, to the bit.")

# %% [markdown]
# And a run is its settings and its seed. The same twice gives the same; only another seed gives another run.

# %% tags=["prove", "nbval-ignore-output"]
twice = Lab(epochs=3)
for seed in (0, 0, 1):
    twice.seed = seed
    twice.train(block=True)
first, again, other = (run.epochs[-1].probabilities for run in twice.runs)
assert first == again
assert first != other
print("Seed 0 twice: one run to the bit. Seed 1: another.")

# %% [markdown]
# ## Recap
#
# The lab shows what a regime does to your messages in seconds, on one seed and 160 validation messages. That is enough
# to see a loss turn or a threshold bite, and too little to rank two regimes that are two points apart. So look there,
# then decide with seeds, intervals and a test that you have not touched.
#
# And when you report what you found, say five things beside the score: what learned, on how many messages, judged on
# which and how many, with how many seeds and which interval, and what a random body and the n-grams score there.
# Whoever reads it can then judge it, which is all that a number is for.
#
# The next lesson, still to come, is about the head itself: when does a hidden layer pay, and when does it only overfit?
