"""Every error that headswap raises on purpose: one sentence that says what came, what was expected and what to do."""


class HeadswapError(Exception):
    """The base of all errors that headswap raises on purpose."""


class DataError(HeadswapError, ValueError):
    """Messages, labels or files that cannot be used as they are."""


class SettingError(HeadswapError, ValueError):
    """A setting that is unknown, out of range or does not fit the others."""


class CheckpointError(HeadswapError, ValueError):
    """A weights file that is damaged or belongs to another base."""


class DivergedError(HeadswapError, ArithmeticError):
    """Training whose loss stopped being a finite number."""


class MissingExtraError(HeadswapError, ImportError):
    """An optional package that is needed here and not installed."""
