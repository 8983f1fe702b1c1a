"""What the bench scripts share: the machine, a Kafka, measured runs."""
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = next(int(line.split()[1]) // 2**20 for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    load = os.getloadavg()[0]
    return (f"{datetime.datetime.now():%Y-%m-%d %H:%M}, {os.cpu_count()} × {model}, {memory} GB, "
            f"Linux {platform.release()}, load before: {load:.1f}"
            + ("  *** the machine is busy: figures are low ***" if load > 1 else ""))


def start_kafka(folder):
    command = [ROOT / "test/support/kafka_server", "start", folder / "kafka", "--owner", str(os.getpid())]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(answer.returncode)
    return answer.stdout.split()[0]


def kill_kafka(folder):
    subprocess.run([ROOT / "test/support/kafka_server", "kill", folder / "kafka"])


def tool(build, name):
    path = build / "bench/bin" / f"bench_{name}"
    if not path.exists():
        sys.exit(f"{path} is missing: cmake --preset release && ninja -C {build} bench_{name}")
    return path


def run(build, name, *arguments):
    """One process: what it says as JSON, with its CPU seconds and max RSS as the system saw them."""
    process = subprocess.Popen([str(c) for c in (tool(build, name), *arguments)], stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{name} ended with {process.returncode}")
    result = json.loads(said) if said.startswith("{") else {}
    return result | {"process_cpu": usage.ru_utime + usage.ru_stime, "rss_mb": usage.ru_maxrss / 1024}
