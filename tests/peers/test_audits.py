"""GraphQL over HTTP as its authors check it: every audit of the npm package `graphql-http` against a real server."""

import asyncio
import json

from tests.peers.conftest import run
from tests.support.server import Server

AUDITS = 61


async def test_every_audit_passes(node: str, server: Server) -> None:
    """What a server MUST, SHOULD and MAY do alike."""
    printed = await asyncio.to_thread(run, node, "audits.js", f"{server.url}/graphql")
    results = [json.loads(line) for line in printed.splitlines()]
    assert [result for result in results if result["status"] != "ok"] == []
    assert len({result["id"] for result in results}) == AUDITS
    assert "Traceback" not in server.stderr
    faults = [line for line in server.stderr.splitlines() if '"level":"error"' in line]
    assert faults == []
