# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 11 · Who forgot the language?
#
# **10 minutes** to read, and two exercises.
#
# Run the cell below. Every point is a trained spam filter: the higher, the better it finds spam; the further right, the
# more of its language it lost. Click on points and read what those models write. Then take the inserts off.

# %%
from headswap.explorers import forgetting

forgetting("full", "lora", "head-only")

# %% [markdown]
# ## A question
#
# After each run we put the language model's own head back on the body, as in lesson 03. *Perplexity* then says how many
# bytes it hesitates between: about 2 before a run, 260 for a model that knows nothing, and more for one that is surely
# wrong. The text below the picture shows what that means: before the run you can nearly read it, and after `full` you
# can't.
#
# With LoRA on, the model stumbles. Take LoRA off, and its points jump back: each is at exactly the perplexity that its
# own body had. The five bodies differ a little, and the dotted line is their mean. The F1 stays in the picture: you put
# LoRA back on when you need the filter.
#
# So who forgot how much, why, and does it matter to anybody?

# %% [markdown]
# ## Predict
#
# `last-block` trains the top block with the last norm and the head, and moves far: the length of the whole body's
# change is 26 % of the body's own length. `full` trains everything, and the body moves by 15 %. (Means over five seeds,
# from `figures/forgetting.txt`.)

# %%
from headswap.explorers import predict

answers = ["last-block, clearly", "no difference that luck couldn't explain", "full, clearly"]
bet = predict("Who loses more of the language?", answers)
bet

# %% [markdown]
# ## Look: every regime
#
# Seventeen regimes with five seeds each. A seed draws its own body, messages and run. Who's on the far right? Do the
# best filters forget most? And who doesn't quite get back when the inserts are off?

# %%
forgetting()

# %%
because = "a perplexity of 41 [33, 51] against 10 [8, 13], and higher in each of the five seeds"
bet.reveal("full, clearly", because)

# %% [markdown]
# Here are some of them. Perplexity: 400 messages that no body has read, the geometric mean over five seeds. F1: 2,000
# fresh ones. In brackets: 95 % intervals.
#
# | regime | perplexity, was 2.11 | inserts off | F1 | minus full | body moved |
# | --- | --- | --- | --- | --- | --- |
# | `head-only` | 2.11 [2.07, 2.14] | | 0.863 | -0.029 [-0.046, -0.011] | 0.00 % |
# | `lp-ft` | 2.37 [2.29, 2.45] | | 0.899 | +0.007 [+0.000, +0.014] | 3.44 % |
# | `lora` | 4.36 [4.03, 4.73] | 2.11 | 0.884 | -0.008 [-0.017, +0.002] | 0.00 % |
# | `adapters-houlsby` | 6.79 [5.53, 8.34] | 2.37 | 0.898 | +0.006 [+0.001, +0.012] | 4.97 % |
# | `last-block` | 10.36 [7.97, 13.48] | | 0.894 | +0.002 [-0.003, +0.007] | 26.23 % |
# | `bitfit` | 11.19 [5.19, 24.11] | | 0.894 | +0.002 [-0.006, +0.010] | 17.67 % |
# | `first-block` | 20.50 [12.18, 34.52] | | 0.894 | +0.002 [-0.012, +0.016] | 8.52 % |
# | `discriminative` | 28.69 [20.96, 39.28] | | 0.898 | +0.006 [+0.002, +0.009] | 19.09 % |
# | `full` | 41.17 [33.07, 51.25] | | 0.892 | | 14.78 % |
#
# At these rates `full` forgets most, on average. `lp-ft` lets everything learn, too, and forgets almost nothing, with
# an F1 that's no worse. So F1 doesn't show who forgot. In this table only `head-only` is clearly behind. A few are
# ahead of `full` by just over half a point, which among sixteen comparisons could still be luck.
#
# Distance isn't forgetting. `last-block` moves the body nearly twice as far as `full` does and loses much less.
# `first-block` moves it by 9 %, and still ends at 20.5. Perhaps that's because its one block is at the bottom, where
# everything above reads what it writes. Only the last norm and the head read what `last-block` changes.
#
# Six regimes hang inserts in a frozen body, and come back exactly. Houlsby's adapters don't: their run also trains the
# body's norms, and those stay changed.
#
# All runs here have their usual rate and all 20 epochs. Both matter: at a rate of 0.01 `full` ended at 639 in lesson
# 09, the middle of three seeds from 262 to 1,540. With rate and epoch chosen by validation, it ends at 15.67, and
# `discriminative` at 35.16 (`figures/every.txt`).
#
# On real text messages it's 10.93 before, 92.99 after `full`, and 11.21 after `lp-ft`, with no clear gap in F1. Where
# word order decides, `lp-ft` keeps the language, too, but its F1 is clearly behind `full`, by 0.030.

