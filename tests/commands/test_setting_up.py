"""migrate, org create, key create, list and revoke: what they make, what they print and what they refuse."""

import asyncio
import json
import re
from datetime import UTC, datetime
from uuid import UUID

from db.engine import Database
from db.migrate import head_revision
from gateway.tokens import token_hash
from resolvers.access import ALL_SCOPES, DEFAULT_SCOPES, Actor, Scope
from resolvers.ids import KEY, ORGANIZATION, decode_id, encode_id
from resolvers.organizations import actor_of_token
from tests.commands.process import Shell

ORG = re.compile(r"org_[0-7][0-9a-hjkmnp-tv-z]{25}")
TOKEN = re.compile(r"ofk_[0-9A-Za-z]{59}")
STRANGER = "org_01h455vb4pex5vsknk084sn02q"


def holder(shell: Shell, token: str) -> Actor:
    """Who the database says holds a token."""
    hashed = token_hash(token)
    assert hashed is not None

    async def ask(db: Database) -> Actor | None:
        return await actor_of_token(db, hashed, datetime.now(UTC))

    found = shell.ask(ask)
    assert found is not None
    return found


def test_migrate_twice(bare_shell: Shell) -> None:
    """The first time it makes everything, the folder of a SQLite file too; the second time it changes nothing."""
    head = head_revision()
    first = bare_shell.by_script.done("migrate")
    assert first.out == f"Migrated the database from nothing to {head}.\n"
    before = bare_shell.state()
    assert bare_shell.done("migrate").out == f"The database is current (migration {head}).\n"
    assert bare_shell.done("migrate", "--json").json == {"before": head, "revision": head, "rebuilt": 0}
    assert bare_shell.state() == before


def test_two_migrate_at_once(bare_shell: Shell) -> None:
    """Two processes that start together: both succeed, one after the other."""

    async def both() -> list[tuple[str, str | None]]:
        runs = (asyncio.to_thread(bare_shell.done, "migrate", "--json") for _ in range(2))
        return sorted((str(answer.json["before"]), answer.json["revision"]) for answer in await asyncio.gather(*runs))

    head = head_revision()
    assert asyncio.run(both()) == [(str(head), head), ("None", head)]


def test_what_is_not_migrated_is_refused_with_the_way_out(bare_shell: Shell) -> None:
    """Every command that needs a database names `onefold migrate`, and serve does not start."""
    for command in (["org", "create", "Acme"], ["key", "create", "--org", STRANGER], ["serve", "--port", "0"]):
        assert "onefold migrate" in bare_shell.failed(*command)


def test_org_create(shell: Shell) -> None:
    """Its id stands alone on the last line; with --json the object alone; the name is kept."""
    answer = shell.by_script.done("org", "create", "  Müller & Söhne  ")
    assert ORG.fullmatch(answer.last)
    assert len(answer.out.splitlines()) == 2
    made = shell.done("org", "create", "Zwei", "--json").json
    assert ORG.fullmatch(made["id"])
    assert made["name"] == "Zwei"
    organizations = shell.state()["organization"]
    names = {row[0]: row[1] for row in organizations}
    assert names == {
        decode_id(ORGANIZATION, answer.last): "Müller & Söhne",
        decode_id(ORGANIZATION, made["id"]): "Zwei",
    }


def test_key_create(shell: Shell) -> None:
    """Without --scope all but `keys`; several organisations by --org twice and by --org2; the token alone is last."""
    one, two = shell.organization("One"), shell.organization("Two")
    answer = shell.by_script.done("key", "create", "--org", one)
    assert TOKEN.fullmatch(answer.last)
    assert answer.out.count("ofk_") == 1
    plain = holder(shell, answer.last)
    assert (plain.organizations, plain.scopes, plain.name) == ((decode_id(ORGANIZATION, one),), DEFAULT_SCOPES, None)
    assert ALL_SCOPES - plain.scopes == {Scope.KEYS}

    arguments = ("--org", one, "--org", two, "--org2", two, "--scope", "merge", "--scope", "keys", "--name", "CRM")
    made = shell.done("key", "create", *arguments, "--json").json
    assert made == {
        "id": made["id"],
        "token": made["token"],
        "organizations": [one, two],
        "scopes": ["keys", "merge"],
        "name": "CRM",
    }
    both = holder(shell, made["token"])
    assert {encode_id(ORGANIZATION, found) for found in both.organizations} == {one, two}
    assert (both.scopes, both.name) == (frozenset({Scope.MERGE, Scope.KEYS}), "CRM")
    by_org2 = holder(shell, shell.done("key", "create", "--org", one, "--org2", two).last)
    assert set(by_org2.organizations) == set(both.organizations)


