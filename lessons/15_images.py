# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 15 · Beyond text
#
# **10 minutes** to read, and two exercises.
#
# Run the cell below. Three models read a handwritten digit, and all three are right. Now move it down by one pixel:
# click on it and press the down arrow. Turn it, blur it, take another one. Who is fooled first?

# %%
from headswap.explorers import digits

digits()

# %% [markdown]
# ## A question
#
# One of the three sees 64 bare pixels. The other two see what a frozen body makes of them: one body has random weights,
# the other has learned something, but never saw a label. On top sits the same kind of head, which learned from 300
# labelled digits.
#
# The bodies are *vision transformers*. Such a body cuts an image into patches and turns each patch into a vector. Then
# it runs the vectors through the very blocks that you know from lesson 02. Freezing, pools, heads, regimes, and the
# training loop are those of every lesson: not one line of them knows what an image is.
#
# For text, a frozen body was worth a lot. In lesson 03, ten labels gave an F1 of 0.73 on a pretrained body and of 0.37
# on a random one. Is a frozen body worth anything for images?

# %% [markdown]
# ## Predict
#
# You have 100 labelled digits. The body was schooled on 1,237 digits without their labels, and it's frozen. You take
# the mean of its vectors, as in most lessons, and fit a logistic regression. Your rival fits one on the 64 bare pixels.

# %%
from headswap.explorers import predict

answers = ["the frozen body, clearly", "no difference that luck couldn't explain", "the bare pixels, clearly"]
bet = predict("Who reads fresh digits better?", answers)
bet

# %% [markdown]
# ## Look: what a frozen body sees
#
# Here are five seeds, recorded; the first question is your bet's. *Side by side* means that the head reads all 16
# vectors, one after another, instead of their mean. Choose a question, slide the number of labels, and see who's ahead.

# %%
from headswap.explorers import sight

sight()

# %%
because = "0.82 against 0.89, and lower in each of the five seeds"
bet.reveal("the bare pixels, clearly", because)

# %% [markdown]
# The mean is to blame. In a message it hardly matters where "prize" comes, so the mean of all positions is a fair
# summary. In an image it matters: the same curve at the top makes a 9, and at the bottom a 6. So don't take the mean.
# Put the 16 vectors side by side, as one vector of 1,024 numbers, and the places are back.
#
# Accuracy on 400 test digits, five seeds (`figures/images.txt`; 95 % intervals in brackets). The last column is for
# 1,000 labels, with every test digit moved by one pixel.
#
# | what the head reads | 20 labels | 100 | 1,000 | moved |
# | --- | --- | --- | --- | --- |
# | bare pixels | 0.733 [0.615, 0.822] | 0.891 [0.856, 0.913] | 0.960 [0.945, 0.966] | 0.39 |
# | random body, mean | 0.391 [0.315, 0.473] | 0.767 [0.742, 0.787] | 0.933 [0.910, 0.946] | 0.36 |
# | schooled body, mean | 0.565 [0.513, 0.615] | 0.816 [0.776, 0.845] | 0.928 [0.908, 0.939] | 0.39 |
# | random body, side by side | 0.688 [0.567, 0.785] | 0.895 [0.856, 0.920] | 0.970 [0.952, 0.976] | 0.43 |
# | schooled body, side by side | 0.793 [0.712, 0.853] | 0.918 [0.891, 0.934] | 0.971 [0.953, 0.978] | 0.50 |
# | a network that learns | 0.672 [0.606, 0.730] | 0.909 [0.890, 0.920] | 0.993 [0.980, 0.994] | 0.63 |
# | the same, on moved digits | 0.774 [0.716, 0.821] | 0.916 [0.898, 0.926] | 0.987 [0.972, 0.990] | 0.85 |
#
# Side by side, a random body reads about as well as the bare pixels. The schooled one reads better where labels are
# few: +0.060 [+0.022, +0.099] with 20 labels, +0.027 [+0.005, +0.049] with 100. With 1,000 labels it's
# +0.011 [-0.004, +0.025], which could be luck.
#
# So a frozen body is worth something for images, too. But you have to read it in the right way, and on digits this
# small the pixels are a strong rival.

