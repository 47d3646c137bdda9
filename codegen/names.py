# SPDX-License-Identifier: MIT
"""Names that are taken: by the languages, by generated code itself, by the runtime."""
from __future__ import annotations

import re
from pathlib import Path

C_KEYWORDS = set(
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual".split())

CPP_KEYWORDS = set(
    "and and_eq asm bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield compl concept "
    "const_cast consteval constinit decltype delete dynamic_cast explicit export friend mutable namespace new "
    "noexcept not not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template "
    "this throw try typeid typename using virtual wchar_t xor xor_eq".split())

# Words that system headers or compilers define as macros.
MACROS = set("assert complex errno i386 linux major minor makedev stderr stdin stdout unix imaginary".split())

# What generated functions call their own variables.
LOCALS = set("r c options argc room item i checked".split())


def fault_of_name(name: str) -> str | None:
    """Why a name can't be a parameter or a field; None if it can."""
    if name in C_KEYWORDS:
        return f"\"{name}\" is a keyword of C"
    if name in CPP_KEYWORDS:
        return f"\"{name}\" is a keyword of C++"
    if name in MACROS:
        return f"\"{name}\" is a macro of system headers"
    return None


_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_IDENTIFIER = re.compile(r"\b(?:redisc|REDISC)_\w+")
_DEFINE = re.compile(r"^\s*#\s*define\s+(REDISC_\w+|redisc_\w+)", re.M)
_LIST = re.compile(r"^REDISC_DECLARE_LIST\((\w+),", re.M)


def runtime_names(runtime: Path) -> dict[str, str]:
    """Each name that a header of the runtime mentions, with that header's name."""
    found: dict[str, str] = {}
    for header in sorted(runtime.glob("include/redisc/*.h")) + sorted(runtime.glob("src/*.h")):
        text = _COMMENT.sub(" ", header.read_text(encoding="utf-8"))
        names = set(_IDENTIFIER.findall(text)) | set(_DEFINE.findall(text))
        names |= {f"redisc_{name}_list" for name in _LIST.findall(text)}
        for name in sorted(names):
            found.setdefault(name, header.name)
    return found
