"""The set-up keeps its promises: the wheel stands alone, pins fit ranges, no file names one machine."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from helpers import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from headswap.lab import recorded_classifier
from headswap.web.modules import joined

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TARGETS = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)[1].split()


def run(*command, cwd=ROOT):
    """Run a command without this test run's make and Python settings; it must succeed."""
    settings = {"PYTHONPATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    env = {name: value for name, value in os.environ.items() if name not in settings}
    line = [str(part) for part in command]
    done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{line} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# The wheel


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the checkout, with files planted that do not belong in the wheel."""
    copy = tmp_path_factory.mktemp("wheel") / "source"
    made = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "node_modules")
    shutil.copytree(ROOT, copy, ignore=made)
    for stray in ("tests/__init__.py", "data/SMSSpamCollection", "headswap_private/__init__.py"):
        (copy / stray).parent.mkdir(exist_ok=True)
        (copy / stray).touch()
    return copy


@pytest.fixture(scope="module")
def wheel(source):
    out = source.parent / "dist"
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", out, source)
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_whole_package_and_nothing_else(source, wheel):
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name for name in names if not name.startswith(f"headswap-{PROJECT['version']}.dist-info/")}
    package = {
        str(path.relative_to(source))
        for path in (source / "headswap").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == package


def installed(wheel, folder):
    """The python and the packages' folder of a new environment: this wheel, and the dependencies lent by ours."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel)
    # Our own .pth files are not read that way, so the editable headswap stays out.
    (site,) = folder.glob("lib/python*/site-packages")
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "lent.pth").write_text("".join(f"{path}\n" for path in sorted(lent)))
    return python, site


@pytest.fixture(scope="module")
def away(wheel, tmp_path_factory):
    """That environment, made once."""
    return installed(wheel, tmp_path_factory.mktemp("away") / "venv")


@pytest.mark.slow
def test_the_wheel_runs_the_demo_away_from_the_checkout(away, tmp_path):
    python, site = away
    imported = run(python, "-c", "import headswap; print(headswap.__file__)", cwd=tmp_path).strip()
    assert Path(imported).is_relative_to(site)
    small = ["--epochs", "1", "--seeds", "1", "--max-len", "8", "--regimes", "head-only"]
    assert "head-only" in run(python, "-m", "headswap", "demo", *small, cwd=tmp_path)


AWAY = """
import json
import headswap.lab

lab = headswap.lab.Lab(epochs=2, messages=64, max_len=16)
shipped = lab._shipped.find(-1).model.head.linear.bias.tolist()
recorded = [told.head["label"] for told in lab._shipped.told]
lab.train(block=True)
state = lab.get_state()
runs = [(run.outcome, len(run.epochs)) for run in lab.runs]
print(json.dumps({"home": headswap.lab.__file__, "recorded": recorded, "runs": runs, "shipped": shipped,
                  "view.js": state["_esm"], "view.css": state["_css"]}))
"""


@pytest.mark.slow
def test_the_lab_works_from_a_wheel_away_from_the_checkout(away, tmp_path):
    python, site = away
    told = json.loads(run(python, "-c", AWAY, cwd=tmp_path))
    assert Path(told["home"]).is_relative_to(site)
    assert told["runs"] == [["done", 2]]
    recorded = sorted((ROOT / "headswap" / "lab" / "recorded").glob("*.json"))
    assert told["recorded"] == [json.loads(path.read_text("utf-8"))["label"] for path in recorded] != []
    assert told["shipped"] == recorded_classifier().head.linear.bias.tolist(), "its classifier comes along"
    for name in ("view.js", "view.css"):
        assert told[name] == joined(ROOT / "headswap" / "lab" / name)


# The pins


