"""What processes use: time of the processor and memory. Linux only; elsewhere it is not known (nan)."""

import os
from pathlib import Path

_PROC = Path("/proc")
_MEBIBYTE_IN_KIB = 1024
_UNKNOWN = float("nan")


def processor_seconds(pid: int) -> float:
    """Return the time that a process's threads have spent computing so far, for itself and in the kernel."""
    try:
        told = (_PROC / str(pid) / "stat").read_text()
    except FileNotFoundError:
        return _UNKNOWN
    user, system = told.rpartition(")")[2].split()[11:13]  # what precedes is the command, spaces and all: proc(5)
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def all_processor_seconds() -> float:
    """Return the time that the machine's processor was busy so far, with whatever."""
    try:
        first = (_PROC / "stat").read_text().partition("\n")[0].split()
    except FileNotFoundError:
        return _UNKNOWN
    user, nice, system, _idle, _waiting, *others = map(int, first[1:9])
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def others_seconds() -> float:
    """Return the time that the machine was busy so far with what this process did not start, or that has not ended."""
    return all_processor_seconds() - sum(os.times()[:4])


def memory(pid: int) -> tuple[float, float]:
    """Return the memory in use and the most so far, in MiB."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except FileNotFoundError:
        return _UNKNOWN, _UNKNOWN
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    now, peak = (int(told[name].split()[0]) / _MEBIBYTE_IN_KIB for name in ("VmRSS", "VmHWM"))
    return now, peak


def child(*words: str) -> int:
    """Return the process that this one started with these words in its command; 0 if there is none, or not one only."""
    found = [int(folder.name) for folder in _PROC.glob("[0-9]*") if _is_child(folder, words)]
    return found[0] if len(found) == 1 else 0


def _is_child(folder: Path, words: tuple[str, ...]) -> bool:
    try:
        parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        command = (folder / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        return False
    return int(parent) == os.getpid() and all(any(word.encode() in part for part in command) for word in words)
