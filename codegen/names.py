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
LOCALS = set("r c options argc room item i inner j innermost h checked given reads".split())


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
_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
_STATUS = re.compile(r"\bX\((REDISC_\w+),")
_LIST = re.compile(r"^REDISC_DECLARE_LIST\((\w+),", re.M)
_BODY = re.compile(r"\)\s*\{")  # of a function
_USED = re.compile(r"\bredisc_\w+")
_DECLARED = re.compile(r"\b((?:redisc|REDISC)_\w+)\s*(?:\(|\)\s*\(|\[[^\]]*\]\s*;|;|=|,\s*$|\s*\}\s*redisc_)|"
                       r"\b(?:struct|enum|union)\s+(redisc_\w+)\s*\{", re.M)


def _without_bodies(text: str) -> str:
    """The text without what functions do."""
    while (match := _BODY.search(text)) is not None:
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text = text[:match.start() + 1] + ";" + text[end:]
    return text


def used_names(runtime: Path) -> set[str]:
    """The names that the sources of the runtime use."""
    sources = sorted(runtime.glob("src/*.c"))
    return {name for path in sources for name in _USED.findall(_COMMENT.sub(" ", path.read_text(encoding="utf-8")))}


def runtime_names(runtime: Path) -> dict[str, str]:
    """Each name that a header of the runtime declares, with that header's name."""
    found: dict[str, str] = {}
    for header in sorted(runtime.glob("include/redisc/*.h")) + sorted(runtime.glob("src/*.h")):
        text = _COMMENT.sub(" ", header.read_text(encoding="utf-8"))
        names = set(_DEFINE.findall(text)) | set(_STATUS.findall(text))
        names |= {f"redisc_{name}_list" for name in _LIST.findall(text)}
        declarations = _without_bodies(_PREPROCESSOR.sub("", text))
        names |= {name for pair in _DECLARED.findall(declarations) for name in pair if name}
        for name in sorted(names):
            found.setdefault(name, header.name)
    return found
