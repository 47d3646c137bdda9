# SPDX-License-Identifier: MIT
"""Running servers that were unpacked somewhere, with the libraries that came with them."""

import re
import subprocess


def version_of(program):
    """(product, version) of a server program, ("redis", "7.0.15"); None if it isn't one."""
    try:
        shown = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"(\w+) server v=(\d\S*)", shown.stdout)
    return (found[1].lower(), found[2]) if found else None


def loader_in(root):
    """The dynamic loader among the unpacked files; None if there is no C library among them."""
    for pattern in ("ld-linux*.so.*", "ld64.so.*", "ld.so.1"):
        for path in sorted(root.rglob(pattern)):
            # A link may be absolute, and lead to the machine's own.
            if path.is_file() and not path.is_symlink():
                return path
    return None


def write_starter(starter, product, root):
    """A script that runs a server of the unpacked tools with the libraries, and the loader, that came
    with it; whether it does run."""
    program = root / f"usr/bin/{product}-server"
    # Under the name of a checker it is in the tools, too: by a name of its own it runs as a server.
    if not program.exists():
        program.symlink_to(f"{product}-check-rdb")
    folders = sorted({str(path.parent) for path in root.rglob("lib*.so*")})
    libraries = ":".join(folders)
    loader = loader_in(root)
    if loader is not None:
        command = f'"{loader}" --library-path "{libraries}" "{program}"'
    else:
        more = "${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        command = f'"{program}"'
        if folders:
            command = f'env LD_LIBRARY_PATH="{libraries}{more}" {command}'
    starter.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    starter.chmod(0o755)
    return version_of(starter) is not None
