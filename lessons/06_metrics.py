# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 06 · Metrics
#
# **10 minutes** to read, two exercises, and some ten seconds of computing. You need lesson 05: a frozen body and a head
# that learns. Afterwards you can read a filter's mistakes, and pick a threshold on purpose.
#
# Run the cell, and pull the slider to the left.

# %% tags=["nbval-ignore-output"]
from headswap import Recipe, encode, fixture_split, predict_logits, run_regime
from headswap.explorers import lesson_base, scoreboard

base, split = lesson_base(), fixture_split()
model = run_regime(base, split, "head-only", Recipe(seed=0)).classifier
data = encode(split.validation, model)
labels, probabilities = data.labels, predict_logits(model, data).softmax(1)[:, 1]
texts = [message.text for message in split.validation]
board = scoreboard(labels.tolist(), probabilities.tolist(), texts)
assert probabilities.min() > 0 and probabilities.max() < 1
board

# %% [markdown]
# ## A question
#
# With the slider at the far left, recall is 1.000. Perfect! The filter catches every spam there is. It's also useless,
# because it calls *everything* spam, your mother's messages included.
#
# So one number isn't enough, and a filter gets two. *Precision* is the share of spam among the messages that it calls
# spam. *Recall* is the share of the spam that it calls spam. At the far left, half of what it calls spam is ham, and
# precision says so: 0.500.
#
# Each mark is one of 160 validation messages, half of them spam. The head alone has learned, on 640 others.

# %% [markdown]
# ## Predict
#
# Be a little less greedy. Pull the threshold up from 0 as far as you can while every one of the 80 spam is still
# caught.

# %%
from headswap.explorers import predict

bet = predict("How many of the 80 ham are called spam there?", ["about 8", "about 30", "more than 70"])
bet

# %% [markdown]
# ## Look: from logits to four cells
#
# Six messages first, few enough to check by hand. For each, the head outputs two *logits*: raw scores, one for ham and
# one for spam. The larger one wins. Softmax turns them into probabilities that add up to 1, and P(spam) is the second.
# The two ways agree: P(spam) is one half exactly where the logits are equal.

# %%
import torch

small = torch.tensor([[2.0, 0.0], [1.0, 0.5], [0.0, 1.0], [0.5, 1.5], [0.0, 3.0], [1.0, 0.0]])
truth = torch.tensor([0, 0, 0, 1, 1, 1])
said = small.argmax(1)
print("P(spam) ", [round(p, 2) for p in small.softmax(1)[:, 1].tolist()])
print("verdicts", said.tolist())
print("truth   ", truth.tolist())
print(torch.bincount(2 * truth + said, minlength=4).view(2, 2))

# %% [markdown]
# The last two lines are the *confusion matrix*. A row is what the messages are, a column what they were called, ham
# first. Each cell has a name:
#
# | | called ham | called spam |
# | --- | --- | --- |
# | **ham** | true negatives, TN | false positives, FP: a real message lost |
# | **spam** | false negatives, FN: spam in your inbox | true positives, TP |
#
# Here the filter lost one real message and missed one spam.

# %% [markdown]
# Precision is a column: TP / (TP + FP). Recall is a row: TP / (TP + FN). *F1* is their harmonic mean,
# 2 TP / (2 TP + FP + FN), and it's high only if both are. In these six messages, all three are two thirds.
#
# None of them looks at TN, the ham that was left in peace.

# %% [markdown]
# ## Look: every threshold at once
#
# Here's the board again, the same one. Three things to try:
#
# 1. Slide the threshold from 0.50 to 0.80. Precision rises, and you pay with recall.
# 2. Go on from 0.80 to 0.90. This time *both* fall. A higher threshold usually brings a higher precision, but nothing
#    guarantees it.
# 3. At 0.50, click the cell of the ham that were called spam, and read them. Would you have known?

# %%
board

# %% [markdown]
# The *precision-recall curve* has one point for every threshold, and the diamond is where you are. The *ROC curve* does
# the same with recall and the *false-positive rate*, the share of ham that's called spam.
#
# The area under the ROC curve needs no threshold. It says how often a spam gets a higher P(spam) than a ham, over all
# pairs: 1 is perfect, and one half is a coin toss. It's folded away below the curves.

# %% [markdown]
# You can read the board from Python, too:

# %% tags=["nbval-ignore-output"]
for threshold in (0.2, 0.5, 0.8, 0.9):
    board.set(threshold=threshold)
    values = [value for _, value, _, _ in board.find("Scores")["rows"]]
    print(f"from {threshold}: precision {values[0]:.3f}, recall {values[1]:.3f}, F1 {values[2]:.3f}")
    assert 0 < min(values) <= max(values) < 1
board.set(threshold=0.5, cell="fp")
rows = board.find("Messages in the chosen cell")["rows"]
for chance, text in rows[:4]:
    print(chance, text[:70])
assert 0 < len(rows) <= 12 and all(float(chance) >= 0.5 for chance, _ in rows)
board.set(cell="")

# %% [markdown]
# The model reads only the first 32 bytes of a message. "We have a little surprise for yo" does sound like spam, if
# that's all you see.
#
# Now your bet. The threshold that catches all the spam is the lowest P(spam) among them:

# %% tags=["nbval-ignore-output"]
lowest = probabilities[labels == 1].min()
lost = int((probabilities[labels == 0] >= lowest).sum())
worst = texts[int(torch.where(labels == 1, probabilities, 2.0).argmin())]
print(worst)
assert lost > 70
bet.reveal("more than 70", f"{lost} of 80, at a threshold of {lowest:.3f} (one seed, 160 messages)")