# %% [markdown]
# ## Look: the machine
#
# This is the vision transformer under `last-block`. Where the bytes of a message were, there are 16 patches. Follow one
# of them: where does it look? Then choose another regime.

# %%
from headswap.data.images.digits import DigitsData
from headswap.explorers import machine
from headswap.gallery.digits import painted_base

painter, split = painted_base(), DigitsData(100).split(0)
machine(painter, "last-block", labels=split.label_names, text=split.test[2].item)

# %% [markdown]
# Every regime of the course runs on it, LoRA and adapters included. In the lab, choose *digits* under More, Data. On
# the command line, `python -m headswap images` compares them.
#
# ## Read
#
# Here's what is new in the body. A patch is what it shows plus where it lies, as a byte was. Everything above is
# `Block`, without the causal mask: every patch sees every other.

# %%
from headswap.explorers import read
from headswap.model.vision.vit import ViT

read(ViT.placed)

# %% [markdown]
# ## Build: patches
#
# Write `patches(images, side)`. It cuts images (N, 1, H, W) into squares of `side` by `side` pixels and returns
# (N, T, side · side). Go through the squares as you read a page, along the top row first; inside each square go row by
# row, too. `exercises.patches.hint(1)` helps.

# %% tags=["solution"]
from torch.nn import functional as F

from headswap import exercises


def patches(images, side):
    """Images (N, 1, H, W) as patches (N, T, side * side), row by row."""
    grid = images.unflatten(3, (-1, side)).unflatten(2, (-1, side))  # (N, 1, rows, side, columns, side)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(len(images), -1, side * side)


# %% tags=["check"]
exercises.patches.check(patches)

# %% [markdown]
# The schooled body learned from patches in this order. Show it yours:

# %% tags=["nbval-ignore-output"]
found = exercises.yours.patches(patches, painter, split)
assert found.said
found

# %% [markdown]
# ## Look: schooling without labels
#
# A language model learned by guessing the next byte. This body learned by painting: half of the patches were hidden
# from it, and it had to fill them in, over 1,237 digits, 200 times. Try it on digits that it never saw. Which patches
# can it guess? When does it paint another digit?

# %%
from headswap.explorers import painting

painting()

# %% [markdown]
# To paint the rest of a 2, it must know what a 2 looks like, and the head can use that. Side by side, painting adds
# +0.105 [+0.045, +0.166] with 20 labels, and nothing with 1,000: +0.001 [-0.013, +0.015].
#
# Not every task teaches what you need. Another well-known one is to turn images by right angles, and the body says by
# how much (Gidaris and colleagues, 2018). Here that does harm: with 100 labels such a body is worse than a random one,
# -0.172 [-0.200, -0.145]. Perhaps a few hints are enough to tell which way is up, and the rest gets lost.
#
# And if the whole body may learn? Painting pays there, too: with 100 labels `full` minus `scratch` is
# +0.097 [+0.026, +0.168]. Both take the mean, and `full` reaches 0.88; the same body, frozen and read side by side,
# reaches 0.92, and only its head was trained.

# %% [markdown]
# ## Build: a shift
#
# You saw it at the start: one pixel can fool a model that was sure. In the table, the accuracy of the pixels falls from
# 0.96 to 0.39 when the test digits move by one pixel. Even a small *wide residual network*, convolutions instead of
# attention, in which everything learned, falls from 0.99 to 0.63.
#
# The remedy is to show it moved digits. Write `shift(images, down, right)`: move images (N, 1, H, W) by whole pixels,
# up or to the left for negative numbers. What a shift uncovers is paper, 0. `exercises.shift.hint(1)` helps.


