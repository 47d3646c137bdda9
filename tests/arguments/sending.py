# SPDX-License-Identifier: MIT
"""Calls functions of the shared library on a codec, a handle without I/O: what they send is its output."""

from types import SimpleNamespace

from spec_examples import arguments


class Sender:
    def __init__(self, library):
        self.library = library

    def call(self, function, values):
        """Calls with the values of an example: (the status's name, the words sent, the error's text)."""
        given, options = arguments(self.library, function, SimpleNamespace(values=values))
        with self.library.codec() as codec:
            call = codec.queue(f"redisc_{function.name}", *given, options=options)
            text = self.library.last_error().text if call.failed else ""
            return self.library.statuses[call.returned], words_of(codec.output()), text


def words_of(data):
    """The words of one command on the wire; none if nothing was sent."""
    if not data:
        return []
    head, _, rest = data.partition(b"\r\n")
    assert head[:1] == b"*"
    words = []
    for _ in range(int(head[1:])):
        size, _, rest = rest.partition(b"\r\n")
        assert size[:1] == b"$"
        words.append(rest[: int(size[1:])])
        assert rest[len(words[-1]) :][:2] == b"\r\n"
        rest = rest[len(words[-1]) + 2 :]
    assert not rest
    return words
