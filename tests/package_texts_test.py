#!/usr/bin/python3
"""bench/package_texts.py on a small recorded `apt-cache dumpavail`: which texts it reads, what its arrays
are, that like finds like, and the advice it gives. Exit status 77 where scikit-learn is missing."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "bench" / "package_texts.py"
RECORDED = ROOT / "tests" / "data" / "dumpavail.txt"
NAMES = ["brush-demo", "drum-demo", "easel-demo", "flute-demo", "gambit-demo", "rook-demo"]

try:
    import numpy
    import sklearn  # noqa: F401
except ImportError as error:
    print(f"skipped: {sys.executable} has no scikit-learn ({error}); apt-get install python3-sklearn")
    sys.exit(77)


def run(*arguments, stdin="", environment=None):
    return subprocess.run([sys.executable, PROGRAM, *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, check=False, env=environment)


class PackageTexts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name) / "texts"

    def make(self, *sentences, **options):
        done = run(self.out, *sentences, "--input", RECORDED, "--dim", 3, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def load(self, name):
        return numpy.load(self.out / name, allow_pickle=False)

    def refused(self, *arguments, **options):
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        return done.stderr

    def test_each_package_once_in_its_newest_version(self):
        self.make()
        lines = (self.out / "packages.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual([line.split("\t")[0] for line in lines], NAMES)
        self.assertEqual(lines[4], "gambit-demo\tchess program, newer edition")
        self.assertFalse((self.out / "queries.npy").exists())

    def test_arrays_are_f32_in_c_order(self):
        self.make("chess", "music")
        for name, rows in (("corpus.npy", len(NAMES)), ("queries.npy", 2)):
            array = self.load(name)
            self.assertEqual(array.shape, (rows, 3))
            self.assertEqual(array.dtype, numpy.float32)
            self.assertTrue(array.flags.c_contiguous)
            self.assertTrue(numpy.isfinite(array).all())

    def test_the_same_seed_gives_the_same_bytes(self):
        self.make("chess")
        before = (self.out / "corpus.npy").read_bytes()
        self.make("chess", "--force")
        self.assertEqual((self.out / "corpus.npy").read_bytes(), before)

    def test_arrays_are_replaced_when_asked_only(self):
        self.make()
        (self.out / "corpus.npy").write_text("somebody's")
        sentence = self.refused(self.out, "chess", "--input", RECORDED, "--dim", 3)
        self.assertIn("corpus.npy exists: --force", sentence)
        self.assertEqual((self.out / "corpus.npy").read_text(), "somebody's")
        self.assertFalse((self.out / "queries.npy").exists())
        self.make("--force")
        self.assertEqual(self.load("corpus.npy").shape, (len(NAMES), 3))

    def test_like_finds_like(self):
        self.make("a game of chess", "paint a picture or pictures", "music on the flute")
        corpus, queries = self.load("corpus.npy"), self.load("queries.npy")
        scores = queries @ (corpus / numpy.linalg.norm(corpus, axis=1, keepdims=True)).T
        best = [{NAMES[i] for i in numpy.argsort(-row)[:2]} for row in scores]
        self.assertEqual(best, [{"gambit-demo", "rook-demo"}, {"brush-demo", "easel-demo"},
                                {"flute-demo", "drum-demo"}])

    def test_stdin_is_read_like_a_file(self):
        self.make()
        before = (self.out / "corpus.npy").read_bytes()
        done = run(self.out, "--force", "--input", "-", "--dim", 3,
                   stdin=RECORDED.read_text(encoding="utf-8"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.out / "corpus.npy").read_bytes(), before)

    def test_only_the_first_paragraphs_are_read(self):
        self.assertIn("no word of 'bassoon'", self.make("bassoon").stderr)
        self.assertNotIn("no word", self.make("--force", "café").stderr)

    def test_show_prints_names_scores_and_whether_solvers_agree(self):
        self.make("chess", "music")
        result = self.out / "result" / "similarity"
        result.mkdir(parents=True)
        for solver, index in (("a", [[4, 5], [1, 3]]), ("b", [[4, 5], [1, 3]]), ("c", [[4, 5], [3, 1]])):
            numpy.save(result / f"cpu_{solver}.index.npy", numpy.array(index, dtype=numpy.int64))
            numpy.save(result / f"cpu_{solver}.score.npy", numpy.array([[.9, .8], [.7, .6]], dtype="f4"))
        done = run(self.out, "--show", self.out / "result")
        self.assertEqual(done.stdout.splitlines(), [
            "chess", "   0.900  gambit-demo: chess program, newer edition",
            "   0.800  rook-demo: chess board with clock",
            "music", "   0.700  drum-demo: play the drum", "   0.600  flute-demo: play the flute",
            "cpu_b: the same packages", "cpu_c: DIFFERS"])
        self.assertEqual(run(self.out, "--show", result / "cpu_c.index.npy").returncode, 0)
        numpy.save(result / "cpu_a.index.npy", numpy.array([[4, 6], [1, 3]], dtype=numpy.int64))
        self.assertIn("names row 6", self.refused(self.out, "--show", self.out / "result"))

    def test_bad_input_is_refused_with_advice(self):
        self.assertIn("cannot read", self.refused(self.out, "--input", self.out / "missing"))
        self.assertIn("no package has a description", self.refused(self.out, "--input", "-"))
        self.assertIn("too large", self.refused(self.out, "--input", RECORDED, "--dim", 100))
        self.assertIn("at least 1", self.refused(self.out, "--input", RECORDED, "--dim", 0))
        self.assertIn("one line", self.refused(self.out, " ", "--input", RECORDED))
        self.assertIn("make it first", self.refused(self.out, "--show", self.out))
        self.assertIn("cannot write", self.refused(RECORDED / "x", "--input", RECORDED, "--dim", 3))

    def test_missing_packages_are_named_with_the_command(self):
        fake = self.out.parent / "sklearn"
        fake.mkdir()
        (fake / "__init__.py").write_text("raise ImportError('no sklearn here')\n", encoding="utf-8")
        stderr = self.refused(self.out, "--input", RECORDED, environment={"PYTHONPATH": str(fake.parent)})
        self.assertIn("apt-get install --no-install-recommends python3-sklearn", stderr)

    def test_a_machine_without_apt_is_told_about_input(self):
        stderr = self.refused(self.out, environment={"PATH": str(self.out)})
        self.assertIn("--input FILE", stderr)


if __name__ == "__main__":
    unittest.main()
