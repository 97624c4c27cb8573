# SPDX-License-Identifier: GPL-3.0-or-later
"""book-studio-cli the way a person uses it, on a throwaway library.

A script is called with the program (and what else it needs) and ends with
`taptest.main(sys.argv[N:])`.
"""

import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import taptest  # noqa: E402
from keyringtest import KeyringCase  # noqa: E402

CLI = os.path.abspath(sys.argv[1])
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'data')
NAME = 'book-studio-cli'
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}')
TIMEOUT = 60


class CliCase(KeyringCase):
    """One person, one library. No bus and no keyring unless a test starts them."""

    def setUp(self):
        super().setUp()
        self.library = os.path.join(self.home, 'library')
        self.files = os.path.join(self.home, 'files')
        os.mkdir(self.files)

    def line(self, *arguments):
        return [CLI, '--data-dir', self.library, *arguments]

    def run_cli(self, *arguments, text='', environment=None, **options):
        result = subprocess.run(self.line(*arguments), input=text.encode() if isinstance(text, str) else text,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                                env={**self.environment, **(environment or {})}, **options)
        result.stdout = result.stdout.decode()
        result.stderr = taptest.own_lines(result.stderr.decode())
        return result

    def ok(self, *arguments, **options):
        """Runs a verb that has to work, and returns what it printed."""
        result = self.run_cli(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ''), arguments)
        return result.stdout

    def json(self, *arguments, **options):
        output = self.ok(*arguments, '--json', **options)
        self.assertEqual(output.count('\n'), 1, 'one document on one line')
        return json.loads(output)

    def refused(self, *arguments, **options):
        """Runs a verb that has to refuse, and returns the one line it says why in."""
        result = self.run_cli(*arguments, **options)
        self.assertEqual((result.returncode, result.stdout), (1, ''), (arguments, result.stderr))
        self.assert_one_line(result.stderr)
        return result.stderr

    def wrong(self, *arguments, **options):
        """Runs a line that is wrong usage."""
        result = self.run_cli(*arguments, **options)
        self.assertEqual((result.returncode, result.stdout), (2, ''), (arguments, result.stderr))
        self.assertTrue(result.stderr.startswith(f'{NAME}: '), result.stderr)
        return result.stderr

    def assert_one_line(self, error):
        self.assertTrue(error.startswith(f'{NAME}: '), error)
        self.assertEqual(error.count('\n'), 1, error)
        self.assertRegex(error, r'[.!?]\n$')

    def start_cli(self, *arguments, environment=None, **options):
        process = subprocess.Popen(self.line(*arguments), env={**self.environment, **(environment or {})},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(taptest.end, process)
        return process

    def finish(self, process):
        """Waits for a process of start_cli(); returns status, output and error."""
        output, error = process.communicate(timeout=TIMEOUT)
        return process.returncode, output.decode(), taptest.own_lines(error.decode())

    def write(self, name, content):
        path = os.path.join(self.files, name)
        with open(path, 'wb') as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def new_book(self, title='The Mill', *arguments):
        return self.ok('book', 'new', title, *arguments).strip()

    def new_chapter(self, book, title='One', text=None):
        node = self.ok('node', 'add', book, '--kind', 'chapter', '--title', title).strip()
        if text is not None:
            self.ok('node', 'edit', f'{book}/{node}', text=text)
        return f'{book}/{node}'

    def files_with(self, needle):
        """The files below the person's home that hold these bytes."""
        found = []
        for directory, _, names in os.walk(self.home):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.isfile(path):
                    with open(path, 'rb') as file:
                        if needle in file.read():
                            found.append(path)
        return found


def ignore_file_size_signal():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
