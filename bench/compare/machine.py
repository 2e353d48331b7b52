"""The machine under the benchmark: who uses its processors, and what it is."""

import os
import pathlib
import platform
import signal
import statistics
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/<pid>/stat after the command name: [0] is the state, [1] the parent."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()


def process_tree(root):
    """{pid: stat fields} of a process and all that it started and that still run."""
    stats = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stats[int(entry)] = _stat(entry)
            except OSError:
                continue  # it has ended
    tree, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            tree[pid] = stats[pid]
            waiting += [child for child, fields in stats.items() if int(fields[1]) == pid]
    return tree


def cpu_seconds(root):
    """User and system time of a process tree, all threads, children that have ended included."""
    return sum(sum(map(int, fields[11:15])) for fields in process_tree(root).values()) / TICKS


def stolen_seconds():
    """Processor time that this machine wanted and its host gave to others."""
    return int(pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[8]) / TICKS


def busy_seconds():
    """Processor time of the whole machine, idle and stolen time left out."""
    fields = list(map(int, pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:8]))
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def signal_tree(root, number):
    for pid in process_tree(root):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def pause(root):
    signal_tree(root, signal.SIGSTOP)


def resume(root):
    signal_tree(root, signal.SIGCONT)


def load_average():
    return os.getloadavg()[0]


def output(*command):
    """What a command prints, or "" when it is not there."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return (run.stdout or run.stderr).strip()


def filesystem(folder):
    return output("findmnt", "-n", "-o", "FSTYPE", "-T", str(folder))


def fdatasync_us(folder):
    """Median microseconds of a 4 KiB write and its fdatasync."""
    path, times = pathlib.Path(folder) / "fdatasync.probe", []
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(4096 * 200))
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(200):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    path.unlink()
    return statistics.median(times) * 1e6


def describe(folder):
    """[(what, value)]"""
    models = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    disk = output("findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", str(folder))
    return [("processors", f"{len(models)} x {models[0] if models else platform.machine()}"),
            ("memory", f"{memory:.0f} GiB"),
            ("kernel", f"{platform.system()} {platform.release()}"),
            ("disk of the data folders", " on ".join(disk.split())),
            ("4 KiB write and fdatasync there", f"{fdatasync_us(folder):.0f} us, median of 200")]
