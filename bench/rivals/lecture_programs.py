"""The lecture's similarity programs, reproduced and corrected side by side.

The lecture asks, for each of nb_txt existing texts, for the three of nb_new new texts that are most similar by cosine,
in NumPy, in PyTorch on the CPU and in PyTorch on a GPU. As it times them: one call in a fresh process, everything
allocated on the way, the whole score matrix fully sorted, and on a GPU without waiting for the device. As they should
be timed: a warm call, buffers made beforehand, only the best three selected, blocks that fit the memory, the quickest
of a few ways, a synchronisation at the end, the median of several calls. Beside them stands crossover's openmp-tiled
on the same data. Every answer is checked against f64 on sampled rows; every program runs in a process of its own, and
one whose score matrix does not fit is said, with its bytes, and not run.
"""

import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import rival_server

HERE = pathlib.Path(__file__).resolve().parent
K = 3
SIZES = [(1_000, 100, 100), (10_000, 1_000, 100), (1_000_000, 1_000, 100), (100_000, 1_000, 1_000),
         (100_000, 10_000, 1_000), (100_000, 100_000, 1_000)]  # nb_txt, nb_new, dim
SYSTEMS = {"numpy": ("numpy", "numpy", 16), "torch-cpu": ("pytorch cpu", "torch", 16),  # published as, module,
           "torch-cuda": ("pytorch gpu (Apple mps)", "torch", 16)}  # bytes of each score: scores, their order, a copy
COLUMNS = ["nb_txt", "nb_new", "dim", "system", "timed", "seconds", "samples", "outcome", "note", "version"]


def texts(np, nb_txt, nb_new, dim):
    random = np.random.default_rng(1)
    return [random.random((rows, dim), dtype="f4") - np.float32(0.5) for rows in (nb_txt, nb_new)]


def wrong(np, existing, new, index):
    """Why the answer is wrong, on a few rows; empty where it is right."""
    rows = np.linspace(0, len(existing) - 1, 12).astype(int)
    unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
    scores = unit(existing[rows].astype("f8")) @ unit(new.astype("f8")).T
    found = np.take_along_axis(scores, np.asarray(index)[rows], axis=1)
    off = np.max(np.abs(found - np.sort(scores, axis=1)[:, ::-1][:, :K]))
    return "" if off < 1e-5 else f"wrong: scores off by {off:.2g}"


def lecture_numpy(existing, new):
    import numpy as np

    start = time.perf_counter()
    unit_existing = existing / np.linalg.norm(existing, axis=1, keepdims=True)
    unit_new = new / np.linalg.norm(new, axis=1, keepdims=True)
    scores = unit_existing @ unit_new.T
    best = np.argsort(-scores, axis=1)[:, :K]
    return time.perf_counter() - start, best


def lecture_torch(existing, new, device):
    import torch

    existing, new = torch.from_numpy(existing), torch.from_numpy(new)
    start = time.perf_counter()
    unit_existing = torch.nn.functional.normalize(existing.to(device), dim=1)
    unit_new = torch.nn.functional.normalize(new.to(device), dim=1)
    best = torch.sort(unit_existing @ unit_new.T, dim=1, descending=True).indices[:, :K]
    seconds = time.perf_counter() - start  # on a device: before it has done its work
    return seconds, best.cpu().numpy()


