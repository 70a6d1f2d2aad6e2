"""ARCHITECTURE.md lists every file of the package, with the first line of its docstring, and no file that is gone."""

import ast
import re


def summary(path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()[0].rstrip(".")


def test_the_map_is_true(repository):
    text = (repository / "ARCHITECTURE.md").read_text()
    listed = dict(re.findall(r"^- `(workbench/[\w/]+\.py)`: (.+?)\.?$", text, flags=re.MULTILINE))
    files = {
        str(path.relative_to(repository)): summary(path)
        for path in (repository / "workbench").rglob("*.py")
        if path.name != "__init__.py"
    }
    wrong = [f"- `{name}`: {line}" for name, line in sorted(files.items()) if listed.get(name) != line]
    assert not wrong, "ARCHITECTURE.md lacks or misstates:\n" + "\n".join(wrong)
    assert not listed.keys() - files.keys(), "ARCHITECTURE.md lists files that are gone"
