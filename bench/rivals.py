#!/usr/bin/env python3
"""The rivals of crossover, what a user would pick instead (NumPy, PyTorch, FAISS, scikit-learn, CuPy): which are here, and
the lecture's programs as they stand and as they should be."""
import argparse
import pathlib
import platform
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "rivals"))


def print_versions():
    import rival_server

    print(f"{sys.executable}, Python {platform.python_version()}")
    for name in rival_server.LIBRARIES:
        said = rival_server.asked(name)
        print(f"  {name:<11}", said.get("version") or f"not here: {said['reason']}")
    print("crossover takes the first python3 on PATH that has the library, else /usr/bin/python3; CROSSOVER_PYTHON names another.")
    print("What is missing: bench/run --with-rivals installs it.")


def main():
    parser = argparse.ArgumentParser(prog="rivals.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="examples:\n  bench/rivals.py versions\n  bench/rivals.py lecture --help\n"
                                            "  crossover run similarity --rivals numpy,faiss")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{versions,lecture}")
    commands.add_parser("versions", help="which rivals are here")
    commands.add_parser("lecture", help="the lecture's programs, reproduced and corrected", add_help=False)
    arguments, rest = parser.parse_known_args()
    if arguments.command == "lecture":
        import lecture_programs

        return lecture_programs.main(rest)
    if rest:
        parser.error(f"unexpected {rest[0]}")
    print_versions()
    return 0


if __name__ == "__main__":
    sys.exit(main())
