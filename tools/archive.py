# SPDX-License-Identifier: MIT
"""Packages from the distribution's archive, fetched and unpacked privately: nothing is installed.

apt-get runs under a configuration of its own (sources, lists and cache are in a folder of the
caller's) and only downloads. Address and key of the archive come from the machine's apt sources.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

APT_SECONDS = 300


class Unavailable(Exception):
    """Why something can't be had here."""


# The machine's apt sources, in both of apt's formats


def one_line_sources(text):
    """deb [signed-by=/key arch=…] http://… suite component…"""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if found:
            options = dict(re.findall(r"(\S+?)\+?=(\S+)", found[1] or ""))
            yield {
                "URIs": found[2],
                "Suites": found[3],
                "Components": found[4].strip(),
                "Signed-By": options.get("signed-by", "").replace(",", " "),
            }


def stanza_sources(text):
    """Paragraphs of `Field: value`, where a value goes on in indented lines."""
    text = re.sub(r"(?m)^#.*\n?", "", text)
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"(?m)^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", paragraph))
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") != "no":
            yield fields


def machine_sources():
    folder = Path("/etc/apt")
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix == ".list":
            yield from one_line_sources(path.read_text())
        elif path.is_file() and path.suffix == ".sources":
            yield from stanza_sources(path.read_text())


def release_codename():
    """What the machine's own release is called in the archive."""
    for line in Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    raise Unavailable("/etc/os-release names no release")


def release_source(codename):
    """The source of the release itself, not that of its updates."""
    names = {codename, "stable", "oldstable", "testing"}
    for source in machine_sources():
        if names & set(source.get("Suites", "").split()):
            if "main" in source.get("Components", "").split():
                return source
    raise Unavailable(f"apt's sources on this machine have none for {codename}")


# apt-get under a configuration of its own


class Archive:
    """Some suites of the machine's archive, as a folder of one's own sees them.

    With the machine's status file only what the machine lacks is fetched, without one a package
    comes with all that it depends on.
    """

    def __init__(self, folder, suites, status="/dev/null"):
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise Unavailable("there is no apt-get here to fetch it with")
        self.folder = folder
        self.configuration = folder / "apt.conf"
        for name in ("state/lists/partial", "sources"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.write_sources(suites)
        self.write_configuration(status)

    def write_sources(self, suites):
        source = release_source(release_codename())
        stanza = [
            "Types: deb",
            f"URIs: {source['URIs']}",
            f"Suites: {' '.join(suites)}",
            f"Components: {source['Components']}",
        ]
        if source.get("Signed-By"):
            stanza.append(f"Signed-By: {source['Signed-By']}")
        (self.folder / "sources/archive.sources").write_text("\n".join(stanza) + "\n")

    def write_configuration(self, status):
        # The hooks are for the machine's own lists and archives.
        self.configuration.write_text(
            f"""\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
Dir::State "{self.folder}/state";
Dir::State::status "{status}";
Dir::Cache "{self.folder}/cache";
Dir::Cache::archives "archives/";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{self.folder}/sources";
APT::Sandbox::User "root";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Debug::NoLocking "true";
"""
        )

    def run(self, program, *words):
        """Runs an apt program; whether it was content, and what it printed or its last error."""
        done = subprocess.run(
            [program, "-c", self.configuration, "-q", *words],
            capture_output=True,
            text=True,
            timeout=APT_SECONDS,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
            check=False,
        )
        errors = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W:"))]
        if done.returncode == 0:
            return True, done.stdout
        return False, errors[-1] if errors else "no reason"

    def update(self):
        """Fetches the suites' lists. An error of it, or an empty text."""
        done, said = self.run("apt-get", "update")
        return "" if done else said

    def versions(self, package):
        """What the suites have of a package: (version, suite), newest first."""
        done, said = self.run("apt-cache", "madison", package)
        rows = [row.split("|") for row in said.splitlines()] if done else []
        found = [re.match(r"\s*\S+\s+(\S+)/", row[2]) for row in rows if len(row) == 3]
        return [(row[1].strip(), suite[1]) for row, suite in zip(rows, found) if suite]

    def unpack(self, packages, root, suite=None):
        """Packages (`name` or `name=version`) and what they need, unpacked in the folder `root`."""
        archives = self.folder / "cache/archives"
        shutil.rmtree(archives, ignore_errors=True)
        (archives / "partial").mkdir(parents=True)
        words = ["-y", "--download-only", "--no-install-recommends"]
        if suite is not None:
            words += ["-t", suite]
        done, said = self.run("apt-get", "install", *words, *packages)
        files = sorted(archives.glob("*.deb"))
        if not done or not files:
            raise Unavailable(f"apt-get can't fetch {' '.join(packages)}: {said}")
        shutil.rmtree(root, ignore_errors=True)
        for file in files:
            subprocess.run(["dpkg-deb", "-x", file, root], check=True)
        shutil.rmtree(archives)
