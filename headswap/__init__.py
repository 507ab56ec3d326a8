"""headswap: fine-tune a classifier by swapping the head of a language model.

The public names, in the order in which the course meets them.
"""

from . import starting  # noqa: F401  (first of all: what follows takes seconds)
from .cli import run_demo
from .data.batches import ClassificationDataset
from .data.download import download_sms
from .data.messages import Message, Split
from .data.readers import Corpus, read_messages, read_sms, read_table
from .data.sources import FileData, FixtureData
from .data.splits import fixture_split, natural_split, stratified_split
from .data.tokenizer import ByteTokenizer
from .errors import CheckpointError, DataError, DivergedError, HeadswapError, MissingExtraError, SettingError
from .metrics.measure import Metrics, measure
from .model.body import Block, BodyConfig, LanguageModel, LMBody, LMHead, new_language_model
from .model.body_contract import Base, Body, Place, Site
from .model.classifier import Classifier, Swap, place_of, put_back, swap_head
from .model.drift import drift
from .model.heads import LinearHead, MLPHead
from .model.inserts.adapters import Adapters
from .model.inserts.attach import Before, Insert, attach, detach
from .model.inserts.ia3 import IA3
from .model.inserts.lora import LoRA, merge
from .model.inserts.virtual import Prefix, Prompt
from .model.pooling import AttentionPool, ClsPool, LastTokenPool, MaxPool, MeanPool
from .regimes.named import REGIMES
from .regimes.places import freeze_body, parameter_groups, unfreeze_body
from .regimes.stages import FROZEN, Falling, Regime, Stage
from .results.compare import Failure, compare
from .results.executors import processes
from .results.forgetting import Forgotten, forgotten
from .shelf.shelf import Answer, Shelf
from .training.events import EpochDone, Event, StageBegan, StageEnded, StepDone
from .training.loop import evaluate, make_optimizer, predict_logits, train_classifier
from .training.pretrain import Schooling, generate, perplexity, pretrain, pretrain_quick
from .training.recipe import Compute, Recipe
from .training.run import History, encode, run_regime, start_regime
from .training.spec import Judged, Result, RunSpec, judge, run_spec
from .weights.deltas import load_base, load_delta, save_base, save_delta
from .weights.peft import load_peft, save_peft

__all__ = [
    "FROZEN", "IA3", "REGIMES", "Adapters", "Answer", "AttentionPool", "Base", "Before", "Block", "Body", "BodyConfig",
    "ByteTokenizer", "CheckpointError", "ClassificationDataset", "Classifier", "ClsPool", "Compute", "Corpus",
    "DataError", "DivergedError", "EpochDone", "Event", "Failure", "Falling", "FileData", "FixtureData", "Forgotten",
    "HeadswapError", "History", "Insert", "Judged", "LMBody", "LMHead", "LanguageModel", "LastTokenPool", "LinearHead",
    "LoRA", "MLPHead", "MaxPool", "MeanPool", "Message", "Metrics", "MissingExtraError", "Place", "Prefix", "Prompt",
    "Recipe", "Regime", "Result", "RunSpec", "Schooling", "SettingError", "Shelf", "Site", "Split", "Stage",
    "StageBegan", "StageEnded", "StepDone", "Swap", "attach", "compare", "detach", "download_sms", "drift", "encode",
    "evaluate", "fixture_split", "forgotten", "freeze_body", "generate", "judge", "load_base", "load_delta",
    "load_peft", "make_optimizer", "measure", "merge", "natural_split", "new_language_model", "parameter_groups",
    "perplexity", "place_of", "predict_logits", "pretrain", "pretrain_quick", "processes", "put_back", "read_messages",
    "read_sms", "read_table", "run_demo", "run_regime", "run_spec", "save_base", "save_delta", "save_peft",
    "start_regime", "stratified_split", "swap_head", "train_classifier", "unfreeze_body",
]  # fmt: skip

__version__ = "0.1.0"
