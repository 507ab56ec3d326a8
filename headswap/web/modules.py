"""ES modules and style sheets put together without a build step."""

import re
from pathlib import Path

IMPORT = re.compile(r'^(?:import \{[^}]*\} from|@import) "(\.[^"]+)";\n', re.MULTILINE)


def joined(path: Path) -> str:
    """A file with what it imports in place of the imports: anywidget takes one module and one style sheet, unbuilt."""
    return _joined(path.resolve(), {path.resolve()})


def _joined(path: Path, seen: set[Path]) -> str:
    def imported(line: re.Match[str]) -> str:
        other = (path.parent / line[1]).resolve()
        if other in seen:
            return ""
        seen.add(other)
        return re.sub(r"^export ", "", _joined(other, seen), flags=re.MULTILINE)

    return IMPORT.sub(imported, path.read_text("utf-8"))
