"""Lesson 15: cut an image into patches, and move it without wrapping round.

Shape letters: N images, C channels, H height, W width, T patches, P numbers in a patch.
"""

import torch
import torch.nn.functional as F

from .answers import Probe
from .exercise import Exercise, Trap


def patches(images: torch.Tensor, side: int) -> torch.Tensor:
    """Images (N, C, H, W) as patches (N, T, P) of `side` by `side` pixels, row by row, like the words of a page."""
    N, C = images.shape[:2]
    grid = images.unflatten(3, (-1, side)).unflatten(2, (-1, side))  # (N, C, rows, side, columns, side)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(N, -1, C * side * side)


def shift(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Images (N, C, H, W) moved by whole pixels; what a shift uncovers is 0, and nothing wraps round."""
    H, W = images.shape[2:]
    room = F.pad(images, (abs(right), abs(right), abs(down), abs(down)))
    top, left = abs(down) - down, abs(right) - right
    return room[:, :, top : top + H, left : left + W]


# ---- wrong on purpose: patches


def _only_reshaped(images: torch.Tensor, side: int) -> torch.Tensor:
    N, C = images.shape[:2]
    return images.reshape(N, -1, C * side * side)


def _column_by_column(images: torch.Tensor, side: int) -> torch.Tensor:
    N, C = images.shape[:2]
    grid = images.unflatten(3, (-1, side)).unflatten(2, (-1, side))
    return grid.permute(0, 4, 2, 1, 3, 5).reshape(N, -1, C * side * side)


def _turned_inside(images: torch.Tensor, side: int) -> torch.Tensor:
    N, C = images.shape[:2]
    grid = images.unflatten(3, (-1, side)).unflatten(2, (-1, side))
    return grid.permute(0, 2, 4, 1, 5, 3).reshape(N, -1, C * side * side)


def _both_swapped(images: torch.Tensor, side: int) -> torch.Tensor:
    return patches(images.transpose(2, 3), side)


def _far_apart(images: torch.Tensor, side: int) -> torch.Tensor:
    N, C = images.shape[:2]
    grid = images.unflatten(3, (side, -1)).unflatten(2, (side, -1))  # (N, C, side, rows, side, columns)
    return grid.permute(0, 3, 5, 1, 2, 4).reshape(N, -1, C * side * side)


def _pixels_first(images: torch.Tensor, side: int) -> torch.Tensor:
    return patches(images, side).transpose(1, 2)


def _overlapping(images: torch.Tensor, side: int) -> torch.Tensor:
    return F.unfold(images, side).transpose(1, 2)


def _still_squares(images: torch.Tensor, side: int) -> torch.Tensor:
    return patches(images, side).unflatten(2, (-1, side))


def _rows_of_pixels(images: torch.Tensor, side: int) -> torch.Tensor:
    return images.flatten(1, 2)


# ---- wrong on purpose: a shift


def _wrapped(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return images.roll((down, right), (2, 3))


def _the_other_way(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return shift(images, -down, -right)


def _axes_swapped(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return shift(images, right, down)


def _edge_repeated(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    H, W = images.shape[2:]
    room = F.pad(images, (abs(right), abs(right), abs(down), abs(down)), mode="replicate")
    top, left = abs(down) - down, abs(right) - right
    return room[:, :, top : top + H, left : left + W]


def _grown(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return F.pad(images, (max(right, 0), max(-right, 0), max(down, 0), max(-down, 0)))


def _cut_only(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    H, W = images.shape[2:]
    return images[:, :, max(0, -down) : H - max(0, down), max(0, -right) : W - max(0, right)]


def _only_down(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return shift(images, down, 0)


def _forward_only(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return shift(images, abs(down), abs(right))


def _sliced_forward(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    H, W = images.shape[2:]
    moved = torch.zeros_like(images)
    moved[:, :, down:, right:] = images[:, :, : H - down, : W - right]
    return moved


def _sliced_to_minus(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    moved = torch.zeros_like(images)
    moved[:, :, down:, right:] = images[:, :, :-down, :-right]
    return moved


def _filled_with_ink(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return 1 - shift(1 - images, down, right)


def _nothing(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    return images


# ---- the questions


def _counted(N: int, H: int, W: int) -> torch.Tensor:
    """Images whose pixels are all different."""
    return torch.arange(1, N * H * W + 1).float().view(N, 1, H, W)


def _cut(N: int, H: int, W: int, side: int) -> Probe:
    says = f"patches(images, {side}) with images ({N}, 1, {H}, {W}), their pixels numbered row by row"
    return Probe(says, lambda function: _tensor(function(_counted(N, H, W), side)))


def _moved(down: int, right: int) -> Probe:
    says = f"shift(images, {down}, {right}) with images (1, 1, 3, 4), their pixels numbered row by row"
    return Probe(says, lambda function: _tensor(function(_counted(1, 3, 4), down, right)))


def _tensor(answer: object) -> object:
    """What was answered, as its own memory; a list of tensors is no tensor, and stays what it is."""
    return answer.clone() if isinstance(answer, torch.Tensor) else answer


PATCHES = Exercise(
    patches,
    (_cut(1, 4, 4, 2), _cut(2, 4, 6, 2), _cut(1, 6, 6, 3)),
    (
        Trap(_only_reshaped, "You reshape without moving axes, so each of your patches is a piece of one row. Split "
             "both sides first, permute, then reshape."),
        Trap(_column_by_column, "Your patches go column by column. Go along a row first, like the words of a page."),
        Trap(_turned_inside, "Inside each patch rows and columns are swapped: list its pixels row by row, too."),
        Trap(_both_swapped, "Rows and columns are swapped everywhere. Height comes before width in (N, C, H, W)."),
        Trap(_far_apart, "Your patches take pixels from far apart. Split a side into (patches, pixels), not into "
             "(pixels, patches)."),
        Trap(_pixels_first, "You return (N, P, T). Put the patches before their pixels: (N, T, P)."),
        Trap(_overlapping, "Your patches overlap. The next one begins where the last one ends: give a stride of side."),
        Trap(_still_squares, "Your patches are still squares. Flatten each one: (N, T, P)."),
        Trap(_rows_of_pixels, "You return rows of pixels, not patches."),
    ),
    (
        "Split the height into (rows of patches, pixels) and the width into (columns of patches, pixels).",
        "Now the axes are (N, C, rows, side, columns, side). A patch's own axes must come last: permute, then reshape.",
        "images.unflatten(3, (-1, side)).unflatten(2, (-1, side)).permute(0, 2, 4, 1, 3, 5), then reshape to "
        "(N, -1, C * side * side).",
    ),
    "Sixteen patches of four pixels, in the order in which you read a page.",
)  # fmt: skip

SHIFT = Exercise(
    shift,
    (_moved(1, 0), _moved(0, -1), _moved(-1, 2), _moved(0, 0)),
    (
        Trap(_wrapped, "What leaves on one side comes back on the other. A digit that leaves the paper is gone: fill "
             "with 0."),
        Trap(_the_other_way, "You move it the other way: a positive down moves the image down."),
        Trap(_axes_swapped, "down and right are swapped. In (N, C, H, W) the height comes first."),
        Trap(_edge_repeated, "You repeat the edge, which smears the ink. What a shift uncovers is 0."),
        Trap(_grown, "Your images grow. Cut off what has left: the size stays (N, C, H, W)."),
        Trap(_cut_only, "Your images shrink. Fill what the shift uncovers with 0."),
        Trap(_only_down, "You move it down and never to the right."),
        Trap(_forward_only, "A negative number moves it up, or to the left: yours always goes down and right."),
        Trap(_sliced_forward, "Your slices are right for numbers of 0 and more. But a slice from -1 begins at the last "
             "row. Begin at max(0, down), and mind the ends, or put a margin around the image first."),
        Trap(_sliced_to_minus, "Your slices are right for numbers above 0. But a slice up to -0 is empty, and one from "
             "-1 begins at the last row. Put a margin around the image first, then cut a window."),
        Trap(_filled_with_ink, "You fill with 1, which is ink. Paper is 0."),
        Trap(_nothing, "Your images stay where they are."),
    ),
    (
        "Put a margin of zeros around the image, then cut a window of the old size out of it. Where does it begin?",
        "F.pad(images, (w, w, h, h)) puts w columns on the left and right and h rows above and below.",
        "Pad by abs(right) and abs(down); the window begins at row abs(down) - down and column abs(right) - right.",
    ),
    "The digit moves, paper comes in, and nothing wraps round.",
)  # fmt: skip
