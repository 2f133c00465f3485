"""Every module, public class and public function says what it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = [path for root in ("firmware", "host_tools") for path in sorted((ROOT / root).rglob("*.py")) if path.name != "main.py"]


def undocumented(tree: ast.Module):
    if not ast.get_docstring(tree):
        yield "the module"
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield f"{node.name} in line {node.lineno}"
            if isinstance(node, ast.ClassDef):
                waiting += node.body


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_documents_what_it_offers(path):
    assert not list(undocumented(ast.parse(path.read_text())))
