"""Node.js and the packages of tests/peers, which `make test` installs; and a real server for them."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.server import Server, running_server

HERE = Path(__file__).parent
SDL = HERE.parents[1] / "schema" / "schema.graphql"
_SECONDS = 120  # of any one program: the longest takes three


@pytest.fixture(scope="session")
def node() -> str:
    """Path of the program. Only where there is none are these tests skipped."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("NO NODE.JS HERE: the audits of graphql-http and all JavaScript clients were NOT tested")
    if not (HERE / "node_modules" / ".installed").exists():
        pytest.fail("tests/peers has no packages: run `make peers` (as `make test` does)")
    return found


@pytest.fixture(scope="session")
def built(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the clients and checks: types generated from the printed schema, then all compiled by tsc --strict."""
    folder = tmp_path_factory.mktemp("peers")
    ignored = shutil.ignore_patterns("node_modules", "built", "generated", "*.py", "__pycache__")
    shutil.copytree(HERE, folder, ignore=ignored, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    run(node, "generate.js", SDL, cwd=folder)
    run(node, "node_modules/typescript/bin/tsc", "--project", ".", cwd=folder)
    return folder


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    """On each database."""
    async with running_server(database_url) as serving:
        yield serving


def run(*command: str | Path, cwd: Path = HERE, **env: str) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "NO_COLOR": "1", **env},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
