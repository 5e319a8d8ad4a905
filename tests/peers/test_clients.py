"""Apollo Client, urql, graphql-ws, graphql-sse, graphql-codegen, as docs/clients.md shows them, with a real server.

(`gql`, for Python, is in tests/acceptance/test_gql_client.py.)
"""

import asyncio
import re
from pathlib import Path

import pytest

from tests.peers.conftest import HERE, run
from tests.support.server import Server

ROOT = HERE.parents[1]
_SNIPPET = re.compile(r"<!-- (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)


async def test_every_client_works(node: str, built: Path, server: Server) -> None:
    """Each check of tests/peers/checks; a failed one makes the program fail, and its output is shown."""
    env = {"ONEFOLD_URL": server.url, "ONEFOLD_KEY": server.token}
    printed = await asyncio.to_thread(run, node, "built/checks/all.js", cwd=built, **env)
    checks = len(re.findall(r"^test\(|^  test\(", "".join(p.read_text() for p in (built / "checks").iterdir()), re.M))
    passed = re.search(r"# pass (\d+)", printed)
    assert passed is not None
    assert int(passed[1]) >= checks > 0
    assert "Traceback" not in server.stderr
    assert [line for line in server.stderr.splitlines() if '"level":"error"' in line] == []


def test_a_wrong_use_of_the_schema_does_not_compile(node: str, built: Path) -> None:
    """The generated types say what a client may ask: tsc would not be a check if it took everything."""
    wrong = built / "checks" / "wrong.ts"
    wrong.write_text(
        "import type { CreatePersonMutationVariables } from '../generated/operations.js'\n"
        "export const given: CreatePersonMutationVariables = { input: { nmae: 'Léa' } }\n"
    )
    try:
        with pytest.raises(AssertionError, match="nmae"):
            run(node, "node_modules/typescript/bin/tsc", "--project", ".", "--noEmit", cwd=built)
    finally:
        wrong.unlink()


def test_the_documentation_shows_these_files() -> None:
    """Each snippet of docs/clients.md and docs/webhooks.md is the file that it names, as it is run by tests/peers."""
    pages = [(ROOT / "docs" / name).read_text() for name in ("clients.md", "webhooks.md")]
    shown = dict(_SNIPPET.findall("".join(pages)))
    assert {name: (ROOT / name).read_text() for name in shown} == shown
    clients = {str(path.relative_to(ROOT)) for path in (HERE / "clients").iterdir() if path.stem[0] != "_"}
    assert clients | {"tests/peers/codegen.json", "tests/peers/operations.graphql"} <= set(shown)