# %% tags=["solution"]
def shift(images, down, right):
    """Images moved by whole pixels; paper comes in, and nothing wraps round."""
    H, W = images.shape[2:]
    room = F.pad(images, (abs(right), abs(right), abs(down), abs(down)))
    top, left = abs(down) - down, abs(right) - right
    return room[:, :, top : top + H, left : left + W]


# %% tags=["check"]
exercises.shift.check(shift)

# %% [markdown]
# Now yours moves every batch of a real run, by a pixel at most. The network starts from random weights and learns from
# 200 labels.

# %% tags=["nbval-ignore-output"]
import headswap
from headswap.model.vision.wide_resnet import WideResNetConfig
from headswap.training.looking.school import Unschooled

network = Unschooled(WideResNetConfig((1, 8, 8), depth=10, factor=1)).base(split, 0)
found = exercises.yours.shift(shift, network, DigitsData(200).split(0))
assert found.said
found

# %% [markdown]
# Break it: let what leaves on one side come back on the other, with `images.roll((down, right), (2, 3))`.
#
# One seed proves little. With 1,000 labels and five seeds, shifts take the network from 0.63 to 0.85 on moved digits,
# and it gains in each seed. On digits as they are it changes by -0.005 [-0.011, +0.000], which could be luck.
#
# You could show moved digits to the head of a frozen body, too. But the body itself stays what it is.
#
# Are its probabilities honest, too? Lesson 12 asks that, and `figures/calibration.txt` has the numbers.

# %% [markdown]
# ## Prove
#
# A network like this has *batch norms*: besides their weights they keep a running mean and variance of all that has
# passed through. No gradient changes these, so freezing the weights isn't enough: whoever trains with the body in train
# mode moves them. Here both bodies stay as they were, bit for bit, buffers included.

# %% tags=["prove"]
import torch

break_it = False  # set this to True and run the cell again: images pass through the bodies in train mode

for base in (painter, network):
    model = headswap.run_regime(base, split, "mlp-head", headswap.Recipe(epochs=1)).classifier
    if break_it:
        body = model.body.train()
        body.run_blocks(body.embed(*body.encode([one.item for one in split.train]).tensors))
    now, before = model.body.state_dict(), base.body.state_dict()
    same = all(torch.equal(now[name], tensor) for name, tensor in before.items())
    buffers = len([*model.body.buffers()])
    assert same or break_it
    print(f"{type(model.body).__name__:10} {buffers:2} buffers: {'as it was, exactly' if same else 'changed'}")

# %% [markdown]
# ## Read: audio and speech
#
# A body is anything with four functions, so sound needs no new course. Cut a recording into short windows, 25 ms every
# 10 ms, and take the strength of 80 or so frequency bands in each: a *spectrogram*, an image with time as its width.
#
# - `encode` turns recordings into spectrograms, and pads the short ones, with a mask, as lesson 01 did for messages.
# - `embed` cuts the spectrogram into patches (as the Audio Spectrogram Transformer does) or runs two convolutions along
#   time (as Whisper does), and adds where each piece lies.
# - `blocks` are transformer blocks in which every piece sees every other.
# - `finish` returns a vector for each piece, and a mask that leaves out the padded silence.
#
# Schooling without labels is next of kin, too: wav2vec 2.0 hides stretches of time and has to recognise what belongs
# there. And the mean is at home again: who speaks, or whether a dog barks, hardly depends on when.

# %% tags=["nbval-ignore-output"]
done = exercises.progress()
assert done.rows
done

# %% [markdown]
# ## Recap
#
# Frozen bodies are not about language: the regimes run on patches as they ran on bytes. What a frozen body is worth
# depends on what its schooling asked for, on the pool that reads it, and on the rival: always fit a regression on the
# bare input, too. What the data never showed, such as a step to the side, you must show it yourself.
#
# Before: [12 · Does .9 mean nine out of ten?](12_calibration.ipynb)
