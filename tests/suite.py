# SPDX-License-Identifier: MIT
"""The whole test suite: builds what it needs, runs the parts side by side, and counts.

    python3 tests/suite.py [--server PROGRAM] [PART…]     (./run test: with what it needs installed)

Parts: see PARTS. Logs and builds are in build/. Ends with `N passed, N failed, N skipped`.

With --server that server is tested against and no other, by default in the part `live` alone; which
functions are skipped follows from its version.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
RECORDS = BUILD / "records"
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tools")]
sys.dont_write_bytecode = True

from count import Count, from_junit, from_tap  # noqa: E402
from schedule import LEFT_ALONE, Task, kill_all, run, run_tasks  # noqa: E402
from unpacked import version_of  # noqa: E402

PARTS = {
    "generated": "what is committed under generated/ is what the generator writes",
    "codegen": "tests of the generator",
    "arguments": "random commands of the servers' argument trees, sent by the functions",
    "replies": "what servers answer the live tests, held against the schemas of replies",
    "import": "servers are read, and new commands of theirs can be called",
    "unit": "unit tests of the runtime",
    "wire": "the specification's examples, without a server",
    "live": "every generated function against real servers",
    "threads": "programs of many threads",
    "examples": "the examples run, and show what they say",
    "docs": "README and docs/ say what the code is",
    "reference": "reference pages, manual and site are whole and free of warnings",
    "bindings": "a binding made of api.json gives what the examples say",
    "headers": "each public header alone, in C and C++",
    "package": "installed, found and linked as users do it",
    "symbols": "what the shared library exports",
    "sanitize": "unit, wire and live once more with ASan and UBSan",
    "race": "the programs of many threads with TSan",
    "fuzz": "short runs of the fuzz targets",
    "format": "the C is laid out as .clang-format says",
    "lint": "clang-tidy on the runtime",
    "support": "the suite's own counting",
}
WORKERS = max(2, os.cpu_count() or 2)
CLANG_VERSION = "14"  # Debian 12's
FUZZ_SECONDS = 15
PROGRAM_SECONDS = 240
FAILURES_SHOWN = 50
BUILD_SECONDS = 1200


def log_of(task):
    return LOGS / (re.sub(r"\W+", "-", task.name) + ".log")


def one_check(name, status):
    return Count(passed=1) if status == 0 else Count(failed=[name])


# Builds. Only one of them may write generated/.

FLAVOURS = {
    "plain": ["-DREDISC_BUILD_TESTS=ON", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"],
    "sanitize": [
        "-DREDISC_BUILD_TESTS=ON",
        "-DREDISC_BUILD_FUZZ=ON",
        "-DREDISC_REGENERATE=OFF",
        "-DREDISC_SANITIZE=address,undefined",
        "-DREDISC_BUILD_SHARED=OFF",
        "-DCMAKE_C_COMPILER=clang",
        "-DCMAKE_BUILD_TYPE=None",
        "-DCMAKE_C_FLAGS=-O1 -g",
    ],
    "race": [
        "-DREDISC_BUILD_TESTS=ON",
        "-DREDISC_REGENERATE=OFF",
        "-DREDISC_SANITIZE=thread",
        "-DREDISC_BUILD_SHARED=OFF",
        "-DREDISC_BUILD_EXAMPLES=OFF",
        "-DCMAKE_C_COMPILER=clang",
        "-DCMAKE_BUILD_TYPE=None",
        "-DCMAKE_C_FLAGS=-O1 -g",
    ],
}


def build(flavour):
    def work(log):
        flags = ["-GNinja", "-DREDISC_WERROR=ON", *FLAVOURS[flavour]]
        status = run(["cmake", "-S", ROOT, "-B", BUILD / flavour, *flags], log, BUILD_SECONDS)
        if status == 0:
            status = run(["cmake", "--build", BUILD / flavour], log, BUILD_SECONDS)
        return Count() if status == 0 else Count(failed=[f"build {flavour}"])

    # What is committed is compared before a build brings it up to date.
    return Task(f"build {flavour}", work, after=("generated",))


# Test programs


def programs(flavour, kind):
    folder = BUILD / flavour / "tests" / kind
    return sorted(path for path in folder.glob("*") if os.access(path, os.X_OK) and path.is_file())


def steady_addresses():
    """Sanitizers want their address ranges free, which randomisation can't promise them."""
    command = ["setarch", "-R"]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    except OSError:
        return []
    return command if tried.returncode == 0 else []


