"""headswap: fine-tune a classifier by swapping the head of a language model.

The public names, in the order in which the course meets them.
"""

from .body import Block, BodyConfig, LanguageModel, LMBody, LMHead, new_language_model
from .checkpoint import load_base, load_delta, save_base, save_delta
from .classifier import Classifier, Swap, place_of, put_back, swap_head
from .cli import run_demo
from .data import ClassificationDataset, Message, Split
from .download import download_sms
from .errors import CheckpointError, DataError, DivergedError, HeadswapError, MissingExtraError, SettingError
from .events import EpochDone, Event, Recipe, StageBegan, StageEnded, StepDone
from .heads import LinearHead, MLPHead
from .metrics import Metrics, measure
from .pooling import AttentionPool, ClsPool, LastTokenPool, MaxPool, MeanPool
from .pretrain import generate, perplexity, pretrain, pretrain_quick
from .readers import Corpus, read_messages, read_sms, read_table
from .regimes import FROZEN, REGIMES, Falling, Regime, Stage, freeze_body, parameter_groups, unfreeze_body
from .run import History, encode, run_regime, start_regime
from .splits import fixture_split, natural_split, stratified_split
from .tokenizer import ByteTokenizer
from .train import evaluate, make_optimizer, predict_logits, train_classifier

__all__ = [
    "FROZEN", "REGIMES", "AttentionPool", "Block", "BodyConfig", "ByteTokenizer", "CheckpointError",
    "ClassificationDataset", "Classifier", "ClsPool", "Corpus", "DataError", "DivergedError", "EpochDone", "Event",
    "Falling", "HeadswapError", "History", "LMBody", "LMHead", "LanguageModel", "LastTokenPool", "LinearHead",
    "MLPHead", "MaxPool", "MeanPool", "Message", "Metrics", "MissingExtraError", "Recipe", "Regime", "SettingError",
    "Split", "Stage", "StageBegan", "StageEnded", "StepDone", "Swap", "download_sms", "encode", "evaluate",
    "fixture_split", "freeze_body", "generate", "load_base", "load_delta", "make_optimizer", "measure",
    "natural_split", "new_language_model", "parameter_groups", "perplexity", "place_of", "predict_logits", "pretrain",
    "pretrain_quick", "put_back", "read_messages", "read_sms", "read_table", "run_demo", "run_regime", "save_base",
    "save_delta", "start_regime", "stratified_split", "swap_head", "train_classifier", "unfreeze_body",
]  # fmt: skip

__version__ = "0.1.0"
