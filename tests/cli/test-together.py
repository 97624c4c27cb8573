#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One library and several programs at once: one that holds a book as the
window does and types into it, the command line, and the companion service.
Nothing is lost, nothing is doubled, a refusal names the holder.

Usage: test-together.py BOOK-STUDIO-CLI HOLDER [TEST…]
"""

import base64
import http.server
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

from clitest import CliCase, taptest

HOLDER = os.path.abspath(sys.argv[2])
SECONDS = 300 if os.environ.get('BKS_TEST_LONG') else 10
NAMES_HOLDER = re.compile(r'The book is open in \S.* \(process \d+\)')


class Holder:
    """The program that stands in for the window."""

    def __init__(self, case, book, *options):
        self.process = subprocess.Popen([HOLDER, case.library, book, str(random.getrandbits(31)), *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=case.environment)
        case.addCleanup(taptest.end, self.process)
        case.assertEqual(self.process.stdout.readline(), b'ready\n')
        self.saved = []
        self.ended = False
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            words = line.decode().split()
            if words == ['ended']:
                self.ended = True
            else:
                self.saved.append(tuple(words))

    def stop(self):
        self.process.stdin.close()
        self.reader.join(timeout=60)
        self.process.wait(timeout=60)
        return self.ended


class Slow(http.server.BaseHTTPRequestHandler):
    """A model on this machine that thinks for as long as the test lasts."""

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer({'models': []})

    def do_POST(self):
        if self.path.endswith('/chat'):
            self.server.asked.set()
            self.server.enough.wait()
        else:
            self.answer({})

    def log_message(self, *_):
        pass


class Together(CliCase):
    def setUp(self):
        super().setUp()
        self.environment['BOOK_STUDIO_JWT_KEY'] = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip('=')
        self.seed = int(os.environ.get('BKS_TEST_SEED') or random.getrandbits(31))
        random.seed(self.seed)
        print(f'# seed {self.seed}', flush=True)

    def start_service(self):
        process = self.start_cli('serve', '--listen', '127.0.0.1:0', '--pair')
        line = json.loads(process.stdout.readline())
        self.url = line['listening']
        self.token = self.ask('/api/auth/pair', {'code': line['pairing_code'], 'device_name': 'A phone'})['access_token']
        return process

    def ask(self, path, data=None):
        headers = {'Content-Type': 'application/json'}
        if data is None:
            headers['Authorization'] = f'Bearer {self.token}'
        request = urllib.request.Request(self.url + path, json.dumps(data).encode() if data is not None else None, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def start_a_call(self):
        """A call to a model that is on its way all the time, with what it has reserved."""
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Slow)
        server.daemon_threads = True
        server.asked, server.enough = threading.Event(), threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.addCleanup(server.enough.set)
        self.ok('provider', 'add', 'slow', '--protocol', 'ollama', '--base-url', f'http://127.0.0.1:{server.server_port}')
        call = self.start_cli('complete', 'Go on.', '--targets', 'slow:thinker', '--no-failover')
        self.assertTrue(server.asked.wait(30), 'the model is asked')
        return call

    def reservations(self):
        file = sqlite3.connect(os.path.join(self.library, 'library.db'), timeout=20)
        try:
            return file.execute('SELECT * FROM reservations ORDER BY id').fetchall()
        finally:
            file.close()

    def write_a_word(self, book):
        """Another program's writer: reads a chapter, and puts a word behind it."""
        node = random.choice(self.json('node', 'list', book)['nodes'])['id']
        text = self.json('node', 'show', f'{book}/{node}')['text']
        self.count += 1
        word = f'c{self.count}'
        self.ok('node', 'edit', f'{book}/{node}', text=f'{text} {word}'.strip())
        self.words.append((node, word))

    def add_a_chapter(self, book):
        self.count += 1
        title = f'Added {self.count}'
        self.ok('node', 'add', book, '--kind', 'chapter', '--title', title)
        self.titles.append(title)

    def move_a_chapter(self, book):
        node = random.choice(self.json('node', 'list', book)['nodes'])['id']
        self.ok('node', 'move', f'{book}/{node}', '--position', str(random.randrange(4)))

    def throw_and_fetch(self, book):
        node = random.choice(self.json('node', 'list', book)['nodes'])['id']
        result = self.run_cli('node', 'delete', f'{book}/{node}')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.ok('book', 'undo', book)

    def rename_and_back(self, book):
        node = random.choice(self.json('node', 'list', book)['nodes'])
        self.ok('node', 'rename', f"{book}/{node['id']}", 'For a moment')
        self.ok('node', 'rename', f"{book}/{node['id']}", node['title'])

    def import_a_book(self, book):
        self.imported.append(self.ok('book', 'import', self.novel).strip())

    def read_as_companion(self, book):
        self.assertIn(book, json.dumps(self.ask('/api/books')))

    def snapshot(self, book):
        self.ok('snapshot', 'add', book, f'Snapshot {self.count}')

    def back_up(self, book):
        self.ok('book', 'backup', book)

    def history_of(self, book, node):
        texts = [self.json('node', 'show', f'{book}/{node}')['text']]
        for revision in self.json('node', 'revisions', f'{book}/{node}')['revisions']:
            texts.append(self.json('node', 'show', f'{book}/{node}', '--revision', str(revision['revision']))['text'])
        return texts

    def check(self, book, saved):
        """Each acknowledged word is in the text or its history, and nowhere twice."""
        nodes = self.json('node', 'list', book)['nodes']
        self.assertEqual(len({n['id'] for n in nodes}), len(nodes))
        titles = [n['title'] for n in nodes]
        for title in self.titles:
            self.assertEqual(titles.count(title), 1, title)
        self.assertEqual(len(nodes), 1 + len(self.titles))
        wanted = {}
        for node, word in saved:
            wanted.setdefault(node, set()).add(word)
        for node, words in wanted.items():
            texts = [text.split() for text in self.history_of(book, node)]
            for text in texts:
                self.assertEqual(len(set(text)), len(text), 'a word is doubled')
            self.assertEqual(words - set().union(*texts), set(), 'words are lost')
        self.assertTrue(self.json('book', 'check', book)['sound'])

    def test_at_once(self):
        book = self.new_book()
        self.novel = self.write('tale.md', '# One\n\nFour words are here.\n')
        self.words, self.titles, self.imported, self.count = [], [], [], 0
        actions = [self.write_a_word] * 6 + [self.add_a_chapter, self.move_a_chapter, self.throw_and_fetch,
                                             self.rename_and_back, self.import_a_book, self.snapshot, self.back_up]
        actions += [self.read_as_companion] * 3
        service = self.start_service()
        call = self.start_a_call()
        reserved = self.reservations()
        self.assertEqual(len(reserved), 1)
        saved = []
        end = time.monotonic() + SECONDS
        rounds = 0
        while time.monotonic() < end:
            # The window is opened and closed in between: then the command line holds the book itself.
            holder = Holder(self, book) if rounds % 3 != 2 else None
            until = min(end, time.monotonic() + max(SECONDS / 6, 2))
            while time.monotonic() < until:
                random.choice(actions)(book)
            if holder is not None:
                self.assertTrue(holder.stop(), holder.process.stderr.read())
                saved += holder.saved
            rounds += 1
        print(f'# {len(saved)} words typed, {len(self.words)} written from outside, {self.count} actions counted, '
              f'{rounds} rounds', flush=True)
        self.assertGreater(len(saved), 10)
        self.assertGreater(len(self.words), 3)
        self.check(book, saved + self.words)
        listed = [b['id'] for b in self.json('book', 'list')['books']]
        self.assertEqual(sorted(listed), sorted([book, *self.imported]))
        self.assertEqual(self.reservations(), reserved, 'others leave a live reservation alone')
        call.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(call)[0], 1)
        self.assertEqual(self.reservations(), [])
        service.terminate()
        self.assertEqual(self.finish(service)[0], 0)

    def test_refusals_name_the_holder(self):
        book = self.new_book()
        chapter = self.new_chapter(book, 'One', 'Words.')
        holder = Holder(self, book, '--deaf')
        for verb in (('node', 'edit', chapter), ('node', 'delete', chapter), ('book', 'set', book, 'title', 'x'),
                     ('book', 'undo', book), ('snapshot', 'add', book, 'x'), ('node', 'restore', chapter, '1'),
                     ('node', 'add', book, '--kind', 'part', '--title', 'x'), ('trash', 'empty', book),
                     ('node', 'move', chapter, '--position', '0'), ('book', 'check', book)):
            with self.subTest(verb):
                if verb[:2] == ('book', 'check'):
                    self.ok(*verb)
                    continue
                error = self.refused(*verb, text='x')
                self.assertRegex(error, NAMES_HOLDER)
                self.assertIn(f'The Window (process {holder.process.pid})', error)
        # Reading goes on.
        self.assertIn('Words.', self.ok('node', 'show', chapter))
        self.ok('book', 'backup', book)
        self.assertTrue(holder.stop())
        self.ok('node', 'rename', chapter, 'Now it may')


if __name__ == '__main__':
    taptest.main(sys.argv[3:])
