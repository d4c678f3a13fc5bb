"""Views and API reach objects through gates and selectors alone: a look at the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "chain", "core", "exchange", "oversight", "portal", "records", "supply")
DOORS = ("views", "views.py", "api", "panels.py")
# One-click sign-in to made-up people, and files to try things with: 404 outside the demo.
LEFT_OUT = {ROOT / "portal/demo/views.py"}
FORBIDDEN_NAMES = {"get_object_or_404", "get_list_or_404", "portal_acts", "acting_as", "PORTAL"}
FORBIDDEN_ATTRIBUTES = {"objects", "_default_manager", "raw", "cursor"}


def sources() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            inside = path.relative_to(ROOT / app).parts
            door = set(inside) & set(DOORS) or path.name.endswith("_views.py")
            if door and path not in LEFT_OUT:
                yield path


def findings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_ATTRIBUTES:
            yield f"line {node.lineno}: .{node.attr}"
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield f"line {node.lineno}: {node.id}"
        if isinstance(node, ast.ImportFrom):
            yield from (
                f"line {node.lineno}: {alias.name}"
                for alias in node.names
                if alias.name in FORBIDDEN_NAMES
            )


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_view_finds_objects_by_itself(path: Path):
    assert not list(findings(ast.parse(path.read_text())))


@pytest.mark.parametrize(
    "line",
    [
        "Patient.objects.get(pk=1)",
        "get_object_or_404(Patient, pk=1)",
        "from core.acting import portal_acts",
        "connection.cursor()",
        "Version._default_manager.all()",
    ],
)
def test_the_look_finds_what_it_should(line: str):
    assert list(findings(ast.parse(line)))


def test_there_is_something_to_look_at():
    assert len(list(sources())) > 20
