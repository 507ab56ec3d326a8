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
# Run the cell below. Three models read a handwritten digit, and all three are right. Now move it by one pixel: click on
# it and press an arrow key. Turn it, blur it, take another one. Who is fooled first?

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
# Here are five seeds, recorded. Choose a question, slide the number of labels, and see who's ahead.

# %%
from headswap.explorers import sight

sight()

# %%
because = "0.83 against 0.89, and lower in each of the five seeds"
bet.reveal("the bare pixels, clearly", because)

# %% [markdown]
# The mean is to blame. In a message it hardly matters where "prize" stands, so the mean of all positions is a fair
# summary. In an image it matters: the same curve at the top makes a 9, and at the bottom a 6. So don't take the mean.
# Put the 16 vectors *side by side*, as one vector of 1,024 numbers, and the places are back.
#
# Accuracy on 400 test digits, five seeds (`figures/images.txt`; 95 % intervals in brackets). The last column is for
# 1,000 labels, with every test digit moved by one pixel.
#
# | what the head reads | 20 labels | 100 | 1,000 | moved |
# | --- | --- | --- | --- | --- |
# | bare pixels | 0.657 [0.214, 0.930] | 0.885 [0.220, 0.995] | 0.954 [0.874, 0.979] | 0.41 |
# | random body, mean | 0.339 [0.033, 0.887] | 0.767 [0.489, 0.916] | 0.927 [0.884, 0.948] | 0.36 |
# | schooled body, mean | 0.534 [0.424, 0.640] | 0.835 [0.757, 0.885] | 0.930 [0.670, 0.987] | 0.40 |
# | random body, side by side | 0.593 [0.399, 0.759] | 0.895 [0.194, 0.996] | 0.966 [0.581, 0.998] | 0.43 |
# | schooled body, side by side | 0.746 [0.580, 0.858] | 0.920 [0.491, 0.992] | 0.975 [0.335, 1.000] | 0.51 |
# | a network that learns | 0.623 [0.556, 0.682] | 0.919 [0.852, 0.951] | 0.991 [0.744, 0.999] | 0.66 |
# | the same, on moved digits | 0.734 [0.451, 0.899] | 0.915 [0.873, 0.936] | 0.988 [0.257, 1.000] | 0.85 |
#
# Side by side, a random body reads about as well as the bare pixels. The schooled one is ahead of them where labels
# are few: by +0.089 [-0.209, +0.386] with 20 labels, and by +0.035 [-0.122, +0.192] with 100. With 1,000 labels the lead is
# +0.021 [-0.057, +0.100]. So a frozen body is worth something for images, too, but you have to ask it in the right way, and
# pixels are a strong rival on digits this small.

# %% [markdown]
# ## Look: the machine
#
# This is the vision transformer under `last-block`. Where the bytes of a message were, there are 16 patches. Follow one
# of them: where does it look? Then choose another regime.

# %%
from headswap.data.images.digits import DigitsData
from headswap.explorers import machine
from headswap.live.gallery import painted_base

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
# To paint the rest of a 2, it must know what a 2 looks like. That's what the head can use. Side by side, painting adds
# +0.154 [+0.106, +0.201] with 20 labels and +0.009 [-0.007, +0.024] with 1,000.
#
# Not every task teaches what you need. Another well-known one is to turn images by right angles and ask the body by how
# much (Gidaris and colleagues, 2018). Here that does harm: with 100 labels a body that learned to tell turns is
# -0.175 [-0.332, -0.018] behind a random one. Perhaps a few hints are enough to tell which way is up, and the rest
# gets lost.

# %% [markdown]
# ## Build: a shift
#
# You saw it at the start: nobody survives a step to the side. In the table, the accuracy of the pixels falls from
# 0.95 to 0.41 when the test digits move by one pixel. Even a small *wide residual network*, convolutions instead of
# attention, in which everything learned, falls from 0.99 to 0.66.
#
# The remedy is to show it moved digits. Write `shift(images, down, right)`: move images (N, 1, H, W) by whole pixels,
# up or to the left for negative numbers. What a shift uncovers is paper, 0. `exercises.shift.hint(1)` helps.

# %% tags=["solution"]
from torch.nn import functional as F


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
# One seed proves little. With 1,000 labels and five seeds, shifts take the network from 0.66 to 0.85 on
# moved digits, and it's higher in each seed. On digits as they are it changes by -0.004 [-0.051, +0.043]. A frozen
# body can't learn any of this, because its head sees only what the body lets through.
#
# Are its probabilities honest? Lesson 12 and `figures/calibration.txt` tell, for digits, too.

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
# Before: [11 · Who forgot the language?](11_forgetting.ipynb)
