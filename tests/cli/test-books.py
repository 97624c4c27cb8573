#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Books through the command line: made, imported, edited, exported, deleted;
with bad files, a full disk, a crash, and two processes at once.

Usage: test-books.py BOOK-STUDIO-CLI [TEST…]
"""

import fcntl
import glob
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile

from clitest import DATA, UUID, CliCase, ignore_file_size_signal, taptest

NOVELS = sorted(glob.glob(os.path.join(DATA, 'austen', '*.txt')))
F_OFD_SETLK = 37


class Books(CliCase):
    def test_an_empty_library(self):
        self.assertEqual(self.json('book', 'list'), {'books': []})
        self.assertEqual(self.ok('book', 'list'), '')

    def test_new_prints_the_id_alone(self):
        output = self.ok('book', 'new', 'The Mill', '--author', 'Ana Keel')
        self.assertTrue(UUID.fullmatch(output.removesuffix('\n')), output)
        shown = self.json('book', 'show', output.strip())
        self.assertEqual((shown['title'], shown['author'], shown['words']), ('The Mill', 'Ana Keel', 0))
        self.assertEqual(len(shown['nodes']), 1)
        listed = self.json('book', 'list')['books']
        self.assertEqual([(book['id'], book['title']) for book in listed], [(output.strip(), 'The Mill')])
        self.assertLess(abs(listed[0]['updated_at'] / 1000 - time.time()), 300)

    def test_a_prefix_will_do(self):
        book = self.new_book()
        chapter = self.new_chapter(book, text='Words.')
        node = chapter.split('/')[1]
        short = next(book[:n] for n in range(1, 37))
        self.assertEqual(self.json('book', 'show', short)['id'], book)
        self.assertEqual(self.ok('node', 'show', f'{short}/{node}'), 'Words.\n')

    def test_an_ambiguous_prefix_is_refused(self):
        books = [self.new_book(f'Book {n}') for n in range(2)]
        common = os.path.commonprefix(books)
        self.assertGreater(len(common), 0, 'ids made in one second begin alike')
        self.refused('book', 'show', common)
        self.refused('book', 'delete', common)
        self.assertEqual(len(self.json('book', 'list')['books']), 2)

    def test_an_unknown_book(self):
        self.new_book()
        self.refused('book', 'show', 'ffffffff')
        self.refused('node', 'list', 'ffffffff')
        self.refused('book', 'export', 'ffffffff', '--format', 'text', '-o', os.path.join(self.files, 'x'))
        self.assertEqual(os.listdir(self.files), [])

    def test_settings(self):
        book = self.new_book()
        self.ok('book', 'set', book, 'title', 'Ebb')
        self.ok('book', 'set', book, 'author', 'Ana Keel')
        self.ok('book', 'set', book, 'language', 'de')
        self.ok('book', 'set', book, 'local-only', 'on')
        shown = self.json('book', 'show', book)
        self.assertEqual((shown['title'], shown['author'], shown['language'], shown['local_only']),
                         ('Ebb', 'Ana Keel', 'de', True))
        self.ok('book', 'set', book, 'local-only', 'off')
        self.assertFalse(self.json('book', 'show', book)['local_only'])

    def test_days_and_goal(self):
        """What comes from elsewhere makes the book longer; nobody has written it today."""
        book = self.new_book()
        self.assertEqual(self.json('book', 'days', book), {'days': []})
        self.ok('book', 'set', book, 'daily-goal', '800')
        chapter = self.new_chapter(book, text='Five words from a file.')
        shown = self.json('book', 'show', book)
        self.assertEqual(shown['daily_goal'], 800)
        self.assertEqual((shown['today']['written'], shown['today']['net']), (0, 5))
        self.assertRegex(shown['today']['date'], r'^\d{4}-\d\d-\d\d$')
        self.ok('node', 'edit', chapter, text='Three words less? No.')
        self.assertEqual(self.json('book', 'days', book)['days'], [{**shown['today'], 'net': 4}])
        self.assertEqual(self.ok('book', 'days', book).split(), [shown['today']['date'], '0', '+4'])
        self.wrong('book', 'set', book, 'daily-goal', 'many')
        self.wrong('book', 'set', book, 'daily-goal', '-5')
        self.ok('book', 'set', book, 'daily-goal', '0')
        self.assertEqual(self.json('book', 'show', book)['daily_goal'], 0)

    def test_delete_and_restore(self):
        book = self.new_book()
        chapter = self.new_chapter(book, text='Kept.')
        self.ok('book', 'delete', book)
        self.assertEqual(self.json('book', 'list')['books'], [])
        self.refused('book', 'show', book)
        self.ok('trash', 'restore', book)
        self.assertEqual(self.ok('node', 'show', chapter), 'Kept.\n')

    def test_the_sample(self):
        shown = self.json('book', 'import', '--sample')
        self.assertGreater(shown['words'], 50000)
        self.assertGreater(len(shown['nodes']), 20)


class Nodes(CliCase):
    def setUp(self):
        super().setUp()
        self.book = self.new_book()

    def outline(self):
        return [(node['title'], node['depth']) for node in self.json('node', 'list', self.book)['nodes']]

    def add(self, kind, title, *arguments):
        return self.ok('node', 'add', self.book, '--kind', kind, '--title', title, *arguments).strip()

    def test_a_book_is_built(self):
        for node in self.json('node', 'list', self.book)['nodes']:
            self.ok('node', 'delete', f'{self.book}/{node["id"]}')
        part = self.add('part', 'Part')
        self.assertTrue(UUID.fullmatch(part), part)
        first = self.add('chapter', 'First', '--parent', part)
        self.add('chapter', 'Third', '--parent', part)
        self.add('chapter', 'Second', '--parent', f'{self.book}/{part}', '--position', '1')
        self.add('scene', 'Scene', '--parent', first)
        self.assertEqual(self.outline(), [('Part', 0), ('First', 1), ('Scene', 2), ('Second', 1), ('Third', 1)])

        self.ok('node', 'move', f'{self.book}/{first}', '--position', '2')
        self.assertEqual(self.outline(), [('Part', 0), ('Second', 1), ('Third', 1), ('First', 1), ('Scene', 2)])
        self.ok('node', 'move', f'{self.book}/{first}', '--parent', 'top', '--position', '0')
        self.assertEqual(self.outline(), [('First', 0), ('Scene', 1), ('Part', 0), ('Second', 1), ('Third', 1)])
        self.ok('node', 'rename', f'{self.book}/{first}', 'Prologue')
        self.assertEqual(self.outline()[0], ('Prologue', 0))

        self.ok('node', 'delete', f'{self.book}/{part}')
        self.assertEqual(self.outline(), [('Prologue', 0), ('Scene', 1)])
        self.ok('trash', 'restore', f'{self.book}/{part}')
        self.assertIn(('Third', 1), self.outline())

    def shown(self, node):
        [found] = [n for n in self.json('node', 'list', self.book)['nodes'] if n['id'] == node]
        return found['status'], found['synopsis'], found['target_words']

    def test_status_synopsis_and_target(self):
        part = self.add('part', 'Part')
        name = f'{self.book}/{part}'
        self.assertEqual(self.shown(part), ('none', '', 0))
        self.ok('node', 'set', name, 'status', 'draft')
        self.ok('node', 'set', name, 'target-words', '2000')
        self.ok('node', 'set', name, 'synopsis', text='Ines counts the boats.\n“One” is missing.\n')
        self.assertEqual(self.shown(part), ('draft', 'Ines counts the boats.\n“One” is missing.', 2000))
        self.assertEqual(self.json('node', 'show', name)['status'], 'draft')
        self.assertIn('Part  [draft]', self.ok('node', 'list', self.book))
        # A status is a change of the structure, the others are not.
        self.assertEqual(self.json('book', 'undo', self.book), {'kind': 'status', 'title': 'Part'})
        self.assertEqual(self.shown(part), ('none', 'Ines counts the boats.\n“One” is missing.', 2000))
        self.ok('book', 'redo', self.book)
        self.ok('node', 'set', name, 'status', 'none')
        self.ok('node', 'set', name, 'target-words', '0')
        self.ok('node', 'set', name, 'synopsis')
        self.assertEqual(self.shown(part), ('none', '', 0))

    def test_wrong_settings_of_a_node(self):
        part = self.add('part', 'Part')
        name = f'{self.book}/{part}'
        self.wrong('node', 'set', name, 'status', 'Done')
        self.wrong('node', 'set', name, 'status')
        self.wrong('node', 'set', name, 'target-words', '-1')
        self.wrong('node', 'set', name, 'target-words', 'many')
        self.wrong('node', 'set', name, 'synopsis', 'In the list of processes')
        self.wrong('node', 'set', name, 'colour', 'red')
        self.refused('node', 'set', f'{self.book}/ffff', 'status', 'done')
        self.refused('node', 'set', name, 'synopsis', text='x' * 70000)
        self.assertEqual(self.shown(part), ('none', '', 0))

    def test_a_node_cannot_go_into_itself(self):
        part = self.add('part', 'Part')
        chapter = self.add('chapter', 'Chapter', '--parent', part)
        before = self.outline()
        self.refused('node', 'move', f'{self.book}/{part}', '--parent', chapter)
        self.refused('node', 'move', f'{self.book}/{part}', '--parent', part)
        self.assertEqual(self.outline(), before)

    def test_a_parent_of_another_book(self):
        other = self.new_book('Other')
        chapter = self.new_chapter(other)
        self.wrong('node', 'add', self.book, '--kind', 'scene', '--title', 'x', '--parent', chapter)

    def test_text_goes_in_and_out(self):
        texts = ['One two three.\n', '', 'No newline', '“Quotes” — ünï 🌊\n\n*emphasis*\n', 'x ' * 100000, ' \n\n ']
        chapter = self.new_chapter(self.book)
        for number, text in enumerate(texts):
            with self.subTest(number):
                self.ok('node', 'edit', chapter, text=text)
                shown = self.json('node', 'show', chapter)
                self.assertEqual(shown['text'].strip(), text.strip())
        self.ok('node', 'edit', chapter, text='One two three four.')
        shown = self.json('node', 'show', chapter)
        self.assertEqual((shown['kind'], shown['title'], shown['words']), ('chapter', 'One', 4))
        self.assertEqual(shown['id'], chapter.split('/')[1])
        self.assertEqual(self.json('book', 'show', self.book)['words'], 4)

    def test_the_revision_grows(self):
        chapter = self.new_chapter(self.book, text='a')
        before = self.json('node', 'show', chapter)['revision']
        self.ok('node', 'edit', chapter, text='b')
        self.assertGreater(self.json('node', 'show', chapter)['revision'], before)


class Import(CliCase):
    def test_the_novels(self):
        if not NOVELS:
            self.skipTest('the novels are not there')
        for path in NOVELS:
            with self.subTest(os.path.basename(path)), open(path, encoding='utf-8') as file:
                shown = self.json('book', 'import', path)
                self.assertLessEqual(abs(shown['words'] - len(file.read().split())), 400)
                self.assertEqual(sum(node['words'] for node in shown['nodes']), shown['words'])
                self.assertGreaterEqual(sum(node['kind'] == 'chapter' for node in shown['nodes']), 24)

    def test_chapters_by_their_headings(self):
        path = self.write('novel.txt', 'THE MILL\n\nby Ana Keel\n\n\nPART ONE\n\nCHAPTER I\n\nIt rained.\n\n'
                                       'CHAPTER II\n\nIt stopped.\n\nPART TWO\n\nCHAPTER III\n\nThe end.\n')
        shown = self.json('book', 'import', path)
        self.assertEqual(sum(node['kind'] == 'chapter' for node in shown['nodes']), 3)
        self.assertEqual(sum(node['kind'] == 'part' for node in shown['nodes']), 2)

    def test_bad_files(self):
        self.need('truncate')
        huge = self.write('huge.txt', 'word\n')
        subprocess.run(['truncate', '-s', '200M', huge], check=True)
        bad = {
            'missing': os.path.join(self.files, 'missing.txt'),
            'folder': self.files,
            'empty': self.write('empty.txt', ''),
            'binary': self.write('binary.txt', bytes(range(256)) * 100),
            'picture': self.write('picture.txt', b'\x89PNG\r\n\x1a\n' + b'\x00' * 2000),
            'huge': huge,
        }
        for name, path in bad.items():
            with self.subTest(name):
                self.refused('book', 'import', path)
        self.assertEqual(self.json('book', 'list')['books'], [])
        books = os.path.join(self.library, 'books')
        self.assertEqual(os.listdir(books) if os.path.isdir(books) else [], [], 'nothing is left behind')

    def test_one_long_paragraph(self):
        path = self.write('long.txt', 'CHAPTER I\n\n' + 'word ' * 20000 + '\n')
        self.assertEqual(self.json('book', 'import', path)['words'], 20000)

    def test_several_files(self):
        good = [self.write(f'{n}.md', f'# Chapter {n}\n\nText.\n') for n in range(2)]
        result = self.run_cli('book', 'import', good[0], os.path.join(self.files, 'missing'), good[1])
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assert_one_line(result.stderr)
        self.assertEqual(len(self.json('book', 'list')['books']), 2)

    def test_stopped(self):
        if not NOVELS:
            self.skipTest('the novels are not there')
        process = self.start_cli('book', 'import', NOVELS[0])
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        status, output, _ = self.finish(process)
        books = self.json('book', 'list')['books']
        # Stopped, or it was quicker: never a half of a book.
        self.assertEqual(len(books), 1 if status == 0 else 0, output)


class Export(CliCase):
    def setUp(self):
        super().setUp()
        self.book = self.new_book('The Mill')
        self.chapter = self.new_chapter(self.book, 'Rain', 'It *rained* all night.')
        self.out = os.path.join(self.files, 'out')

    def export(self, kind, *arguments):
        return ('book', 'export', self.book, '--format', kind, '-o', self.out, *arguments)

    def test_markdown_and_text(self):
        self.assertEqual(self.ok(*self.export('markdown')), '')
        with open(self.out, encoding='utf-8') as file:
            markdown = file.read()
        self.assertIn('Rain', markdown)
        self.assertIn('It *rained* all night.', markdown)
        self.ok(*self.export('text'))
        with open(self.out, encoding='utf-8') as file:
            self.assertRegex(file.read(), 'It .?rained.? all night[.]')

    def test_epub(self):
        self.ok(*self.export('epub'))
        with zipfile.ZipFile(self.out) as archive:
            self.assertIsNone(archive.testzip())
            first = archive.infolist()[0]
            self.assertEqual((first.filename, first.compress_type), ('mimetype', zipfile.ZIP_STORED))
            self.assertEqual(archive.read('mimetype'), b'application/epub+zip')
            whole = b''.join(archive.read(name) for name in archive.namelist())
        self.assertIn(b'rained', whole)

    def test_markdown_comes_back(self):
        self.ok(*self.export('markdown'))
        shutil.move(self.out, self.out + '.md')
        again = self.json('book', 'import', self.out + '.md')
        self.assertEqual(again['words'], self.json('book', 'show', self.book)['words'])

    def test_a_place_that_cannot_be_written(self):
        self.out = os.path.join(self.files, 'missing', 'out')
        self.refused(*self.export('epub'))
        self.out = self.files
        self.refused(*self.export('epub'))
        self.assertEqual(os.listdir(self.files), [])

    def test_too_little_space_leaves_the_old_file(self):
        self.ok('node', 'edit', self.chapter, text='rain ' * 100000)
        self.write('out', 'the old one')

        def limit():
            ignore_file_size_signal()
            resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))

        result = self.run_cli(*self.export('text'), preexec_fn=limit)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assert_one_line(result.stderr)
        with open(self.out) as file:
            self.assertEqual(file.read(), 'the old one')
        self.assertEqual(os.listdir(self.files), ['out'], 'no half of a file is left')


class FullDisk(CliCase):
    """A file system of a few megabytes, filled up."""

    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.home, 'disk')
        os.mkdir(self.disk)
        if os.geteuid() != 0 or shutil.which('mount') is None:
            self.skipTest('only root can mount a small disk')
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', self.disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest('no disk can be mounted here')
        self.addCleanup(subprocess.run, ['umount', '-l', self.disk])
        self.library = os.path.join(self.disk, 'library')

    def fill(self):
        with open(os.path.join(self.disk, 'filler'), 'wb', buffering=0) as file:
            try:
                while True:
                    file.write(b'x' * 4096)
            except OSError:
                pass

    def test_nothing_that_was_saved_is_lost(self):
        book = self.new_book()
        chapter = self.new_chapter(book, text='Saved.')
        self.fill()
        error = self.refused('node', 'edit', chapter, text='Lost. ' * 100000)
        self.assertRegex(error, '(?i)full|space')
        self.refused('book', 'new', 'Another')
        os.unlink(os.path.join(self.disk, 'filler'))
        self.assertEqual(self.ok('node', 'show', chapter), 'Saved.\n')
        self.assertEqual(len(self.json('book', 'list')['books']), 1)
        self.ok('node', 'edit', chapter, text='Saved again.')
        self.assertEqual(self.ok('node', 'show', chapter), 'Saved again.\n')

    def test_an_export_leaves_the_old_file(self):
        book = self.new_book()
        self.new_chapter(book, text='rain ' * 20000)
        out = os.path.join(self.disk, 'out.txt')
        with open(out, 'w') as file:
            file.write('the old one')
        self.fill()
        error = self.refused('book', 'export', book, '--format', 'text', '-o', out)
        self.assertRegex(error, '(?i)full|space')
        with open(out) as file:
            self.assertEqual(file.read(), 'the old one')


class TwoAtOnce(CliCase):
    def test_books_in_one_library(self):
        processes = [self.start_cli('book', 'new', f'Book {n}') for n in range(6)]
        for process in processes:
            status, _, error = self.finish(process)
            self.assertEqual((status, error), (0, ''))
        self.assertEqual(len(self.json('book', 'list')['books']), 6)

    def test_one_writer_of_a_book(self):
        book = self.new_book()
        before = len(self.json('node', 'list', book)['nodes'])
        processes = [self.start_cli('node', 'add', book, '--kind', 'chapter', '--title', f'{n}') for n in range(6)]
        done = 0
        for process in processes:
            status, output, error = self.finish(process)
            if status == 0:
                done += 1
            else:
                self.assertEqual((status, output), (1, ''))
                self.assert_one_line(error)
                self.assertIn('book-studio-cli (process', error)
        self.assertGreater(done, 0)
        self.assertEqual(len(self.json('node', 'list', book)['nodes']), before + done)

    def test_a_book_that_a_window_holds(self):
        book = self.new_book()
        chapter = self.new_chapter(book, text='Text.')
        [path] = glob.glob(os.path.join(self.library, 'books', '*', 'lock'))
        with open(path, 'r+') as lock:
            lock.truncate()
            lock.write('the Book Studio window (process 4711)\n')
            lock.flush()
            # struct flock of 64-bit Linux: type, whence, start, length, pid.
            fcntl.fcntl(lock, F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            for arguments in (('node', 'edit', chapter), ('node', 'delete', chapter), ('book', 'set', book, 'title', 'x')):
                self.assertIn('the Book Studio window (process 4711)', self.refused(*arguments, text='Other.'))
            self.assertEqual(self.ok('node', 'show', chapter), 'Text.\n')
            self.ok('book', 'export', book, '--format', 'text', '-o', os.path.join(self.files, 'out'))
        self.ok('node', 'edit', chapter, text='Other.')


class Crash(CliCase):
    def test_killed_between_and_within_writes(self):
        book = self.new_book()
        chapter = self.new_chapter(book, text='0 ' * 1000)
        acknowledged, tried = 0, 0
        chance = random.Random(20260101)
        for number in range(1, 13):
            tried = number
            process = self.start_cli('node', 'edit', chapter, stdin=subprocess.PIPE)
            process.stdin.write(f'{number} '.encode() * 1000)
            process.stdin.close()
            process.stdin = None
            time.sleep(chance.random() * 0.08)
            if process.poll() is None:
                process.kill()
            if process.wait() == 0:
                acknowledged = number
            words = self.ok('node', 'show', chapter).split()
            self.assertEqual(len(words), 1000)
            self.assertEqual(len(set(words)), 1, 'a mixture of two texts')
            self.assertIn(int(words[0]), (acknowledged, tried) if acknowledged != tried else (tried,))
            acknowledged = int(words[0])
        self.ok('node', 'edit', chapter, text='the end')


if __name__ == '__main__':
    taptest.main(sys.argv[2:])
