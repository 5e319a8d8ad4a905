"""How the code is laid out: imports stand on top and point down, files are small, no room has a cycle in it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).parent.parent.parent
ROOMS = ("schema", "resolvers", "db", "gateway")
LONGEST_FILE = 350


def sources(*folders: str) -> list[Path]:
    """Every Python file of these folders; dated migrations are left as they were generated."""
    return [
        path
        for folder in folders
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        if "versions" not in path.parts
    ]


def inner_imports(path: Path) -> Iterator[str]:
    """Imports that stand inside a function."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield f"{path.relative_to(REPOSITORY)}:{node.lineno}"


def test_the_contracts_of_import_linter() -> None:
    """pyproject.toml has them: gateway, schema, resolvers, db; SQL in db alone; pure files pure."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_import_stands_inside_a_function() -> None:
    """Whoever needs one has the code in the wrong room."""
    assert [found for path in sources(*ROOMS, "tests") for found in inner_imports(path)] == []


def test_files_are_small() -> None:
    """One that grows beyond this has two subjects."""
    long = {str(path.relative_to(REPOSITORY)): len(path.read_text().splitlines()) for path in sources(*ROOMS, "tests")}
    assert {name: lines for name, lines in long.items() if lines >= LONGEST_FILE} == {}


def test_no_command_loads_what_the_server_needs() -> None:
    """It would be more than half of their start: those that serve load it by name, when they do."""
    code = "import gateway.commands.app, sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert {"strawberry", "graphql", "fastapi", "starlette", "uvicorn"} & set(done.stdout.split()) == set()


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom."""
    return grimp.build_graph(*ROOMS, cache_dir=None)


def test_no_cycle_among_modules(graph: grimp.ImportGraph) -> None:
    """No module imports, by whatever way, one that imports it."""
    tangled = []
    for module in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            if graph.find_shortest_chain(imported, module):
                tangled.append(f"{module} <-> {imported}")
    assert tangled == []
