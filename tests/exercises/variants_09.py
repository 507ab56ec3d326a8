"""Lesson 09's answers as learners write them: three right ones and three wrong ones for each exercise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]
Row = tuple[str, Function]
RIGHT: dict[str, tuple[Function, Function, Function]] = {}
WRONG: dict[str, tuple[Row, ...]] = {}

# ---- groups


def a_group_for_each_weight(model, rate, factor):
    depth, groups = len(model.body.blocks), []
    for name, parameter in model.named_parameters():
        steps = 0
        if name.startswith("body.embed"):
            steps = depth
        elif name.startswith("body.blocks."):
            steps = depth - 1 - int(name.split(".")[2])
        groups.append({"params": parameter, "lr": rate * factor**-steps})
    return groups


def falling_as_it_goes(model, rate, factor):
    top = [model.head, model.pool, model.body.norm]
    yield {"params": [p for module in top for p in module.parameters()], "lr": rate}
    for block in list(model.body.blocks)[::-1]:
        yield {"params": block.parameters(), "lr": rate}
        rate = rate / factor
    for table in (model.body.embed_tokens, model.body.embed_positions):
        yield {"params": table.parameters(), "lr": rate}


def from_below(model, rate, factor):
    body = model.body
    depth = len(body.blocks)
    groups = [{"params": [body.embed_tokens.weight, body.embed_positions.weight], "lr": rate / factor**depth}]
    for i in range(depth):
        groups += [{"params": list(body.blocks[i].parameters()), "lr": rate / factor ** (depth - 1 - i)}]
    rest = [p for part in (body.norm, model.pool, model.head) for p in part.parameters()]
    return (*groups, {"params": rest, "lr": rate})


def head_alone_at_the_top(model, rate, factor):
    """The pool is no place of its own here, and the ladder is right."""
    groups = from_below(model, rate, factor)
    pooled = {id(p) for p in model.pool.parameters()}
    return [{**group, "params": [p for p in group["params"] if id(p) not in pooled]} for group in groups]


def counted_up_the_list(model, rate, factor):
    body = model.body
    groups = [{"params": [*model.head.parameters(), *model.pool.parameters(), *body.norm.parameters()], "lr": rate}]
    lr = rate
    for i in range(len(body.blocks)):
        groups.append({"params": list(body.blocks[i].parameters()), "lr": lr})
        lr /= factor
    return [*groups, {"params": [body.embed_tokens.weight, body.embed_positions.weight], "lr": lr}]


def one_step_too_early(model, rate, factor):
    body = model.body
    groups = [{"params": [*model.head.parameters(), *model.pool.parameters(), *body.norm.parameters()], "lr": rate}]
    for block in reversed(body.blocks):
        rate = rate / factor
        groups.append({"params": list(block.parameters()), "lr": rate})
    embeddings = [body.embed_tokens.weight, body.embed_positions.weight]
    return [*groups, {"params": embeddings, "lr": rate / factor}]


RIGHT["layer_groups"] = (a_group_for_each_weight, falling_as_it_goes, from_below)
WRONG["layer_groups"] = (
    ("You forgot the pool", head_alone_at_the_top),
    ("You count the blocks from the bottom", counted_up_the_list),
    ("Your top block is slowed already", one_step_too_early),
)

# ---- a schedule


def in_one_line(done, warm):
    return done / warm if done < warm else 0.5 + 0.5 * math.cos((done - warm) / (1 - warm) * math.pi)


def by_the_square(done, warm):
    if warm and done <= warm:
        return done / warm
    return math.cos(math.pi / 2 * (done - warm) / (1 - warm)) ** 2


def by_a_sine(done, warm):
    if done < warm:
        return done * (1 / warm)
    return (1 - math.sin(math.pi * ((done - warm) / (1 - warm) - 0.5))) / 2


def a_triangle(done, warm):
    return done / warm if done < warm else (1 - done) / (1 - warm)


def without_a_half(done, warm):
    if done < warm:
        return done / warm
    left = 1 - warm
    return math.cos(math.pi * (done - warm) / left)


RIGHT["warm_cosine"] = (in_one_line, by_the_square, by_a_sine)
WRONG["warm_cosine"] = (
    ("Your cosine begins with the run", lambda d, w: d / w if d < w else 0.5 * (1 + math.cos(d * math.pi))),
    ("After the climb your rate falls along a straight line", a_triangle),
    ("Your rate falls below 0", without_a_half),
)