def as_it_should_be(name, existing, new, budget_s):
    library, np = rival_server.rival(name), __import__("numpy")
    sizes = {"corpus": len(new), "queries": len(existing), "dim": new.shape[1], "k": K}
    outputs = [np.empty((len(existing), K), type_name) for type_name in ("int64", "float32")]
    free_bytes = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    case = rival_server.Case("similarity", sizes, [new, existing], outputs, min(4 << 30, free_bytes // 4))
    way, threads, _ = rival_server.tuned(library, case, len(os.sched_getaffinity(0)), min(2, budget_s))
    library.set_threads(threads)
    steps = library.prepare(case, way)
    seconds, began = [], time.perf_counter()
    while len(seconds) < 2 or (len(seconds) < 32 and time.perf_counter() - began < budget_s):
        start = time.perf_counter()
        for step in steps.values():
            step()
        library.synchronize()
        seconds.append(time.perf_counter() - start)
    note = ", ".join([f"{key} {value}" for key, value in way.items()] + [f"threads {threads}"])
    return seconds[1:], outputs[0], note


def run_one(system, timed, nb_txt, nb_new, dim, budget_s):
    """In a process of its own: prints what it found as JSON."""
    import numpy as np

    said = {"version": rival_server.rival(system).version() if timed == "corrected" else ""}
    existing, new = texts(np, nb_txt, nb_new, dim)
    if timed == "corrected":
        seconds, index, note = as_it_should_be(system, existing, new, budget_s)
    else:
        lecture = lecture_numpy if system == "numpy" else lambda *data: lecture_torch(*data, {"torch-cpu": "cpu"}.get(system, "cuda"))
        once, index = lecture(existing, new)
        seconds, note = [once], "one call" + (", not synchronised" if system == "torch-cuda" else "")
    problem = wrong(np, existing, new, index)
    print(json.dumps({**said, "seconds": statistics.median(seconds), "samples": len(seconds), "note": problem or note,
                      "outcome": "wrong" if problem else "ok"}))


def available_bytes():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))


def measured(python, system, timed, size, arguments):
    nb_txt, nb_new, dim = size
    _, _, score_bytes = SYSTEMS[system]
    needed = nb_txt * nb_new * score_bytes + 8 * (nb_txt + nb_new) * dim
    if timed == "lecture" and system != "torch-cuda" and needed > 0.9 * available_bytes():
        return {"outcome": "refused", "note": f"needs {needed / 2**30:.1f} GiB, {available_bytes() / 2**30:.1f} GiB available"}
    command = [python, str(HERE.parent / "rivals.py"), "lecture", "--one", system, timed, *map(str, size), "--budget", str(arguments.budget)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=arguments.timeout)
    except subprocess.TimeoutExpired:
        return {"outcome": "too_slow", "note": f"over {arguments.timeout:g} s"}
    if ended.returncode == 0:
        return json.loads(ended.stdout.splitlines()[-1])
    words = (ended.stderr.strip().splitlines() or [""])[-1]
    outcome = "killed" if ended.returncode == -9 else "out_of_memory" if "memory" in words.lower() else "failed"
    return {"outcome": outcome, "note": words[:200] or f"ended with {ended.returncode}"}


