"""What `onefold doctor` looks at on this machine: rights, file systems, room, locks. Nothing is changed."""

import asyncio
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from db.faults import StorageUnavailable
from db.findings import Finding, failure, fine, warning
from db.writer_lock import WriterLock

# What several machines share: neither flock nor SQLite's shared memory holds there.
_NETWORK = {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ceph", "lustre", "gfs2", "ocfs2", "beegfs"}
_NETWORK |= {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.davfs2", "davfs"}
# What one machine usually shares with a guest of its own: locks hold in the guest, and not against its host.
_SHARED = {"9p", "virtiofs", "vboxsf", "prl_fs", "fuse.grpcfuse", "fuse.osxfs", "fuse.vmhgfs-fuse"}
_LITTLE, _TIGHT = 100_000_000, 1_000_000_000  # bytes free
LOCK_SECONDS = 5.0
_WAL_WRITE_LOCK = 120  # the byte of the -shm file that a writer locks (sqlite.org/walformat.html, "WAL locks")
_RESERVED = 0x40000001  # the byte of the database that a writer without a log locks (sqlite.org/c3ref, "pending byte")


def place_findings(path: Path) -> Iterator[Finding]:
    """The file, what lies beside it, and its folder; a failure at the file itself when it is not there."""
    folder = path.parent
    if path.is_dir():
        cure = "Name a file in ONEFOLD_DATABASE_URL, such as …/onefold.db."
        yield failure("database", f"{path} is a folder.", cure)
        return
    if not path.exists():
        yield failure("database", f"There is no database at {path}.", "Make it: onefold migrate (or: onefold demo)")
    else:
        yield from _rights(path)
    if folder.is_dir():
        yield _folder(folder)
        yield file_system_finding(folder, _mounts())
        yield _room(path)


def key_finding(path: Path) -> Finding | None:
    """The demo key's file: for its owner's eyes. None when there is no demo."""
    if not path.is_file():
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return warning("demo key", f"Others can read {path} (mode {mode:o}).", f"chmod 600 {path}")
    return fine("demo key", f"{path} is its owner's alone.")


def clock_finding(path: Path) -> Finding:
    """The clock must not stand before the last write."""
    behind = path.stat().st_mtime - time.time()
    if behind > 60:
        seen = f"This machine's clock is {behind:.0f} s behind the last write to {path}."
        return warning("clock", seen, "Set it right (NTP): ids and histories are ordered by it.")
    return fine("clock", "Not behind the last write.")


def lock_findings(path: Path, seconds: float = LOCK_SECONDS) -> Finding:
    """Whether a writer gets its turn within `seconds`; else who has it."""
    check, queue = "write lock", Path(f"{path}.lock")
    if queue.exists():  # else no writer has ever come, and we make no file
        try:
            asyncio.run(_take_turn(queue, seconds))
        except StorageUnavailable:
            return _held(check, queue, _holder(queue, "FLOCK"), seconds)
    # onefold's writers queue at that file. Another program, such as a shell of SQLite, locks bytes of these.
    until = time.monotonic() + seconds
    while holder := (_holder(Path(f"{path}-shm"), "POSIX", _WAL_WRITE_LOCK) or _holder(path, "POSIX", _RESERVED)):
        if time.monotonic() > until:
            return _held(check, path, holder, seconds)
        time.sleep(0.05)
    return fine(check, "Free, or freed in time.")


async def _take_turn(queue: Path, seconds: float) -> None:
    lock = WriterLock(queue, seconds)
    try:
        async with lock.held():
            pass
    finally:
        lock.close()


def _held(check: str, path: Path, holder: int | None, seconds: float) -> Finding:
    seen = f"{path} stayed locked for {seconds:g} s, by {_named(holder)}."
    return failure(check, seen, "Let it finish or end it; writers give up after 15 s and answer UNAVAILABLE.")


def _named(pid: int | None) -> str:
    if not pid or pid < 0:  # such as one of another container
        return "a process that cannot be seen from here"
    try:
        command = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return f"process {pid}"
    return f"process {pid} ({command})"


def _holder(path: Path, kind: str, byte: int | None = None) -> int | None:
    """Who holds a write lock on the file, or on one byte of it, by /proc/locks; None too where there is no such."""
    try:
        lines = Path("/proc/locks").read_text().splitlines()
        inode = path.stat().st_ino
    except OSError:
        return None
    for line in lines:
        _, found, _, access, pid, place, start, end, *_ = [*line.replace("-> ", "").split(), "", ""]
        if (found, access, place.rpartition(":")[2]) != (kind, "WRITE", str(inode)):
            continue
        if byte is None or int(start) <= byte <= (byte if end == "EOF" else int(end)):
            return int(pid)
    return None


def _rights(path: Path) -> Iterator[Finding]:
    check = "rights"
    files = [found for suffix in ("", "-wal", "-shm", ".lock") if (found := Path(f"{path}{suffix}")).exists()]
    shut = [file for file in files if not _allowed(file, os.R_OK | os.W_OK)]
    if shut:
        cure = f"Run onefold as the owner of the files, or: chown $(id -u) {path}*; chmod 600 {path}*"
        yield failure(check, f"{', '.join(map(str, shut))}: this user may not read and write there.", cure)
        return
    readable = [file for file in files if file.stat().st_mode & stat.S_IROTH]
    if readable and path.parent.stat().st_mode & stat.S_IXOTH:
        seen = f"Everybody on this machine can read {', '.join(file.name for file in readable)}."
        yield warning(check, seen, f"chmod 600 {' '.join(map(str, readable))}")
        return
    yield fine(check, "Read and written by this user, not by everybody.")


def _folder(folder: Path) -> Finding:
    if not _allowed(folder, os.R_OK | os.W_OK | os.X_OK):
        cure = f"Run onefold as its owner, or: chown $(id -u) {folder}"
        return failure("folder", f"This user may not make files in {folder}; SQLite's log needs that.", cure)
    return fine("folder", f"Files can be made in {folder}.")


def _allowed(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def file_system_finding(folder: Path, mounts: str | None) -> Finding:
    """By the text of /proc/self/mountinfo (None where there is none): whether other machines may write there."""
    check = "file system"
    if mounts is None:
        return fine(check, "Not known on this system; the file must lie on a local disk.")
    kind = _kind(folder.resolve(), mounts)
    if kind in _NETWORK:
        cure = "Move the file to a local disk, or use PostgreSQL (docs/running.md)."
        return failure(check, f"{folder} lies on a network file system ({kind}), where SQLite loses data.", cure)
    if kind in _SHARED:
        cure = "Open it from one side alone; better, keep it on a disk of the guest's own."
        return warning(check, f"{folder} is shared between a host and its guest ({kind}).", cure)
    return fine(check, f"Local ({kind}).")


def _kind(folder: Path, mounts: str) -> str:
    """The type of the file system that the folder lies on: of the longest mount point above it, the last one there."""
    best, kind = -1, "unknown"
    for line in mounts.splitlines():
        head, _, tail = line.partition(" - ")
        point = Path(head.split()[4].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), tail.split()[0]
    return kind


def _mounts() -> str | None:
    try:
        return Path("/proc/self/mountinfo").read_text()
    except FileNotFoundError:
        return None


def _room(path: Path) -> Finding:
    check, free = "disk space", shutil.disk_usage(path.parent).free
    size = path.stat().st_size if path.exists() else 0
    seen = f"{free / 1e9:,.1f} GB free at {path.parent}; the database has {size / 1e9:,.1f} GB."
    if free < _LITTLE:
        return failure(check, seen, "Make room: a full disk stops every writer.")
    if free < max(_TIGHT, size):
        return warning(check, seen, "Make room: a migration or a backup here may need as much as the database has.")
    return fine(check, seen)
