"""A still picture in a notebook, with words for those who do not see it."""

import base64
import html
import io
from dataclasses import dataclass

from matplotlib.figure import Figure

INCH = 96  # pixels of a page
DOTS = 144  # of the file: still sharp on dense screens


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and its alternative text; a notebook shows the one, everything else reads the other."""

    png: bytes
    alt: str
    width: int

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        # White, in a dark theme too: the ink of the axes is dark.
        style = f"width: {self.width}px; max-width: 100%; height: auto; background: #ffffff"
        source = f"data:image/png;base64,{base64.b64encode(self.png).decode()}"
        return f'<img alt="{html.escape(self.alt)}" style="{style}" src="{source}">'


def described(figure: Figure, alt: str) -> Picture:
    """A matplotlib figure as a picture with alternative text `alt`; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS, facecolor="white", metadata={"Software": None})
    return Picture(buffer.getvalue(), alt, round(INCH * figure.get_size_inches()[0]))
