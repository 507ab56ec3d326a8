"""`python -m benchmarks`: measure, print a table, and keep the numbers and a figure where asked."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch

from headswap.errors import HeadswapError, SettingError
from headswap.files import write_atomically
from headswap.results.figures import save_figure

from .bench import QUICK, Plan, Results, run
from .picture import figure
from .report import rows, text

FEWEST = 3  # a median of fewer runs says little


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 0 when they ran, whatever they found, 2 with one line on stderr when they could not."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    try:
        results = run(_plan(options), partial(print, file=sys.stderr, flush=True))
        print(text(results))
        _keep(results, options)
    except HeadswapError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure headswap on one thread of this machine.")
    add = parser.add_argument
    add("--json", type=Path, metavar="FILE", help="write every number as JSON")
    add("--plot", type=Path, metavar="FILE", help="draw the results (.png, .svg or .pdf)")
    add("--runs", type=int, default=FEWEST, help=f"alternating runs of each contest (default and least: {FEWEST})")
    add("--quick", action="store_true", help="two short runs of everything: does it work? Its numbers mean little")
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    if options.runs < FEWEST:
        raise SettingError(f"--runs is {options.runs}; give at least {FEWEST}, so that a median means something")
    if options.plot is not None and options.plot.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise SettingError(f"--plot is {options.plot}; its name must end in .png, .svg or .pdf")
    return QUICK if options.quick else replace(Plan(), runs=options.runs)


def _keep(results: Results, options: argparse.Namespace) -> None:
    if options.json is not None:
        content = results.as_json() | {"table": [asdict(row) for row in rows(results)]}
        write_atomically(options.json, json.dumps(content, indent=1).encode())
    if options.plot is not None:
        save_figure(figure(results), options.plot)


if __name__ == "__main__":
    sys.exit(main())
