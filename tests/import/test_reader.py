# SPDX-License-Identifier: MIT
"""The reader of servers tells what is wrong, prints nothing then, and believes no server."""
import socket
import sys
import threading

import pytest
from programs import READER, WITH_SERVER, errors_of, run

pytestmark = pytest.mark.skipif(not READER.exists(), reason="the importer is not built: cJSON is missing")

# As a user of the private server who may not do all.
AS_ANOTHER = r"""
import os, socket, subprocess, sys
reader, rules, protocol = sys.argv[1:]
url = os.environ["REDISC_URL"]
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(url.removeprefix("unix://"))
    connection.sendall(f"ACL SETUSER shy on >secret ~* +@all {rules}\r\n".encode())
    assert connection.recv(100) == b"+OK\r\n"
url = url.replace("unix://", "unix://shy:secret@") + f"?protocol={protocol}"
sys.exit(subprocess.run([reader, url], check=False).returncode)
"""


def as_another(rules, protocol):
    return (*WITH_SERVER, sys.executable, "-c", AS_ANOTHER, READER, rules, protocol)


def test_usage():
    assert "usage: " in errors_of(READER, status=2)
    assert "usage: " in errors_of(READER, "redis://localhost", "more", status=2)


@pytest.mark.parametrize("url, message", [
    ("what://x", "it must start with redis://"),
    ("redis://localhost:none", "port"),
    ("unix:///none/such", "/none/such"),
    ("redis://127.0.0.1:1", "127.0.0.1:1"),
])
def test_no_server(url, message):
    assert message in errors_of(READER, url)


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("rules, message", [
    ("-command", "command"),
    ("-command|docs", "command|docs"),
])
def test_a_server_that_denies(rules, message, protocol):
    told = errors_of(*as_another(rules, protocol))
    assert "NOPERM" in told and f"'{message}'" in told


def test_info_is_not_needed():
    assert run(*as_another("-info", 3)).startswith("{\n")


class Scripted:
    """A server that answers what it is told to, by a request's words; `None` closes the connection."""

    def __init__(self, answers):
        self.answers = answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}?protocol=3"
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as requests:
                try:
                    self.answer_all(connection, requests)
                except OSError:  # the reader has gone
                    pass

    def answer_all(self, connection, requests):
        while (words := self.request(requests)) is not None:
            name = words[0] if words[0] == "HELLO" else " ".join(words)
            answer = self.answers.get(name, b"-ERR unknown command\r\n")
            if answer is None:
                break
            connection.sendall(answer)

    @staticmethod
    def request(requests):
        """The words of the next one; None at the end."""
        count = requests.readline()
        if not count.endswith(b"\n"):
            return None
        return [requests.read(int(requests.readline()[1:]) + 2)[:-2].decode() for _ in range(int(count[1:]))]


HELLO = (b"%7\r\n+server\r\n+redis\r\n+version\r\n+8.0.2\r\n+proto\r\n:3\r\n+id\r\n:1\r\n+mode\r\n+standalone\r\n"
         b"+role\r\n+master\r\n+modules\r\n*0\r\n")
GET = b"*1\r\n*10\r\n+get\r\n:2\r\n*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n*0\r\n*0\r\n*0\r\n*0\r\n"
DOCS = b"%1\r\n$3\r\nget\r\n%1\r\n+since\r\n+1.0.0\r\n"


def test_the_scripted_server_is_one():
    with Scripted({"HELLO": HELLO, "COMMAND": GET, "COMMAND DOCS": DOCS}) as server:
        shown = run(READER, server.url)
    assert '"GET": {"arity":2,"flags":["readonly"],"first_key":1,"last_key":1,"step":1,"since":"1.0.0"}' in shown


def test_a_server_without_docs():
    with Scripted({"HELLO": HELLO, "COMMAND": GET}) as server:
        shown = run(READER, server.url)
    assert '"docs": false' in shown and '"GET"' in shown and "since" not in shown


@pytest.mark.parametrize("answers, message", [
    ({}, "the server does not know RESP3"),
    ({"HELLO": HELLO}, "COMMAND: ERR unknown command"),
    ({"HELLO": HELLO, "COMMAND": None}, "COMMAND: 127.0.0.1:"),
    ({"HELLO": HELLO, "COMMAND": b"?\r\n"}, "COMMAND: "),
    ({"HELLO": HELLO, "COMMAND": b":1\r\n"}, "COMMAND: "),
    ({"HELLO": HELLO, "COMMAND": b"*1\r\n*1\r\n+get\r\n"}, "COMMAND: "),
    ({"HELLO": HELLO, "COMMAND": GET, "COMMAND DOCS": b"*1\r\n:1\r\n"}, "COMMAND DOCS: "),
    ({"HELLO": HELLO, "COMMAND": GET, "COMMAND DOCS": None}, "COMMAND DOCS: "),
    ({"HELLO": b"%1\r\n+proto\r\n:3\r\n", "COMMAND": GET, "COMMAND DOCS": DOCS}, "the server does not say what it is"),
])
def test_a_server_that_answers_nonsense(answers, message):
    with Scripted(answers) as server:
        told = errors_of(READER, server.url)
    assert message in told and told.count("\n") == 1
