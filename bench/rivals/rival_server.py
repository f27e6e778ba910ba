"""One rival of crossover, on crossover's own problems and bytes: `crossover run ... --rivals` starts this program once
for each.

While serving, crossover sends the bytes of its inputs, asks for single calls in between those of its own solvers,
takes the outputs and checks them. A call is timed here, on this process's clock, with a synchronisation at its end;
the way there and back is charged to nobody. Among several ways to put the question, and several numbers of threads,
the quickest of a few trials is kept. Products are plain f32: TF32 is off.
"""

import argparse
import gc
import json
import mmap
import os
import platform
import re
import resource
import socket
import subprocess
import sys
import time

if "LIBRARIES" not in globals():  # the program carries both files as one text
    from rival_libraries import LIBRARIES, Case, Unavailable, correct_core_type, unlike_ways

TYPES = {"i64": "int64", "f32": "float32", "f64": "float64"}
HUGE_PAGE_BYTES = 2 << 20
CLOSE_LOOK_S = 1e-3  # calls from here on are long enough to look at every thread
TRIAL_S = 0.1  # of one way, where a call is short


def rival(name):
    """The library, its processor's type corrected. Throws Unavailable, ImportError."""
    library = LIBRARIES[name]()
    if library.device == "host":
        correct_core_type(library.blas)
    return library


def facts(name):
    """What crossover must know before it plans: a version, or why there is none."""
    module = name.split("-")[0]
    try:
        library = rival(name)
        return {"version": f"{library.version()}, Python {platform.python_version()}", "device": library.device}
    except ModuleNotFoundError as error:
        missing = error.name or module
        return {"missing": missing, "reason": f"{missing} is missing"}
    except Unavailable as error:
        return {"reason": str(error)}
    except Exception as error:  # an installation that is broken is a reason too
        return {"reason": f"{module} cannot be loaded: {type(error).__name__}: {error}"}


# ------------------------------------------------------------------------------------------------ failures


def bytes_in(text):
    """The bytes that a sentence of NumPy's, PyTorch's or CuPy's speaks of; 0 where it names none."""
    found = re.search(r"([\d.,]+) ?([KMGT]i)?B\b|([\d,]+) bytes", text)
    if not found:
        return 0
    if found[3]:
        return int(found[3].replace(",", ""))
    return int(float(found[1].replace(",", "")) * 1024 ** " KMGT".index((found[2] or " ")[0]))


def failure(error, on_device):
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
    shortage = isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__
    # NumPy's f32 product, PyTorch on the CPU and mmap have no type of their own for it.
    shortage |= any(said in str(error) for said in ("can't allocate memory", "std::bad_alloc", "Cannot allocate memory"))
    kind = "out_of_memory" if shortage else "unavailable" if isinstance(error, Unavailable) else "failed"
    return {"error": kind, "what": text, "needed": bytes_in(str(error)) if shortage else 0, "on_device": on_device}


# ------------------------------------------------------------------------------------------------ serving


def host_array(np, shape, type_name):
    """An array in ordinary memory like crossover's own: whole pages, huge ones where they help."""
    count = 1
    for size in shape:
        count *= size
    dtype = np.dtype(TYPES[type_name])
    length = max(1, count * dtype.itemsize)
    try:
        memory = mmap.mmap(-1, length, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"{error.strerror}: {length} bytes") from error
    if length >= 2 * HUGE_PAGE_BYTES:
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype, count).reshape(shape)


def waited_ns():
    """Thread -> nanoseconds that it was ready to run without a processor."""
    found = {}
    for thread in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{thread}/schedstat") as file:
                found[thread] = int(file.read().split()[1])
        except (OSError, IndexError):
            continue
    return found


def seconds_of(library, function, trial_s, fewest=2):
    """The best of `fewest` calls at least, behind one that warms up."""
    function()
    library.synchronize()
    best, spent, calls = float("inf"), 0.0, 0
    while calls < fewest or (spent < trial_s and calls < 50):
        start = time.perf_counter()
        function()
        library.synchronize()
        took = time.perf_counter() - start
        best, spent, calls = min(best, took), spent + took, calls + 1
    return best


