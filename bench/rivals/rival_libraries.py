"""How NumPy, PyTorch, FAISS, scikit-learn and CuPy answer crossover's problems, each in its best way.

A library offers ways to put a question (`ways`) and makes the steps of a call for one of them (`prepare`): buffers
exist beforehand, outputs are given where the library takes them. rival_server.py picks the way and times the steps.
"""

import ctypes
import importlib
import math
import os
import sys

SCORE_BYTES = [1 << 20, 1 << 23, 1 << 26, 1 << 28, 1 << 30]  # similarity: scores that are kept at once
PLAIN_SCORE_BYTES = 1 << 30  # more only where a trial has told the difference
CHUNKS = [1 << 14, 1 << 18]  # square_sine_sum, norm2: elements that are taken at once
FEWEST_QUERIES = 16  # of a trial
GROUP = 64  # scores of which only the greatest is looked at first


class Unavailable(Exception):
    """The library cannot answer here; the sentence says what to do."""


class Case:
    """One problem at one shape: sizes by name, inputs and outputs as NumPy arrays in host memory.

    `scores_at_most` bounds the bytes of similarity's scores, and of what is as large, at once."""

    def __init__(self, problem, sizes, inputs, outputs, scores_at_most=1 << 28):
        self.problem, self.sizes, self.inputs, self.outputs = problem, sizes, inputs, outputs
        self.scores_at_most = scores_at_most
        self.twins = None  # of similarity, when first needed

    def part(self, np, share=1.0):
        """The same question, small enough to be asked often, large enough to tell fast from slow.

        `share` makes it smaller still; of similarity's queries some are left: every call prepares the corpus."""
        sizes, cut = self.sizes, {}
        if self.problem == "similarity":
            axis, cut = "queries", {1: max(FEWEST_QUERIES, 2e10 * share / (2 * sizes["corpus"] * sizes["dim"]))}
        else:
            axis = "n" if "n" in sizes else "rows"
            bytes_each = sum(array.nbytes for array in self.inputs) / sizes[axis]
            cut = {i: (1 << 29) * share / bytes_each for i in range(len(self.inputs))}
        count = max(1, min(sizes[axis], math.ceil(next(iter(cut.values())))))
        inputs = [array[:count] if i in cut else array for i, array in enumerate(self.inputs)]
        outputs = [np.empty((count, *out.shape[1:]) if out.ndim else (), out.dtype) for out in self.outputs]
        return Case(self.problem, {**sizes, axis: count}, inputs, outputs, self.scores_at_most)