def sanitizer_environment(reports):
    options = f"log_path={reports}:print_stacktrace=1:allocator_may_return_null=1"
    return {f"{name}_OPTIONS": options for name in ("ASAN", "UBSAN", "LSAN", "TSAN")}


def run_program(program, label, log, env, sanitized):
    """One test program. A sanitizer's report is a failure, whatever the test said of itself."""
    env = dict(env)
    report = Path(f"{log}.{program.name}.report")
    for old in report.parent.glob(report.name + ".*"):
        old.unlink()
    command = [program]
    if sanitized:
        env.update(sanitizer_environment(report))
        command = steady_addresses() + command
    tap = Path(f"{log}.{program.name}.tap")
    tap.unlink(missing_ok=True)
    if program.parent.name == "threads":
        status = run(["sh", "-c", '"$@" > "$0"', tap, *command], log, PROGRAM_SECONDS, env)
    else:
        command += ["--color=never", f"--tap={tap}"]
        status = run(command, log, PROGRAM_SECONDS, env)
        # Criterion's own process can deadlock, very rarely, when all its tests have ended.
        if status == LEFT_ALONE:
            status = run(command, log, PROGRAM_SECONDS, env)
    said = tap.read_text(encoding="utf-8", errors="replace") if tap.exists() else ""
    count = from_tap(said, label, status)
    for found in sorted(report.parent.glob(report.name + ".*")):
        with open(log, "a", encoding="utf-8") as output:
            output.write(found.read_text(encoding="utf-8", errors="replace"))
        count.failed.append(f"{label} ({found.name} is a sanitizer's report)")
    return count


def program_task(name, flavour, kind, env):
    def work(log):
        count = Count()
        found = programs(flavour, kind)
        for program in found:
            count.add(run_program(program, program.name, log, env, flavour != "plain"))
        if not found:
            count.failed.append(f"{name} (there are no programs)")
        return count

    return Task(name, work, (f"build {flavour}",))


# Other checks


def pytest_task(name, folder, needs=(), env=None):
    def work(log):
        report = Path(f"{log}.xml")
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
        command += [f"--junitxml={report}", f"--basetemp={LOGS / ('tmp-' + name)}", ROOT / folder]
        every = {"PYTHONDONTWRITEBYTECODE": "1", "REDISC_BUILD": str(BUILD / "plain")}
        status = run(command, log, BUILD_SECONDS, {**every, **(env or {})}, ROOT)
        return from_junit(report, name, status)

    return Task(name, work, needs)


def generated(log):
    return one_check("generated", run([sys.executable, "-m", "codegen", "check"], log, 300, None, ROOT))


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.[ch]"))


def other_version(tool):
    """Another clang lays out and finds fault differently: why the check is skipped, or None."""
    shown = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"version (\d+)", shown)[1]
    return None if version == CLANG_VERSION else f"made for {tool} {CLANG_VERSION}, not {version}"


def layout(log):
    reason = other_version("clang-format")
    if reason:
        return Count(skipped=[("format", reason)])
    files = sources("runtime", "json", "tests", "examples", "bench", "tools")
    return one_check("format", run(["clang-format", "--dry-run", "-Werror", *files], log, 300))


def lint(log):
    reason = other_version("clang-tidy")
    if reason:
        return Count(skipped=[("lint", reason)])
    count = Count()
    for path in sources("runtime/src", "runtime/tls", "json/src"):
        if path.suffix == ".c":
            command = ["clang-tidy", "--quiet", "-p", BUILD / "plain", path]
            count.add(one_check(f"lint {path.name}", run(command, log, 300)))
    return count


def fuzz_task(program_name):
    def work(log):
        program = BUILD / "sanitize/tests/fuzz" / program_name
        corpus = BUILD / "fuzz" / program_name
        findings = BUILD / "fuzz" / f"{program_name}-findings"
        seeds = ROOT / "tests/fuzz/corpus" / program_name.removeprefix("fuzz_")
        for folder in (corpus, findings):
            folder.mkdir(parents=True, exist_ok=True)
        command = [*steady_addresses(), program, f"-max_total_time={FUZZ_SECONDS}", "-timeout=10"]
        command += ["-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1"]
        command += [f"-artifact_prefix={findings}/", corpus]
        if seeds.is_dir():
            command.append(seeds)
        return one_check(program_name, run(command, log, FUZZ_SECONDS + 120))

    return Task(program_name, work, ("build sanitize",))


# Servers


