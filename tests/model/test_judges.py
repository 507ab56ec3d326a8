"""Our own model and loop against outside judges: transformers' GPT-2 and ViT, scikit-learn's logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpt2 import far_from_its_start, gpt2_config, gpt2_state, random_body
from helpers import tiny_split

from headswap.data.batches import ClassificationDataset
from headswap.data.tokenizer import PAD, ByteTokenizer
from headswap.model.classifier import Classifier
from headswap.model.heads import LinearHead
from headswap.model.layers import linear
from headswap.model.pooling import LastTokenPool, MeanPool
from headswap.model.vision.vit import ViT, ViTConfig
from headswap.regimes.places import freeze_body
from headswap.training.loop import train_classifier
from headswap.training.recipe import Recipe

transformers = pytest.importorskip("transformers")

TEXTS = ["hi", "see you at the old place tonight", "URGENT: call now", "ok 👍"]


@torch.no_grad()
def test_the_body_computes_what_gpt2_computes() -> None:
    body = random_body()
    judge = transformers.GPT2Model(gpt2_config()).eval()
    judge.load_state_dict(gpt2_state(body), strict=False)
    ids, mask = ByteTokenizer().batch(TEXTS, 32)
    theirs = judge(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    torch.testing.assert_close(body(ids, mask)[mask], theirs[mask], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("side", ["right", "left"])
@torch.no_grad()
def test_the_last_token_classifier_is_gpt2_for_sequence_classification(side: str) -> None:
    body = random_body()
    head = LinearHead(64, 2, torch.Generator().manual_seed(5))
    judge = transformers.GPT2ForSequenceClassification(gpt2_config(num_labels=2, pad_token_id=PAD)).eval()
    judge.transformer.load_state_dict(gpt2_state(body), strict=False)
    judge.score.weight.copy_(head.linear.weight)
    ids, mask = ByteTokenizer().batch(TEXTS, 32, side=side)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    theirs = judge(input_ids=ids, attention_mask=mask.long(), position_ids=positions).logits
    torch.testing.assert_close(Classifier(body, LastTokenPool(), head)(ids, mask), theirs, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_pads_on_the_left_and_on_the_right_give_the_same_hidden_states() -> None:
    body = random_body()
    (right, r_mask), (left, l_mask) = (ByteTokenizer().batch(TEXTS, 32, side=side) for side in ("right", "left"))
    torch.testing.assert_close(body(right, r_mask)[r_mask], body(left, l_mask)[l_mask], rtol=1e-5, atol=1e-5)


def vit_state(body: ViT) -> dict[str, torch.Tensor]:
    """Our weights under the names of transformers' ViTModel."""
    D, config, own = body.width, body.config, body.state_dict()
    found = {
        "embeddings.cls_token": torch.zeros(1, 1, D),  # our first place vector is both
        "embeddings.position_embeddings": own["embed_positions.weight"][None],
        "embeddings.patch_embeddings.projection.weight": own["embed_patches.weight"].view(
            D, config.image[0], config.patch, config.patch
        ),
        "embeddings.patch_embeddings.projection.bias": own["embed_patches.bias"],
    }
    names = {"attention.out": "attention.o_proj", "feedforward.up": "mlp.fc1", "feedforward.down": "mlp.fc2",
             "norm1": "layernorm_before", "norm2": "layernorm_after"}  # fmt: skip
    for kind in ("weight", "bias"):
        found[f"layernorm.{kind}"] = own[f"norm.{kind}"]
        for i in range(body.depth):
            for ours, theirs in names.items():
                found[f"layers.{i}.{theirs}.{kind}"] = own[f"blocks.{i}.{ours}.{kind}"]
            for part, theirs in zip(own[f"blocks.{i}.attention.qkv.{kind}"].split(D), "qkv", strict=True):
                found[f"layers.{i}.attention.{theirs}_proj.{kind}"] = part
    return found


@torch.no_grad()
def test_the_vision_transformer_computes_what_transformers_vit_computes() -> None:
    config = ViTConfig((3, 8, 12), patch=4, width=32, heads=4, depth=2)
    body = far_from_its_start(ViT(config, torch.Generator().manual_seed(3)).eval())
    judge = transformers.ViTModel(
        transformers.ViTConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, hidden_act="gelu_new",
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, layer_norm_eps=1e-5, image_size=(8, 12),
            patch_size=4, num_channels=3,
        ),
        add_pooling_layer=False,
    ).eval()  # fmt: skip
    judge.load_state_dict(vit_state(body))
    pixels = np.random.default_rng(0).random((5, 3, 8, 12), np.float32)
    ours, mask = body.finish(body.run_blocks(body.embed(*body.encode(list(pixels), cls=True).tensors)))
    theirs = judge(torch.from_numpy(pixels) * 2 - 1).last_hidden_state
    assert mask.all() and ours.shape == (5, 1 + 6, 32)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("fan_in, fan_out", [(64, 192), (64, 256), (256, 64), (64, 2)])
@pytest.mark.parametrize("shape", [(3,), (1, 1), (2, 5), (32, 32)])
def test_our_linear_is_pytorchs_with_its_gradients(fan_in: int, fan_out: int, shape: tuple[int, ...]) -> None:
    layer = linear(fan_in, fan_out, torch.Generator().manual_seed(0), std=0.5)
    x = torch.randn(*shape, fan_in, generator=torch.Generator().manual_seed(1)).requires_grad_()
    with torch.no_grad():
        layer.bias.normal_(generator=torch.Generator().manual_seed(2))
    theirs = torch.nn.functional.linear(x, layer.weight, layer.bias)
    grad = torch.randn(theirs.shape, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(layer(x), theirs, rtol=1e-4, atol=1e-4)
    inputs = (x, layer.weight, layer.bias)
    for ours, judge in zip(*(torch.autograd.grad(y, inputs, grad) for y in (layer(x), theirs)), strict=True):
        torch.testing.assert_close(ours, judge, rtol=1e-4, atol=1e-4)


def test_a_linear_probe_trained_to_convergence_is_logistic_regression() -> None:
    """Adam with L2 on the weights alone stops where scikit-learn's solver stops."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    data = ClassificationDataset(tiny_split(train=200).train, 32)
    model = Classifier(random_body(), MeanPool(), LinearHead(64, 2, torch.Generator().manual_seed(0)))
    freeze_body(model)
    l2 = 0.1
    groups = [
        {"params": [model.head.linear.weight], "weight_decay": l2},
        {"params": [model.head.linear.bias], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.Adam(groups, lr=0.05)
    recipe = Recipe(epochs=4000, batch_size=200, schedule="cosine")
    for _ in train_classifier(model, data, optimizer, recipe):
        pass
    with torch.no_grad():
        pooled = model.pool(model.body(data.ids, data.mask), data.mask).double().numpy()
    # Two softmax rows w and -w under l2 are one logistic weight 2w under l2 / 2.
    judge = linear_model.LogisticRegression(C=2 / (200 * l2), tol=1e-10, max_iter=10_000).fit(pooled, data.labels)
    with torch.no_grad():
        ours = model(data.ids, data.mask).softmax(1)[:, 1].numpy()
    np.testing.assert_allclose(ours, judge.predict_proba(pooled)[:, 1], atol=2e-4)
