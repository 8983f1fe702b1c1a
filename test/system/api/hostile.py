#!/usr/bin/env python3
"""Treats a running flights as those do who mean it no good, and looks whether it goes on: answers others, processes records, and
takes no more memory than it may.

hostile.py HOST:PORT PID TOKEN [--connections N [--only ATTACK]]
"""
import argparse
import http.client
import json
import os
import resource
import selectors
import socket
import sys
import time

COMERS = 10_000


class Victim:
    def __init__(self, at, pid, token, connections):
        self.at = at
        self.pid = pid
        self.token = token
        self.connections = connections
        host, port = at.split(":")
        self.address = (host, int(port))
        self.problems = []

    def wrong(self, what):
        print(what, flush=True)
        self.problems.append(what)

    def connect(self):
        return socket.create_connection(self.address, timeout=30)

    def ask(self, method, target, headers=None, body=None):
        connection = http.client.HTTPConnection(self.at, timeout=30)
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content

    def raw(self, data, shut=False):
        """What comes back for bytes that are no request of a client library; empty: it hung up."""
        with self.connect() as s:
            try:
                s.sendall(data)
                if shut:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before it was all there
            return read_answer(s)

    def processed(self):
        status = json.loads(self.ask("GET", "/api/v1/status")[2])
        planes = next(p for p in status["processors"] if p["group"] == "planes")
        return sum(i["records"] for p in planes["partitions"] for i in p["inputs"])

    def memory(self):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def goes_on(self, while_what):
        """Records are processed and others are answered; how fast is for people to read."""
        before, began = self.processed(), time.monotonic()
        while self.processed() < before + 150:
            if time.monotonic() > began + 60:
                self.wrong(f"{while_what}: nothing is processed any more")
                return
            if self.ask("GET", "/api/v1/tables/planes-table/keys/N14228")[0] != 200:
                self.wrong(f"{while_what}: a key is not answered")
            time.sleep(0.05)
        rate = (self.processed() - before) / (time.monotonic() - began)
        print(f"{while_what}: {rate:,.0f} records/s, {self.memory() / 2**20:.0f} MB", flush=True)


