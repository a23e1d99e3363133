"""What notices are sent to: a real HTTP server and a real SMTP server, on ports of their own."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hook:
    """Answers each POST with the next of `answers`, then always with the last."""

    port: int
    requests: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])


@contextmanager
def http_receiver(port: int = 0) -> Iterator[Hook]:
    """A server that keeps what it gets."""
    hook = Hook(port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests.append(Request(self.path, dict(self.headers), body))
            answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        hook.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Mailbox:
    """Messages that were handed in, headers and all."""

    port: int
    messages: list[str] = field(default_factory=list)


@contextmanager
def smtp_receiver() -> Iterator[Mailbox]:
    """A mail server that takes everything from everybody."""
    box = Mailbox(0)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                if verb in {"EHLO", "HELO"}:
                    self.say("250 here")
                elif verb == "DATA":
                    self.say("354 go on")
                    box.messages.append(self.message())
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 yes")

        def message(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) not in {".\r\n", ""}:
                lines.append(line)
            return "".join(lines)

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
