# SPDX-License-Identifier: MIT
"""Runs commands with a log and a time limit, and tasks side by side in the order of their needs."""

import os
import signal
import subprocess
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from count import Count

TIMED_OUT = 124  # what `run` answers then, or …
LEFT_ALONE = 125  # … if all other processes of the same program had ended by then
TAIL = 60  # lines of a failed command's log that are shown

running = set()
running_lock = threading.Lock()


def run(command, log, seconds, env=None, cwd=None):
    """Runs a command and whatever it starts, all of which is gone afterwards. Its exit status."""
    with open(log, "ab") as output:
        output.write(f"$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            output.write(f"{error}\n".encode())
            return 127
        with running_lock:
            running.add(process)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            output.write(f"\nstopped: not done after {seconds} s\n".encode())
            return LEFT_ALONE if is_alone(process) else TIMED_OUT
        finally:
            kill_group(process)
            with running_lock:
                running.discard(process)


def descendants(pid):
    """The processes that it started, and theirs (Linux): Criterion puts tests in own sessions."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    found = [pid]
    for parent in found:
        found += [child for child in parents if parents[child] == parent]
    return found[1:]


def program_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def is_alone(process):
    """Whether it waits for nobody: no other process of its program is left among those below it."""
    program = program_of(process.pid)
    return program is not None and program not in map(program_of, descendants(process.pid))


def kill_group(process):
    """Kills the process, its group, and whatever else it started and still has."""
    below = descendants(process.pid) if process.poll() is None else []
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for pid in below:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def kill_all():
    with running_lock:
        for process in list(running):
            kill_group(process)


@dataclass
class Task:
    name: str
    work: object  # a function of (log path) that gives a Count
    needs: tuple = ()  # names of tasks that have to succeed before
    after: tuple = ()  # names of tasks that have to be over before
    count: Count = field(default_factory=Count)
    done: bool = False


def describe(count):
    parts = [f"{count.passed} passed"]
    if count.failed:
        parts.append(f"{len(count.failed)} failed")
    if count.skipped:
        parts.append(f"{len(count.skipped)} skipped")
    return ", ".join(parts) if count.passed or len(parts) > 1 else ""


def perform(task, log, say):
    start = time.monotonic()
    log.unlink(missing_ok=True)
    try:
        task.count = task.work(log)
    except Exception:  # a fault of the suite itself is a failure like any other
        task.count.failed.append(f"{task.name} (the suite itself failed)")
        with open(log, "a", encoding="utf-8") as output:
            output.write(traceback.format_exc())
    seconds = time.monotonic() - start
    mark = "FAIL" if task.count.failed else "ok"
    lines = [f"{mark:<5}{task.name:<22}{seconds:7.1f} s  {describe(task.count)}"]
    if task.count.failed:
        lines += [f"       {name}" for name in task.count.failed[:20]]
        lines += [f"     the end of {log}:"]
        if log.exists():
            text = log.read_text(encoding="utf-8", errors="replace")
            lines += [f"     | {line}" for line in text.splitlines()[-TAIL:]]
    say("\n".join(lines))


def run_tasks(tasks, workers, log_of, say):
    """Runs the tasks; one whose needs failed is failed too, without having been run."""
    changed = threading.Condition()
    waiting = list(tasks)
    by_name = {task.name: task for task in tasks}

    def next_task():
        for task in waiting:
            before = [name for name in task.needs + task.after if name in by_name]
            if all(by_name[name].done for name in before):
                waiting.remove(task)
                return task, [name for name in task.needs if by_name[name].count.failed]
        return None, []

    def worker():
        while True:
            with changed:
                task, missing = next_task()
                while task is None and waiting:
                    changed.wait()
                    task, missing = next_task()
                if task is None:
                    return
            if missing:
                task.count.failed.append(f"{task.name} (not run: {', '.join(missing)} failed)")
                say(f"FAIL {task.name:<22}           not run: {', '.join(missing)} failed")
            else:
                perform(task, log_of(task), say)
            with changed:
                task.done = True
                changed.notify_all()

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