def with_crossover(program, size, arguments):
    """openmp-tiled on the same bytes: the new texts are what is searched."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.npy" for name in ("queries", "corpus")]
        for path, array in zip(paths, texts(np, *size)):
            np.save(path, array)
        command = [program, "run", "similarity", "--k", str(K), "--solver", "openmp-tiled", "--backend", "cpu", "--quiet",
                   "--input", f"queries={paths[0]}", "--input", f"corpus={paths[1]}", "--csv", f"{folder}/rows.csv",
                   "--budget", str(arguments.budget), "--timeout", str(arguments.timeout)]
        ended = subprocess.run(command, capture_output=True, text=True)
        if not pathlib.Path(folder, "rows.csv").is_file():
            return {"outcome": "failed", "note": (ended.stderr.strip().splitlines() or ["no answer"])[-1]}
        with open(f"{folder}/rows.csv", newline="") as file:
            row = next(csv.DictReader(file))
    return {"outcome": row["outcome"], "seconds": float(row["call_s"]) if row["call_s"] else None, "samples": row["samples"],
            "note": row["reason"] or f"threads {row['threads']}", "version": f"crossover {row['commit']}"}


def published():
    path = HERE.parent.parent / "results" / "published" / "lecture_figures.csv"
    found = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["workload"] == "similarity":
                size = tuple(int(word.split("=")[1]) for word in row["parameters"].split()[:3])
                found[size[0], size[2], size[1], row["system"]] = f"{float(row['seconds']):.3g} s" if row["seconds"] else row["result"]
    return found


def cell(said):
    if said.get("seconds") is not None and said["outcome"] == "ok":
        return f"{said['seconds']:.3g} s"
    return f"{said['outcome']}: {said['note']}" if said["outcome"] != "unavailable" else "not here"


def write_tables(folder, results, about):
    figures = published()
    with open(folder / "lecture_programs.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        for (size, system, timed), said in results.items():
            writer.writerow({**said, "nb_txt": size[0], "nb_new": size[1], "dim": size[2], "system": system, "timed": timed})
    lines = ["# The lecture's programs, reproduced and corrected", "", *about, "",
             "| nb_txt x nb_new, dim | system | published, another machine | here, as the lecture times it | here, as it should be timed |",
             "|---|---|---|---|---|"]
    for size in dict.fromkeys(key[0] for key in results):
        for system, (name, _, _) in SYSTEMS.items():
            lines.append(f"| {size[0]:,} x {size[1]:,}, {size[2]:,} | {system} | {figures.get((*size, name), '')} | "
                         f"{cell(results[size, system, 'lecture'])} | {cell(results[size, system, 'corrected'])} |")
        if (size, "crossover openmp-tiled", "corrected") in results:
            lines.append(f"| | **crossover openmp-tiled** | | | {cell(results[size, 'crossover openmp-tiled', 'corrected'])} |")
    (folder / "lecture_programs.md").write_text("\n".join(lines) + "\n")


def count_of_sizes(text):
    if not text.isdecimal() or not 1 <= int(text) <= len(SIZES):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {len(SIZES)}")
    return int(text)


def positive(text):
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return seconds


def main(words):
    parser = argparse.ArgumentParser(prog="rivals.py lecture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example:\n  /usr/bin/python3 bench/rivals.py lecture --out results/spr-2c")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent.parent / "build" / "results", metavar="FOLDER",
                        help="for lecture_programs.md and .csv [build/results]")
    parser.add_argument("--crossover", default=str(HERE.parent.parent / "build" / "crossover"), metavar="PROGRAM", help="[build/crossover]")
    parser.add_argument("--budget", type=positive, default=3, metavar="SECONDS", help="of each corrected figure [3]")
    parser.add_argument("--timeout", type=positive, default=180, metavar="SECONDS", help="of each program [180]")
    parser.add_argument("--sizes", type=count_of_sizes, default=len(SIZES), metavar="N", help="only the first N sizes [all]")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if arguments.one:
        run_one(*arguments.one[:2], *map(int, arguments.one[2:]), arguments.budget)
        return 0
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=arguments.out):
            pass
    except OSError as error:
        print(f"rivals.py lecture: {arguments.out} cannot be written: {error.strerror}: name another folder with --out",
              file=sys.stderr)
        return 2
    facts = {system: rival_server.asked(system) for system in SYSTEMS}
    if "version" not in facts["numpy"]:
        print(f"rivals.py lecture: {facts['numpy']['reason']}: use /usr/bin/python3, or bench/run --with-rivals", file=sys.stderr)
        return 2
    has_crossover = os.access(arguments.crossover, os.X_OK)
    if not has_crossover:
        print(f"rivals.py lecture: {arguments.crossover} is missing: without its rows (bench/run builds it)", file=sys.stderr)
    results = {}
    about = ["Seconds. `bench/rivals.py lecture` made this table; `lecture_programs.csv` has the notes.", ""]
    about += [f"- {system}: {said.get('version') or 'not here: ' + said['reason']}" for system, said in facts.items()]
    for size in SIZES[:arguments.sizes]:
        for system in SYSTEMS:
            for timed in ("lecture", "corrected"):
                said = ({"outcome": "unavailable", "note": facts[system]["reason"]} if "reason" in facts[system]
                        else measured(sys.executable, system, timed, size, arguments))
                results[size, system, timed] = said
                print(*size, system, timed, cell(said), said.get("note", ""), flush=True)
        if has_crossover:
            said = results[size, "crossover openmp-tiled", "corrected"] = with_crossover(arguments.crossover, size, arguments)
            print(*size, "crossover openmp-tiled", cell(said), flush=True)
        write_tables(arguments.out, results, about)
    print(f"table: {arguments.out}/lecture_programs.md")
    return 0