def is_accurate(np, case):
    """Products with ones and sums of squares may lose digits: held against sums in f64."""
    f32 = case.inputs[0].dtype == np.float32
    if case.problem == "norm2":
        parts = np.array_split(case.inputs[0], 1 + case.sizes["n"] // 65536)
        exact = sum(float(np.dot(part, part)) for part in (part.astype("f8") for part in parts)) ** 0.5
        return abs(float(case.outputs[0]) - exact) <= (2.0**-24 if f32 else 2.0**-43) * exact
    if case.problem != "row_means":
        return True
    some = case.inputs[0][:: max(1, len(case.inputs[0]) // 16)].astype("f8")
    found = case.outputs[0][:: max(1, len(case.inputs[0]) // 16)]
    bound = 2.0**-23 if f32 else 2.0**-41
    return bool(np.all(np.abs(found - some.mean(axis=1)) <= bound * np.abs(some).mean(axis=1)))


def twins(np, rows):
    """Row -> all rows with the same bits, ascending; of rows that are alone nothing."""
    bits = rows.view("u4")
    weights = np.random.default_rng(0).integers(1, 2**63, bits.shape[1], dtype="u8")
    step = max(1, (1 << 20) // max(1, bits.shape[1]))
    keys = np.concatenate([bits[first:first + step] @ weights for first in range(0, len(bits), step)])
    order = np.argsort(keys, kind="stable")
    groups = {}
    for at in np.flatnonzero(keys[order][1:] == keys[order][:-1]):
        earlier, row = int(order[at]), int(order[at + 1])
        if (bits[earlier] == bits[row]).all():
            groups[row] = groups.setdefault(earlier, [earlier])
            groups[row].append(row)
    return groups


def settle_ties(np, index, score, groups):
    """Lower indices first among equal rows and equal scores, in place: no rival promises it, and all may differ.

    Only rows with the same bits are exchanged; what has come twice stays, and scores in disorder too."""
    for query in np.flatnonzero(np.isin(index, list(groups)).any(axis=1)) if groups else ():
        found = index[query].tolist()
        if len(set(found)) == len(found):
            lowest = {groups[row][0]: iter(groups[row]) for row in found if row in groups}
            index[query] = [next(lowest[groups[row][0]]) if row in groups else row for row in found]
    run = np.zeros(index.shape, "i8")
    np.cumsum(score[:, 1:] != score[:, :-1], axis=1, out=run[:, 1:])
    index[...] = np.take_along_axis(index, np.lexsort((index, run), axis=1), axis=1)


def tuned(library, case, threads, budget_s):
    """The quickest way, the number of threads (all of them, half of them or one), and which ways were tried.

    Every way that a trial can tell from others gets one with all threads, on a part as small as the budget asks for;
    the quickest of them then with fewer threads. Trials end early only where four budgets are spent."""
    np, began, best, shortage = library.np, time.perf_counter(), None, None
    library.set_threads(threads)
    all_ways, share = library.ways(case), 0.01
    while True:  # the largest part of which every way can be asked three times and have its buffers made
        part = case.part(np, share)
        ways = unlike_ways(all_ways, part)
        allowed_s = budget_s / (4 * len(ways))
        steps = library.prepare(part, ways[-1])
        took_s = seconds_of(library, lambda: [step() for step in steps.values()], 0, 1)
        steps = {}
        if share >= 1 or took_s * 4 > allowed_s:
            break
        share *= 4

    def tries(some, count):
        nonlocal best, shortage
        library.set_threads(count)
        done = 0
        for way in some or unlike_ways(library.ways(case), part):
            if best and time.perf_counter() - began > 4 * budget_s:
                break
            done, steps = done + 1, {}
            try:
                steps = library.prepare(part, way)
                library.poison()
                for array in part.outputs:
                    array.fill(-1)
                seconds = seconds_of(library, lambda: [step() for step in steps.values()], min(TRIAL_S, 2 * allowed_s))
            except Exception as error:  # a block too large for the memory is no way
                if failure(error, False)["error"] != "out_of_memory":
                    raise
                shortage = error.with_traceback(None)
                continue
            if (not best or seconds < best[0]) and is_accurate(np, part):
                best = (seconds, way, count)
        return done

    tried = tries(ways, threads)
    if shortage and not best:
        raise shortage
    if library.device == "host":
        for count in sorted({1, max(1, threads // 2)} - {threads}):
            tries(None if library.name == "faiss" else [best[1]] if best else None, count)
    about = f"{tried} of {len(all_ways)} ways tried" if len(all_ways) > 1 else ""
    return (best[1], best[2], about) if best else (all_ways[-1], threads, about)


class Server:
    """One rival, one case at a time; what fails is an answer, and the next request is served."""

    def __init__(self, library, connection):
        self.library, self.stream = library, connection.makefile("rwb", buffering=1 << 16)
        self.case, self.steps, self.setting, self.typical_s = None, {}, None, 0.0

    def answer(self, message):
        self.stream.write(json.dumps(message).encode() + b"\n")
        self.stream.flush()

    def serve(self):
        gc.disable()
        for line in iter(self.stream.readline, b""):
            command, _, text = line.decode().strip().partition(" ")
            try:
                said = getattr(self, "do_" + command)(text)
            except BaseException as error:  # MemoryError too; a library that exits has failed
                said = failure(error, self.library.device != "host")
            self.answer(said)
            if "bytes" in said:
                self.send_outputs()

    def do_open(self, text):
        """Arrays for the inputs; the next request is `fill`, with their bytes behind it."""
        what, np = json.loads(text), self.library.np
        self.case, self.steps = None, {}
        gc.collect()
        inputs = [host_array(np, a["shape"], a["type"]) for a in what["inputs"]]
        outputs = [host_array(np, a["shape"], a["type"]) for a in what["outputs"]]
        self.case = Case(what["problem"], what["sizes"], inputs, outputs, what["scores_at_most"])
        self.setting = json.loads(what["setting"]) if what["setting"] else None
        self.threads = what["threads"]
        if what["device_limit_bytes"]:
            self.library.limit_device(what["device_limit_bytes"])
        return {}

    def do_fill(self, _):
        for array in self.case.inputs:
            view = memoryview(array.reshape(-1).view("u1"))
            while len(view):
                count = self.stream.readinto(view[:1 << 30])
                if not count:
                    sys.exit(0)  # crossover has gone
                view = view[count:]
        return {}

    def do_tune(self, text):
        way, threads, about = tuned(self.library, self.case, self.threads, float(text))
        self.setting = {"way": way, "threads": threads}
        return {"setting": json.dumps(self.setting), "threads": threads,
                "text": ", ".join([f"{key} {value}" for key, value in way.items()] + [about][:bool(about)])}

    def allocate(self):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the peak begins here
        setting = self.setting or {"way": None, "threads": self.threads}
        self.library.set_threads(setting["threads"])
        self.steps = self.library.prepare(self.case, setting["way"] or self.library.ways(self.case)[0])
        self.typical_s = 0.0

    def release(self):
        self.steps = {}
        gc.collect()

    def do_run(self, text):
        phases = text.split(",")
        steps = [getattr(self, p) if p in ("allocate", "release") else self.steps[p] for p in phases]
        closely = self.typical_s >= CLOSE_LOOK_S
        before = waited_ns() if closely else {}
        switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        start = time.perf_counter_ns()
        for step in steps:
            step()
        self.library.synchronize()
        self.typical_s = (time.perf_counter_ns() - start) * 1e-9
        said = {"seconds": self.typical_s, "preemptions": resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - switches}
        if closely:
            said["waited_s"] = 1e-9 * max(now - before.get(thread, 0) for thread, now in waited_ns().items())
        return said

    def do_poison(self, _):
        for array in self.case.outputs:
            array.reshape(-1).view("u1").fill(255)  # NaN in f32 and f64, -1 in i64
        self.library.poison()
        return {}

    def do_fetch(self, _):
        with open("/proc/self/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        if self.case.problem == "similarity":
            if self.case.twins is None:
                self.case.twins = twins(self.library.np, self.case.inputs[0])
            settle_ties(self.library.np, *self.case.outputs, self.case.twins)
        return {"bytes": sum(array.nbytes for array in self.case.outputs), "peak_bytes": peak * 1024}

    def send_outputs(self):
        for array in self.case.outputs:
            self.stream.write(memoryview(array.reshape(-1).view("u1")))
        self.stream.flush()


def serve(name, descriptor):
    """First what `facts` says; then, where the rival is here, requests until the other side goes."""
    os.dup2(2, 1)  # what a library prints is no answer
    said = facts(name)
    server = Server(rival(name) if "version" in said else None, socket.socket(fileno=descriptor))
    server.answer(said)
    if server.library:
        server.serve()


# ------------------------------------------------------------------------------------------------ by itself


def asked(name):
    """`facts` of a process of its own: libraries that are loaded together can disagree."""
    command = [sys.executable, "-B", os.path.abspath(__file__), "facts", name]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return json.loads(ended.stdout) if ended.stdout else {"reason": "it ended without an answer"}


def main():
    parser = argparse.ArgumentParser(prog="rival_server.py", description="For crossover itself; people use bench/rivals.py.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="answers until its connection ends")
    serving.add_argument("rival", choices=LIBRARIES)
    serving.add_argument("descriptor", type=int, help="a connected socket")
    one = commands.add_parser("facts", help="versions and settings, or the reason why it cannot be used")
    one.add_argument("rival", choices=LIBRARIES)
    arguments = parser.parse_args()
    if arguments.command == "facts":
        print(json.dumps(facts(arguments.rival)))
    else:
        serve(arguments.rival, arguments.descriptor)
    return 0


if __name__ == "__main__":
    sys.exit(main())
