"""The three lists of packages agree: pyproject.toml, environment.yml and requirements.lock; and the wheel is whole."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

# What conda-forge calls a package otherwise than PyPI.
CONDA_NAMES = {
    "duckdb": "python-duckdb",
    "ibis-framework": "ibis-duckdb",
    "matplotlib": "matplotlib-base",
    "prometheus-client": "prometheus_client",
}
# Kinds of files that are read when a page or a report is made, by folder.
READ_AT_RUN_TIME = {
    "apps/front": {".js", ".css"},
    "apps/share": {".j2", ".html", ".css", ".js", ".json", ".txt"},
    "present": {".toml"},
    "present/language/de": {".toml"},
    "present/templates": {".j2", ".css", ".typ"},
    "publish/pages": {".html"},
}


@pytest.fixture(scope="module")
def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def requirements(project):
    return [Requirement(text) for text in project["dependencies"]]


def test_environment_yml_names_the_same_packages_and_versions(repository, requirements):
    listed = yaml.safe_load((repository / "environment.yml").read_text())["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    found = {}
    for entry in [*(e for e in listed if isinstance(e, str)), *by_pip]:
        name, _, versions = re.fullmatch(r"([\w.-]+)( ?)(.*)", entry).groups()
        found[name] = SpecifierSet(versions)
    expected = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in requirements}
    expected |= {"python": SpecifierSet(">=3.12"), "pip": SpecifierSet()}
    assert found == expected


def test_the_lock_pins_every_package_with_hashes(repository, project, requirements):
    text = (repository / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, flags=re.MULTILINE))
    blocks = re.split(r"\n(?=[\w.-]+==)", text)
    assert all("--hash=sha256:" in block for block in blocks)
    extras = [Requirement(line) for lines in project["optional-dependencies"].values() for line in lines]
    for requirement in [*requirements, *extras]:
        pinned = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pinned), f"{requirement} is pinned to {pinned}: run make lock"


def test_python_versions_agree(repository, project):
    assert (repository / ".python-version").read_text().strip() == "3.13"
    assert project["requires-python"] == ">=3.12"


def test_no_file_names_a_package_index(repository):
    index = re.compile(r"(pypi|pythonhosted|anaconda|npmjs|registry)\.(org|com|io)|--(extra-)?index-url", re.IGNORECASE)
    for name in ("requirements.lock", "pyproject.toml", "environment.yml", "Makefile", ".ci/run"):
        assert not index.search((repository / name).read_text()), name


def test_the_wheel_carries_every_file_of_the_package(repository):
    """What hatchling would pack, against all files that lie there: one that .gitignore's patterns hit would be left out."""
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(repository))
    packed = {each.distribution_path for each in builder.recurse_included_files()}
    there = {
        path.relative_to(repository).as_posix()
        for path in (repository / "workbench").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert packed == there
    for folder, endings in READ_AT_RUN_TIME.items():
        found = {Path(name).suffix for name in packed if name.startswith(f"workbench/{folder}/")}
        assert endings <= found, folder
