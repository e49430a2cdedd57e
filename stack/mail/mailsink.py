"""A mail server that keeps everything and delivers nothing, with an HTTP interface to read it back.

    mailsink.py SMTP_PORT HTTP_PORT SPOOL

    GET /healthz                   200 {"messages": n}
    GET /messages[?to=ADDRESS]     all messages, oldest first, or those to one address (letter case ignored)
    GET /messages/N                one message
    DELETE /messages               204, forgets all
    POST /fail?code=451&count=2[&to=ADDRESS]
                                   204, the next 2 recipients are answered with that code, or that one the next 2 times

Messages are kept in SPOOL (one JSON object a line), so a restart loses none.
"""

import json
import pathlib
import sys
import threading
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from aiosmtpd.controller import Controller


class Mailbox:
    def __init__(self, spool: pathlib.Path):
        self.spool = spool
        self.lock = threading.Lock()
        # By address; under None for anybody.
        self.refusals = {}
        self.messages = []
        if spool.exists():
            # A line cut short by a crash was never acknowledged to its sender.
            for line in spool.read_text().splitlines():
                try:
                    self.messages.append(json.loads(line))
                except ValueError:
                    pass
        self.last = max((m["id"] for m in self.messages), default=0)

    def keep(self, message: dict) -> None:
        with self.lock:
            self.last += 1
            message = {"id": self.last, **message}
            with self.spool.open("a") as spool:
                spool.write(json.dumps(message) + "\n")
            self.messages.append(message)

    def forget(self) -> None:
        with self.lock:
            self.spool.write_text("")
            self.messages.clear()

    def to(self, address: str | None) -> list:
        with self.lock:
            kept = list(self.messages)
        if address is None:
            return kept
        return [m for m in kept if address.lower() in (to.lower() for to in m["to"])]

    def refuse(self, address: str | None, code: int, count: int) -> None:
        with self.lock:
            self.refusals[address and address.lower()] = {"code": code, "count": count}

    def refusal(self, address: str) -> int | None:
        with self.lock:
            for refused in (self.refusals.get(address.lower()), self.refusals.get(None)):
                if refused and refused["count"] > 0:
                    refused["count"] -= 1
                    return refused["code"]
            return None


class Receiver:
    def __init__(self, mailbox: Mailbox):
        self.mailbox = mailbox

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        code = self.mailbox.refusal(address)
        if code is not None:
            return f"{code} told to fail"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)

        def body(kind):
            part = message.get_body((kind,))
            return part.get_content() if part else None

        self.mailbox.keep(
            {
                "at": time.time(),
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "subject": message["subject"],
                "headers": [[name, str(value)] for name, value in message.items()],
                "text": body("plain"),
                "html": body("html"),
            }
        )
        return "250 kept"


def handler(mailbox: Mailbox):
    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status, body=None):
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

        def do_GET(self):
            url = urlparse(self.path)
            if url.path == "/healthz":
                return self.answer(200, {"messages": len(mailbox.to(None))})
            if url.path == "/messages":
                return self.answer(200, mailbox.to(parse_qs(url.query).get("to", [None])[0]))
            if url.path.startswith("/messages/"):
                wanted = url.path.removeprefix("/messages/")
                for message in mailbox.to(None):
                    if str(message["id"]) == wanted:
                        return self.answer(200, message)
            return self.answer(404, {"error": "not found"})

        def do_DELETE(self):
            if urlparse(self.path).path != "/messages":
                return self.answer(404, {"error": "not found"})
            mailbox.forget()
            return self.answer(204)

        def do_POST(self):
            url = urlparse(self.path)
            if url.path != "/fail":
                return self.answer(404, {"error": "not found"})
            query = parse_qs(url.query)
            mailbox.refuse(query.get("to", [None])[0], int(query.get("code", ["451"])[0]), int(query.get("count", ["1"])[0]))
            return self.answer(204)

    return Api


if __name__ == "__main__":
    smtp_port, http_port, spool = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    mailbox = Mailbox(spool)
    Controller(Receiver(mailbox), hostname="127.0.0.1", port=smtp_port).start()
    ThreadingHTTPServer(("127.0.0.1", http_port), handler(mailbox)).serve_forever()
