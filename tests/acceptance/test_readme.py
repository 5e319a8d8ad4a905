"""The README's five minutes, typed as they stand: the commands run, and their output is what the README shows."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.server import Server, running_server

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```(sh|json|)\n(.*?)```", re.DOTALL)
_VARYING = (
    (re.compile(r"(contact|merge|org)_[0-9a-z]{26}"), r"\1_…"),
    (re.compile(r"in [\d.]+ s \([\d,]+ a second\)"), "in … s"),
)


def tour() -> list[tuple[str, str]]:
    """(commands, the output shown behind them) of each step; the output is empty where none is shown."""
    text = (ROOT / "README.md").read_text().partition("<!-- tour")[2]
    steps: list[tuple[str, str]] = []
    for kind, body in _BLOCK.findall(text):
        if kind == "sh":
            steps.append((body, ""))
        else:
            steps[-1] = (steps[-1][0], body)
    return steps


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Server]:
    """A demo with a server, in a folder that looks like a checkout after `make run`."""
    onefold = Path(sys.executable).parent / "onefold"
    env = {
        "ONEFOLD_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/data/onefold.db",
        "ONEFOLD_DEMO_KEY_FILE": f"{tmp_path}/data/demo.key",
    }
    made = await asyncio.to_thread(_run, [str(onefold), "demo"], tmp_path, env)
    assert made.returncode == 0, made.stderr
    (tmp_path / ".venv").symlink_to(onefold.parents[1])
    async with running_server(env["ONEFOLD_DATABASE_URL"]) as server:
        yield server


async def test_the_tour_of_the_readme_says_what_it_says(demo: Server, tmp_path: Path) -> None:
    """Every command of the tour succeeds, and what it prints is what the README shows behind it."""
    steps = tour()
    assert len(steps) >= 6
    mark = "=== next step ==="
    script = f"\necho '{mark}'\n".join(commands for commands, _ in steps)
    environment = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(demo.port),
        "ONEFOLD_DATABASE_URL": demo.database_url,
        "HOME": str(tmp_path),
    }
    commands = ["bash", "-eu", "-c", script.replace("/tmp/people", str(tmp_path / "people"))]
    done = await asyncio.to_thread(_run, commands, tmp_path, environment)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.replace(str(tmp_path / "people"), "/tmp/people").split(f"{mark}\n")
    assert len(printed) == len(steps)
    for output, (typed, shown) in zip(printed, steps, strict=True):
        missing = [line for line in _lines(shown) if line not in _normal(output)]
        assert missing == [], f"{typed}\nprinted:\n{output}"


def _run(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def _lines(shown: str) -> list[str]:
    return [_normal(line) for line in shown.splitlines() if line.strip()]


def _normal(text: str) -> str:
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return text


def test_the_settings_page_is_made_from_the_settings() -> None:
    """docs/configuration.md is what `python -m gateway.settings` prints."""
    command = [sys.executable, "-m", "gateway.settings"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert (ROOT / "docs" / "configuration.md").read_text() == printed


def test_every_link_of_the_pages_leads_somewhere() -> None:
    """Relative links of README, CONTRIBUTING and docs/ name files that exist."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert len(links) > 10
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_the_tour_is_json_where_it_says_so() -> None:
    """Each line of a json block can be read."""
    for _, shown in tour():
        for line in shown.splitlines():
            if line.startswith("{"):
                json.loads(line)
