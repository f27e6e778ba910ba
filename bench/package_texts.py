#!/usr/bin/python3
"""Real input for the similarity problem: the descriptions of the packages that apt knows.

Each package is one text (its name and description). Texts become TF-IDF vectors, reduced to --dim
numbers each by a truncated singular value decomposition (latent semantic analysis), written as f32 in
C order: corpus.npy, one row per package. Sentences given on the command line go the same way into
queries.npy.
"""

import argparse
import contextlib
import pathlib
import re
import subprocess
import sys
import time

EXAMPLES = """examples:
  bench/package_texts.py texts "draw vector graphics" "a chess program" "remove noise from recordings"
  build/crossover run similarity --input corpus=texts/corpus.npy --input queries=texts/queries.npy \\
      --csv texts/rows.csv --result texts/result
  bench/package_texts.py texts --show texts/result

The folder texts then holds corpus.npy (f32, packages x dim), queries.npy (f32, queries x dim),
packages.txt (name, tab, first line of the description) and queries.txt, one line per row.
"""


def fail(message):
    print(f"package_texts.py: {message}", file=sys.stderr)
    raise SystemExit(2)


def scientific_packages():
    """numpy and the parts of scikit-learn used here, or advice on how to get them."""
    try:
        import numpy
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import normalize
    except ImportError as error:
        fail(f"{error}; install it with: apt-get install --no-install-recommends python3-sklearn, and "
             "run this file with /usr/bin/python3")
    return numpy, TruncatedSVD, TfidfVectorizer, normalize


def lines_of_apt(source):
    """The lines of `apt-cache dumpavail`, of a file, or of stdin ('-')."""
    if source == "-":
        yield from sys.stdin
    elif source:
        try:
            with open(source, encoding="utf-8", errors="replace") as file:
                yield from file
        except OSError as error:
            fail(f"cannot read {source}: {error.strerror}")
    else:
        try:
            with subprocess.Popen(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, text=True,
                                  encoding="utf-8", errors="replace") as process:
                yield from process.stdout
            if process.returncode:
                fail(f"apt-cache dumpavail ended with status {process.returncode}")
        except FileNotFoundError:
            fail("no apt-cache on this machine: give a recorded `apt-cache dumpavail` with --input FILE")


def stanzas(lines):
    """One dictionary per paragraph of a control file; continuation lines are kept apart by newlines."""
    fields, key = {}, None
    for line in lines:
        line = line.rstrip("\r\n")
        if not line:
            if fields:
                yield fields
            fields, key = {}, None
        elif line[0] in " \t":
            if key:
                fields[key] += "\n" + line[1:]
        else:
            key, _, value = line.partition(":")
            fields[key] = value.strip()
    if fields:
        yield fields


def newer(version, other):
    """True where dpkg orders `version` after `other`."""
    return version != other and subprocess.run(
        ["dpkg", "--compare-versions", version, "gt", other], check=False).returncode == 0


def description(fields):
    """The description's first line, and its text up to the second blank one (written as ' .')."""
    text = fields.get("Description-en") or fields.get("Description", "")
    first, _, rest = text.partition("\n")
    paragraphs = re.split(r"\n\.\s*\n", rest)
    return first.strip(), " ".join(" ".join(paragraphs[:2]).split())


def read_packages(source):
    """Name -> (first line, text), each package once in its newest version, by name."""
    versions, packages = {}, {}
    for fields in stanzas(lines_of_apt(source)):
        name, version = fields.get("Package"), fields.get("Version", "0")
        if not name or (name in versions and not newer(version, versions[name])):
            continue
        first, more = description(fields)
        if not first:
            continue
        versions[name] = version
        packages[name] = (first, f"{name} {first} {more}")
    if not packages:
        fail("no package has a description" +
             (f" in {source}" if source else ": fill apt's lists with: apt-get update"))
    return dict(sorted(packages.items()))


def vectors(texts, sentences, dim, seed):
    """Two f32 arrays in C order, texts x dim and sentences x dim."""
    numpy, TruncatedSVD, TfidfVectorizer, normalize = scientific_packages()
    tfidf = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=numpy.float32,
                            min_df=2 if len(texts) > 1000 else 1)
    weights = tfidf.fit_transform(texts)
    if dim >= min(weights.shape):
        fail(f"--dim {dim} is too large for {weights.shape[0]} texts with {weights.shape[1]} words")
    reduction = TruncatedSVD(n_components=dim, random_state=seed)
    corpus = reduction.fit_transform(weights)
    if not sentences:
        return corpus.astype(numpy.float32, order="C"), None
    asked = tfidf.transform(sentences)
    for sentence, words in zip(sentences, numpy.diff(asked.indptr)):
        if words == 0:
            print(f"package_texts.py: no word of '{sentence}' is in any description: it will match nothing",
                  file=sys.stderr)
    return (corpus.astype(numpy.float32, order="C"),
            normalize(reduction.transform(asked)).astype(numpy.float32, order="C"))


