# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 09 · Rates and schedules
#
# **11 minutes** to read, and two exercises.
#
# Run the cell below and slide the learning rate from left to right. Watch the two large numbers: one of them hardly
# notices.

# %%
from headswap.explorers import movement

movement("full")

# %% [markdown]
# ## A question
#
# Each cell of the grid says how far a layer is from where it began. Take all weights of a layer as one long list of
# numbers, w. Their change is Δw, and the cell shows ‖Δw‖ / ‖w‖: the length of the change over the length at the
# start. The head is new and starts near zero, so it soon passes 100 %.
#
# Perplexity is measured with the old head back on, as in lesson 03: near 2 before the run, 260 for a model that knows
# nothing. F1 doesn't see any of that.
#
# In lesson 05 a layer was frozen or it learned. Now come the dials in between: how fast each layer learns, which one
# starts first, and how the rate moves during a run. What do they cost, and what do they save?

# %% [markdown]
# ## Predict