def find_servers():
    """Name → (program or None, its version or the reason why there is none)."""
    servers = {}
    for name in ("redis", "valkey"):
        found = subprocess.run(
            [sys.executable, ROOT / "tools/fetch-server", name, BUILD / "servers"],
            capture_output=True,
            text=True,
            check=False,
        )
        if found.returncode != 0:
            servers[name] = (None, found.stderr.strip().splitlines()[-1])
        else:
            servers.update(given_server(found.stdout.strip()))
    return servers


def search_module(server, version):
    """The module that the distribution's Redis can load, or an empty text."""
    if server != "redis" or not version.startswith("7."):
        return ""
    command = [sys.executable, ROOT / "tools/fetch-module", BUILD / "servers"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def replies_schemas():
    """The schemas of servers' replies, which are no part of the project, if they are there."""
    folder = Path(os.environ.get("REDISC_SERVERS", ROOT.parent / "shared/servers"))
    return (folder / "reply-schemas.json").is_file()


def record_folder(server, version):
    """A folder for what the live tests say to a server, and it to them."""
    folder = RECORDS / f"{server}-{version}"
    folder.mkdir(parents=True)
    return folder


def given_server(program):
    """The same for one program; it has to be a server."""
    program = shutil.which(program) or program
    known = version_of(program)
    if known is None:
        sys.exit(f"{program} is no server that tells its version")
    return {known[0]: (os.path.abspath(program), known[1])}


def server_tasks(name, servers, make):
    """A task for each server: make(label, server, program, version); skipped if it is not to be had."""
    for server, (program, version) in servers.items():
        if program is None:
            skipped = Count(skipped=[(f"{name} {server}", version)])
            yield Task(f"{name} {server}", lambda log, skipped=skipped: skipped)
        else:
            yield make(f"{name} {server} {version}", server, program, version)


def live_tasks(name, flavour, servers, recorded=False):
    def make(label, server, program, version):
        env = {"REDISC_TEST_SERVER": program}
        env["REDISC_TEST_SEARCH"] = search_module(server, version)
        if recorded:
            env["REDISC_TEST_RECORD"] = str(record_folder(server, version))
        return program_task(label, flavour, "live", env)

    return server_tasks(name, servers, make)


def import_tasks(servers):
    def make(label, _server, program, _version):
        return pytest_task(label, "tests/import", ("build plain",), {"REDISC_TEST_SERVER": program})

    return server_tasks("import", servers, make)


def make_locale():
    """A locale with a decimal comma, in build/, so that numbers can be seen not to follow it."""
    folder = BUILD / "locale"
    if not (folder / "de_DE.UTF-8").is_dir() and shutil.which("localedef"):
        folder.mkdir(exist_ok=True)
        command = ["localedef", "-i", "de_DE", "-f", "UTF-8", folder / "de_DE.UTF-8"]
        subprocess.run(command, capture_output=True, check=False)
    if (folder / "de_DE.UTF-8").is_dir():
        os.environ["LOCPATH"] = str(folder)


# The plan


def plan(parts, servers):
    """The tasks of the parts; the long ones come first."""
    redis = {"REDISC_TEST_SERVER": next(iter(servers.values()))[0] or ""}
    tasks = []
    if "generated" in parts:
        tasks.append(Task("generated", generated))
    plain = {"unit", "wire", "live", "threads", "examples", "docs", "symbols", "package", "lint"}
    plain |= {"reference", "bindings", "arguments", "replies", "import"}
    for flavour, users in {
        "plain": plain,
        "sanitize": {"sanitize", "fuzz"},
        "race": {"race"},
    }.items():
        if users & parts:
            tasks.append(build(flavour))
    for kind in ("unit", "wire", "threads"):
        if kind in parts:
            tasks.append(program_task(kind, "plain", kind, redis))
    recorded = "replies" in parts and replies_schemas()
    shutil.rmtree(RECORDS, ignore_errors=True)
    live = list(live_tasks("live", "plain", servers, recorded)) if recorded or "live" in parts else []
    tasks += live
    if "replies" in parts:
        needs = ("build plain", *(task.name for task in live))
        records = {"REDISC_TEST_RECORDS": str(RECORDS)}
        tasks.append(pytest_task("replies", "tests/replies", needs, records))
    if "codegen" in parts:
        tasks.append(pytest_task("codegen", "tests/codegen"))
    if "arguments" in parts:
        tasks.append(pytest_task("arguments", "tests/arguments", ("build plain",)))
    if "import" in parts:
        tasks += import_tasks(servers)
    if "sanitize" in parts:
        for kind in ("unit", "wire", "threads"):
            tasks.append(program_task(f"sanitize {kind}", "sanitize", kind, redis))
        tasks += live_tasks("sanitize live", "sanitize", servers)
    if "fuzz" in parts:
        names = sorted(path.stem for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))
        tasks += [fuzz_task(name) for name in names]
    if "race" in parts:
        tasks.append(program_task("race", "race", "threads", redis))
    if "lint" in parts:
        tasks.append(Task("lint", lint, ("build plain",)))
    if "package" in parts:
        tasks.append(pytest_task("package", "tests/package", ("build plain",), redis))
    if "headers" in parts:
        tasks.append(pytest_task("headers", "tests/headers"))
    if "symbols" in parts:
        tasks.append(pytest_task("symbols", "tests/abi", ("build plain",)))
    if "support" in parts:
        tasks.append(pytest_task("support", "tests/support"))
    if "examples" in parts:
        tasks.append(pytest_task("examples", "tests/examples", ("build plain",), redis))
    if "docs" in parts:
        tasks.append(pytest_task("docs", "tests/docs", ("build plain",), redis))
    if "reference" in parts:
        tasks.append(pytest_task("reference", "tests/reference", ("build plain",), redis))
    if "bindings" in parts:
        tasks.append(pytest_task("bindings", "tests/bindings", ("build plain",), redis))
    if "format" in parts:
        tasks.append(Task("format", layout))
    return tasks