def similarity_ways(case, selections):
    """Blocks of queries, the greatest first, by each of the selections: name -> bytes that it takes for a score."""
    ways = []
    for by, score_bytes in selections.items():
        for size in (*SCORE_BYTES, case.scores_at_most):
            count = min(size // (4 * case.sizes["corpus"]), case.scores_at_most // (score_bytes * case.sizes["corpus"]))
            ways.append({"queries": max(1, min(case.sizes["queries"], count)), "by": by})
    unlike = {tuple(way.values()): way for way in ways}
    return sorted(unlike.values(), key=lambda way: -way["queries"])


def unlike_ways(ways, part):
    """Those of the case's ways that the part can tell apart. Of blocks that are all larger than the part the largest
    of at most 1 GiB is kept: a product with more rows runs better."""
    def by_block(way):
        queries = way.get("queries", 0)
        return queries * 4 * part.sizes.get("corpus", 0) > PLAIN_SCORE_BYTES, -queries

    kept = {}
    for way in sorted(ways, key=by_block):
        alike = {**way, "queries": min(way["queries"], part.sizes["queries"])} if "queries" in way else way
        kept.setdefault(tuple(alike.values()), way)
    return [way for way in ways if way in kept.values()]


def plain_ways(case):
    """Of problems with little choice. Sums of f32 squares lose digits unless parts are added in f64."""
    if case.problem == "square_sine_sum":
        n = case.sizes["n"]
        return [{"elements": size} for size in sorted({min(n, size) for size in (*CHUNKS, n)})]
    if case.problem == "norm2":
        return [{"by": "norm"}, {"elements": CHUNKS[0]}]
    return [{"by": "mean"}, {"by": "product with ones"}] if case.problem == "row_means" else [{}]


class Blas:
    """The OpenBLAS libraries of this process: NumPy's wheels and FAISS's bring their own."""

    def __init__(self):
        with open("/proc/self/maps") as maps:
            paths = sorted({line.split()[-1] for line in maps if "blas" in line.lower() and ".so" in line})
        self.found = {}
        for path in paths:
            library = ctypes.CDLL(path)
            for prefix, suffix in (("", ""), ("", "64_"), ("scipy_", ""), ("scipy_", "64_")):
                calls = [getattr(library, f"{prefix}openblas_{name}{suffix}", None)
                         for name in ("set_num_threads", "get_corename", "get_config")]
                if all(calls):
                    calls[1].restype = calls[2].restype = ctypes.c_char_p
                    self.found[ctypes.cast(calls[0], ctypes.c_void_p).value] = calls

    def set_threads(self, count):
        for set_num_threads, _, _ in self.found.values():
            set_num_threads(count)

    def core_types(self):
        return [corename().decode() for _, corename, _ in self.found.values()]

    def __str__(self):
        """"OpenBLAS 0.3.21 SkylakeX", empty where there is none."""
        return ", ".join(sorted({" ".join([*config().decode().split()[:2], corename().decode()])
                                 for _, corename, config in self.found.values()}))


def better_core_type(chosen, flags):
    """What OpenBLAS should have taken a processor with these flags for; empty where it did well."""
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return "" if chosen in ("SkylakeX", "Cooperlake", "SapphireRapids") else "SkylakeX"
    if {"avx2", "fma"} <= flags:
        return "" if chosen in ("Haswell", "Zen", "Excavator") else "Haswell"
    return ""


def correct_core_type(blas):
    """Starts the program again where OpenBLAS took the processor for an old one: it cannot change its mind."""
    if "OPENBLAS_CORETYPE" in os.environ:
        return
    try:
        with open("/proc/cpuinfo") as file:
            flags = set(next(line for line in file if line.startswith("flags")).split())
    except (OSError, StopIteration):
        return
    better = [better_core_type(chosen, flags) for chosen in blas.core_types()]
    if any(better):
        os.environ["OPENBLAS_CORETYPE"] = next(filter(None, better))
        os.execv(sys.executable, [sys.executable, *sys.argv])


class Library:
    """A rival: what it computes with, and how. Phases of a call are functions without arguments."""

    device = "host"  # or the name of the device that computes

    def __init__(self, module):
        self.np = importlib.import_module("numpy")
        self.lib = importlib.import_module(module)
        self.blas = Blas()

    def version(self):
        return ", ".join(filter(None, [f"{self.lib.__name__} {self.lib.__version__}", str(self.blas)]))

    def set_threads(self, count):
        self.threads = count
        self.blas.set_threads(count)

    def ways(self, case):
        """Ways to put the question; the first where nothing is known."""
        return [{}]

    def prepare(self, case, way):
        """Phase -> function, in the order of a call; makes the buffers."""
        return {"compute": getattr(self, case.problem)(case.inputs, case.outputs, case.sizes, way)}

    def synchronize(self):
        """Returns when the device has nothing left to do."""

    def poison(self):
        """Spoils outputs that do not lie in host memory."""

    def limit_device(self, limit_bytes):
        """No more than this for arrays on the device."""


class Numpy(Library):
    """NumPy, and whatever has its functions."""

    name = "numpy"

    def __init__(self, module="numpy"):
        super().__init__(module)

    def ways(self, case):
        if case.problem == "similarity":
            return similarity_ways(case, {"argmax": 4, **({"argpartition": 12} if case.sizes["k"] > 4 else {})})
        return plain_ways(case)

    def row_means(self, inputs, outputs, sizes, way):
        lib, (values,), (out,) = self.lib, inputs, outputs
        if way["by"] == "mean":
            return lambda: lib.mean(values, axis=1, out=out)
        weights = lib.full(values.shape[1], 1 / values.shape[1], values.dtype)
        return lambda: lib.dot(values, weights, out=out)

    def sum(self, inputs, outputs, sizes, way):
        return lambda: self.lib.sum(inputs[0], out=outputs[0])

    def mean(self, inputs, outputs, sizes, way):
        return lambda: self.lib.mean(inputs[0], out=outputs[0])

    def min(self, inputs, outputs, sizes, way):
        return lambda: self.lib.amin(inputs[0], out=outputs[0])

    def max(self, inputs, outputs, sizes, way):
        return lambda: self.lib.amax(inputs[0], out=outputs[0])

    def argmax(self, inputs, outputs, sizes, way):
        return lambda: self.lib.argmax(inputs[0], out=outputs[0])

    def dot(self, inputs, outputs, sizes, way):
        return lambda: outputs[0].__setitem__((), self.lib.dot(*inputs))

    def norm2(self, inputs, outputs, sizes, way):
        lib, (values,), (out,), size = self.lib, inputs, outputs, way.get("elements")
        if not size:
            return lambda: out.__setitem__((), lib.linalg.norm(values))
        parts = [values[first:first + size] for first in range(0, len(values), size)]
        return lambda: out.__setitem__((), math.sqrt(sum(float(lib.dot(part, part)) for part in parts)))

    def square_sine_sum(self, inputs, outputs, sizes, way):
        lib, (values,), (out,), size = self.lib, inputs, outputs, way["elements"]
        buffer = lib.empty(size, values.dtype)

        def run():
            total = 0.0
            for first in range(0, len(values), size):
                part = values[first:first + size]
                sines = lib.sin(part, out=buffer[:len(part)])
                total += float(lib.dot(part, part)) + float(lib.sum(sines, dtype="f8"))
            out[()] = total

        return run

    def unit_rows(self, array, out):
        norms = self.lib.sqrt(self.lib.einsum("ij,ij->i", array, array))
        self.lib.maximum(norms, self.lib.finfo(array.dtype).tiny, out=norms)
        self.lib.divide(array, norms[:, None], out=out)

    def similarity(self, inputs, outputs, sizes, way):
        lib, (corpus, queries), (index, score) = self.lib, inputs, outputs
        k, step, rows = sizes["k"], min(way["queries"], sizes["queries"]), sizes["queries"]
        unit_corpus, unit_queries = lib.empty_like(corpus), lib.empty_like(queries)
        buffer, lines = lib.empty((step, len(corpus)), corpus.dtype), lib.arange(step)

        def one_by_one(scores, first, last):
            line = lines[:last - first]
            for place in range(k):
                best = lib.argmax(scores, axis=1)
                index[first:last, place], score[first:last, place] = best, scores[line, best]
                scores[line, best] = -math.inf

        def at_once(scores, first, last):
            best = lib.sort(lib.argpartition(scores, -k, axis=1)[:, -k:], axis=1)
            found = lib.take_along_axis(scores, best, axis=1)
            order = lib.argsort(-found, axis=1, kind="stable")
            index[first:last] = lib.take_along_axis(best, order, axis=1)
            score[first:last] = lib.take_along_axis(found, order, axis=1)

        select = one_by_one if way["by"] == "argmax" else at_once

        def run():
            self.unit_rows(corpus, unit_corpus)
            self.unit_rows(queries, unit_queries)
            for first in range(0, rows, step):
                last = min(rows, first + step)
                select(lib.matmul(unit_queries[first:last], unit_corpus.T, out=buffer[:last - first]), first, last)

        return run


class Sklearn(Library):
    name = "sklearn"

    def __init__(self):
        super().__init__("sklearn")
        self.neighbors = importlib.import_module("sklearn.neighbors").NearestNeighbors
        self.normalize = importlib.import_module("sklearn.preprocessing").normalize
        self.blas = Blas()

    def ways(self, case):
        return [{"by": by, "MiB": mib} for by in ("cosine", "euclidean, unit rows") for mib in (256, 16)]

    def similarity(self, inputs, outputs, sizes, way):
        (corpus, queries), (index, score) = inputs, outputs
        cosine = way["by"] == "cosine"
        search = self.neighbors(n_neighbors=sizes["k"], metric="cosine" if cosine else "euclidean",
                                algorithm="brute", n_jobs=self.threads)

        def run():
            with self.lib.config_context(working_memory=way["MiB"], assume_finite=True):
                wanted, among = (queries, corpus) if cosine else (self.normalize(queries), self.normalize(corpus))
                distance, index[...] = search.fit(among).kneighbors(wanted)
            score[...] = 1 - distance if cosine else 1 - distance * distance / 2

        return run


class Faiss(Library):
    name = "faiss"

    def __init__(self):
        super().__init__("faiss")

    def version(self):
        options = getattr(self.lib, "get_compile_options", str)().strip()
        return ", ".join(filter(None, [f"faiss {self.lib.__version__}", options, str(self.blas)]))

    def ways(self, case):  # its own threads and those of the product can fight
        both = self.threads
        return [{"search threads": search, "product threads": product}
                for search, product in dict.fromkeys([(1, both), (both, 1), (both, both)])]

    def similarity(self, inputs, outputs, sizes, way):
        (corpus, queries), (index, score) = inputs, outputs
        unit_corpus, unit_queries = self.np.empty_like(corpus), self.np.empty_like(queries)
        self.lib.omp_set_num_threads(way["search threads"])
        self.blas.set_threads(way["product threads"])

        def run():
            for rows, units in ((corpus, unit_corpus), (queries, unit_queries)):
                self.np.copyto(units, rows)
                self.lib.normalize_L2(units)
            score[...], index[...] = self.lib.knn(unit_queries, unit_corpus, sizes["k"],
                                                  metric=self.lib.METRIC_INNER_PRODUCT)

        return run


class Torch(Library):
    name = "torch-cpu"

    def __init__(self):
        super().__init__("torch")
        self.lib.set_grad_enabled(False)

    def set_threads(self, count):
        super().set_threads(count)
        self.lib.set_num_threads(count)

    def ways(self, case):
        if case.problem == "similarity":
            grouped = case.sizes["corpus"] >= 4 * GROUP * case.sizes["k"]
            return similarity_ways(case, {**({"groups, topk": 4} if grouped else {}), "topk": 4})
        return plain_ways(case)

    def prepare(self, case, way):
        arrays = [[self.lib.from_numpy(array) for array in arrays] for arrays in (case.inputs, case.outputs)]
        return {"compute": getattr(self, case.problem)(*arrays, case.sizes, way)}

    def row_means(self, inputs, outputs, sizes, way):
        lib, (values,), (out,) = self.lib, inputs, outputs
        if way["by"] == "mean":
            return lambda: lib.mean(values, dim=1, out=out)
        weights = lib.full((sizes["cols"],), 1 / sizes["cols"], dtype=values.dtype, device=values.device)
        return lambda: lib.mv(values, weights, out=out)

    def sum(self, inputs, outputs, sizes, way):
        return lambda: self.lib.sum(inputs[0], dim=0, out=outputs[0])

    def mean(self, inputs, outputs, sizes, way):
        return lambda: self.lib.mean(inputs[0], dim=0, out=outputs[0])

    def min(self, inputs, outputs, sizes, way):
        return lambda: self.lib.amin(inputs[0], dim=0, out=outputs[0])

    def max(self, inputs, outputs, sizes, way):
        return lambda: self.lib.amax(inputs[0], dim=0, out=outputs[0])

    def argmax(self, inputs, outputs, sizes, way):
        return lambda: self.lib.argmax(inputs[0], dim=0, out=outputs[0])

    def dot(self, inputs, outputs, sizes, way):
        return lambda: self.lib.dot(*inputs, out=outputs[0])

    def norm2(self, inputs, outputs, sizes, way):
        lib, (values,), (out,), size = self.lib, inputs, outputs, way.get("elements")
        if not size:
            return lambda: lib.linalg.vector_norm(values, out=out)
        return lambda: out.copy_(sum(lib.dot(part, part).double() for part in values.split(size)).sqrt())

    def square_sine_sum(self, inputs, outputs, sizes, way):
        lib, (values,), (out,), size = self.lib, inputs, outputs, way["elements"]
        buffer = lib.empty(size, dtype=values.dtype, device=values.device)

        def run():
            total = lib.zeros((), dtype=lib.float64, device=values.device)
            for part in values.split(size):
                total += lib.dot(part, part)
                total += lib.sum(lib.sin(part, out=buffer[:len(part)]), dtype=lib.float64)
            out.copy_(total)

        return run

    def unit_rows(self, array, out):
        norms = self.lib.linalg.vector_norm(array, dim=1, keepdim=True)
        self.lib.div(array, norms.clamp_min_(self.lib.finfo(array.dtype).tiny), out=out)

    def similarity(self, inputs, outputs, sizes, way):
        lib, (corpus, queries), (index, score) = self.lib, inputs, outputs
        k, step, rows = sizes["k"], min(way["queries"], sizes["queries"]), sizes["queries"]
        groups = -(-len(corpus) // GROUP)
        unit_corpus, unit_queries = lib.empty_like(corpus), lib.empty_like(queries)
        buffer = lib.full((step, groups * GROUP), -math.inf, dtype=corpus.dtype, device=corpus.device)
        within = lib.arange(GROUP, device=corpus.device)

        def by_groups(scores):  # the best k are in the k groups with the highest maxima
            best = scores.view(len(scores), groups, GROUP).amax(2).topk(k, dim=1).indices
            places = (best[:, :, None] * GROUP + within).view(len(scores), -1)
            values, order = scores.gather(1, places).topk(k, dim=1)
            return values, places.gather(1, order)

        def run():
            self.unit_rows(corpus, unit_corpus)
            self.unit_rows(queries, unit_queries)
            for first in range(0, rows, step):
                last = min(rows, first + step)
                scores = buffer[:last - first]
                real = scores[:, :len(corpus)]
                lib.mm(unit_queries[first:last], unit_corpus.T, out=real)
                score[first:last], index[first:last] = real.topk(k, dim=1) if way["by"] == "topk" else by_groups(scores)

        return run


class OnDevice:
    """Copies to the device and back are phases of their own, from and to ordinary host memory."""

    made = ()  # outputs on the device

    def set_threads(self, count):
        self.threads = 1

    def prepare(self, case, way):
        ours = [self.upload(array) for array in case.inputs]
        self.made = [self.upload(array) for array in case.outputs]
        compute = getattr(self, case.problem)(ours, self.made, case.sizes, way)
        pairs = list(zip(ours, case.inputs))
        stationary, fresh = (pairs[:1], pairs[1:]) if case.problem == "similarity" else (pairs, [])
        steps = {"upload": lambda: [self.refill(*pair) for pair in stationary]}
        if fresh:
            steps["upload_fresh"] = lambda: [self.refill(*pair) for pair in fresh]
        return {**steps, "compute": compute,
                "download": lambda: [self.download(*pair) for pair in zip(self.made, case.outputs)]}


class TorchCuda(OnDevice, Torch):
    name = "torch-cuda"

    def __init__(self):
        super().__init__()
        cuda = self.lib.cuda
        if not cuda.is_available():
            raise Unavailable("torch sees no CUDA device" if self.lib.version.cuda else
                              "this torch is built without CUDA: where there is a GPU, pip install torch brings one with it")
        self.lib.backends.cuda.matmul.allow_tf32 = False
        self.device = cuda.get_device_name()

    def version(self):
        return f"torch {self.lib.__version__}, CUDA {self.lib.version.cuda}"

    def limit_device(self, limit_bytes):
        total = self.lib.cuda.get_device_properties(0).total_memory
        self.lib.cuda.set_per_process_memory_fraction(min(1.0, limit_bytes / total))

    def synchronize(self):
        self.lib.cuda.synchronize()

    def upload(self, array):
        return self.lib.from_numpy(array).to("cuda")

    def refill(self, to, array):
        to.copy_(self.lib.from_numpy(array))

    def download(self, array, out):
        self.lib.from_numpy(out).copy_(array)

    def poison(self):
        for array in self.made:
            array.fill_(math.nan if array.is_floating_point() else -1)


class Cupy(OnDevice, Numpy):
    name = "cupy"

    def __init__(self):
        super().__init__("cupy")
        runtime = self.lib.cuda.runtime
        try:
            self.device = runtime.getDeviceProperties(0)["name"].decode()
        except runtime.CUDARuntimeError as error:
            raise Unavailable(f"cupy sees no CUDA device: {error}") from error

    def version(self):
        return f"cupy {self.lib.__version__}, CUDA {self.lib.cuda.runtime.runtimeGetVersion()}"

    def ways(self, case):
        return [{}] if case.problem in ("square_sine_sum", "norm2") else super().ways(case)

    def limit_device(self, limit_bytes):
        self.lib.get_default_memory_pool().set_limit(size=limit_bytes)

    def synchronize(self):
        self.lib.cuda.Device().synchronize()

    def upload(self, array):
        return self.lib.asarray(array)

    def refill(self, to, array):
        to.set(array)

    def download(self, array, out):
        array.get(out=out)

    def poison(self):
        for array in self.made:
            array.fill(math.nan if array.dtype.kind == "f" else -1)

    def square_sine_sum(self, inputs, outputs, sizes, way):
        term = self.lib.ReductionKernel("T x", "T y", "(double)x * x + sin((double)x)", "a + b", "y = a", "0",
                                        "square_sine_sum", reduce_type="double")
        return lambda: term(inputs[0], outputs[0])


LIBRARIES = {library.name: library for library in (Numpy, Torch, TorchCuda, Faiss, Sklearn, Cupy)}