def make(arguments):
    numpy = scientific_packages()[0]
    out = pathlib.Path(arguments.out)
    written = ["corpus.npy", "packages.txt"] + (["queries.npy", "queries.txt"] if arguments.sentence else [])
    for name in written:
        if (out / name).exists() and not arguments.force:
            fail(f"{out / name} exists: --force replaces it, or give another folder")
    begin = time.monotonic()
    packages = read_packages(arguments.input)
    read = time.monotonic()
    corpus, queries = vectors([text for _, text in packages.values()], arguments.sentence, arguments.dim,
                              arguments.seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        numpy.save(out / "corpus.npy", corpus)
        (out / "packages.txt").write_text(
            "".join(f"{name}\t{first}\n" for name, (first, _) in packages.items()), encoding="utf-8")
        if queries is not None:
            numpy.save(out / "queries.npy", queries)
            (out / "queries.txt").write_text("".join(f"{s}\n" for s in arguments.sentence), encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {error.filename or out}: {error.strerror}")
    print(f"{len(packages)} texts x {arguments.dim} -> {out / 'corpus.npy'} "
          f"(read in {read - begin:.1f} s, reduced in {time.monotonic() - read:.1f} s)")
    if queries is not None:
        print(f"{len(queries)} queries -> {out / 'queries.npy'}")


def results(path):
    """The index files of a result: the file itself, or all below a folder."""
    path = pathlib.Path(path)
    found = sorted(path.rglob("*.index.npy")) if path.is_dir() else [path]
    if not found or not found[0].is_file():
        fail(f"no NAME.index.npy in {path}: make one with crossover run similarity --result {path}")
    return found


def load(numpy, path):
    try:
        return numpy.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        fail(f"cannot read {path}: {error}")


def show(arguments):
    numpy = scientific_packages()[0]
    out = pathlib.Path(arguments.out)
    try:
        packages = (out / "packages.txt").read_text(encoding="utf-8").splitlines()
        sentences = (out / "queries.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        fail(f"cannot read {error.filename}: {error.strerror}; make it first with sentences as arguments")
    files = results(arguments.show)
    index = load(numpy, files[0])
    score = load(numpy, str(files[0]).removesuffix(".index.npy") + ".score.npy")
    if index.ndim != 2 or index.shape != score.shape or len(index) != len(sentences):
        fail(f"{files[0]} has the shape {index.shape}, its scores {score.shape}, and there are "
             f"{len(sentences)} sentences: the result of another run?")
    if index.size and not 0 <= index.min() <= index.max() < len(packages):
        fail(f"{files[0]} names row {index.max()}, and there are {len(packages)} packages")
    for sentence, rows, scores in zip(sentences, index, score):
        print(sentence)
        for row, value in zip(rows, scores):
            name, _, first = packages[row].partition("\t")
            print(f"  {value:6.3f}  {name}: {first}")
    for other in files[1:]:
        same = numpy.array_equal(load(numpy, other), index)
        print(f"{other.name.removesuffix('.index.npy')}: {'the same packages' if same else 'DIFFERS'}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", help="folder of the arrays; made where missing")
    parser.add_argument("sentence", nargs="*", help="a question each, for queries.npy")
    parser.add_argument("--dim", type=int, default=100, help="numbers per text (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the decomposition (default 1)")
    parser.add_argument("--input", metavar="FILE", help="a recorded `apt-cache dumpavail`, - for stdin")
    parser.add_argument("--force", action="store_true", help="replace arrays that exist")
    parser.add_argument("--show", metavar="RESULT",
                        help="print what was found: a folder of --result, or one NAME.index.npy of it")
    arguments = parser.parse_intermixed_args()
    if arguments.dim < 1:
        fail(f"--dim {arguments.dim}: at least 1")
    if not 0 <= arguments.seed < 2**32:
        fail(f"--seed {arguments.seed}: 0 to 2^32 - 1")
    if any("\n" in sentence or not sentence.strip() for sentence in arguments.sentence):
        fail("a sentence is one line with at least one word")
    with contextlib.suppress(BrokenPipeError):
        show(arguments) if arguments.show else make(arguments)


if __name__ == "__main__":
    main()
