"""Answers as learners write them, not as the traps do: three right ones and three wrong ones for each exercise.

A wrong one stands beside the beginning of the sentence that it must earn.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
import variants_08
import variants_09
import variants_10
import variants_11
import variants_12
import variants_15
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from headswap import Classifier, LinearHead, MeanPool, swap_head
from headswap.model.pooling import new_pool

Function = Callable[..., Any]
Row = tuple[str, Function]
RIGHT: dict[str, tuple[Function, Function, Function]] = {}
WRONG: dict[str, tuple[Row, ...]] = {}
MORE = variants_12.MORE  # beyond the three of each


def head(model, classes):
    return nn.Linear(model.body.width, classes)


# ---- 00


def by_comparing(logits):
    return tuple("spam" if spam > ham else "ham" for ham, spam in logits.tolist())


def spam_if_spam_is_positive(logits):
    return ["spam" if row[1] > 0 else "ham" for row in logits]


def shares_down_the_columns(logits):
    return ["spam" if row[1] > row[0] else "ham" for row in torch.softmax(logits, dim=0)]


RIGHT["decide"] = (
    by_comparing,
    lambda logits: ["spam" if p[1] > 0.5 else "ham" for p in logits.softmax(-1)],
    lambda logits: [{True: "spam", False: "ham"}[bool(x)] for x in logits[:, 1] - logits[:, 0] > 0],
)
WRONG["decide"] = (
    ("You ask whether spam's logit is above zero", spam_if_spam_is_positive),
    ("Your softmax runs down the columns", shares_down_the_columns),
    ("These are the numbers of the classes", lambda logits: logits.max(dim=1).indices),
)

# ---- 01


def padded_as_a_list(rows):
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), 256)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
    return [ids, ids != 256]


def padded_by_torch(rows):
    ids = pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=256)
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(ids.shape[1]) < lengths[:, None]


def padded_in_place(rows):
    longest = max(len(row) for row in rows)
    mask = [[True] * len(row) + [False] * (longest - len(row)) for row in rows]
    for row in rows:
        row += [256] * (longest - len(row))
    return torch.tensor(rows, dtype=torch.int32), torch.tensor(mask)


def mask_of_ones(rows):
    ids, mask = padded_by_torch(rows)
    return ids, torch.where(mask, 1, 0)


def padded_with_zeros(rows):
    ids = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    return ids, torch.arange(ids.shape[1]) < torch.tensor([len(row) for row in rows])[:, None]


def upside_down(rows):
    ids, _ = padded_by_torch(rows)
    return ids, ids == 256


RIGHT["pad_and_mask"] = padded_as_a_list, padded_by_torch, padded_in_place
WRONG["pad_and_mask"] = (
    ("Your mask is made of 0 and 1", mask_of_ones),
    ("You pad with 0, but 0 is a byte", padded_with_zeros),
    ("Your mask is inverted", upside_down),
)


def byte_by_byte(ids):
    kept = bytearray()
    for i in ids:
        if 0 <= i <= 255:
            kept.append(i)
    return kept.decode(errors="replace")


RIGHT["decode"] = (
    byte_by_byte,
    lambda ids: str(bytes(filter(lambda i: i < 256, ids)), "utf-8", "replace"),
    lambda ids: bytes(set(range(256)) & {i} and i for i in ids if i not in (256, 257, 258, 259)).decode(
        "utf8", "replace"
    ),
)
WRONG["decode"] = (
    (
        "One special id is still in: bos, 258",
        lambda ids: bytes(i for i in ids if i < 256 or i == 258).decode("utf-8", "replace"),
    ),
    ("Half a character vanishes", lambda ids: bytearray(i for i in ids if i < 256).decode("utf-8", "ignore")),
    ("You turn each byte into one character", lambda ids: "".join(chr(i) for i in ids if i < 256)),
)

# ---- 02


def with_loops(T):
    mask = torch.zeros(T, T, dtype=torch.bool)
    for i in range(T):
        for j in range(i + 1):
            mask[i, j] = True
    return mask


RIGHT["causal_mask"] = (
    with_loops,
    lambda T: torch.arange(T)[:, None] >= torch.arange(T),
    lambda T: ~torch.triu(torch.ones(T, T), diagonal=1).bool(),
)
WRONG["causal_mask"] = (
    ("These are whole numbers, 0 and 1", lambda T: torch.tensor([[int(j <= i) for j in range(T)] for i in range(T)])),
    ("Off by one: a position does not see itself", lambda T: torch.arange(T)[:, None] > torch.arange(T)),
    ("Transposed", lambda T: torch.ones(T, T).triu().bool()),
)


def row_by_row(queries, keys, values):
    rows = []
    for i, query in enumerate(queries):
        weights = [math.exp(float(query @ key) / math.sqrt(len(query))) for key in keys[: i + 1]]
        rows.append(sum(w / sum(weights) * value for w, value in zip(weights, values, strict=False)))
    return torch.stack(rows)


def minus_a_billion(queries, keys, values):
    scores = torch.einsum("id,jd->ij", queries, keys) / queries.size(-1) ** 0.5
    return F.softmax(scores - 1e9 * torch.ones_like(scores).triu(1), dim=-1) @ values


def over_dim_0(queries, keys, values):
    scores = queries @ keys.T / math.sqrt(queries.shape[-1])
    scores[torch.ones_like(scores).triu(1).bool()] = -math.inf
    return torch.softmax(scores, dim=0) @ values


def not_scaled(queries, keys, values):
    return F.scaled_dot_product_attention(queries[None], keys[None], values[None], is_causal=True, scale=1.0)[0]


def tril_after_softmax(queries, keys, values):
    return torch.tril(torch.softmax(queries @ keys.T / queries.shape[1] ** 0.5, -1)) @ values


RIGHT["attend"] = (
    row_by_row,
    minus_a_billion,
    lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0],
)
WRONG["attend"] = (
    ("Your softmax runs down the columns", over_dim_0),
    ("The scores are not scaled", not_scaled),
    ("You mask after the softmax", tril_after_softmax),
)


def byte_losses(logits, targets):
    return -logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def ignoring_the_mask(logits, targets, mask):
    return F.cross_entropy(logits.view(-1, 260), targets.view(-1), ignore_index=256).exp().item()


def shifted_again(logits, targets, mask):
    return byte_losses(logits[:, :-1], targets[:, 1:])[mask[:, 1:]].mean().exp().item()


def softmax_first(logits, targets, mask):
    return F.cross_entropy(torch.softmax(logits, 2)[mask], targets[mask]).exp().item()


RIGHT["perplexity"] = (
    lambda logits, targets, mask: math.exp(F.cross_entropy(logits[mask], targets[mask])),
    lambda logits, targets, mask: torch.exp((byte_losses(logits, targets) * mask).sum() / mask.sum()),
    lambda logits, targets, mask: F.cross_entropy(
        logits.transpose(1, 2), targets.where(mask, torch.tensor(-100))).exp().numpy(),
)  # fmt: skip
WRONG["perplexity"] = (
    ("You look for pads among the targets", ignoring_the_mask),
    ("Shifted twice", shifted_again),
    ("Softmax before cross-entropy", softmax_first),
)

# ---- 03


def copied(model, classes):
    return Classifier(copy.deepcopy(model.body), MeanPool(), head(model, classes))


def last_byte(model, classes):
    return Classifier(model.body, new_pool("last", model.body.width, torch.Generator()), head(model, classes))


def overwritten(model, classes):
    model.head = LinearHead(model.body.width, classes, torch.Generator())
    return Classifier(model.body, MeanPool(), model.head)


RIGHT["swap"] = (
    lambda model, classes: Classifier(model.body, MeanPool(), head(model, classes)),
    lambda model, classes: swap_head(model, MeanPool(), LinearHead(8, classes, torch.Generator())).classifier,
    lambda model, classes: Classifier(model.body, new_pool("mean", 8, torch.Generator()), head(model, classes)),
)
WRONG["swap"] = (
    ("A copy of the body", copied),
    ("That is the last byte's vector", last_byte),
    ("You overwrote model.head, and the language model has lost", overwritten),
)
RIGHT["count_new_weights"] = (
    lambda width, classes: (width + 1) * classes,
    lambda width, classes: sum(p.numel() for p in nn.Linear(width, classes).parameters()),
    lambda width, classes: sum(width + 1 for _ in range(classes)),
)
WRONG["count_new_weights"] = (
    ("The biases are missing", lambda width, classes: nn.Linear(width, classes).weight.numel()),
    ("A bias for each float", lambda width, classes: (classes + 1) * width),
    ("130 is right for width 64", lambda width, classes: 2 * 64 + 2),
)


def picked(shares, labels):
    return shares[range(len(labels)), labels]


RIGHT["loss"] = (
    lambda logits, labels: -picked(logits.log_softmax(-1), labels).mean(),
    lambda logits, labels: F.nll_loss(F.log_softmax(logits, dim=1), labels),
    lambda logits, labels: (logits.logsumexp(1) - picked(logits, labels)).sum() / len(labels),
)
WRONG["loss"] = (
    ("Your softmax runs down the batch", lambda logits, labels: -picked(logits.log_softmax(0), labels).mean()),
    ("Softmax before cross-entropy", lambda logits, labels: nn.CrossEntropyLoss()(nn.Softmax(dim=-1)(logits), labels)),
    ("The minus is missing", lambda logits, labels: picked(logits.log_softmax(1), labels).mean()),
)

# ---- 04

RIGHT["masked_mean"] = (
    lambda hidden, mask: torch.stack([h[m].mean(0) for h, m in zip(hidden, mask, strict=True)]),
    lambda hidden, mask: torch.einsum("btd,bt->bd", hidden, mask.float()) / mask.sum(1, keepdim=True),
    lambda hidden, mask: hidden.masked_fill(~mask[..., None], torch.nan).nanmean(1),
)
WRONG["masked_mean"] = (
    ("The sum is right, but you divided by T", lambda hidden, mask: hidden.masked_fill(~mask[..., None], 0).mean(1)),
    ("You counted the pads", lambda hidden, mask: hidden.sum(1) / hidden.shape[1]),
    (
        "You divide every message by the longest",
        lambda hidden, mask: (hidden * mask[..., None]).sum(1) / max(map(sum, mask)),
    ),
)
RIGHT["last_real"] = (
    lambda hidden, mask: torch.stack([h[m][-1] for h, m in zip(hidden, mask, strict=True)]),
    lambda hidden, mask: hidden[range(len(hidden)), mask.cumsum(1).argmax(1)],
    lambda hidden, mask: hidden[range(len(hidden)), mask.shape[1] - 1 - mask.flip(1).int().argmax(1)],
)
WRONG["last_real"] = (
    ("That is the last position", lambda hidden, mask: torch.stack([h[-1] for h in hidden])),
    ("You counted the real bytes from 0", lambda hidden, mask: torch.stack(
        [h[int(m.sum()) - 1] for h, m in zip(hidden, mask, strict=True)])),
    ("You set the pads to zero", lambda hidden, mask: torch.where(mask[..., None], hidden, 0)[:, -1]),
)  # fmt: skip

# ---- 05


def all_at_once(model):
    model.body.requires_grad_(False).zero_grad()


def by_name(model):
    for name, parameter in model.named_parameters():
        if name.startswith("body."):
            parameter.requires_grad, parameter.grad = False, None


def all_gradients_gone(model):
    model.zero_grad()
    for parameter in model.body.parameters():
        parameter.requires_grad = False


def only_the_flag(model):
    model.body.requires_grad_(False)


def zeros(model):
    model.body.zero_grad(set_to_none=False)
    model.body.requires_grad_(False)


def flag_of_the_module(model):
    model.body.requires_grad = False
    model.body.eval()


RIGHT["freeze"] = all_at_once, by_name, all_gradients_gone
WRONG["freeze"] = (
    ("The body is frozen, but its old gradients", only_the_flag),
    ("The old gradients are zeros", zeros),
    ("Nothing is frozen", flag_of_the_module),
)
RIGHT["groups"] = (
    lambda model: filter(lambda p: p.requires_grad, model.parameters()),
    lambda model: [{"params": [p for _, p in model.named_parameters() if p.requires_grad]}],
    lambda model: (p for p in model.parameters() if p.requires_grad),
)
WRONG["groups"] = (
    ("You gave the optimizer every parameter", lambda model: model.parameters()),
    ("You always give the head", lambda model: [model.head.linear.weight, model.head.linear.bias]),
    ("These are names", lambda model: [n for n, p in model.named_parameters() if p.requires_grad]),
)


def cleared_by_hand(model, optimizer, ids, mask, labels):
    for parameter in model.parameters():
        parameter.grad = None
    loss = -model(ids, mask).log_softmax(1)[range(len(labels)), labels].mean()
    loss.backward()
    optimizer.step()
    return loss.item()


def loss_first(model, optimizer, ids, mask, labels):
    loss = nn.CrossEntropyLoss()(model(ids, mask), labels)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.detach()


def by_a_closure(model, optimizer, ids, mask, labels):
    def closure():
        model.zero_grad()
        loss = F.cross_entropy(model(ids, mask), labels)
        loss.backward()
        return loss

    return optimizer.step(closure).item()


def never_cleared(model, optimizer, ids, mask, labels):
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def cleared_too_late(model, optimizer, ids, mask, labels):
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    model.zero_grad()
    optimizer.step()
    return loss.item()


def stepped_too_early(model, optimizer, ids, mask, labels):
    model.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    optimizer.step()
    loss.backward()
    return loss.item()


RIGHT["train_step"] = cleared_by_hand, loss_first, by_a_closure
WRONG["train_step"] = (
    ("Gradients pile up", never_cleared),
    ("You clear the gradients between backward() and step()", cleared_too_late),
    ("step() comes before backward()", stepped_too_early),
)

# ---- 06

RIGHT["verdicts"] = (
    lambda probabilities, threshold: probabilities >= threshold,
    lambda probabilities, threshold: [int(p >= threshold) for p in probabilities],
    lambda probabilities, threshold: torch.where(probabilities < threshold, 0.0, 1.0),
)
WRONG["verdicts"] = (
    ("You used >", lambda probabilities, threshold: torch.gt(probabilities, threshold).long()),
    ("That is the likelier class", lambda probabilities, threshold: [round(float(p) + 1e-9) for p in probabilities]),
    ("Upside down", lambda probabilities, threshold: 1 - (probabilities >= threshold).int()),
)


def quotient(a, b):
    return float(a / b) if b else 0.0


def in_a_list(labels, verdicts):
    both, said, real = (labels * verdicts).sum(), verdicts.sum(), labels.sum()
    return [quotient(both, said), quotient(both, real), quotient(2 * both, said + real)]


def pair_by_pair(labels, verdicts):
    pairs = list(zip(labels.tolist(), verdicts.tolist(), strict=True))
    p, r = (quotient(pairs.count((1, 1)), sum(pair[k] for pair in pairs)) for k in (1, 0))
    return p, r, quotient(2 * p * r, p + r)


def never_zero_below(labels, verdicts):
    both = ((labels == 1) & (verdicts == 1)).sum()
    return tuple((n * both / max(int(d), 1)).item() for n, d in (
        (1, verdicts.sum()), (1, labels.sum()), (2, verdicts.sum() + labels.sum())))  # fmt: skip


def zero_by_zero(labels, verdicts):
    both = int((labels & verdicts).sum())
    p, r = both / int(verdicts.sum()), both / int(labels.sum())
    return p, r, 2 * p * r / (p + r)


def halved(labels, verdicts):
    p, r, _ = in_a_list(labels, verdicts)
    return p, r, (p + r) / 2


RIGHT["scores"] = in_a_list, pair_by_pair, never_zero_below
WRONG["scores"] = (
    ("F1 raised an error, and perhaps the others", zero_by_zero),
    ("Precision and recall are swapped", lambda labels, verdicts: in_a_list(verdicts, labels)),
    ("F1 is the harmonic mean", halved),
)


def with_a_loop(labels, probabilities):
    ham = max(p for p, label in zip(probabilities.tolist(), labels.tolist(), strict=True) if label == 0)
    return min((p for p in probabilities.tolist() if p > ham), default=math.inf)


def half_way(labels, probabilities):
    ham, spam = (probabilities[labels == c].double() for c in (0, 1))
    above = spam[spam > ham.max()]
    return ((ham.max() + above.min()) / 2).item() if len(above) else float("inf")


def the_next_number(labels, probabilities):
    ham = probabilities[labels == 0].max()
    return torch.nextafter(ham, torch.tensor(2.0)) if (probabilities > ham).any() else torch.tensor(math.inf)


def plus_a_millionth(labels, probabilities):
    above = probabilities[probabilities > probabilities[labels == 0].max()]
    return above.min().item() if len(above) else probabilities[labels == 0].max().item() + 1e-6


RIGHT["choose_threshold"] = with_a_loop, half_way, the_next_number
WRONG["choose_threshold"] = (
    ("Where no spam is above the spammiest ham, return float('inf')", plus_a_millionth),
    ("A hair above the spammiest ham is a guess", lambda labels, p: p[labels == 0].max().item() + 1e-6),
    ("The spammiest ham is lost", lambda labels, probabilities: max(probabilities[labels == 0])),
)

RIGHT |= variants_10.RIGHT
WRONG |= variants_10.WRONG
RIGHT |= variants_11.RIGHT
RIGHT |= variants_15.RIGHT
WRONG |= variants_11.WRONG
RIGHT |= variants_12.RIGHT
WRONG |= variants_12.WRONG
WRONG |= variants_15.WRONG
# ---- 08

RIGHT |= variants_08.RIGHT
WRONG |= variants_08.WRONG
# ---- 09

RIGHT |= variants_09.RIGHT
WRONG |= variants_09.WRONG
