"""Every lesson is touched before it is explained, is read in small pieces, and leads on to the next."""

from __future__ import annotations

import re

import pytest
from test_lessons import LESSONS, code_cells, prose, stored

every = pytest.mark.parametrize("name", LESSONS)
NAMES = [*LESSONS]
FIRST_WORDS = 60  # what stands above the first thing to touch
LONGEST = 80  # words of a paragraph


def paragraphs(text: str) -> list[str]:
    """Paragraphs and list items; no headings, tables or code."""
    plain = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    blocks = re.split(r"\n\s*\n|\n(?=[-*] |\d+\. )", plain)
    return [block.strip() for block in blocks if block.strip() and not block.strip().startswith(("#", "|"))]


def counted(paragraph: str) -> int:
    """Words as a reader counts them: a link is its text."""
    return len(re.sub(r"\]\([^)]*\)", "]", paragraph).split())


@every
def test_something_to_touch_stands_in_the_first_screen(name: str) -> None:
    title, touched = stored(name).cells[:2]
    assert sum(map(counted, paragraphs(title.source))) <= FIRST_WORDS
    assert touched.cell_type == "code"
    assert any("image/png" in output.get("data", {}) for output in touched.outputs), "a widget, with its still picture"


@every
def test_no_paragraph_is_longer_than_80_words(name: str) -> None:
    long = {block[:60]: counted(block) for block in paragraphs(prose(name)) if counted(block) > LONGEST}
    assert long == {}


@every
def test_a_lesson_links_to_the_next_and_the_last(name: str) -> None:
    place = NAMES.index(name)
    near = [NAMES[i] for i in (place - 1, place + 1) if 0 <= i < len(NAMES)]
    end = stored(name).cells[-1].source
    assert [other for other in near if f"]({other}.ipynb)" not in end] == []


@every
def test_a_lesson_ends_with_the_learners_progress(name: str) -> None:
    assert "exercises.progress()" in code_cells(stored(name))[-1].source
