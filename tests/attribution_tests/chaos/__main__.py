"""Run faults by name.

``python -m attribution_tests.chaos [--fault NAME ...] [--seed N] [--events N] [--json FILE]``
"""

import logging
import shutil
import signal
import sys
import tempfile
import traceback
from argparse import ArgumentParser, Namespace
from pathlib import Path

from attribution_tests.chaos.bugs import BUGS
from attribution_tests.chaos.checks.checkers import Violation
from attribution_tests.chaos.faults import FAULTS
from attribution_tests.chaos.report import table, violations_text, write_json
from attribution_tests.chaos.trial import NOT_RUN, NOT_TRIED, Fault, Result, run


def main() -> int:
    """Run the selected faults and bugs; return 1 if anything is wrong."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    everything = not options.fault and not options.bug
    results = [_run_and_report(FAULTS[name], options) for name in (FAULTS if everything else options.fault)]
    bugs = [_run_and_report(BUGS[name], options) for name in (BUGS if everything else options.bug)]
    _say("\n" + table([*results, *bugs]))
    blind = [bug.fault for bug in bugs if {one.kind for one in bug.violations} <= NOT_TRIED]
    if bugs:
        _say(
            f"bugs: {len(bugs) - len(blind)} of {len(bugs)} caught; not caught: {', '.join(blind) or 'none'}"
        )
    if options.json:
        write_json([*results, *bugs], options.json)
    return int(bool(blind) or any(result.violations for result in results))


def _run_and_report(fault: Fault, options: Namespace) -> Result:
    _say(f"{fault.name}: {fault.what} ...")
    result = _run(fault, options)
    _say(table([result]))
    if result.violations:
        _say(violations_text(result))
    return result


def _options() -> Namespace:
    parser = ArgumentParser(prog="chaos", description="Inject faults into a real broker and real workers.")
    parser.add_argument(
        "--fault",
        nargs="+",
        choices=[*FAULTS],
        default=[],
        metavar="NAME",
        help="faults to inject (default: all)",
    )
    parser.add_argument(
        "--bug",
        nargs="+",
        choices=[*BUGS],
        default=[],
        metavar="NAME",
        help="bugs to plant, which must be caught",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the traffic and the schedule (default: %(default)s)"
    )
    parser.add_argument("--events", type=int, help="number of events (default: set by each fault)")
    parser.add_argument("--json", type=Path, help="file for all figures", metavar="FILE")
    parser.add_argument(
        "--keep", type=Path, help="folder in which logs and stores are kept", metavar="FOLDER"
    )
    return parser.parse_args()


def _run(fault: Fault, options: Namespace) -> Result:
    root = options.keep or Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        return run(fault, options.seed, root / f"{fault.name}-{options.seed}", options.events)
    except Exception as error:  # noqa: BLE001 - the next fault must run anyway
        traceback.print_exc()
        return Result(fault.name, options.seed, violations=[Violation(NOT_RUN, fault.name, repr(error))])
    finally:
        if options.keep is None:
            shutil.rmtree(root, ignore_errors=True)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
