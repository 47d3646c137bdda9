# SPDX-License-Identifier: MIT
"""What is generated besides the library: reference pages, manual pages, the compiled snippets, api.json."""
from __future__ import annotations

import jinja2

from .api import Api
from .cheaders import Headers
from .functions import SourceFile
from .manual import Manual
from .model import Spec
from .pages import Pages
from .reference import reference
from .shapes import Shapes


def companions(spec: Spec, shapes: Shapes, sources: dict[str, SourceFile], headers: Headers,
               environment: jinja2.Environment) -> dict[str, str]:
    """The files, by their path below the output folder."""
    described = reference(spec, shapes, sources)
    files = {**Pages(described, environment).files(), **Manual(described, headers, environment).files()}
    template = environment.get_template("snippets.c.j2")
    for group in described.groups:
        if group.snippets:
            files[f"tests/snippets_{group.name}.c"] = template.render(title=group.name.replace("_", " "),
                                                                      functions=group.snippets)
    files["api.json"] = Api(spec, shapes, sources, headers).text(environment.globals["mark"])
    return files
