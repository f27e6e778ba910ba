#!/usr/bin/env python3
"""Sets what was predicted for a device beside what was measured there, as CSV on stdout.

Predictions were written down before anything ran: predictions_*.csv beside this script, one line per case and
column with a low and a high value in seconds and what they are derived from. They are `modelled` figures and
stay labelled so. FOLDER holds the rows that bench/on_device measured (lecture.csv, wall_free.csv).
"""

import argparse
import csv
import pathlib
import sys

AXES = ["rows", "cols", "corpus", "queries", "dim", "k", "n"]
COLUMNS = ["gpu", "problem", "type", "sizes", "solver", "transfer", "column", "source", "low_s", "high_s", "basis",
           "measured_s", "measured_over_middle", "inside"]


def sizes_of(row):
    return " ".join(f"{axis}={row[axis]}" for axis in AXES if row.get(axis))


def measured_rows(folder):
    rows = []
    for name in ("lecture.csv", "wall_free.csv"):
        path = folder / name
        if path.is_file():
            with path.open(newline="") as file:
                rows += [row for row in csv.DictReader(file) if row["outcome"] == "ok"]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example:\n  bench/device/predictions.py results/h200 > predictions.csv")
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"predictions.py: {arguments.folder} is no folder: run bench/on_device first", file=sys.stderr)
        return 2
    rows = measured_rows(arguments.folder)
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    for path in sorted(pathlib.Path(__file__).parent.glob("predictions_*.csv")):
        with path.open(newline="") as file:
            for predicted in csv.DictReader(file):
                line = {**predicted, "source": "modelled", "measured_s": "", "measured_over_middle": "", "inside": ""}
                for row in rows:
                    if (row["backend"] == "cuda" and row["gpu"] == predicted["gpu"] and
                            sizes_of(row) == predicted["sizes"] and predicted["transfer"] in ("", row["transfer"]) and
                            all(row[key] == predicted[key] for key in ("problem", "type", "solver")) and
                            row[predicted["column"]]):
                        low, high = float(predicted["low_s"]), float(predicted["high_s"])
                        measured = float(row[predicted["column"]])
                        line["measured_s"] = row[predicted["column"]]
                        line["measured_over_middle"] = f"{measured / ((low * high) ** 0.5):.3f}"
                        line["inside"] = "yes" if low <= measured <= high else "no"
                        break
                writer.writerow(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
