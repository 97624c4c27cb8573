#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line itself: help, wrong usage, hostile arguments, the program's
dependencies, closed and full standard streams.

Usage: test-line.py BOOK-STUDIO-CLI [TEST…]
"""

import json
import os
import re
import subprocess
import sys

from clitest import CLI, NAME, CliCase, taptest

VERBS = [
    'book list', 'book new', 'book import', 'book show', 'book export', 'book set', 'book delete',
    'book backup', 'book backups', 'book restore', 'book check', 'book undo', 'book redo', 'book history', 'book events',
    'book disclosure', 'book days',
    'node keep', 'node revisions', 'node restore', 'node compare', 'snapshot add', 'snapshot list', 'snapshot restore',
    'trash list', 'trash empty',
    'node list', 'node show', 'node add', 'node edit', 'node rename', 'node set', 'node move', 'node delete', 'trash restore',
    'complete', 'embed', 'provider list', 'provider add', 'provider set', 'provider set-key', 'provider remove-key',
    'provider remove', 'provider test', 'provider models', 'provider count',
    'provider health', 'role show', 'role set', 'usage', 'budget show', 'budget set', 'price show', 'price set',
    'price update', 'plan show', 'device pair', 'device list', 'device tier', 'device revoke', 'serve',
]


class Line(CliCase):
    def test_every_verb_explains_itself(self):
        overview = self.ok('--help')
        for verb in VERBS:
            with self.subTest(verb):
                self.assertIn(f'  {verb}', overview)
                explained = self.ok(*verb.split(), '--help')
                self.assertIn(f'{NAME} {verb}', explained)
                self.assertIn('--data-dir', explained)
        self.assertFalse(os.path.exists(self.library), 'help makes no library')

    def test_the_list_is_complete(self):
        listed = [line[2:] for line in self.ok('--help').splitlines() if line.startswith('  ') and line[2] != ' ']
        groups = {verb.split()[0] for verb in VERBS if ' ' in verb}
        found = [' '.join(line.split()[:2]) if line.split()[0] in groups else line.split()[0] for line in listed]
        self.assertEqual(sorted(found), sorted(VERBS))

    def test_version(self):
        self.assertRegex(self.ok('--version'), rf'^{NAME} \d+\.\d+')

    def test_wrong_usage_is_2(self):
        cases = [
            (), ('book',), ('frobnicate',), ('book', 'frobnicate'), ('search', 'word'), ('book', 'backup'),
            ('node', 'restore', 'a/b'), ('snapshot', 'add', 'x'),
            ('book', 'show'), ('book', 'show', 'a', 'b'), ('book', 'list', '--frobnicate'),
            ('book', 'export', 'x'), ('book', 'export', 'x', '--format', 'docx', '-o', 'y'),
            ('book', 'import'), ('book', 'import', '--sample', 'x'), ('book', 'set', 'x', 'cover', 'y'),
            ('book', 'set', 'x', 'local-only', 'maybe'), ('node', 'add', 'x', '--kind', 'verse', '--title', 'y'),
            ('node', 'add', 'x', '--title', 'y'), ('node', 'show', 'no-slash'), ('node', 'show', '/'),
            ('node', 'move', 'a/b', '--position', 'x'), ('complete', 'x', '--max-tokens', '0'),
            ('complete', 'x', '--temperature', '3'), ('complete', 'x', '--model', 'a', '--role', 'draft'),
            ('complete', ''), ('complete', 'x', '--targets', 'no-colon'), ('provider', 'add', 'x'),
            ('provider', 'set', 'x', 'account', 'y'), ('role', 'show', 'cook'), ('role', 'set', 'draft'),
            ('role', 'set', 'draft', 'ollama'), ('usage', '--by', 'hour'), ('usage', '--since', 'yesterday'),
            ('usage', '--export', 'xlsx'), ('--data-dir',),
        ]
        for arguments in cases:
            with self.subTest(arguments):
                self.wrong(*arguments)

    def test_an_unknown_verb_gets_the_list(self):
        for arguments in (('frobnicate',), ('book', 'frobnicate')):
            self.assertIn('book export', self.wrong(*arguments))
        self.assertNotIn('node list', self.wrong('book', 'frobnicate'))

    def test_a_key_is_no_argument(self):
        for arguments in (('openai', 'sk-aaaabbbbccccdddd1111'), ('openai', '--sk-aaaabbbbccccdddd1111'),
                          ('openai', '--key=sk-aaaabbbbccccdddd1111'), ('openai', '--key', 'sk-aaaabbbbccccdddd1111'),
                          ('openai', 'plainword')):
            with self.subTest(arguments):
                error = self.wrong('provider', 'set-key', *arguments, text='x\n')
                self.assertNotIn('sk-', error)
                self.assertNotIn('plainword', error)
        # Instead of the provider's name.
        error = self.refused('provider', 'set-key', 'sk-aaaabbbbccccdddd1111', text='x\n')
        self.assertNotIn('sk-', error)

    def test_data_dir_stands_anywhere(self):
        other = os.path.join(self.home, 'other')
        for line in (['--data-dir', other, 'book', 'new', 'A'], ['book', '--data-dir', other, 'new', 'B'],
                     ['book', 'new', '--data-dir', other, 'C'], ['book', 'new', 'D', f'--data-dir={other}']):
            subprocess.run([CLI, *line], env=self.environment, check=True, capture_output=True, timeout=60)
        listed = self.ok('book', 'list', '--json', '--data-dir', other)
        self.assertEqual({book['title'] for book in json.loads(listed)['books']}, set('ABCD'))

    def test_texts_that_are_not_utf8(self):
        self.assertIn('UTF-8', self.wrong('book', 'new', b'\xff\xfe'))
        self.assertIn('UTF-8', self.wrong('complete', b'\xc3\x28', '--model', 'ollama:x'))
        self.assertIn('UTF-8', self.wrong('node', 'show', b'\xff/\xff'))

    def test_hostile_names_act_on_nothing(self):
        self.new_book()
        for name in ('../../../etc/passwd', "'; DROP TABLE books; --", '%', '_', '\x1b[2J', 'ü', '-', '*', 'a' * 10000):
            with self.subTest(name):
                error = self.refused('book', 'show', '--', name)
                self.assertNotIn('\x1b', error)
                self.assertLess(len(error), 6000)
                self.refused('node', 'show', '--', f'{name.replace("/", "")}/x')
        self.assertEqual(len(self.json('book', 'list')['books']), 1)

    def test_a_title_is_kept_as_it_is(self):
        titles = ['--help', '-o', '$(id)', 'Ænima “quoted” 🌊', "O'Brien; rm -rf /", 'a/b', '%s%n']
        for title in titles:
            self.ok('book', 'new', '--', title)
        self.assertEqual({book['title'] for book in self.json('book', 'list')['books']}, set(titles))

    def test_a_title_does_not_act_on_a_terminal(self):
        path = self.write('escape.md', '# \x1b]0;owned\x07Chapter\n\nText.\n')
        result = self.run_cli('book', 'import', path)
        if result.returncode == 0:
            self.assertNotIn('\x1b', self.ok('book', 'show', result.stdout.strip()))


class Program(CliCase):
    def test_no_gtk(self):
        self.need('readelf')
        dynamic = subprocess.run(['readelf', '-d', CLI], capture_output=True, text=True, check=True).stdout
        needed = re.findall(r'\(NEEDED\).*\[(.*)\]', dynamic)
        self.assertTrue(any(name.startswith('libglib') for name in needed), dynamic)
        for name in needed:
            self.assertIsNone(re.match(r'lib(gtk|gdk|adwaita|gsk|X11|wayland)', name), name)

    def test_nothing_below_needs_a_display(self):
        self.need('ldd')
        loaded = subprocess.run(['ldd', CLI], capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(loaded, r'lib(gtk|adwaita|X11|wayland)')

    def test_an_empty_environment(self):
        for arguments in (['--version'], ['book', 'new', 'Prüfung', '--data-dir', self.library],
                          ['provider', 'list', '--data-dir', self.library]):
            result = subprocess.run([CLI, *arguments], env={}, capture_output=True, timeout=60)
            self.assertEqual((result.returncode, taptest.own_lines(result.stderr.decode())), (0, ''), arguments)
        listed = subprocess.run([CLI, 'book', 'list', '--data-dir', self.library], env={}, capture_output=True)
        self.assertIn('Prüfung', listed.stdout.decode())

    def test_the_library_is_the_persons_own(self):
        self.new_book()
        for directory, _, names in os.walk(self.library):
            for path in [directory, *(os.path.join(directory, name) for name in names)]:
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

    def test_a_home_that_cannot_be_written(self):
        blocked = self.write('file', '')
        self.library = os.path.join(blocked, 'library')
        self.refused('book', 'list')


class Streams(CliCase):
    def setUp(self):
        super().setUp()
        self.book = self.new_book()

    def shell(self, script):
        return subprocess.run(['sh', '-c', script, 'sh', *self.line()], env=self.environment,
                              capture_output=True, text=True, timeout=60)

    def test_a_full_disk(self):
        for verb in (f'book show {self.book}', 'book list --json'):
            result = self.shell(f'"$@" {verb} >/dev/full')
            self.assertEqual(result.returncode, 1)
            self.assert_one_line(taptest.own_lines(result.stderr))
            self.assertIn('No space left', result.stderr)
        self.assertEqual(self.shell('"$@" --help >/dev/full').returncode, 1)

    def test_a_reader_that_left(self):
        path = self.write('long.txt', 'CHAPTER I\n\n' + 'word ' * 200000 + '\n')
        book = self.json('book', 'import', path)
        node = next(node['id'] for node in book['nodes'] if node['words'] > 1000)
        process = self.start_cli('node', 'show', f'{book["id"]}/{node}')
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual(process.wait(30), 1)
        self.assertEqual(taptest.own_lines(process.stderr.read().decode()), '')

    def test_closed_streams(self):
        result = self.shell(f'"$@" book show {self.book} >&-')
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(taptest.own_lines(result.stderr))
        result = self.shell(f'"$@" book list <&- >/dev/null')
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.shell('"$@" provider set-key openai <&-')
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(taptest.own_lines(result.stderr))
        # What is printed must not end up in the database.
        result = self.shell('"$@" book new Closed <&- >&- 2>&-')
        self.assertEqual(len(self.json('book', 'list')['books']), 2)

    def test_input_that_is_no_text(self):
        node = self.new_chapter(self.book, text='Before.')
        for text in (b'\xff\xfe\x00', b'a\x00b'):
            self.refused('node', 'edit', node, text=text)
        self.assertEqual(self.ok('node', 'show', node), 'Before.\n')


if __name__ == '__main__':
    taptest.main(sys.argv[2:])
