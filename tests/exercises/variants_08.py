"""Lesson 08's answers as learners write them: three right ones and three wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def layer_by_layer(features, first, second):
    (w1, b1), (w2, b2) = first, second
    hidden = F.linear(features, w1, b1).clamp(min=0)
    return F.linear(hidden, w2, b2)


def message_by_message(features, first, second):
    rows = []
    for one in features:
        hidden = [torch.relu(weights @ one + bias) for weights, bias in zip(*first, strict=True)]
        rows.append(torch.stack([weights @ torch.stack(hidden) + bias for weights, bias in zip(*second, strict=True)]))
    return torch.stack(rows)


def in_one_line(features, first, second):
    return torch.addmm(second[1], torch.addmm(first[1], features, first[0].t()).relu(), second[0].t())


def straight(features, first, second):
    return F.linear(F.linear(features, *first), *second)


def softmaxed(features, first, second):
    logits = layer_by_layer(features, first, second)
    return F.softmax(logits, dim=-1)


def biases_forgotten(features, first, second):
    return F.relu(torch.einsum("bd,hd->bh", features, first[0])) @ second[0].t()


RIGHT = {"feature_head": (layer_by_layer, message_by_message, in_one_line)}
WRONG = {
    "feature_head": (
        ("Nothing bends here", straight),
        ("These are probabilities", softmaxed),
        ("You forgot both biases", biases_forgotten),
    )
}
