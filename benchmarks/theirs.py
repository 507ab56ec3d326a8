"""Hugging Face's Trainer on GPT-2 with our weights: the same arithmetic, set up to be as fast as it can be."""

from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2ForSequenceClassification, PrinterCallback, Trainer, TrainingArguments

from headswap.data.batches import ClassificationDataset
from headswap.data.tokenizer import PAD
from headswap.errors import SettingError
from headswap.model.body import BodyConfig, LMBody
from headswap.model.heads import LinearHead

from .speed import Ready, Task

NAMES = {
    "attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj", "feedforward.up": "mlp.c_fc",
    "feedforward.down": "mlp.c_proj", "norm1": "ln_1", "norm2": "ln_2",
}  # fmt: skip


def trainer(task: Task) -> Ready:
    """Trainer with fused AdamW on rows that are tensors already; no evaluation, logging, saving or workers."""
    model, data = gpt2(task), task.data()
    with TemporaryDirectory() as folder:  # asked for, and left empty: nothing is saved
        loop = Trainer(model=model, args=_arguments(task, folder), train_dataset=_rows(data))
    loop.remove_callback(PrinterCallback)

    def go() -> int:
        loop.train()
        return loop.state.global_step

    return Ready(go, lambda: _loss(model, data))


def gpt2(task: Task) -> GPT2ForSequenceClassification:
    """GPT-2 with the task's first weights, frozen where the regime freezes; its head has no bias."""
    ours, _ = task.start()
    if task.regime not in ("head-only", "full"):
        raise SettingError(f"the Trainer is set up for head-only and full, not for {task.regime}; choose one of them")
    model = GPT2ForSequenceClassification(_config(task.config))
    assert isinstance(ours.head, LinearHead) and isinstance(ours.body, LMBody)
    model.transformer.load_state_dict(gpt2_state(ours.body), strict=False)
    with torch.no_grad():
        model.score.weight.copy_(ours.head.linear.weight)
    model.transformer.requires_grad_(task.regime == "full")
    return model


def _config(config: BodyConfig) -> GPT2Config:
    return GPT2Config(
        vocab_size=config.vocab_size, n_positions=config.max_len, n_embd=config.width, n_layer=config.depth,
        n_head=config.heads, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, pad_token_id=PAD, bos_token_id=None,
        eos_token_id=None, use_cache=False,
    )  # fmt: skip


def gpt2_state(body: LMBody) -> dict[str, torch.Tensor]:
    """Our weights under GPT-2's names; its Conv1D stores (in, out)."""
    state = {"wte.weight": body.embed_tokens.weight, "wpe.weight": body.embed_positions.weight}
    state |= {"ln_f.weight": body.norm.weight, "ln_f.bias": body.norm.bias}
    for i, block in enumerate(body.blocks):
        for name, parameter in block.named_parameters():
            module, kind = name.rsplit(".", 1)
            conv = kind == "weight" and "norm" not in module
            state[f"h.{i}.{NAMES[module]}.{kind}"] = parameter.T if conv else parameter
    return {name: tensor.detach().clone() for name, tensor in state.items()}


def _arguments(task: Task, folder: str) -> TrainingArguments:
    recipe = task.recipe
    return TrainingArguments(
        output_dir=folder, num_train_epochs=recipe.epochs, per_device_train_batch_size=recipe.batch_size,
        learning_rate=task.learning_rate, weight_decay=recipe.weight_decay, lr_scheduler_type="constant",
        max_grad_norm=0.0, optim="adamw_torch_fused", use_cpu=True, eval_strategy="no", logging_strategy="no",
        save_strategy="no", report_to=[], disable_tqdm=True, dataloader_pin_memory=False,
        logging_nan_inf_filter=False, seed=recipe.seed,
    )  # fmt: skip


def _rows(data: ClassificationDataset) -> Any:  # a list is a dataset to PyTorch, though not to its types
    columns = {"input_ids": data.ids, "attention_mask": data.mask.long(), "labels": data.labels}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@torch.no_grad()
def _loss(model: GPT2ForSequenceClassification, data: ClassificationDataset) -> float:
    logits = model.eval()(input_ids=data.ids, attention_mask=data.mask.long()).logits
    return F.cross_entropy(logits, data.labels).item()