def test_tokens_are_stored_hashed(shell: Shell) -> None:
    """The secret is nowhere in the database."""
    token = shell.done("key", "create", "--org", shell.organization()).last
    assert token[14:-6] not in repr(shell.state())


def test_key_create_refuses(shell: Shell) -> None:
    """A scope that is none, an organisation that is none or nobody's, a blank name: said on stderr, nothing made."""
    org = shell.organization()
    before = shell.state()
    said = shell.failed("key", "create", "--org", org, "--scope", "read")
    assert said == f"There is no scope read. Scopes: {', '.join(sorted(ALL_SCOPES))}."
    assert f"There is no organization {STRANGER}" in shell.failed("key", "create", "--org", org, "--org", STRANGER)
    assert "acme is no organization's id" in shell.failed("key", "create", "--org", "acme")
    assert "must not be blank" in shell.failed("key", "create", "--org", org, "--name", " ")
    assert shell.state() == before


def test_key_list_and_revoke(shell: Shell) -> None:
    """Newest first, of one organisation or all, no secret; a revoked key is nobody's, and revoked twice it stays."""
    one, two = shell.organization("One"), shell.organization("Two")
    old = shell.done("key", "create", "--org", one, "--name", "Old", "--json").json
    new = shell.done("key", "create", "--org", one, "--org", two, "--scope", "merge", "--json").json
    keys = json.loads(shell.done("key", "list", "--json").out)
    assert [key["id"] for key in keys] == [new["id"], old["id"]]
    assert (keys[0]["scopes"], keys[0]["organizations"], keys[1]["name"]) == (["merge"], [one, two], "Old")
    assert [key["id"] for key in json.loads(shell.done("key", "list", "--org", two, "--json").out)] == [new["id"]]
    table = shell.by_script.done("key", "list").out
    assert old["id"] in table
    assert "ofk_" not in table

    answer = shell.done("key", "revoke", new["id"])
    assert answer.last == new["id"]
    first = json.loads(shell.done("key", "list", "--json").out)[0]["revokedAt"]
    assert first is not None
    assert shell.done("key", "revoke", new["id"], "--json").json["revokedAt"] == first
    assert "revoked" in shell.done("key", "list").out
    hashed = token_hash(new["token"])
    assert hashed is not None
    assert shell.ask(lambda db: actor_of_token(db, hashed, datetime.now(UTC))) is None
    before = shell.state()
    assert "key_01j" in shell.failed("key", "revoke", "crm")
    assert "API key not found" in shell.failed("key", "revoke", encode_id(KEY, UUID(int=1)))
    assert shell.state() == before


def test_org_create_refuses(sqlite_shell: Shell) -> None:
    """A blank name, one that is too long, one that is no text."""
    before = sqlite_shell.state()
    assert "must not be blank" in sqlite_shell.failed("org", "create", "   ")
    assert "201 characters" in sqlite_shell.failed("org", "create", "x" * 201)
    assert "surrogate" in sqlite_shell.failed("org", "create", "\udcff")
    assert sqlite_shell.state() == before


def test_a_mistyped_command_says_how_it_is_written(sqlite_shell: Shell) -> None:
    """Exit 2, as shells expect of a wrong usage, and nothing on stdout."""
    for wrong in (["key", "create"], ["merge"], ["serve", "--port", "http"]):
        answer = sqlite_shell.by_script.run(*wrong, NO_COLOR="1", TERM="dumb")
        assert (answer.code, answer.out) == (2, ""), answer
        assert "Usage: onefold" in answer.err
