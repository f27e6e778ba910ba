#!/usr/bin/env python3
"""Registers, shared memory, spills and 16-byte loads of every kernel of this project, as a Markdown table.

Compiles the .cu files of gpu/ for several architectures and reads what ptxas says of each kernel, and the PTX of
the last architecture but one for its loads from global memory. Needs nvcc and no GPU. Ends with status 1 where a
kernel spills registers, is not compiled for every architecture, or lacks the 16-byte loads that are meant.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARCHITECTURES = [75, 80, 86, 89, 90, 100, 120]
LOADS_ARCHITECTURE = 90
LIBRARIES = re.compile(r"_(cub|thrust)\.cu$|limits_kernels\.cu$")  # their kernels are the libraries' own, or no solvers'
WIDE = re.compile(r"\bld\.global[.\w]*\.(?:v4\.[bfsu]32|v2\.[bfsu]64)\b")
MEANT_WIDE = re.compile(r"(reduce|block|lanes|part|tile|select)_kernel|fused_kernel<\d+, true>")
LOAD = re.compile(r"\bld\.global[.\w]*")


def fail(message):
    print(f"kernels.py: {message}", file=sys.stderr)
    raise SystemExit(2)


def nvcc(arguments):
    compiler = os.environ.get("CUDACXX", "nvcc")
    try:
        done = subprocess.run([compiler, *arguments], cwd=ROOT, text=True, capture_output=True, check=False)
    except FileNotFoundError:
        fail(f"no {compiler}: put the CUDA toolkit on PATH, or set CUDACXX")
    if done.returncode != 0:
        fail(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout + done.stderr


FLAGS = ["-std=c++20", "--expt-relaxed-constexpr", "-O3", "-DNDEBUG", "-I", "."]


def demangled(names):
    done = subprocess.run(["c++filt"], input="\n".join(names), text=True, capture_output=True, check=True)
    return dict(zip(names, done.stdout.splitlines()))


def short(name):
    """Without return type, namespaces and parameter types: 'sum_kernel<double, 256>'."""
    name = re.sub(r"\(anonymous namespace\)::", "", name)
    name = re.sub(r"^void ", "", name)
    depth, end = 0, len(name)
    for i, c in enumerate(name):
        depth += (c == "<") - (c == ">")
        if c == "(" and depth == 0:
            end = i
            break
    return re.sub(r"crossover::(gpu::)?", "", name[:end])


def usage_of(source, folder):
    """{kernel: {architecture: (registers, shared bytes, spilled bytes)}} of one file, by mangled name."""
    gencode = [f"-gencode=arch=compute_{a},code=sm_{a}" for a in ARCHITECTURES]
    text = nvcc([*FLAGS, *gencode, "-Xptxas", "-v", "-c", str(source), "-o", str(folder / (source.name + ".o"))])
    found = {}
    kernel = architecture = None
    spilled = 0
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\S+)' for 'sm_(\d+)", line):
            kernel, architecture, spilled = match[1], int(match[2]), 0
        elif match := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = int(match[1]) + int(match[2])
        elif kernel and (match := re.search(r"Used (\d+) registers", line)):
            shared = re.search(r"(\d+) bytes smem", line)
            found.setdefault(kernel, {})[architecture] = (int(match[1]), int(shared[1]) if shared else 0, spilled)
            kernel = None
    return found


def loads_of(source, folder):
    """{kernel: (16-byte loads, all loads from global memory)} in the PTX of one file."""
    target = folder / (source.name + ".ptx")
    nvcc([*FLAGS, f"-arch=compute_{LOADS_ARCHITECTURE}", "-ptx", str(source), "-o", str(target)])
    found = {}
    for entry in re.split(r"\.entry\s+", target.read_text())[1:]:
        name = re.match(r"[\w$]+", entry)[0]
        body = entry.split("\n}", 1)[0]
        found[name] = (len(WIDE.findall(body)), len(LOAD.findall(body)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example:\n  bench/device/kernels.py > results/kernels.md")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="compilers at once [2]")
    arguments = parser.parse_args()
    sources = [p for p in sorted((ROOT / "gpu").glob("*.cu")) if not LIBRARIES.search(p.name)]
    relative = [p.relative_to(ROOT) for p in sources]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            usages = list(pool.map(lambda p: usage_of(p, folder), relative))
            loads = list(pool.map(lambda p: loads_of(p, folder), relative))

    release = nvcc(["--version"]).split("release ")[1].split(",")[0]
    print("# Kernels: registers, shared memory, spills, loads\n")
    print(f"Made by `bench/device/kernels.py` with CUDA {release}: ptxas for sm_" +
          ", ".join(map(str, ARCHITECTURES)) + f"; loads counted in the PTX for compute_{LOADS_ARCHITECTURE}.")
    print("Registers are per thread (a range over the architectures), shared memory is static, per block.\n")
    print("| file | kernel | registers | shared, B | spilled, B | 16-byte loads of all loads |")
    print("|---|---|---|---|---|---|")
    wrong = []
    for path, usage, load in zip(relative, usages, loads):
        names = demangled(list(usage))
        for kernel in sorted(usage, key=lambda k: short(names[k])):
            by_architecture = usage[kernel]
            registers = [r for r, _, _ in by_architecture.values()]
            shared = max(s for _, s, _ in by_architecture.values())
            spilled = max(s for _, _, s in by_architecture.values())
            wide, every = load.get(kernel, (0, 0))
            span = f"{min(registers)}" if min(registers) == max(registers) else f"{min(registers)}-{max(registers)}"
            title = short(names[kernel])
            print(f"| {path.name} | `{title}` | {span} | {shared} | {spilled} | {wide} of {every} |")
            if spilled:
                wrong.append(f"{title} spills {spilled} bytes")
            if MEANT_WIDE.search(title) and wide == 0:
                wrong.append(f"{title} has no 16-byte load")
            if len(by_architecture) != len(ARCHITECTURES):
                wrong.append(f"{title} is not compiled for every architecture")
    for problem in wrong:
        print(f"kernels.py: {problem}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
