"""ES modules and style sheets put together without a build step: anywidget takes one text of each.

Every module becomes a function that is called once and returns what it exports, so no name of one module can meet a
name of another. Only the forms of import and export that we use are understood; any other is an error with its line.
"""

import re
from dataclasses import dataclass
from pathlib import Path

IMPORT = re.compile(r'^import \{([^{}]*)\} from "(\.{1,2}/[^"\n]+\.js)";$', re.MULTILINE)
EXPORT_LIST = re.compile(r"^export \{([^{}]*)\};$", re.MULTILINE)
DECLARED = re.compile(r"^export (?=(?:async )?(?:function\*? |const |class )(\w+)\b)", re.MULTILINE)
ENTRY = re.compile(r"^export default \{ render \};$", re.MULTILINE)
STYLE_IMPORT = re.compile(r'^@import "(\.{1,2}/[^"\n]+\.css)";$', re.MULTILINE)
STRAY = re.compile(r"^(?:import|export)\b|\bimport\s*[(.]")
COMMENT = re.compile(r"/\*.*?\*/")


@dataclass(frozen=True, slots=True)
class Module:
    """A module without its imports and exports: what it takes from which file, and what it gives under which name."""

    path: Path
    body: str
    imports: tuple[tuple[Path, int, dict[str, str]], ...]
    exports: dict[str, str]
    entry: bool


def joined(path: Path) -> str:
    """A module or a style sheet with all that it imports, each file once, as one text."""
    return _joined_styles(path.resolve()) if path.suffix == ".css" else _joined_modules(path.resolve())


def _joined_modules(path: Path) -> str:
    modules: dict[Path, Module] = {}
    _collect(path, modules, ())
    entry = modules.pop(path)
    if not entry.entry:
        raise ValueError(f"{path}: no `export default {{ render }};`, so this is not a widget")
    numbers = {other: f"headswap_{i}" for i, other in enumerate([*modules, path])}
    wrapped = [_wrapped(module, numbers[module.path], numbers, path.parent) for module in [*modules.values(), entry]]
    return "\n".join([*wrapped, f"const {{ render }} = {numbers[path]};", "export default { render };", ""])


def _collect(path: Path, modules: dict[Path, Module], above: tuple[Path, ...]) -> Module:
    """Read a file and, before it is listed, all that it imports."""
    if path in above:
        circle = " imports ".join(one.name for one in [*above[above.index(path) :], path])
        raise ValueError(f"{above[-1]}: a circle of imports: {circle}")
    if path not in modules:
        module = _read(path)
        for other, line, names in module.imports:
            if not other.is_file():
                raise ValueError(f"{path}:{line}: there is no file {other}")
            exports = _collect(other, modules, (*above, path)).exports
            missing = [name for name in names if name not in exports]
            if missing:
                raise ValueError(f"{path}:{line}: {other.name} does not export {missing[0]}")
        modules[path] = module
        if module.entry and above:
            raise ValueError(f"{above[-1]}: {path.name} is a widget of its own and cannot be imported")
    return modules[path]


def _read(path: Path) -> Module:
    text = path.read_text("utf-8")
    imports = tuple(
        ((path.parent / found[2]).resolve(), _line(text, found.start()), _names(path, text, found))
        for found in IMPORT.finditer(text)
    )
    exports = {name: name for name in DECLARED.findall(text)}
    for found in EXPORT_LIST.finditer(text):
        exports |= {outside: inside for inside, outside in _names(path, text, found).items()}
    body = text
    for form in (IMPORT, EXPORT_LIST, ENTRY):
        body = form.sub(lambda found: "\n" * found[0].count("\n"), body)  # so that lines keep their numbers
    body = DECLARED.sub("", body)
    _refuse_strays(path, body)
    entry = ENTRY.search(text) is not None
    return Module(path, body, imports, exports | ({"render": "render"} if entry else {}), entry)


def _names(path: Path, text: str, found: re.Match[str]) -> dict[str, str]:
    """The names between the braces of an import or an export list, each with the name it gets."""
    names = {}
    for one in filter(None, (part.strip() for part in found[1].split(","))):
        form = re.fullmatch(r"([\w$]+)(?: as ([\w$]+))?", one)
        if form is None:
            raise ValueError(f"{path}:{_line(text, found.start())}: {one!r} is neither `name` nor `name as other`")
        names[form[1]] = form[2] or form[1]
    return names


def _refuse_strays(path: Path, body: str) -> None:
    """What still looks like an import or an export is a form we do not know; so is what only a comment may say."""
    for number, line in enumerate(body.splitlines(), 1):
        code = COMMENT.sub("", line).strip()
        if STRAY.search(code) and not code.startswith(("//", "/*", "* ")):
            raise ValueError(f"{path}:{number}: not a form of import or export that is known here: {code}")


def _wrapped(module: Module, name: str, numbers: dict[Path, str], folder: Path) -> str:
    takes = [f"const {{ {_listed(names)} }} = {numbers[other]};" for other, _, names in module.imports if names]
    label = module.path.name if module.path.parent == folder else f"{module.path.parent.name}/{module.path.name}"
    gives = f"return {{ {_listed(module.exports)} }};"
    return "\n".join([f"// {label}", f"const {name} = (() => {{", *takes, module.body, gives, "})();", ""])


def _listed(names: dict[str, str]) -> str:
    return ", ".join(name if name == other else f"{name}: {other}" for name, other in names.items())


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _joined_styles(path: Path, above: tuple[Path, ...] = (), seen: set[Path] | None = None) -> str:
    """A style sheet with each that it imports in place of the import; one that is there already comes once."""
    seen = {path} if seen is None else seen
    text = path.read_text("utf-8")

    def imported(found: re.Match[str]) -> str:
        other = (path.parent / found[1]).resolve()
        if other in (*above, path):
            raise ValueError(f"{path}:{_line(text, found.start())}: a circle of imports through {other.name}")
        if not other.is_file():
            raise ValueError(f"{path}:{_line(text, found.start())}: there is no file {other}")
        if other in seen:
            return ""
        seen.add(other)
        return _joined_styles(other, (*above, path), seen)

    body = STYLE_IMPORT.sub(imported, text)
    for number, line in enumerate(text.splitlines(), 1):
        if "@import" in line and not STYLE_IMPORT.fullmatch(line):
            raise ValueError(f"{path}:{number}: not a form of @import that is known here: {line.strip()}")
    return body
