# SPDX-License-Identifier: GPL-3.0-or-later
"""unittest with TAP output, for tests that drive the real programs.

A test script ends with `taptest.main(names)`, where names choose among its
tests and are mostly none. A test that cannot run here calls
`self.skipTest(reason)`.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0

    def _line(self, ok, test, comment=''):
        self.number += 1
        name = test.id().removeprefix('__main__.').replace('#', '')
        print(f"{'ok' if ok else 'not ok'} {self.number} {name}{comment}", flush=True)

    def _failed(self, test, error):
        for line in ''.join(traceback.format_exception(*error)).splitlines():
            print('#', line)
        self._line(False, test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(True, test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(True, test, f' # SKIP {reason}')

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._failed(subtest, error)


def main(names):
    """Runs the tests of the calling script, or only those named."""
    # A deadline of the test runner must not leave servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    loader = unittest.defaultTestLoader
    module = sys.modules['__main__']
    if names:
        suite = loader.loadTestsFromNames(names, module)
    else:
        suite = loader.loadTestsFromModule(module)
    result = TapResult()
    suite.run(result)
    print(f'1..{result.number}', flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)


def wait_until(condition, seconds=10.0, what='the condition'):
    """Polls until condition() is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {seconds} s for {what}')
        time.sleep(0.02)


def end(process, seconds=5.0):
    """Ends a child by its pid, for sure, and closes its pipes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                pass


def own_lines(text):
    """Standard error without what the sanitizers say of every program with fibers."""
    return ''.join(line for line in text.splitlines(keepends=True)
                   if "ASan doesn't fully support makecontext" not in line)


def clean_environment(home, **more):
    """The environment of a person with nothing set, living in `home`."""
    runtime = os.path.join(home, 'run')
    os.makedirs(runtime, mode=0o700, exist_ok=True)
    environment = {
        'HOME': home,
        'PATH': os.environ.get('PATH', '/usr/bin:/bin'),
        'XDG_RUNTIME_DIR': runtime,
        'LANG': 'C.UTF-8',
        'G_DEBUG': 'fatal-criticals',
    }
    for name in ('ASAN_OPTIONS', 'LSAN_OPTIONS', 'UBSAN_OPTIONS', 'G_SLICE'):
        if name in os.environ:
            environment[name] = os.environ[name]
    environment.update(more)
    return environment
