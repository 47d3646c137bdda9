# SPDX-License-Identifier: MIT
"""Commands and their RESP3 replies, from what tests/support/recording.c wrote down."""

from dataclasses import dataclass

# After these what comes is no answer, or there is none.
ENDLESS = {b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"UNSUBSCRIBE", b"PUNSUBSCRIBE", b"SUNSUBSCRIBE", b"MONITOR",
           b"SYNC", b"PSYNC"}


class ServerError(str):
    """An error reply."""


@dataclass(frozen=True)
class Answer:
    """A command with its reply: null, true, numbers, text, lists and dicts, as in JSON."""

    words: tuple
    reply: object


class Cut(Exception):
    """The bytes end within a reply."""


class Reader:
    """Reads RESP."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def line(self):
        end = self.data.find(b"\r\n", self.at)
        if end < 0:
            raise Cut
        text, self.at = self.data[self.at:end], end + 2
        return text

    def string(self, size):
        text, self.at = self.data[self.at:self.at + size], self.at + size + 2
        if self.at > len(self.data):
            raise Cut
        return text.decode("latin-1")

    def value(self):
        """One value: (its type's character, what it is)."""
        head = self.line()
        kind, rest = head[:1], head[1:]
        if kind in b"+-(":
            text = rest.decode("latin-1")
            return kind, ServerError(text) if kind == b"-" else int(text) if kind == b"(" else text
        if kind == b":":
            return kind, int(rest)
        if kind == b",":
            return kind, float(rest)
        if kind == b"#":
            return kind, rest == b"t"
        if kind == b"_" or rest == b"-1":
            return kind, None
        if kind in b"$=!":
            text = self.string(int(rest))
            return kind, ServerError(text) if kind == b"!" else text[4:] if kind == b"=" else text
        return kind, self.aggregate(kind, int(rest))

    def aggregate(self, kind, size):
        if kind == b"|":  # what is said besides
            self.aggregate(b"%", size)
            return self.value()[1]
        if kind == b"%":
            return {str(self.value()[1]): self.value()[1] for _ in range(size)}
        return [self.value()[1] for _ in range(size)]

    def replies(self):
        """The values that are answers, until the bytes end."""
        try:
            while self.at < len(self.data):
                kind, value = self.value()
                if kind != b">":
                    yield value
        except Cut:
            return

    def commands(self):
        try:
            while self.at < len(self.data):
                yield tuple(word.encode("latin-1") for word in self.value()[1])
        except Cut:
            return


def streams(path):
    """The bytes sent and those received."""
    data = path.read_bytes()
    streams_ = {b">": [], b"<": []}
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        size = int(data[at + 1:end])
        streams_[data[at:at + 1]].append(data[end + 1:end + 1 + size])
        at = end + 1 + size
    return b"".join(streams_[b">"]), b"".join(streams_[b"<"])


def answers(folder):
    """All commands of a folder's records that were answered in RESP3. What is queued for a transaction
    is left out, and all that comes after a command that has no answer of its own."""
    for path in sorted(folder.iterdir()):
        sent, received = streams(path)
        protocol, queueing = 2, False
        for words, reply in zip(Reader(sent).commands(), Reader(received).replies()):
            name = words[0].upper()
            if name in ENDLESS or (name == b"CLIENT" and words[1:2] and words[1].upper() == b"REPLY"):
                break
            if name == b"HELLO" and len(words) > 1 and not isinstance(reply, ServerError):
                protocol = int(words[1])
            if name in (b"EXEC", b"DISCARD", b"RESET"):
                queueing = False
            if protocol == 3 and not queueing:
                yield Answer(words, reply)
            if name == b"MULTI" and reply == "OK":
                queueing = True
            if name == b"RESET":
                protocol = 2
