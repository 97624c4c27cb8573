#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real window, the command line and the companion service on one library
at once: what is typed and what is written from outside is all in the text or
in its history, once, and a live call keeps what it has reserved."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import Unavailable, World, read_line, wait_until  # noqa: E402
import taptest  # noqa: E402

SECONDS = 300 if os.environ.get('BKS_TEST_LONG') else 15
# A call that nobody answers ends by itself after five minutes.
CALL_SECONDS = 200


class Together(unittest.TestCase):
    def setUp(self):
        try:
            self.world = World()
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)
        self.seed = int(os.environ.get('BKS_TEST_SEED') or random.getrandbits(31))
        random.seed(self.seed)
        print(f'# seed {self.seed}', flush=True)
        self.book = self.cli('book', 'new', 'The Salt Road').stdout.strip()
        self.open = self.world.cli_json('node', 'list', self.book)['nodes'][0]['id']
        self.other = self.cli('node', 'add', self.book, '--kind', 'chapter', '--title', 'Inland').stdout.strip()
        self.other = self.other.split('/')[-1]
        self.count = 0
        self.words = []   # (node, word) that somebody was told is there
        self.titles = []

    def cli(self, *arguments, **options):
        return self.world.cli(*arguments, **options)

    # -------------------------------------------------- three programs --

    def start_window(self):
        self.app = self.world.start_app()
        self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{self.book}'")
        self.app.click(self.app.find('text', 'Text'))
        self.app.key('ctrl+End')

    def start_service(self):
        server = self.world.start('service', 'book-studio-cli', 'serve', '--listen', '127.0.0.1:0', '--pair',
                                  stdout=subprocess.PIPE, text=True)
        line = json.loads(read_line(server, 'the service'))
        self.url = line['listening']
        self.token = self.ask('/api/auth/pair', {'code': line['pairing_code'], 'device_name': 'A phone'})['access_token']

    def ask(self, path, data=None):
        headers = {'Content-Type': 'application/json'}
        if data is None:
            headers['Authorization'] = f'Bearer {self.token}'
        request = urllib.request.Request(self.url + path, json.dumps(data).encode() if data is not None else None, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def add_a_slow_provider(self):
        script = self.world.root / 'script.json'
        script.write_text(json.dumps({'replies': [{'path': '/v1/chat/completions', 'times': 5,
                                                   'steps': [{'stall': True}]}]}))
        url = self.world.start_provider('--script', str(script))
        self.cli('provider', 'add', 'slow', '--protocol', 'openai', '--base-url', url)

    def start_a_call(self):
        """A call that stalls for as long as the test lasts, with what it has reserved."""
        self.call = self.world.start('call', 'book-studio-cli', 'complete', 'Go on.', '--targets', 'slow:thinker',
                                     '--no-failover', stdout=subprocess.DEVNULL)
        wait_until(lambda: len(self.reservations()) == 1, 20, 'the call to reserve')
        self.reserved = self.reservations()
        self.called = time.monotonic()

    def end_the_call(self):
        self.assertEqual(self.reservations(), self.reserved, 'others leave a live reservation alone')
        self.call.send_signal(signal.SIGINT)
        self.assertEqual(self.call.wait(30), 1)
        self.assertEqual(self.reservations(), [])

    def reservations(self):
        file = sqlite3.connect(self.world.home / '.local/share/book-studio/library.db', timeout=20)
        try:
            return file.execute('SELECT * FROM reservations ORDER BY id').fetchall()
        finally:
            file.close()

    # ---------------------------------------------------------- work ----

    def text_of(self, node):
        return self.world.cli_json('node', 'show', f'{self.book}/{node}')['text']

    def page(self):
        return self.app.text(self.app.find('text', 'Text'))

    def type_a_word(self):
        """On the page at once; the next thing happens before it is saved, as often as not."""
        self.count += 1
        word = f'w{self.count}'
        self.app.key('ctrl+End')
        self.app.type(f' {word}')
        wait_until(lambda: word in self.page().split(), 20, f'{word} on the page')
        self.words.append((self.open, word))

    def write_a_word(self):
        """Another program's writer: reads a text, and puts a word behind it."""
        node = random.choice((self.open, self.other))
        self.count += 1
        word = f'c{self.count}'
        self.cli('node', 'edit', f'{self.book}/{node}', input=f'{self.text_of(node)} {word}'.strip())
        self.words.append((node, word))

    def add_a_chapter(self):
        self.count += 1
        title = f'Added {self.count}'
        self.cli('node', 'add', self.book, '--kind', 'chapter', '--title', title)
        self.titles.append(title)

    def move_a_chapter(self):
        self.cli('node', 'move', f'{self.book}/{self.other}', '--position', str(random.randrange(3)))

    def throw_and_fetch(self):
        self.cli('node', 'delete', f'{self.book}/{self.other}')
        self.cli('book', 'undo', self.book)

    def snapshot(self):
        self.cli('snapshot', 'add', self.book, f'Snapshot {self.count}')

    def back_up(self):
        self.cli('book', 'backup', self.book)

    def read_as_companion(self):
        self.assertIn(self.book, json.dumps(self.ask('/api/books')))

    # ---------------------------------------------------------- look ----

    def history_of(self, node):
        name = f'{self.book}/{node}'
        yield self.text_of(node)
        for revision in self.world.cli_json('node', 'revisions', name)['revisions']:
            yield self.world.cli_json('node', 'show', name, '--revision', str(revision['revision']))['text']

    def check(self):
        nodes = self.world.cli_json('node', 'list', self.book)['nodes']
        titles = [node['title'] for node in nodes]
        self.assertEqual(len({node['id'] for node in nodes}), 2 + len(self.titles))
        self.assertEqual([titles.count(title) for title in self.titles], [1] * len(self.titles))
        for node in (self.open, self.other):
            texts = [text.split() for text in self.history_of(node)]
            for text in texts:
                self.assertEqual(len(set(text)), len(text), 'a word is doubled')
            wanted = {word for where, word in self.words if where == node}
            self.assertEqual(wanted - set().union(*texts), set(), 'words are lost')
        self.assertTrue(self.world.cli_json('book', 'check', self.book)['sound'])

    def test_at_once(self):
        self.start_window()
        self.start_service()
        self.add_a_slow_provider()
        self.start_a_call()
        actions = [self.type_a_word] * 8 + [self.write_a_word] * 4 + [self.read_as_companion] * 2
        actions += [self.add_a_chapter, self.move_a_chapter, self.throw_and_fetch, self.snapshot, self.back_up]
        end = time.monotonic() + SECONDS
        done = 0
        while time.monotonic() < end:
            random.choice(actions)()
            done += 1
            if time.monotonic() > self.called + CALL_SECONDS:
                self.end_the_call()
                self.start_a_call()
        self.end_the_call()
        self.assertEqual(self.app.quit(), 0)
        self.check()
        typed = sum(word.startswith('w') for _, word in self.words)
        print(f'# report: {done} actions in {SECONDS} s, {typed} words typed in the window,'
              f' {len(self.words) - typed} written from outside: all there, none twice', flush=True)
        self.assertGreater(typed, 2)


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