def tell_skipped(tasks):
    """What was skipped, told once where several tasks skipped the same for the same reason."""
    by_reason = {}
    for task in tasks:
        for name, reason in task.count.skipped:
            test = re.split(r"::| ", name)[-1]
            reason = reason.removesuffix(f": {test}")
            by_reason.setdefault((task.name, reason), []).append(test)
    by_names = {}
    for (task, reason), names in by_reason.items():
        by_names.setdefault((reason, tuple(sorted(names))), []).append(task)
    if by_names:
        print("\nSkipped:")
    for (reason, names), skipping in by_names.items():
        text = f"{', '.join(skipping)}: {len(names)}, {reason}: {', '.join(names)}"
        print(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="      "))


def summarise(tasks, seconds):
    total = Count()
    for task in tasks:
        total.add(task.count)
    tell_skipped(tasks)
    if total.failed:
        print("\nFailed:")
        for name in total.failed[:FAILURES_SHOWN]:
            print(f"  {name}")
        if len(total.failed) > FAILURES_SHOWN:
            print(f"  … and {len(total.failed) - FAILURES_SHOWN} more")
    print(f"\nDone in {seconds:.0f} s.")
    print(f"{total.passed} passed, {len(total.failed)} failed, {len(total.skipped)} skipped")
    return 1 if total.failed or not total.passed else 0


def stop(_signal, _frame):
    raise KeyboardInterrupt


def arguments():
    """The parts to run, and the server to run them with, or None."""
    words = sys.argv[1:]
    program = None
    if "--server" in words:
        at = words.index("--server")
        if at + 1 == len(words):
            sys.exit("--server wants the path of a server program")
        program = words[at + 1]
        del words[at : at + 2]
    parts = set(words) or (set(PARTS) if program is None else {"live"})
    listing = "\n".join(f"  {name:<10} {text}" for name, text in PARTS.items())
    if parts == {"help"}:
        print(listing)
        sys.exit(0)
    if parts - set(PARTS):
        sys.exit(f"There is no part {', '.join(sorted(parts - set(PARTS)))}. Parts:\n{listing}")
    return parts, program


def perform(make_tasks):
    """Makes the tasks and runs them, in surroundings that are fit for tests."""
    LOGS.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, stop)
    said = threading.Lock()

    def say(text):
        with said:
            print(text, flush=True)

    # Short, since Unix sockets are made in it, and not left behind, even by a test that crashed.
    temporary = tempfile.mkdtemp(prefix="rd-", dir="/tmp")
    os.environ["TMPDIR"] = temporary
    make_locale()
    try:
        tasks = make_tasks()
        run_tasks(tasks, WORKERS, log_of, say)
    except KeyboardInterrupt:
        kill_all()
        sys.exit("stopped")
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    sys.stdout.flush()
    return tasks


def main():
    parts, program = arguments()
    start = time.monotonic()
    tasks = perform(lambda: plan(parts, given_server(program) if program else find_servers()))
    sys.exit(summarise(tasks, time.monotonic() - start))


if __name__ == "__main__":
    main()
