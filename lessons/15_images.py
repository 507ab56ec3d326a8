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
# it and press an arrow key. Turn it, blur it, take another one. What fools whom?

# %%
from headswap.explorers import digits

digits()

# %% [markdown]
# ## A question
#
# One of the three sees 64 bare pixels. The other two see what a frozen body makes of them: one body has random weights,
# the other one has learned something, without a single label. All three have the same kind of head on top, and each
# learned from 300 digits.
#
# The bodies are *vision transformers*. Such a body cuts an image into patches, turns each patch into a vector, and runs
# them through the very blocks that you know from lesson 02. Freezing, pools, heads, regimes and the training loop are
# those of all lessons: not one line of them knows what an image is.
#
# For text, a frozen body was worth a lot: in lesson 03, ten labels gave an F1 of 0.73 on a pretrained body and of 0.37
# on a random one. Is a frozen body worth anything for images?

# %% [markdown]
# ## Predict
#
# You have 100 labelled digits. The body has been schooled on 1,237 digits without their labels, and it's frozen. You
# take the mean of its vectors, as in most lessons, and fit a logistic regression. Your rival fits one on the 64 pixels.

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
bet.reveal("the bare pixels, clearly", "REVEAL")

# %% [markdown]
# The mean is to blame. In a message it hardly matters where the word "prize" comes, so the mean of all positions is a
# good summary. In an image it matters: a stroke at the top left makes a 5, the same stroke at the bottom left a 6. Put
# the 16 vectors *side by side* instead, as one long vector of 1,024 numbers, and the places are back.
#
# TABLE
#
# Side by side, the schooled body beats the pixels. SAY

# %% [markdown]
# ## Look: the machine
#
# Here is the vision transformer under `last-block`. Where the bytes of a message were, there are 16 patches now. Follow
# one: where does it look? Choose another regime; every regime of the course works here.

# %%
from headswap.data.images.digits import DigitsData
from headswap.explorers import machine
from headswap.live.gallery import painted_base

painter, split = painted_base(), DigitsData(100).split(0)
machine(painter, "last-block", labels=split.label_names, text=split.test[2].item)

# %% [markdown]
# ## Read
#
# This is what's new in the body: a patch is what it shows plus where it lies, as a byte was. Everything above it is
# `Block`, unchanged but for the mask: every patch sees every other.

# %%
from headswap.explorers import read
from headswap.model.vision.vit import ViT

read(ViT.placed)

# %% [markdown]
# ## Build: patches
#
# Write `patches(images, side)`. It cuts images (N, 1, H, W) into squares of `side` by `side` pixels and returns
# (N, T, side · side), in the order in which you read a page: along the top row of patches first, and inside each patch
# row by row, too. `exercises.patches.hint(1)` helps.

# %% tags=["solution"]
from headswap import exercises


def patches(images, side):
    """Images (N, 1, H, W) as patches (N, T, side * side), row by row."""
    grid = images.unflatten(3, (-1, side)).unflatten(2, (-1, side))  # (N, 1, rows, side, columns, side)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(len(images), -1, side * side)


# %% tags=["check"]
exercises.patches.check(patches)

# %% [markdown]
# The schooled body learned from patches in this order. Let it see yours:

# %%
exercises.yours.patches(patches, painter, split)

# %% [markdown]
# ## Look: schooling without labels
#
# A language model learned by guessing the next byte. This body learned by painting: half of the patches were hidden
# from it, and it had to fill them in, 200 times over 1,237 digits. Try it on a test digit. Which patches can it guess,
# and why does it sometimes paint another digit?

# %%
from headswap.explorers import painting

painting()

# %% [markdown]
# TURNED

# %% [markdown]
# ## Build: a shift
#
# No frozen body here survives a step to the side. MOVED
#
# So show it moved digits. Write `shift(images, down, right)`: move images (N, 1, H, W) by whole pixels, up or to the
# left for negative numbers. What a shift uncovers is paper, 0. `exercises.shift.hint(1)` helps.


# %% tags=["solution"]
def shift(images, down, right):
    """Images moved by whole pixels; paper comes in, and nothing wraps round."""
    H, W = images.shape[2:]
    room = torch.nn.functional.pad(images, (abs(right), abs(right), abs(down), abs(down)))
    top, left = abs(down) - down, abs(right) - right
    return room[:, :, top : top + H, left : left + W]


# %% tags=["check"]
exercises.shift.check(shift)

# %% [markdown]
# Now it moves every batch of a real run. The body is a small *wide residual network*: convolutions instead of
# attention, from random weights, and everything learns.

# %%