# %% [markdown]
# ## Look: any run, as data
#
# You can ask any run of your own. `forgotten` gives the perplexity before, after, and with inserts off; `drift` says
# how far each place has moved. Here are five epochs of `full`.

# %% tags=["nbval-ignore-output"]
import headswap
from headswap import Recipe, fixture_split, forgotten, run_regime
from headswap.explorers import lesson_base

base, split = lesson_base(), fixture_split()
texts = [message.text for message in split.test]
tuned = run_regime(base, split, "full", Recipe(epochs=5)).classifier
left = forgotten(tuned, base, texts)
print(f"perplexity {left.before:.2f} before, {left.after:.2f} after: {left.factor:.1f} times that")
for place, far in headswap.drift(tuned, base).items():
    print(f"{place:10} has moved by {100 * far:.1f} %")
assert 4 < left.factor < 15

# %% [markdown]
# In the lab, the gauge under *Costs* shows the same perplexity after every epoch, on 16 messages, and the machine
# shades each layer by how far it has moved. `python -m headswap demo` prints the perplexity of every regime.

# %% [markdown]
# ## Read
#
# `put_back` screws the old head on again; `off` asks the same of a copy without inserts.

# %%
from headswap.explorers import read

read(forgotten)

# %% [markdown]
# ## Build: how far has it moved?
#
# Write `drift(before, after)`: two lists of tensors, a layer's weights before and after a run. Return the length of the
# whole change over the length that the layer began with, ‖Δw‖ / ‖w‖. All tensors count as one long list of numbers.
#
# Why not the mean of each tensor's own ratio? `exercises.drift.hint(1)` helps.

# %% tags=["solution"]
import torch

from headswap import exercises


def drift(before, after):
    """The length of the whole change over the length the layer began with."""
    change = sum((now - was).square().sum() for was, now in zip(before, after, strict=True))
    return (change / sum(was.square().sum() for was in before)) ** 0.5


# %% tags=["check"]
exercises.drift.check(drift)

# %% [markdown]
# Measure the run above with it, place by place:

# %%
exercises.yours.drift(drift, tuned, base)

# %% [markdown]
# ## Build: a pull back
#
# Why does it forget at all? Nothing asks it to remember. The loss is about ham and spam, and any change of the body
# that lowers it is welcome, whatever it does to the next byte.
#
# So ask. *L2-SP* (Li and colleagues, 2018) adds a penalty to the loss: half of `strength` times the squared distance of
# the weights from where they began.
#
# Write `pull(weights, start, strength)`. The first two are lists of tensors, in the same order. Return one number that
# gradients can flow through. `exercises.pull.hint(1)` helps.


# %% tags=["solution"]
def pull(weights, start, strength):
    """Half the strength times the squared distance from where the weights began."""
    squares = [(now - was).square().sum() for now, was in zip(weights, start, strict=True)]
    return strength / 2 * torch.stack(squares).sum()


# %% tags=["check"]
exercises.pull.check(pull)

# %% [markdown]
# Now yours becomes part of the loss in a real run: ten epochs of `full`, with `strength` 0.1 on the body. The head is
# new; nobody pulls it back. Three runs take some ten seconds.

# %%
exercises.yours.pull(pull, base, split)

