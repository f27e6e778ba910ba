#!/usr/bin/env python3
"""What PyTorch and CuPy take on this device for the same problems, as CSV on stdout.

Every time is a median of single calls with a synchronisation at the end and the output buffer given where the
library takes one. `resident`: operands and result on the device. `call`: operands in ordinary host memory, result
back in host memory. Inputs are seeded random numbers. Answers are checked against float64 on sampled rows; the
largest error relative to the row's mean absolute value (row means, reductions) or to 1 (scores) stands beside
them. FP32 products are plain FP32: TF32 is switched off.
"""

import argparse
import csv
import statistics
import sys
import time

EXAMPLES = """examples:
  bench/device/rivals.py > rivals.csv
  bench/device/rivals.py --problem similarity --budget 2
"""

ROW_MEANS = [(100_000, 1_000, "f32"), (100_000, 1_000, "f64"), (100_000, 10_000, "f32"), (100_000, 10_000, "f64")]
SIMILARITY = [  # corpus, queries, dim
    (1_000, 100, 100),
    (10_000, 1_000, 100),
    (1_000_000, 1_000, 100),
    (100_000, 1_000, 1_000),
    (100_000, 10_000, 1_000),
    (100_000, 100_000, 1_000),
]
REDUCTIONS = [("sum", 50_000_000, "i64"), ("square_sine_sum", 1_000_000, "f64"), ("square_sine_sum", 10_000_000, "f64")]
K = 3
TYPES = {"f32": "float32", "f64": "float64", "i64": "int64"}


class Torch:
    name = "torch"

    def __init__(self, numpy):
        import torch

        if not torch.cuda.is_available():
            raise RuntimeError("torch sees no CUDA device")
        torch.backends.cuda.matmul.allow_tf32 = False
        self.np, self.lib, self.version = numpy, torch, torch.__version__

    def synchronize(self):
        self.lib.cuda.synchronize()

    def upload(self, array):
        return self.lib.from_numpy(array).to("cuda")

    def download(self, array):
        return array.cpu().numpy()

    def row_means(self, values):
        out = self.lib.empty(values.shape[0], dtype=values.dtype, device="cuda")
        return lambda: self.lib.mean(values, dim=1, out=out)

    def sum(self, values):
        out = self.lib.empty((), dtype=values.dtype, device="cuda")
        return lambda: self.lib.sum(values, dim=0, out=out)

    def square_sine_sum(self, values):
        return lambda: (values * values + self.lib.sin(values)).sum()

    def similarity(self, corpus, queries):
        lib = self.lib
        scores = lib.empty((queries.shape[0], corpus.shape[0]), dtype=corpus.dtype, device="cuda")

        def run():
            unit_corpus = lib.nn.functional.normalize(corpus, dim=1)
            unit_queries = lib.nn.functional.normalize(queries, dim=1)
            lib.mm(unit_queries, unit_corpus.T, out=scores)
            return lib.topk(scores, K, dim=1)

        return run

    def scores_of(self, result):
        return self.download(result.values)


class Cupy:
    name = "cupy"

    def __init__(self, numpy):
        import cupy

        cupy.cuda.runtime.getDeviceCount()
        self.np, self.lib, self.version = numpy, cupy, cupy.__version__

    def synchronize(self):
        self.lib.cuda.Device().synchronize()

    def upload(self, array):
        return self.lib.asarray(array)

    def download(self, array):
        return self.lib.asnumpy(array)

    def row_means(self, values):
        out = self.lib.empty(values.shape[0], dtype=values.dtype)
        return lambda: self.lib.mean(values, axis=1, out=out)

    def sum(self, values):
        out = self.lib.empty((), dtype=values.dtype)
        return lambda: self.lib.sum(values, out=out)

    def square_sine_sum(self, values):
        return lambda: (values * values + self.lib.sin(values)).sum()

    def similarity(self, corpus, queries):
        lib = self.lib
        scores = lib.empty((queries.shape[0], corpus.shape[0]), dtype=corpus.dtype)

        def run():
            unit_corpus = corpus / lib.linalg.norm(corpus, axis=1, keepdims=True)
            unit_queries = queries / lib.linalg.norm(queries, axis=1, keepdims=True)
            lib.matmul(unit_queries, unit_corpus.T, out=scores)
            places = lib.argpartition(scores, -K, axis=1)[:, -K:]
            return lib.sort(lib.take_along_axis(scores, places, axis=1), axis=1)[:, ::-1]

        return run

    def scores_of(self, result):
        return self.download(result)


def sampled(work, synchronize, budget_s):
    """Seconds of single calls: one untimed, then at least 8 within the budget where it allows."""
    work()
    synchronize()
    seconds, began = [], time.perf_counter()
    while len(seconds) < 64 and (len(seconds) < 3 or time.perf_counter() - began < budget_s):
        start = time.perf_counter()
        work()
        synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds


def interval(seconds):
    """99 % rank interval of the median; empty below 8 samples."""
    n = len(seconds)
    if n < 8:
        return "", ""
    ordered, probability, low = sorted(seconds), 2.0**-n, 0
    tail = probability
    while low < n // 2:
        probability *= (n - low) / (low + 1)
        if tail + probability > 0.005:
            break
        tail += probability
        low += 1
    return ordered[low], ordered[n - 1 - low]


class Table:
    COLUMNS = ["system", "version", "problem", "type", "sizes", "question", "median_s", "low_s", "high_s", "samples"]

    def __init__(self, stream):
        self.stream = stream
        self.writer = csv.writer(stream)
        self.writer.writerow([*self.COLUMNS, "max_error", "reason"])

    def add(self, library, problem, type_name, sizes, question, seconds=None, error="", reason=""):
        row = [library.name, library.version, problem, type_name, sizes, question]
        if seconds:
            low, high = interval(seconds)
            row += [statistics.median(seconds), low, high, len(seconds)]
        else:
            row += ["", "", "", 0]
        self.writer.writerow([*row, error, reason])
        self.stream.flush()


def measure(library, table, budget_s, problem, type_name, sizes, inputs, make, check):
    """Both questions of one case; what fails is a row with its reason."""
    try:
        device = [library.upload(array) for array in inputs]
        work = make(*device)
        result = work()
        error = check(result)
        table.add(library, problem, type_name, sizes, "resident", sampled(work, library.synchronize, budget_s), error)

        def call():
            for to, array in zip(device, inputs):
                if hasattr(to, "copy_"):
                    to.copy_(library.lib.from_numpy(array))
                else:
                    to.set(array)
            result = work()
            return library.scores_of(result) if problem == "similarity" else library.download(result)

        table.add(library, problem, type_name, sizes, "call", sampled(call, library.synchronize, budget_s), error)
    except Exception as failure:  # an out-of-memory is a result too
        table.add(library, problem, type_name, sizes, "resident", reason=f"{type(failure).__name__}: {failure}"[:300])


def run(library, table, arguments):
    np = library.np
    random = np.random.default_rng(1)

    def wanted(problem):
        return arguments.problem in (None, problem)

    def scaled(count):
        return max(1, int(count / arguments.shrink))

    for rows, cols, type_name in ROW_MEANS if wanted("row_means") else []:
        rows = scaled(rows)
        values = random.random((rows, cols), dtype=TYPES[type_name])
        some = values[:: max(1, rows // 50)].astype("f8")

        def check(means, some=some, rows=rows):
            found = library.download(means)[:: max(1, rows // 50)]
            return float(np.max(np.abs(found - some.mean(axis=1)) / np.abs(some).mean(axis=1)))

        measure(library, table, arguments.budget, "row_means", type_name, f"rows={rows} cols={cols}", [values],
                library.row_means, check)
    for problem, n, type_name in REDUCTIONS:
        if not wanted(problem):
            continue
        n = scaled(n)
        values = random.integers(0, 1000, n) if type_name == "i64" else random.random(n, dtype=TYPES[type_name])
        exact = values.sum() if problem == "sum" else np.sum(values * values + np.sin(values), dtype=np.longdouble)

        def check(found, exact=exact):
            return float(abs(library.download(found) - exact) / abs(exact))

        measure(library, table, arguments.budget, problem, type_name, f"n={n}", [values], getattr(library, problem),
                check)
    for corpus_rows, query_rows, dim in SIMILARITY if wanted("similarity") else []:
        corpus_rows, query_rows = scaled(corpus_rows), scaled(query_rows)
        corpus = random.random((corpus_rows, dim), dtype="f4") - np.float32(0.5)
        queries = random.random((query_rows, dim), dtype="f4") - np.float32(0.5)
        unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
        best = np.sort(unit(queries[:8].astype("f8")) @ unit(corpus.astype("f8")).T, axis=1)[:, ::-1][:, :K]

        def check(result, best=best):
            return float(np.max(np.abs(library.scores_of(result)[: len(best)] - best)))

        measure(library, table, arguments.budget, "similarity", "f32",
                f"corpus={corpus_rows} queries={query_rows} dim={dim} k={K}", [corpus, queries], library.similarity,
                check)


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=0.7, metavar="SECONDS", help="of each figure [0.7]")
    parser.add_argument("--problem", choices=["row_means", "similarity", "sum", "square_sine_sum"])
    parser.add_argument("--shrink", type=float, default=1, metavar="N",
                        help="divide rows, corpus, queries and n by N: a try of the script itself [1]")
    arguments = parser.parse_args()
    try:
        import numpy
    except ImportError:
        sys.exit("rivals.py: numpy is missing: install it beside torch or cupy")
    table = Table(sys.stdout)
    measured = 0
    for kind in (Torch, Cupy):
        try:
            library = kind(numpy)
        except Exception as absent:
            print(f"rivals.py: {kind.name} is not measured: {absent}", file=sys.stderr)
            continue
        run(library, table, arguments)
        measured += 1
    return 0 if measured else 3


if __name__ == "__main__":
    sys.exit(main())
