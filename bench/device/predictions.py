#!/usr/bin/env python3
"""Sets what was predicted for a device beside what was measured there, as CSV on stdout.

Predictions were written down before anything ran: predictions_*.csv beside this script, one line per case and
column with a low and a high value in seconds and what they are derived from. They are `modelled` figures and
stay labelled so. FOLDER holds what bench/on_device measured: rows (lecture.csv, pinned_*.csv, wall_free.csv), and
the device's limits (limits.csv), whose predictions have the problem `limit`, the quantity as solver and the mode as
transfer.
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


def lines_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def measured_rows(folder):
    """As predictions are written: what they match on, and the columns."""
    rows = []
    for path in [folder / "lecture.csv", *sorted(folder.glob("pinned_*.csv")), folder / "wall_free.csv"]:
        for row in lines_of(path) if path.is_file() else []:
            if row["outcome"] == "ok" and row["backend"] == "cuda":
                rows.append({**row, "sizes": sizes_of(row)})
    path = folder / "limits.csv"
    for line in lines_of(path) if path.is_file() else []:
        rows.append({**line, "problem": "limit", "type": "", "sizes": f"bytes={line['bytes']}",
                     "solver": line["quantity"], "transfer": line["mode"]})
    return rows


def matches(row, predicted):
    return (all(row[key] == predicted[key] for key in ("gpu", "problem", "type", "sizes", "solver")) and
            predicted["transfer"] in ("", row["transfer"]) and row[predicted["column"]])


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
        for predicted in lines_of(path):
            line = {**predicted, "source": "modelled", "measured_s": "", "measured_over_middle": "", "inside": ""}
            row = next((row for row in rows if matches(row, predicted)), None)
            if row:
                low, high = float(predicted["low_s"]), float(predicted["high_s"])
                measured = float(row[predicted["column"]])
                line["measured_s"] = row[predicted["column"]]
                line["measured_over_middle"] = f"{measured / ((low * high) ** 0.5):.3f}"
                line["inside"] = "yes" if low <= measured <= high else "no"
            writer.writerow(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