# %% [markdown]
# Break it: pull the weights to 0 instead, as weight decay does, and run the cell again.
#
# One seed proves little. Here are five, 20 epochs each (`figures/forgetting.txt`):
#
# | strength | perplexity | the body moved | F1 | minus full |
# | --- | --- | --- | --- | --- |
# | 0 (`full`) | 41.17 [33.07, 51.25] | 14.78 % | 0.892 | |
# | 0.01 | 21.00 [17.01, 25.93] | 7.01 % | 0.892 | +0.000 [-0.005, +0.006] |
# | 0.1 | 8.91 [6.89, 11.53] | 3.30 % | 0.891 | -0.000 [-0.009, +0.008] |
# | 1 | 2.40 [2.26, 2.55] | 1.05 % | 0.882 | -0.010 [-0.025, +0.006] |
#
# At 0.1 most of the forgetting is gone, in every seed, and F1 is the same, to within a point. At 1 the language is
# nearly whole; F1 is a point lower, which could be luck. So the task didn't need much of what `full` does to the body.
# (`lp-ft` gets there without a penalty: perhaps a trained head gives the body less reason to move.)

# %% [markdown]
# ## Look: another task on the same body
#
# A spam filter needn't write. If the body has no other job, does forgetting cost anything? We looked at messages in
# another wording, marketplace and workplace, which no body here has read. Under `full` their perplexity rises from 14
# to 84. Yet we see no loss in F1: 0.758, and 0.738 for `head-only`, which forgets nothing (`head-only` minus `full`:
# -0.020 [-0.076, +0.037], so either could be better).
#
# It matters when another task shares the body. Here's one: is there a comma in the message? Its head
# learned on the base. Now put it on the body that `full` has tuned for spam, and on one that carried LoRA.

# %% tags=["nbval-ignore-output"]
from headswap import Classifier, detach, judge
from headswap.explorers import question_split

comma = question_split("comma")
first = run_regime(base, comma, "head-only", Recipe()).classifier
lora = run_regime(base, split, "lora", Recipe(epochs=5)).classifier
detach(lora.body, "lora")
found = {}
for name, body in (("the base", base.body), ("tuned by full", tuned.body), ("LoRA, off again", lora.body)):
    found[name] = judge(Classifier(body, first.pool, first.head), "test", comma.test).metrics
    (_, wrong), (_, right) = found[name].confusion
    print(f"{name:16} F1 {found[name].f1:.2f}; called a comma: {right} of 200 with one, {wrong} of 200 without")
assert found["the base"].confusion == found["LoRA, off again"].confusion
assert found["the base"].f1 > 0.9 > 0.8 > found["tuned by full"].f1

# %% [markdown]
# On the tuned body the old head calls nearly everything a comma; saying "comma" always would score 0.67. (One seed, 400
# messages.) Nobody touched that head: the body moved away under it. That's why a shelf of tasks keeps one frozen body,
# and each task brings its own small parts.

# %% [markdown]
# ## Prove
#
# "Frozen" promises more than "hardly changed". Train each of these for an epoch on 160 messages, take the inserts off,
# and compare: every weight of the body bit for bit, and the perplexity to the last digit, on both wordings.

# %% tags=["prove"]
from headswap.data import fixture

break_it = False  # set this to True and run the cell again: Houlsby's adapters also train the norms

few = headswap.Split(split.train[:160], split.validation, split.test)
other = [message.text for message in fixture.messages(160, seed=1, shift=1.0)]
names = ["head-only", "mlp-head", "lora", "adapters-pfeiffer", "prompt", "prefix", "ia3"]
for name in [*names, *["adapters-houlsby"] * break_it]:
    model = run_regime(base, few, name, Recipe(epochs=1)).classifier
    asked = [forgotten(model, base, some) for some in (texts, other)]
    same = not any(headswap.drift(model, base).values()) and all(one.off == one.before for one in asked)
    assert same or break_it
    print(f"{name:18} {'as it was, exactly' if same else 'changed for good'}")

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# Fine-tuning can damage anything the loss doesn't ask for, and F1 doesn't show it. Freeze the body, and you lose
# nothing once the inserts are off; train the head first, or pull the weights back, and you lose little. How far the
# weights moved tells you less than you'd think: measure what you want to keep.
#
# Next question: a model says P(spam) = 0.99. Is it right 99 times in 100?
#
# Next: [12 · Does .9 mean nine out of ten?](12_calibration.ipynb) · Before:
# [10 · Adapters, LoRA, and other small parts](10_inserts.ipynb)
