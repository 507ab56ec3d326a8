"""The library's own source in a notebook, by name, so that no lesson shows a copy that has drifted."""

import html
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

# Jupyter's own colours for code, in whatever theme is on; the fallbacks are readable on light and on dark ground.
STYLE = """<style>
.hs-source.hs-source pre { margin: 4px 0 0; padding: 8px 10px; overflow-x: auto; font-size: 12.5px; line-height: 1.45;
  background: var(--jp-cell-editor-background, transparent); border: 1px solid var(--jp-border-color2, #8886); }
.hs-source.hs-source :is(pre, code) { white-space: pre; word-break: normal; overflow-wrap: normal; }
.hs-source.hs-source code { padding: 0; background: none; }
.hs-source summary { cursor: pointer; font-weight: 600; }
.hs-source .k, .hs-source .kn, .hs-source .kc, .hs-source .ow { color: var(--jp-mirror-editor-keyword-color, #1a7f37);
  font-weight: 600; }
.hs-source .s, .hs-source .s1, .hs-source .s2, .hs-source .sd, .hs-source .sa, .hs-source .si {
  color: var(--jp-mirror-editor-string-color, #b3441c); }
.hs-source .c1, .hs-source .c { color: var(--jp-mirror-editor-comment-color, #4f7a7a); font-style: italic; }
.hs-source .mi, .hs-source .mf { color: var(--jp-mirror-editor-number-color, #2a7d2a); }
.hs-source .nf, .hs-source .nc { color: var(--jp-mirror-editor-def-color, #3b6fd4); font-weight: 600; }
</style>"""


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of the library's source: where it stands, and its text."""

    place: str
    text: str
    folded: bool = False

    def __repr__(self) -> str:
        return f"# {self.place}\n{self.text}"

    def _repr_html_(self) -> str:
        code = highlight(self.text, PythonLexer(), HtmlFormatter(nowrap=True))
        title = f"<summary>{html.escape(self.place)}</summary>"
        fold = "" if self.folded else " open"
        return f'{STYLE}<details class="hs-source"{fold}>{title}<pre><code>{code}</code></pre></details>'


def read(thing: type | Callable[..., Any] | ModuleType, *, folded: bool = False) -> Source:
    """The source of a function, class or module of the installed library, with syntax colours, foldable."""
    text = inspect.getsource(thing).rstrip()
    name = thing.__name__ if isinstance(thing, ModuleType) else f"{thing.__module__}.{thing.__qualname__}"
    return Source(name, textwrap.dedent(text), folded)
