#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the meson suites and counts their single cases.

Called by `./dev test` inside the build environment. Every line of progress
goes to standard output as the test ends; the output of those that failed
follows; the last line is "N passed, N failed, N skipped", where N counts TAP
cases, not programs.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
PLAIN = SOURCE / '_build'
SANITIZED = SOURCE / '_build-asan'
SUITES = ['unit', 'service', 'gtk', 'ui', 'extra', 'fuzz', 'lint']
SANITIZED_SUITES = ['unit', 'service', 'fuzz']
# Sanitized code is two to three times slower, and both cores may be busy.
SANITIZED_PATIENCE = 3
# A long run counts to thousands where the daily one stops after seconds.
LONG_PATIENCE = 60
CASE = re.compile(r'(ok|not ok)\b([^#]*)(?:#\s*(SKIP|TODO)\b.*)?', re.IGNORECASE)
GOOD = ('OK', 'EXPECTEDFAIL', 'SKIP')
# What a long run has to tell; a test prints such lines with its figures.
REPORT = re.compile(r'#+ report: (.*)')


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


def count_cases(test):
    """Counts the TAP lines of one entry of meson's log.

    A program that speaks no TAP is one case. One that ended badly without a
    "not ok" (a crash, a deadline, a plan that does not fit) counts as a failure.
    """
    counts = Counts()
    for line in (test.get('stdout') or '').splitlines():
        match = CASE.match(line)
        if not match:
            continue
        if match[3]:
            counts.skipped += 1
        elif match[1].lower() == 'ok':
            counts.passed += 1
        else:
            counts.failed += 1
    good = test['result'] in GOOD
    if not good and counts.failed == 0:
        counts.failed = 1
    elif good and counts.passed + counts.skipped == 0:
        if test['result'] == 'SKIP':
            counts.skipped = 1
        else:
            counts.passed = 1
    return counts


def read_log(path):
    try:
        with open(path, encoding='utf-8') as log:
            return [json.loads(line) for line in log if line.strip()]
    except FileNotFoundError:
        return []


def print_failure(test):
    print(f"\n──── {test['name']}: {test['result'].lower()} after {test['duration']:.1f} s")
    for stream in ('stdout', 'stderr'):
        text = (test.get(stream) or '').rstrip()
        if text:
            print(text)


def get_commit():
    result = subprocess.run(['git', '-C', str(SOURCE), 'describe', '--always', '--dirty'],
                            capture_output=True, text=True, check=False)
    return result.stdout.strip() or 'unknown'


def describe_test(test):
    counts = count_cases(test)
    yield f"{test['name']}: {counts}, {test['duration']:.0f} s"
    for line in (test.get('stdout') or '').splitlines():
        match = REPORT.match(line)
        if match:
            yield '    ' + match[1]


def write_report(tests, total):
    """What `./dev test --long` saw, for docs/: the counts of minutes that nobody runs every day."""
    lines = [f'Long test run of {datetime.date.today()}, commit {get_commit()},'
             f' {os.cpu_count()} cores, {platform.machine()}: {total}', '']
    for build, test in tests:
        lines += [f'{build}: {line}' if not line.startswith(' ') else line for line in describe_test(test)]
    path = SOURCE / 'docs' / 'long-test-run.txt'
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    print(f'Wrote {path.relative_to(SOURCE)}')


def run(build, suites, names, patience=1, rebuild=False):
    """Runs the tests of one build folder and returns (status, counts, log)."""
    log = build / 'meson-logs' / 'testlog.json'
    log.unlink(missing_ok=True)
    if 'BKS_TEST_LONG' in os.environ:
        patience *= LONG_PATIENCE
    command = ['meson', 'test', '-C', str(build), '--timeout-multiplier', str(patience)]
    if not rebuild:
        command.append('--no-rebuild')
    for suite in suites:
        command += ['--suite', suite]
    command += names
    status = subprocess.run(command, check=False).returncode
    tests = read_log(log)
    total = Counts()
    for test in tests:
        counts = count_cases(test)
        total += counts
        if counts.failed:
            print_failure(test)
    if status != 0 and total.failed == 0:
        # The build or meson itself failed: never report that as a success.
        total.failed = 1
    return status, total, tests


def parse_arguments():
    parser = argparse.ArgumentParser(prog='./dev test')
    parser.add_argument('--suite', action='append', choices=SUITES, default=[])
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--no-sanitizers', action='store_true')
    parser.add_argument('--build', action='store_true', help='let meson build what the tests need')
    parser.add_argument('names', nargs='*', metavar='TEST')
    return parser.parse_args()


def known(build, suites):
    """Those of `suites` that have a test; meson refuses an empty selection."""
    if not suites:
        return []
    listing = subprocess.run(['meson', 'introspect', '--tests', str(build)],
                             check=True, capture_output=True, text=True).stdout
    present = {suite.rpartition(':')[2] for test in json.loads(listing) for suite in test['suite']}
    return [suite for suite in suites if suite in present]


def main():
    options = parse_arguments()
    if options.long:
        os.environ['BKS_TEST_LONG'] = '1'

    total = Counts()
    seen = []
    status = 0
    print('==== the plain build', flush=True)
    suites = known(PLAIN, options.suite or SUITES)
    if suites:
        status, counts, tests = run(PLAIN, suites, options.names, rebuild=options.build)
        total += counts
        seen += [('plain', test) for test in tests]
    elif options.suite:
        print(f"No test is in {', '.join(options.suite)}")

    suites = [suite for suite in options.suite or SANITIZED_SUITES if suite in SANITIZED_SUITES]
    if not options.no_sanitizers:
        suites = known(SANITIZED, suites)
        if suites:
            print('\n==== under AddressSanitizer and UBSan', flush=True)
            sanitized, counts, tests = run(SANITIZED, suites, options.names,
                                           patience=SANITIZED_PATIENCE, rebuild=True)
            status = status or sanitized
            total += counts
            seen += [('sanitizers', test) for test in tests]

    print()
    if options.long:
        write_report(seen, total)
    print(total)
    return 1 if status or total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