def read_answer(s):
    data = b""
    try:
        while True:
            more = s.recv(65_536)
            if not more:
                break
            data += more
            head, _, body = data.partition(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            if b"\r\n\r\n" in data and len(body) >= int(fields.get(b"Content-Length", b"0")):
                break
    except OSError:
        pass
    return data


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def idle_connections(v):
    """The oldest make room where there are more than there is room for, and nobody has to where there is enough."""
    before = v.memory()
    all_of = [v.connect() for _ in range(COMERS)]
    v.goes_on(f"{COMERS:,} idle connections came")
    grown = v.memory() - before
    # What a connection takes: its buffer, its coroutine, its socket. Other clients come and go meanwhile.
    allowed = 64 * 2**20 + min(COMERS, v.connections) * 8 * 2**10
    if grown > allowed:
        v.wrong(f"{COMERS:,} idle connections cost {grown / 2**20:.0f} MB, more than {allowed / 2**20:.0f} MB")
    open_now = sum(still_open(s) for s in all_of)
    print(f"{open_now:,} of them are open", flush=True)
    if open_now > v.connections:
        v.wrong(f"{open_now:,} idle connections are open, more than the limit")
    if v.connections > COMERS and open_now < COMERS:
        v.wrong(f"{COMERS - open_now:,} idle connections were ended, though there was room for all")
    for s in all_of:
        s.close()


def more_than_files(v):
    """More connections than the program may have open files: some wait or are ended, others are answered, and it goes on."""
    used = len(os.listdir(f"/proc/{v.pid}/fd"))
    before = resource.prlimit(v.pid, resource.RLIMIT_NOFILE)
    # Some are left for what a local copy or a log may need.
    resource.prlimit(v.pid, resource.RLIMIT_NOFILE, (used + 50, before[1]))
    all_of = [v.connect() for _ in range(400)]
    v.goes_on("400 connections came, and 50 files are left")
    open_now = sum(still_open(s) for s in all_of)
    print(f"{open_now:,} of them are open", flush=True)
    if open_now > 60:
        v.wrong(f"{open_now} connections are open")
    for s in all_of:
        s.close()
    resource.prlimit(v.pid, resource.RLIMIT_NOFILE, before)


def still_open(s):
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def slowloris(v):
    """Headers that drip in a byte at a time are cut off, although something comes all the time."""
    poll = selectors.DefaultSelector()
    request = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 10_000
    dripping = {}
    for _ in range(300):
        s = v.connect()
        s.setblocking(False)
        poll.register(s, selectors.EVENT_READ)
        dripping[s] = 0
    began = time.monotonic()
    answered = 0
    while dripping:
        for s in list(dripping):
            try:
                s.send(request[dripping[s]:dripping[s] + 1])
                dripping[s] += 1
            except OSError:
                pass
        for key, _ in poll.select(0.2):
            s = key.fileobj
            try:
                answered += s.recv(65_536).startswith(b"HTTP/1.1 408 ")
            except OSError:
                pass
            poll.unregister(s)
            dripping.pop(s)
            s.close()
        if time.monotonic() < began + 3:
            v.goes_on("300 requests drip in")
        if time.monotonic() > began + 60:
            v.wrong(f"{len(dripping)} requests that drip in are not cut off")
            break
    print(f"{answered} of 300 dripping requests were told so", flush=True)


def streams_that_are_not_read(v):
    """Clients that ask for streams and take nothing cost no memory, and only streams are refused."""
    before = v.memory()
    taken = []
    for _ in range(100):
        s = v.connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        s.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        taken.append(s)
    v.goes_on("100 streams are not read")
    if v.memory() - before > 64 * 2**20:
        v.wrong("streams that nobody reads cost memory")
    told = v.ask("GET", "/api/v1/events")
    if told[0] != 503 or "retry-after" not in told[1]:
        v.wrong(f"one stream more is answered {told[0]}")
    for s in taken:
        s.close()


def answers_that_are_not_read(v):
    """Requests without end from clients that read no answer: what is not taken is not made."""
    before = v.memory()
    flooding = []
    for _ in range(50):
        s = v.connect()
        s.setblocking(False)
        flooding.append(s)
    request = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200
    for _ in range(50):
        for s in flooding:
            try:
                s.send(request)
            except OSError:
                pass
    v.goes_on("50 clients ask without end and read nothing")
    if v.memory() - before > 96 * 2**20:
        v.wrong(f"answers that nobody reads cost {(v.memory() - before) / 2**20:.0f} MB")
    for s in flooding:
        s.close()


def malformed(v):
    """What is no request is refused with words, and the connection ends."""
    host = b"Host: localhost\r\n"
    for name, data, expected in (
            ("zeros", b"\0" * 5_000, (400,)),
            ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400,)),
            ("a line without end", b"GET /" + b"a" * 2_000_000, (414, 431)),
            ("a target of 9,000 bytes", b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + host + b"\r\n", (414,)),
            ("a field without end", b"GET / HTTP/1.1\r\n" + host + b"X: " + b"x" * 2_000_000, (431,)),
            ("fields without end", b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 500_000, (431,)),
            ("a body of 2^63", b"POST /api/v1/actions/runs HTTP/1.1\r\n" + host + b"Content-Length: 9223372036854775807\r\n\r\n", (413,)),
            ("a length that is no number", b"POST /api/v1/actions/runs HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n", (400,)),
            ("two lengths", b"POST /api/v1/actions/runs HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", (400,)),
            ("length and chunks", b"POST /api/v1/actions/runs HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
            ("chunks of 2^64", b"POST /api/v1/actions/runs HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", (400, 413)),
            ("another coding", b"POST /api/v1/actions/runs HTTP/1.1\r\n" + host + b"Transfer-Encoding: gzip\r\n\r\n", (400, 501)),
            ("two hosts", b"GET / HTTP/1.1\r\n" + host + host + b"\r\n", (400,)),
            ("no host", b"GET / HTTP/1.1\r\n\r\n", (400,)),
            ("another version", b"GET / HTTP/2.0\r\n" + host + b"\r\n", (400, 505)),
            ("broken encoding", b"GET /api/v1/tables/%zz/keys/a HTTP/1.1\r\n" + host + b"\r\n", (400,)),
            ("a proxy's request", b"CONNECT example.org:443 HTTP/1.1\r\n" + host + b"\r\n", (400, 404, 405)),
    ):
        answer = v.raw(data)
        if status_of(answer) not in expected:
            v.wrong(f"{name} is answered {answer[:60]!r}, not by {expected}")


