#!/usr/bin/env python3
"""Writes the ctest registration of a doctest executable: one test per TEST_CASE, whatever is in its name."""
import argparse
import subprocess
import sys


def cases(exe):
    out = subprocess.run([exe, "--list-test-cases", "--no-colors=true", "--no-intro=true"],
                         capture_output=True, text=True, timeout=60)
    if out.returncode != 0:
        sys.exit(f"{exe} --list-test-cases ended with {out.returncode}:\n{out.stdout}{out.stderr}")
    return [line for line in out.stdout.splitlines() if line and not line.startswith(("[doctest]", "======"))]


def as_filter(case):
    # doctest splits filters at commas and strips quotes and backslashes; its '?' stands for any one byte.
    return "".join(c if c.isascii() and (c.isalnum() or c in " -_/.:") else "?" * len(c.encode()) for c in case)


def quoted(text):
    return f"[====[{text}]====]"


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--out", required=True)
    args.add_argument("--name", required=True)
    args.add_argument("--label", required=True)
    args.add_argument("--timeout", required=True)
    args.add_argument("--together", action="store_true")
    args.add_argument("exe")
    args.add_argument("environment", nargs="*")
    args = args.parse_args()

    tests = [(args.name, [])] if args.together else [
        (f"{args.name}/{case}", [f"--test-case={as_filter(case)}"]) for case in cases(args.exe)]
    if len({name for name, _ in tests}) != len(tests):
        sys.exit(f"{args.exe}: two test cases have the same name")
    properties = {"LABELS": args.label, "TIMEOUT": args.timeout, "SKIP_RETURN_CODE": "77",
                  "ENVIRONMENT": ";".join(args.environment)}
    if args.label in ("system", "browser"):
        properties["RUN_SERIAL"] = "TRUE"
    lines = []
    for name, arguments in tests:
        lines.append(f"add_test({quoted(name)} {' '.join(map(quoted, [args.exe, *arguments]))})")
        lines.append(f"set_tests_properties({quoted(name)} PROPERTIES "
                     + " ".join(f"{key} {quoted(value)}" for key, value in properties.items()) + ")")
    with open(args.out, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


main()
