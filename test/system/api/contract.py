#!/usr/bin/env python3
"""Compares what a running program answers with what its own description (OpenAPI) promises.

Every documented path is asked, with good and with bad parameters; every answer must have a documented status, content type
and shape, with no field that the description does not name. HEAD and conditional requests are checked on the way.

contract.py HOST:PORT|https://HOST:PORT KEY TOKEN [--everything] [--authorities FILE]

With --everything the program asks for the token for everything, and what is asked without it is told so.
"""
import argparse
import http.client
import json
import re
import ssl
import sys
import time
import urllib.parse


class Checker:
    def __init__(self, at, token="", everything=False, authorities=None):
        self.host = at.removeprefix("https://")
        self.tls = ssl.create_default_context(cafile=authorities) if at.startswith("https://") else None
        self.token = token
        self.everything = everything
        self.problems = []
        self.asked = set()
        self.spec = None

    def request(self, method, target, headers=None, body=None):
        connection = self.connect()
        connection.request(method, target, body=body, headers=self.with_token(headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection(self.host, timeout=20, context=self.tls)
        return http.client.HTTPConnection(self.host, timeout=20)

    def with_token(self, headers):
        """The token, where everything needs it and the request does not say what it has."""
        headers = dict(headers or {})
        if self.everything and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        return {name: value for name, value in headers.items() if value}

    def wait(self, target):
        until = time.monotonic() + 60
        while True:
            try:
                if self.request("GET", target)[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                sys.exit(f"{target} is not answered by 200")
            time.sleep(0.1)

    def wrong(self, where, what):
        self.problems.append(f"{where}: {what}")

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.spec
            for part in schema["$ref"].lstrip("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def joined(self, schema):
        """Objects that are told in parts, by allOf, as one: each part alone would not know the others' fields."""
        if "allOf" not in schema:
            return schema
        whole = {"type": "object", "required": [], "properties": {}}
        for part in [{k: v for k, v in schema.items() if k != "allOf"}, *schema["allOf"]]:
            part = self.joined(self.resolve(part))
            whole["required"] += part.get("required", [])
            whole["properties"] |= part.get("properties", {})
        return whole

    def matches(self, schema, value):
        probe = Checker("")
        probe.spec = self.spec
        probe.check(schema, value, "")
        return not probe.problems

    def check(self, schema, value, where):
        schema = self.resolve(schema)
        if value is None:
            if schema and not schema.get("nullable"):
                self.wrong(where, "is null, which is not documented")
            return
        schema = self.joined(schema)
        if "anyOf" in schema and not any(self.matches(s, value) for s in schema["anyOf"]):
            self.wrong(where, "is none of the documented alternatives")
        kind = schema.get("type")
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
        if kind:
            right = isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))
            if kind == "number" and isinstance(value, bool):
                right = False
            if not right:
                self.wrong(where, f"is {value!r:.60}, not of type {kind}")
                return
        if "enum" in schema and value not in schema["enum"]:
            self.wrong(where, f"is {value!r}, not one of {schema['enum']}")
        if kind in ("integer", "number"):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                self.wrong(where, f"is {value}, out of its range")
        if kind == "array":
            for i, item in enumerate(value):
                self.check(schema["items"], item, f"{where}[{i}]")
        if kind == "object" and ("properties" in schema or "additionalProperties" in schema):
            properties = schema.get("properties", {})
            for name in schema.get("required", []):
                if name not in value:
                    self.wrong(where, f"lacks '{name}'")
            for name, member in value.items():
                if name in properties:
                    self.check(properties[name], member, f"{where}.{name}")
                elif "additionalProperties" in schema:
                    self.check(schema["additionalProperties"], member, f"{where}.{name}")
                else:
                    self.wrong(where, f"has '{name}', which is not documented")

    def ask(self, path, target, expected=None, method="get", headers=None, body=None):
        operation = self.spec["paths"][path][method]
        status, fields, content = self.request(method.upper(), target, headers, body)
        where = f"{method.upper()} {target} -> {status}"
        self.asked.add((method, path, str(status)))
        if expected is not None and status != expected:
            self.wrong(where, f"{expected} was expected: {content[:300]!r}")
        documented = operation["responses"].get(str(status))
        if documented is None:
            self.wrong(where, "this status is not documented")
            return status, fields, None
        documented = self.resolve(documented)
        types = documented.get("content", {})
        kind = fields.get("content-type", "").split(";")[0]
        if status == 304 or not types:
            if content:
                self.wrong(where, "has a body")
            return status, fields, None
        if kind not in types:
            self.wrong(where, f"content type '{kind}' is not one of {list(types)}")
            return status, fields, None
        for name, header in documented.get("headers", {}).items():
            if header.get("required") and name.lower() not in fields:
                self.wrong(where, f"lacks the header field {name}")
        value = content
        if kind.endswith("json"):
            value = json.loads(content)
            if kind == "application/problem+json":
                for member in ("type", "title", "status", "detail"):
                    if member not in value:
                        self.wrong(where, f"a problem without '{member}'")
                if value.get("status") != status:
                    self.wrong(where, "the problem has another status")
            else:
                self.check(types[kind]["schema"], value, where)
        if method == "get":
            self.check_repeats(operation, target, where, headers or {}, fields)
        return status, fields, value

    def check_repeats(self, operation, target, where, headers, fields):
        status, head, content = self.request("HEAD", target, headers)
        if content or head.get("content-type") != fields.get("content-type"):
            self.wrong(where, "HEAD answers something else")
        if "304" not in operation["responses"] or "etag" not in fields:
            return
        again, _, content = self.request("GET", target, {**headers, "If-None-Match": "*"})
        if again != 304 or content:
            self.wrong(where, f"a conditional request is answered {again}")

    def stream(self, path, target, names, headers=None):
        """Reads a stream until each named event was there, and checks their data."""
        self.asked.add(("get", path, "200"))
        connection = self.connect()
        connection.request("GET", target, headers=self.with_token(headers))
        answer = connection.getresponse()
        if answer.status != 200 or not answer.getheader("Content-Type").startswith("text/event-stream"):
            self.wrong(target, f"is no stream: {answer.status}")
            return {}
        found = {}
        event = {}
        until = time.monotonic() + 20
        while not set(names) <= set(found) and time.monotonic() < until:
            line = answer.readline().decode().rstrip("\n")
            if ": " in line:
                name, text = line.split(": ", 1)
                event[name] = text
            elif not line and "event" in event:
                found[event["event"]] = {"id": event.get("id"), "data": json.loads(event["data"])}
                event = {}
        connection.close()
        for name, schema in names.items():
            if name not in found:
                self.wrong(target, f"no event '{name}' came")
            elif schema:
                self.check({"$ref": f"#/components/schemas/{schema}"}, found[name]["data"], f"{target} {name}")
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("at")
    parser.add_argument("key")
    parser.add_argument("token")
    parser.add_argument("--everything", action="store_true")
    parser.add_argument("--authorities")
    args = parser.parse_args()
    key, token = args.key, args.token
    c = Checker(args.at, token, args.everything, args.authorities)
    c.wait("/readyz")
    c.wait(f"/api/v1/tables/planes-table/keys/{urllib.parse.quote(key)}")
    status, _, content = c.request("GET", "/api/v1/openapi.json")
    assert status == 200, status
    c.spec = json.loads(content)
    api = "/api/v1"
    for path in ("summary", "status", "assignment", "processors", "views", "topology", "latency", "config", "history", "log", "tables",
                 "dead-letters", "actions", "openapi.json"):
        if f"{api}/{path}" in c.spec["paths"]:
            c.ask(f"{api}/{path}", f"{api}/{path}", 200)
    group = f"{api}/processors/{{group}}"
    for path, last in ((group, ""), (group + "/partitions", "/partitions"), (group + "/progress", "/progress")):
        c.ask(path, f"{api}/processors/planes{last}", 200)
        c.ask(path, f"{api}/processors/no%20such{last}", 404)
    for path in ("instances", "status", "summary", "history", "latency", "log", "topology", "visits", "actions"):
        c.ask(f"{api}/cluster/{path}", f"{api}/cluster/{path}", 200)
    for path in ("summary", "history"):
        c.ask(f"{api}/{path}", f"{api}/{path}?buckets=1", 200)
        c.ask(f"{api}/{path}", f"{api}/{path}?buckets=2", 400)
    c.ask(f"{api}/cluster/history", f"{api}/cluster/history?step=61", 400)
    c.ask(f"{api}/cluster/log", f"{api}/cluster/log?limit=0", 400)
    for last in ("partitions", "progress"):
        c.ask(f"{api}/cluster/processors/{{group}}/{last}", f"{api}/cluster/processors/planes/{last}", 200)
        c.ask(f"{api}/cluster/processors/{{group}}/{last}", f"{api}/cluster/processors/no%20such/{last}", 404)
    c.ask(f"{api}/views/{{table}}", f"{api}/views/nothing", 404)
    c.ask(f"{api}/tables/{{table}}", f"{api}/tables/planes-table", 200)
    c.ask(f"{api}/tables/{{table}}", f"{api}/tables/nothing", 404)
    keys = f"{api}/tables/{{table}}/keys"
    c.ask(keys, f"{api}/tables/planes-table/keys?limit=5", 200)
    c.ask(keys, f"{api}/tables/planes-table/keys?limit=x", 400)
    c.ask(keys, f"{api}/tables/planes-table/keys?key64=%25", 400)
    c.ask(keys, f"{api}/tables/nothing/keys", 404)
    row = keys + "/{key}"
    c.ask(row, f"{api}/tables/planes-table/keys/{urllib.parse.quote(key)}", 200)
    c.ask(row, f"{api}/tables/planes-table/keys/{urllib.parse.quote(key)}", 200, headers={"Accept": "application/octet-stream"})
    c.ask(row, f"{api}/tables/planes-table/keys/a?route=elsewhere", 400)
    c.ask(row, f"{api}/tables/planes-table/keys/a?stale=", 400)
    c.ask(keys, f"{api}/tables/planes-table/keys?route=", 400)
    c.ask(keys, f"{api}/tables/planes-table/keys?stale=old", 400)
    c.ask(keys, f"{api}/tables/planes-table/keys?stale=allow&limit=1", 200)
    c.ask(row, f"{api}/tables/planes-table/keys/%00%ff", 404)
    c.ask(row, f"{api}/tables/nothing/keys/a", 404)
    watch = f"{api}/tables/{{table}}/watch"
    c.stream(watch, f"{api}/tables/planes-table/watch?key={urllib.parse.quote(key)}", {"row": "WatchedRow"})
    c.ask(watch, f"{api}/tables/planes-table/watch", 400)
    c.ask(watch, f"{api}/tables/planes-table/watch?key=a&key64=%25", 400)
    c.ask(watch, f"{api}/tables/nothing/watch?key=a", 404)
    for query in ("seconds=0", "seconds=901", "step=61", "step=-1", "step=", "digits=16", "total=nothing", "processors=rows"):
        c.ask(f"{api}/history", f"{api}/history?{query}", 400)
    c.ask(f"{api}/history", f"{api}/history?seconds=10&step=3", 200)
    c.ask(f"{api}/history", f"{api}/history?digits=4&total=in,lag&processors=lag&views=", 200)
    c.ask(f"{api}/log", f"{api}/log?after=1&limit=2", 200)
    c.ask(f"{api}/log", f"{api}/log?limit=1001", 400)
    found = c.stream(f"{api}/events", f"{api}/events", {"hello": None, "status": "Summary", "sample": "Sample"})
    again = c.stream(f"{api}/events", f"{api}/events", {"hello": None, "sample": "Sample"},
                     {"Last-Event-ID": found.get("sample", {}).get("id") or ""})
    if not again.get("hello", {}).get("data", {}).get("resumed"):
        c.wrong("/api/v1/events", "was not resumed")
    c.ask("/metrics", "/metrics", 200)
    c.ask("/metrics", "/metrics", 200, headers={"Accept": "application/openmetrics-text"})
    c.ask("/healthz", "/healthz", 200)
    c.ask("/readyz", "/readyz", 200)
    if f"{api}/dead-letters/{{topic}}" in c.spec["paths"]:
        c.ask(f"{api}/dead-letters/{{topic}}", f"{api}/dead-letters/nothing", 404)
    runs = f"{api}/actions/runs"
    if runs in c.spec["paths"]:
        one = runs + "/{id}"
        start = lambda body, expected, given: c.ask(runs, runs, expected, "post", {"Authorization": f"Bearer {given}" if given else ""}, body)
        start('{"action":"x"}', 401, "")
        start('{"action":"x"}', 401, "wrong")
        start('{"action":"x"}', 404, token)
        start('{', 400, token)
        start('[]', 400, token)
        c.ask(one, f"{runs}/999999", 404)
        c.ask(one, f"{runs}/999999", 404, "delete", {"Authorization": f"Bearer {token}"})
        c.ask(one, f"{runs}/1", 401, "delete", {"Authorization": ""})

    runs = f"{api}/cluster/actions/runs"
    one = runs + "/{key}"
    start = lambda body, expected, given: c.ask(runs, runs, expected, "post", {"Authorization": f"Bearer {given}" if given else ""}, body)
    start('{"action":"x"}', 401, "")
    start('{"action":"visit:none:x"}', 503, token)
    start('{"action":"user:x"}', 404, token)
    start('{"action":"user:x","key":"a"}', 400, token)
    start('{', 400, token)
    c.ask(one, f"{runs}/none", 404)
    c.ask(one, f"{runs}/none", 404, "delete", {"Authorization": f"Bearer {token}"})
    c.ask(one, f"{runs}/none", 401, "delete", {"Authorization": ""})

    # Who lacks the token learns nothing, not even what there is.
    for path, operations in c.spec["paths"].items():
        for method, operation in operations.items():
            if not args.everything or operation.get("security") == []:
                continue
            target = re.sub(r"\{[^}]*\}", "1", path)
            for given in ("", "Bearer wrong", "Bearer", "Corka-Proof 1 2 3"):
                c.ask(path, target, 401, method, {"Authorization": given})
    if args.everything:
        for target, expected in (("/", 200), ("/healthz", 200), ("/readyz", 200), (f"{api}/openapi.json", 200), ("/nothing", 401)):
            status, _, _ = c.request("GET", target, {"Authorization": ""})
            if status != expected:
                c.wrong(f"GET {target} without the token", f"is answered {status}, not {expected}")

    # Nothing that is documented was left out, but for what takes a broken program.
    for path, operations in c.spec["paths"].items():
        for method, operation in operations.items():
            if not any(a[0] == method and a[1] == path for a in c.asked):
                c.wrong(f"{method.upper()} {path}", "was not asked")
    for method, target in (("POST", f"{api}/status"), ("DELETE", "/"), ("GET", f"{api}/none"), ("GET", "/%")):
        status, fields, content = c.request(method, target)
        if status not in (400, 404, 405) or fields.get("content-type") != "application/problem+json":
            c.wrong(f"{method} {target}", f"is answered {status}, not by a problem")
    for problem in sorted(set(re.sub(r"\[\d+\]", "[]", p) for p in c.problems)):
        print(problem)
    print(f"{len(c.asked)} kinds of answers compared, {len(set(c.problems))} problems")
    return 1 if c.problems else 0


sys.exit(main())
