"""A disk of a few megabytes, which a test fills."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mounted while it is used. Skips the test, saying so, where this user may not mount one."""
    # Not in TMPDIR, which may be closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="onefold-disk-", dir="/tmp"))
    folder.chmod(0o755)
    options = f"size={megabytes}m,mode=0777"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    try:
        if mounted.returncode != 0:
            pytest.skip("a full disk is NOT tested: mounting a small one needs root, and Linux")
        yield folder
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def fill(folder: Path) -> Path:
    """A file that takes all the room there is; deleting it gives the room back."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
        except OSError:
            return filler
