# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 08 · Probe or feature head
#
# **11 minutes** to read, and one exercise.
#
# Run the cell. Every mark is a message, and a straight line is hardly better at telling them apart than a coin. Give it
# four hidden units. Then choose the task "spam or ham", 20 labels and 64 units: on its own labels it's perfect. And on
# fresh messages?

# %% tags=["nbval-ignore-output"]
from headswap.explorers import bend

plane = bend()
home, fresh = plane.find("How often it is right")["cards"]
assert int(fresh["big"].split()[0]) < 65
plane

# %% [markdown]
# ## A question
#
# Until now our heads were *linear probes*: one linear layer on frozen features. A probe adds up the features, each with
# its weight. So its verdict turns along a straight cut, however long you train it.
#
# A *feature head* puts a *hidden layer* in front. Each hidden unit is a weighted sum, too, followed by a *relu*: what's
# below 0 becomes 0. So each unit puts one fold into the picture, and several folds make a bend.
#
# The task "exactly one" needs a bend. Its messages are spam or have a comma among the first 32 bytes, but not both. They
# fill two opposite corners, and no straight line separates those from the other two. That's the old *XOR* problem.
#
# In the picture a message is two numbers: what a probe for spam says, and what a probe for commas says. A real head
# gets 64. Does bending still pay there? And what does it cost where nothing needs to be bent?

# %% [markdown]
# ## Predict
#
# Take the course's own task: spam or ham, 640 labels, a frozen body. `head-only` is the probe, and `mlp-head` has 64
# hidden units. Five seeds each, tested on 2,000 fresh messages.

# %%
from headswap.explorers import predict

answers = ["it helps: F1 rises by .02 or more", "too close to call", "it hurts: F1 falls by .02 or more"]
bet = predict("What does the hidden layer do to F1?", answers)
bet

# %% [markdown]
# ## Look: what bending costs
#
# You saw a head that's perfect at home and worse outside, but that was a single draw of 20 labels. Here are ten, each
# with a start of its own. A straight line and a head with 64 units learn from the same labels and are judged on the same
# 640 messages, in pairs.

# %% tags=["nbval-ignore-output"]
from headswap.explorers.bending import verdicts
from headswap.metrics.intervals import paired_difference

gains = {}
for question in ("spam", "exactly one"):
    for labels in (20, 80, 640):
        draws = [[verdicts(question, units, labels, draw) for units in (64, 0)] for draw in range(1, 11)]
        gain, (low, high) = gains[question, labels] = paired_difference([*map(tuple, draws)], "accuracy")
        print(f"{question:11} {labels:3} labels: 64 units minus a line {gain:+.3f} [{low:+.3f}, {high:+.3f}]")
assert gains["spam", 20][1][1] < 0 < gains["exactly one", 20][1][0]

# %% [markdown]
# PLACEHOLDER

# %% [markdown]
# ## Look: 64 features
#
# Now real heads. `question_split` draws messages that the body has never read and labels them by one of three
# questions: "spam", "comma" or "exactly one". Each part holds all four combinations equally often, so guessing is right
# half of the time.
#
# The body is frozen, so it has to read the fresh messages only once. Every head below answers from these 400 vectors.

# %%
import torch

from headswap import ByteTokenizer, MeanPool
from headswap.explorers import lesson_base, question_split

base, test = lesson_base(), question_split().test
ids, mask = ByteTokenizer().batch([message.text for message in test], 32)
with torch.no_grad():
    features = MeanPool()(base.body(ids, mask), mask)
print("pooled vectors (N, D):", tuple(features.shape))

# %% [markdown]
# The probe of `head-only` trains until it has converged: it takes 800 steps, with a penalty chosen on validation
# messages. To be fair, we give `mlp-head` at least 800 steps as well.

# %%
from dataclasses import replace

from headswap import REGIMES, Recipe, start_regime
from headswap.metrics.intervals import Verdicts, mean_interval

mlp = REGIMES["mlp-head"]
longer = replace(mlp, stages=(replace(mlp.stages[0], least_steps=800),))


def judged(question, labels, seed):
    """What a probe and a feature head say of the 400 fresh messages."""
    split, known, said = question_split(question, labels, seed), {}, []
    for regime in ("head-only", longer):
        model, events = start_regime(base, split, regime, Recipe(seed=seed), known)
        list(events)
        verdict = model.head(features).argmax(1).tolist()
        said.append(Verdicts(range(400), [message.label for message in split.test], verdict))
    return tuple(said)


# %% tags=["nbval-ignore-output"]
print("                         right on fresh messages: probe, feature head   the second minus the first, paired")
gains = {}
for question in ("spam", "exactly one"):
    for labels in (20, 80, 640):
        pairs = [judged(question, labels, seed) for seed in range(3)]
        probe, bent = ([one.predictions for one in seeds] for seeds in zip(*pairs, strict=True))
        gain, (low, high) = paired_difference([(b, a) for a, b in pairs], "accuracy")
        print(f"{question:11} {labels:3} labels {gain:+.3f} [{low:+.3f}, {high:+.3f}]")
