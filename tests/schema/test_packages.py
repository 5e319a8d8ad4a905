"""What is installed: our rooms are ours alone, and a wheel holds all that a running onefold needs."""

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
ROOMS = ("schema", "resolvers", "db", "gateway")
NOT_PACKED = {"__pycache__", "node_modules"}  # beside what the page is built from, by hand, with npm


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_belongs_to_onefold_alone(room: str) -> None:
    """A package of that name from elsewhere (`schema` is one on PyPI) would overwrite ours without a word."""
    owners = set(packages_distributions().get(room, ()))
    assert owners <= {"onefold"}, f"{room} belongs to {owners}: uninstall the stranger"
    module = __import__(room)
    assert Path(str(module.__file__)).parent == REPOSITORY / room


def test_the_command_is_ours() -> None:
    """`onefold` starts gateway.cli."""
    found = entry_points(group="console_scripts", name="onefold")
    assert [entry.value for entry in found] == ["gateway.cli:main"]


@pytest.mark.nightly
def test_a_wheel_holds_static_files_and_migrations(tmp_path: Path) -> None:
    """Built as `pip install .` builds it, without the network: GraphiQL's files, the demo, every migration."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("onefold-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    kept = {
        str(path.relative_to(REPOSITORY))
        for room in ROOMS
        for path in (REPOSITORY / room).rglob("*")
        if path.is_file() and not NOT_PACKED & set(path.parts)
    }
    assert kept - packed == set(), "in the repository and not in the wheel"
    assert packed - kept == set(), "in the wheel and not in the repository"
    for needed in ("gateway/static/demo/contacts.jsonl", "db/migrations/env.py", "schema/schema.graphql"):
        assert needed in packed