# %% [markdown]
# One spam decides it. In its first 32 bytes it reads like a note from a friend, and to catch it, you throw away nearly
# every note from a friend. The last few percent of recall cost the most. That's why people choose a point on the curve,
# and don't ask for all of it.

# %% [markdown]
# ## Read
#
# The library counts first and divides later: `measure` counts the cells, and `quotients` divides. What if there's
# nothing to divide by? A filter that calls nothing spam has no precision. The library says 0.0 and notes its name in
# `undefined`, so that one silent filter doesn't stop a long run.

# %%
from headswap import measure
from headswap.explorers import read
from headswap.metrics.counts import quotients

read(measure)

# %%
read(quotients)

# %% [markdown]
# ## Build: verdicts
#
# Write `verdicts(probabilities, threshold)`: a tensor (N,) with 1 for spam and 0 for ham. A message exactly at the
# threshold is spam: that's this library's rule. `exercises.verdicts.hint(1)` helps, and
# `exercises.verdicts.solution()` shows one way.

# %% tags=["solution"]
from headswap import exercises


def verdicts(probabilities, threshold):
    """Verdicts (N,), 1 for spam: P(spam), (N,), is `threshold` or more."""
    return (probabilities >= threshold).int()


# %% tags=["check"]
exercises.verdicts.check(verdicts)

# %% [markdown]
# ## Build: precision, recall, F1
#
# Write `scores(labels, verdicts)`: the three numbers for spam, from two tensors (N,) of zeros and ones. Where there's
# nothing to divide by, the answer is 0.0. Which of the three can have an empty denominator?
# `exercises.scores.hint(1)` helps.


# %% tags=["solution"]
def scores(labels, verdicts):
    """Precision, recall, F1 of spam; labels (N,), verdicts (N,); 0.0 for 0 / 0."""
    tp = int(((labels == 1) & (verdicts == 1)).sum())
    fp = int(((labels == 0) & (verdicts == 1)).sum())
    fn = int(((labels == 1) & (verdicts == 0)).sum())
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return precision, recall, f1


# %% tags=["check"]
exercises.scores.check(scores)

# %% [markdown]
# Now your functions run a board of their own. `verdicts` fills the cells, `scores` turns them into numbers, and both
# are asked again at every move of the slider. The library's numbers stay beside them. Put a mistake in, run both cells,
# and see what it does to F1.

# %%
mine = scoreboard(
    labels.tolist(),
    probabilities.tolist(),
    texts,
    verdicts=exercises.verdicts.yours(verdicts),
    scores=exercises.scores.yours(scores),
)
print(exercises.verdicts.check(verdicts))
print(exercises.scores.check(scores))
mine

# %% [markdown]
# ## Prove
#
# The threshold moves a point along the curves. It never moves the curves, and no message ever leaves the matrix.

# %% tags=["prove"]
lines = board.find("ROC curve")["lines"]
area = board.find("Area under the ROC curve")["text"]
for step in range(101):
    board.set(threshold=step / 100)
    assert board.find("ROC curve")["lines"] == lines
    assert board.find("Area under the ROC curve")["text"] == area
    assert sum(map(sum, board.find("Verdicts")["counts"])) == len(labels)
board.set(threshold=0.5, cell="")  # as it was
print("101 thresholds: the same curve and area, and every message in one cell.")

# %% [markdown]
# Where there's nothing to divide by, the answer is 0.0, and it's named.

# %% tags=["prove"]
silent, blind, empty = measure([0, 1], [0, 0]), measure([0, 0], [1, 0]), measure([0], [0])
assert (silent.precision, silent.undefined) == (0.0, ("precision",))
assert (blind.recall, blind.undefined) == (0.0, ("recall",))
assert (empty.f1, empty.undefined) == (0.0, ("precision", "recall", "f1"))
print("Nothing called spam, no spam there, neither: 0.0 each time, and named.")

# %% [markdown]
# A score is worth something only if the model has never seen the messages that judge it. Here a whole model learns from
# 80 messages, and is tested on two sets of 80 others.
#
# Break it: set `break_it = True` and run the cell again. The first 80 test messages leak into the training.

# %% tags=["prove", "nbval-ignore-output"]
break_it = False  # True lets 80 test messages leak into the training
from dataclasses import replace

from headswap import evaluate

leaked, unseen = split.test[:80], split.test[80:]
learned = split.train[:80] + (leaked if break_it else ())
tuned = run_regime(base, replace(split, train=learned), "full", Recipe(seed=0)).classifier
f1 = [evaluate(tuned, encode(part, tuned)).f1 for part in (leaked, unseen)]
known = {message.text for message in learned} & {message.text for message in split.test}
print(f"F1 on the first 80 test messages {f1[0]:.2f}, on the other 80 {f1[1]:.2f}")
if break_it:
    print(f"Broken: the model knows {len(known)} test messages by heart. The first score is a lie.")
else:
    assert not known, known

# %% [markdown]
# Nothing crashes when test messages leak. The score only gets better, and that's what makes it dangerous.

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# Four cells hold everything: precision is a column, recall is a row. The threshold trades one for the other, and the
# last few spam cost the most ham. A score counts only on messages that the model has never seen.
#
# But half of these messages are spam, and no inbox is like that. What is this precision worth where spam is rare?
#
# Next: [06b · Rare spam, and how sure](06b_how_sure.ipynb) · Before: [05 · The freeze toggle](05_freeze.ipynb)
