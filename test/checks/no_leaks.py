#!/usr/bin/env python3
"""No committed file names a package registry's host, a path of the machine it was written on, or a key."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
# Hosts that may be named: documentation's examples, this machine, licences, schema names, sources of data.
hosts = re.compile(r"(^|\.)(example|test|invalid|localhost|example\.(com|org|net)|apache\.org|w3\.org|json-schema\.org|creativecommons\.org|(scripts\.)?sil\.org|openfontlicense\.org|spdx\.org|"
                   r"github\.com|keepachangelog\.com|semver\.org|doi\.org|bts\.gov|transtats\.bts\.gov|schema\.org|"
                   r"localhost|cppreference\.com|boost\.org|wikipedia\.org|rfc-editor\.org|ietf\.org|prometheus\.io)$")
url = re.compile(r"\b(?:https?|ftp|git|ssh)://(?:[^/\s@\"'<>]*@)?([A-Za-z][A-Za-z0-9.-]*\.[A-Za-z]{2,}|localhost)\b")
service = re.compile(r"\b(?:deb|ftp|archive|snapshot|security|registry|repo\d*|index|static|proxy|mirrors?|pypi|files|artifacts?|"
                     r"artifactory|nexus)\.(?:[a-z0-9-]+\.)*(?:org|io|com|net|dev|internal|local|lan|corp)\b", re.I)
path = re.compile(r"(?<![\w.}/-])/(?:" + "|".join(["work", "root", "home"]) + r")/[A-Za-z._][\w.-]*")
secret = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b")

files = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True).stdout.decode().split("\0")
problems = []
checked = 0
for name in filter(None, files):
    file = root / name
    if not file.is_file() or name == pathlib.Path(__file__).resolve().relative_to(root.resolve()).as_posix():
        continue
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        continue
    checked += 1
    for number, line in enumerate(text.splitlines(), 1):
        for what, found in (
            *(("host", m[0]) for m in url.finditer(line) if not hosts.search(m[1])),
            *(("host", m[0]) for m in service.finditer(line)),
            *(("path", m[0]) for m in path.finditer(line)),
            *(("key", m[0][:12] + "…") for m in secret.finditer(line)),
        ):
            problems.append(f"{name}:{number}: {what} {found}")

print("\n".join(problems) if problems else f"{checked} files are clean")
sys.exit(1 if problems else 0)