def travels(v):
    """No path leads to a file that is no part of the page."""
    up = ("..", "%2e%2e", "%2E.", ".%2e", "..%2f", "..%5c", "..\\", "%2e%2e%2f", "%252e%252e", "..%00", ".")
    for step in up:
        for start in ("", "/assets", "/assets/lib", "/api/v1"):
            for end in ("etc/passwd", "etc%2fpasswd", "%2fetc%2fpasswd", "/etc/passwd"):
                path = start + "/" + "/".join([step] * 8) + "/" + end
                answer = v.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if b"root:" in answer or status_of(answer) not in (400, 404):
                    v.wrong(f"{path} is answered {answer[:60]!r}")
    for path in ("/etc/passwd", "//etc/passwd", "/assets//etc/passwd", "/assets/%2fetc%2fpasswd", "/assets/.git/config", "/assets/"):
        answer = v.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        if status_of(answer) not in (400, 404):
            v.wrong(f"{path} is answered {answer[:60]!r}")


def cross_site(v):
    """A page of another site can start nothing, though its browser has the token; nor read by a name of its own."""
    body = '{"action": "replay:nothing"}'
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}, {"Origin": f"http://evil.example#{v.at}"}, {"Origin": f"http://{v.at}.evil.example"}):
        for method, target in (("POST", "/api/v1/actions/runs"), ("DELETE", "/api/v1/actions/runs/1")):
            given = {"Authorization": f"Bearer {v.token}", "Content-Type": "text/plain", **headers}
            status = v.ask(method, target, given, body)[0]
            if status != 403:
                v.wrong(f"{method} with {headers} is answered {status}")
    status = v.ask("POST", "/api/v1/actions/runs", {"Authorization": f"Bearer {v.token}", "Origin": f"http://{v.at}"}, body)[0]
    if status != 404:
        v.wrong(f"what the own page asks is answered {status}")
    for name in ("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "10.1.2.3"):
        answer = v.raw(f"GET /api/v1/status HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        if status_of(answer) != 421:
            v.wrong(f"Host {name} is answered {answer[:60]!r}")


def every_answer_is_safe(v):
    """No answer may be shown in a frame, guessed at, or run what it does not bring."""
    _, fields, _ = v.ask("GET", "/assets/main.js")
    if fields.get("x-content-type-options") != "nosniff" or fields.get("cross-origin-resource-policy") != "same-origin" or not fields.get("content-type", "").startswith("text/javascript"):
        v.wrong(f"a script may be taken for something else: {fields}")
    for target in ("/", "/assets/corka.svg", "/api/v1/status", "/metrics", "/healthz", "/nothing", "/%"):
        _, fields, content = v.ask("GET", target)
        policy = fields.get("content-security-policy", "")
        if fields.get("x-content-type-options") != "nosniff" or fields.get("x-frame-options") != "DENY" or "frame-ancestors 'none'" not in policy:
            v.wrong(f"{target} lacks a security field: {fields}")
        if "unsafe-eval" in policy or "script-src 'self' 'unsafe-inline'" in policy or "*" in policy or not policy.startswith("default-src 'none'"):
            v.wrong(f"{target} allows too much: {policy}")
        if "access-control-allow-origin" in fields:
            v.wrong(f"{target} is open to other sites")
        if target == "/" and (b"<script>" in content or b" onclick=" in content or b"javascript:" in content):
            v.wrong("the page has scripts within it")


def oversized_keys(v):
    keys = "/api/v1/tables/planes-table/keys"
    for target, expected in ((f"{keys}/{'k' * 7_000}", 404), (f"{keys}/{'%00' * 2_000}", 404), (f"{keys}?key64={'QUJD' * 1_800}", 404),
                             (f"{keys}/{'%ff' * 3_000}", 414), (f"{keys}?key64={'QUJD' * 3_000}", 414), (f"{keys}?prefix={'p' * 7_000}", 200),
                             (f"{keys}?limit=99999999999999999999", 400), (f"{keys}?after={'x' * 7_000}", 400)):
        status = v.ask("GET", target)[0]
        if status != expected:
            v.wrong(f"{target[:60]}… of {len(target)} bytes is answered {status}, not {expected}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("at")
    parser.add_argument("pid", type=int)
    parser.add_argument("token")
    parser.add_argument("--connections", type=int, default=512, help="how many the program allows")
    attacks = (every_answer_is_safe, malformed, travels, cross_site, oversized_keys, streams_that_are_not_read,
               answers_that_are_not_read, slowloris, idle_connections)
    parser.add_argument("--only", choices=[a.__name__ for a in (*attacks, more_than_files)], help="this one")
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000) if hard != resource.RLIM_INFINITY else 20_000, hard))
    v = Victim(args.at, args.pid, args.token, args.connections)
    v.goes_on("nobody means it ill")
    for attack in (globals()[args.only],) if args.only else attacks:
        attack(v)
    v.goes_on("afterwards")
    print(f"{len(v.problems)} problems")
    return 1 if v.problems else 0


sys.exit(main())
