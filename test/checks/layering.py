#!/usr/bin/env python3
"""Compares the #includes below lib/ and include/ with what the layers' CMakeLists.txt say (USES), and with the few places
where a third-party library may be named."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
lib = root / "lib"
problems = []

# Third-party headers and where they may be included.
only_in = {
    r"librdkafka/|rdkafka\.h": ("lib/kafka/rdkafka/", "bench/", "test/"),
    r"lmdb\.h": ("lib/store/lmdb/", "bench/", "test/"),
    r"boost/beast": ("lib/http/", "apps/", "bench/", "test/"),
    r"openssl/|boost/asio/ssl": ("lib/http/", "test/"),
    r"CLI/": ("lib/app/", "apps/", "bench/", "test/"),
    r"spdlog/": ("lib/app/", "apps/", "bench/", "test/"),
    r"fmt/": ("lib/", "apps/", "bench/", "test/"),
}
no_asio = ("base", "codec")
# Only the composition root names implementations of the seams; the tester is one of its own, and simulations look into it.
implementations = {"kafka/rdkafka", "kafka/embedded", "store/lmdb", "store/memory"}
composers = ("lib/processor/compose.cpp", "lib/tester/", "lib/simulation/")

order = re.search(r"set\(CORKA_LAYER_ORDER([^)]*)\)", (lib / "CMakeLists.txt").read_text())[1].split()


def folder(name):
    """The layer's folder: kafka_rdkafka and kafka/rdkafka are the same layer."""
    return next((layer for layer in order if layer.replace("/", "_") == name.replace("/", "_")), None)


uses = {}
for layer in order:
    file = lib / layer / "CMakeLists.txt"
    if not file.exists():
        if any((lib / layer).glob("*.[ch]pp")):
            problems.append(f"lib/{layer}: has no CMakeLists.txt")
        continue
    text = re.sub(r"#.*", "", file.read_text())
    call = re.search(r"corka_layer\(\s*(\w+)([^)]*)\)", text)
    if not call:
        problems.append(f"lib/{layer}/CMakeLists.txt: no corka_layer(…)")
        continue
    named = re.search(r"\bUSES\b(.*?)(?=\bSOURCES\b|\bLINKS\b|\bNO_PCH\b|$)", call[2], re.S)
    uses[layer] = set()
    for name in named[1].split() if named else []:
        used = folder(name)
        if used is None:
            problems.append(f"lib/{layer}/CMakeLists.txt: USES {name}, which is no layer")
        elif order.index(used) >= order.index(layer):
            problems.append(f"lib/{layer}/CMakeLists.txt: USES {name}, which is not below it")
        else:
            uses[layer].add(used)
    sources = re.search(r"\bSOURCES\b(.*?)(?=\bUSES\b|\bLINKS\b|\bNO_PCH\b|$)", call[2], re.S)
    listed = set(sources[1].split()) if sources else set()
    for source in (lib / layer).rglob("*.cpp"):
        name = source.relative_to(lib / layer).as_posix()
        inner = any(other != layer and f"{layer}/{name}".startswith(f"{other}/") and other.startswith(f"{layer}/") for other in order)
        if name not in listed and not inner and name != "asio_src.cpp":
            problems.append(f"lib/{layer}/{name}: is not in the layer's SOURCES")

# Layers are used transitively: what a layer uses brings along what that one uses.
reach = {}
for layer in order:
    reach[layer] = {layer}.union(*({used} | reach.get(used, set()) for used in uses.get(layer, ())))


def layer_of(path):
    """The layer that a path relative to lib/ belongs to: the longest folder that fits."""
    fitting = [layer for layer in order if path.startswith(layer + "/")]
    return max(fitting, key=len) if fitting else None


include = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)
files = [f for top in ("lib", "include", "apps", "bench", "test") for f in (root / top).rglob("*")
         if f.suffix in (".hpp", ".cpp", ".ipp", ".h") and "cmake" not in f.relative_to(root).parts]
checked = 0
for file in sorted(files):
    path = file.relative_to(root).as_posix()
    text = file.read_text(encoding="utf-8")
    mine = layer_of(path.removeprefix("lib/")) if path.startswith("lib/") else None
    for found in include.finditer(text):
        kind, header = found[1], found[2]
        at = f"{path}:{text.count(chr(10), 0, found.start(1)) + 1}"
        checked += 1
        for pattern, places in only_in.items():
            if re.match(pattern, header) and not path.startswith(places):
                problems.append(f"{at}: <{header}> may only be included in {' '.join(places)}")
        if path.startswith("include/"):
            if kind == '"':
                problems.append(f'{at}: "{header}": a public header includes only <corka/…> and other libraries')
            elif header.startswith("corka/") and not (root / "include" / header).exists():
                problems.append(f"{at}: <{header}> does not exist")
            continue
        if mine is None:
            continue
        if header.startswith("boost/asio") and mine in no_asio:
            problems.append(f"{at}: {mine} knows no Asio")
        if kind == "<":
            continue
        theirs = layer_of(header)
        if theirs is None or not (lib / header).exists():
            problems.append(f'{at}: "{header}" is no header of a layer (name it relative to lib/)')
        elif theirs not in reach.get(mine, {mine}):
            problems.append(f"{at}: {mine} includes {header}, but does not use {theirs} (USES in lib/{mine}/CMakeLists.txt)")
        elif theirs in implementations and theirs != mine and not path.startswith(composers):
            problems.append(f"{at}: {header} is an implementation of a seam; only {composers[0]} names those")

print("\n".join(problems) if problems else f"{checked} includes in {len(files)} files are as the layers say")
sys.exit(1 if problems else 0)