def pins():
    """Every `name==version` of requirements.txt; any other kind of line is an error."""
    lines = [line.strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, version = re.fullmatch(r"([A-Za-z0-9_.-]+)==([0-9][0-9A-Za-z.]*)", line).groups()
            assert canonicalize_name(name) not in found, f"{name} is pinned twice"
            found[canonicalize_name(name)] = version
    return found


def ranges():
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [Requirement(line) for one in lists for line in one]


@pytest.mark.parametrize("requirement", ranges(), ids=str)
def test_every_dependency_is_pinned_within_its_range(requirement):
    pinned = pins().get(canonicalize_name(requirement.name))
    assert pinned, f"requirements.txt has no pin for {requirement.name}"
    assert requirement.specifier.contains(pinned), f"{requirement} is asked for, {pinned} is pinned"


def test_torch_is_the_release_the_numbers_were_measured_with():
    assert pins()["torch"] == "2.13.0"


@pytest.mark.parametrize("broken", ["7.0.0", "7.0.1"])
def test_the_broken_ipykernel_releases_are_ruled_out(broken):
    (ipykernel,) = [one for one in ranges() if one.name == "ipykernel"]
    assert not ipykernel.specifier.contains(broken)
    assert pins()["ipykernel"] != broken


def test_binder_installs_the_same_pins():
    listed = [(ROOT / "binder" / name).read_text().splitlines() for name in ("requirements.txt", "torch.txt")]
    asked = [line for lines in listed for line in lines if "==" in line]
    assert {one.removesuffix("+cpu") for one in asked} <= set((ROOT / "requirements.txt").read_text().splitlines())
    runtime = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert runtime <= {canonicalize_name(one.split("==")[0]) for one in asked}


# What is committed

# Joined here, so that this file does not name what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:" + "|".join(["work", "root", r"home/[\w.-]+"]) + r")/")
REGISTRY_HOSTS = [
    ".".join(parts) for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org")]
]


def committed_files():
    """Every file that is committed or would be by `git add --all`."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing says which files are committed")
    # The checkout may belong to another user, as in a container.
    git = ["git", "-c", "safe.directory=*"]
    names = run(*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [ROOT / name for name in sorted(set(names)) if name and (ROOT / name).is_file()]


def test_no_committed_file_names_a_machine_path_or_a_registry_host():
    found = []
    for path in committed_files():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if MACHINE_PATH.search(line) or any(host in line for host in REGISTRY_HOSTS):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["work/main", "root/x", "home/ada/x"])
def test_a_machine_path_is_recognised(path):
    assert MACHINE_PATH.search(f'open("/{path}")') and MACHINE_PATH.search(f"file:///{path}")
    assert not MACHINE_PATH.search(f"https://example.org/{path}")


# The commands


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_parses(target):
    run("make", "-n", target)


def test_make_alone_lists_the_commands():
    listed = re.findall(r"^make (\w+) +\S", run("make"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(TARGETS)


def test_the_readme_names_only_make_targets_that_exist():
    readme = ROOT / "README.md"
    assert readme.is_file(), "there is no README.md"
    code = re.findall(r"```.*?```|`[^`\n]+`", readme.read_text(), flags=re.DOTALL)
    named = {name for piece in code for name in re.findall(r"(?m)(?:^|[`$;&|])\s*make ([a-z][\w-]*)", piece)}
    assert {"setup", "demo", "test"} <= named
    for name in sorted(named):
        run("make", "-n", name)


def test_ci_runs_the_script_that_anyone_can_run():
    run("bash", "-n", ".ci/run")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "bash .ci/run" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


@pytest.mark.parametrize(
    "ci, code, shown", [("", 0, "1 skipped"), ("true", 1, "may not skip under CI: Skipped: no browser")]
)
@pytest.mark.parametrize("workers", [[], ["-pxdist", "-n1"]], ids=["in one process", "in a worker"])
def test_a_browser_test_may_not_skip_under_ci(tmp_path, ci, code, shown, workers):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    (tmp_path / "test_one.py").write_text(
        "import pytest\n\n@pytest.mark.browser\ndef test_one():\n    pytest.skip('no browser')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-rs", *workers]
    environment = os.environ | {"CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the others only take time
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert shown in done.stdout, done.stdout
    assert done.returncode == code
