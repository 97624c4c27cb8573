#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept, in the real window: earlier texts compared and brought back, a
snapshot, a deletion undone after a restart, a command line that writes into the
open text, a book that comes back from its backup."""

import re
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import Unavailable, World, wait_until  # noqa: E402
import taptest  # noqa: E402

LOGIN = Path(__file__).resolve().with_name('login-fake.py')
FIRST = 'The harbour was empty that night.'
SECOND = 'Only the lamps were there.'


class History(unittest.TestCase):
    def setUp(self):
        try:
            self.world = World()
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)
        cli = self.world.cli
        self.book = cli('book', 'new', 'The Salt Road').stdout.strip()
        self.node = self.world.cli_json('node', 'list', self.book)['nodes'][0]['id']
        self.name = f'{self.book}/{self.node}'
        self.start()

    def start(self):
        self.app = self.world.start_app()
        self.app.wait_text('The Salt Road')
        if not self.app.find_all('text', 'Text'):
            self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{self.book}'")
        self.app.find('text', 'Text')

    def stored(self):
        return self.world.cli_json('node', 'show', self.name)['text']

    def page(self):
        return self.app.text(self.app.find('text', 'Text'))

    def revisions(self):
        return self.world.cli_json('node', 'revisions', self.name)['revisions']

    def write(self, sentence):
        self.app.click(self.app.find('text', 'Text'))
        self.app.key('ctrl+End')
        self.app.type(sentence)
        wait_until(lambda: sentence in self.stored(), 15, 'the sentence in the library')

    def show_page(self, name):
        if not self.app.find_all('page tab', name) and not self.app.find_all('toggle button', name):
            self.app.key('F9')
        self.app.press(*self.app.find_any('page tab', 'toggle button', 'radio button', name=name))

    def show_history(self):
        self.show_page('History')

    def test_an_earlier_text_comes_back(self):
        self.write(FIRST)
        self.app.key('ctrl+s')
        self.app.wait_text('kept in the history')
        self.assertEqual([r['cause'] for r in self.revisions()], ['asked'])
        self.write(' ' + SECOND)
        self.show_history()
        self.app.find('list', 'Earlier Texts')
        self.app.click(self.app.find_all('list item', re.compile('saved by you'))[0])
        self.app.find('dialog', 'Changes Since')
        self.app.wait_text('passage put in')
        self.app.keep_screenshot('history-compare')
        self.app.press('button', 'Bring Back')
        wait_until(lambda: self.stored() == FIRST, 15, 'the earlier text')
        wait_until(lambda: SECOND not in self.page(), 15, 'the earlier text on the page')
        # And the one that was there before can come back, too: by the keys alone.
        self.app.wait_text('before an earlier text came back')
        self.app.tab_to('list item')
        self.app.key('Return')
        self.app.find('dialog', 'Changes Since')
        wait_until(lambda: any(self.app.has_focus(node) for node in self.app.find_all('button', 'Bring Back')), 10,
                   'the button to have the focus')
        self.app.key('Return')
        wait_until(lambda: self.stored() == f'{FIRST} {SECOND}', 15, 'the later text')

    def test_a_snapshot_has_its_name(self):
        self.write(FIRST)
        self.show_history()
        self.app.click(self.app.find('text', 'Name of a New Snapshot'))
        self.app.type('For the editor')
        self.app.key('Return')
        self.app.wait_text('For the editor')
        [snapshot] = self.world.cli_json('snapshot', 'list', self.book)['snapshots']
        self.assertEqual((snapshot['name'], snapshot['node'], snapshot['texts']), ('For the editor', self.node, 1))

    def test_the_command_line_writes_into_the_open_text(self):
        self.write(FIRST)
        self.world.cli('node', 'edit', self.name, input=SECOND)
        wait_until(lambda: self.page().strip() == SECOND, 15, 'the text on the page')
        added = self.world.cli('node', 'add', self.book, '--kind', 'chapter', '--title', 'From Outside').stdout.strip()
        self.app.find('list item', re.compile('^From Outside'))
        self.world.cli('node', 'delete', f'{self.book}/{added}')
        self.app.wait_gone('list item', re.compile('^From Outside'))
        # What was typed before is in the history, not lost.
        self.assertIn(FIRST, [self.world.cli('node', 'show', self.name, '--revision', str(r['revision'])).stdout.strip()
                              for r in self.revisions()])

    def test_a_deletion_is_undone_after_a_restart(self):
        self.write(FIRST)
        self.world.cli('node', 'add', self.book, '--kind', 'chapter', '--title', 'Left Over')
        self.app.click(self.app.find('list item', re.compile('^Chapter 1')))
        self.app.tab_to('list item')
        self.app.key('Delete')
        self.app.wait_text('Moved to the trash')
        self.app.quit()
        self.start()
        self.app.click(self.app.find('list item', re.compile('^Left Over')))
        self.app.tab_to('list item')
        self.app.key('ctrl+z')
        self.app.wait_text('taken out of the trash')
        self.app.find('list item', re.compile('^Chapter 1'))
        self.assertEqual(self.stored(), FIRST)

    def test_a_status_is_kept(self):
        """Set by the menu of the binder; found, by its name, after a restart, and taken back then."""
        self.write(FIRST)
        self.app.click(self.app.find('list item', re.compile('^Chapter 1')))
        self.app.tab_to('list item')
        self.app.key('shift+F10')
        self.app.find('menu')
        self.app.key('a')
        self.app.settle(5)
        self.app.key('f')
        self.app.find('list item', re.compile('^Chapter 1, .*, First Draft$'))
        self.app.keep_screenshot('history-status')
        self.app.quit()
        self.start()
        self.app.find('list item', re.compile('^Chapter 1, .*, First Draft$'))
        self.assertEqual(self.world.cli_json('node', 'show', self.name)['status'], 'draft')
        self.app.click(self.app.find('list item', re.compile('^Chapter 1')))
        self.app.tab_to('list item')
        self.app.key('ctrl+z')
        self.app.wait_text('Status of “Chapter 1” set back')
        self.app.find('list item', re.compile('^Chapter 1, [0-9]+ words$'))

    def test_a_synopsis_is_kept(self):
        """The window is closed at the last key."""
        self.show_page('Scene')
        self.app.click(self.app.find('text', 'Synopsis'))
        self.app.type('Ines counts the boats.')
        self.app.quit()
        self.assertEqual(self.world.cli_json('node', 'show', self.name)['synopsis'], 'Ines counts the boats.')
        self.start()
        self.show_page('Scene')
        wait_until(lambda: self.app.text(self.app.find('text', 'Synopsis')) == 'Ines counts the boats.', 15, 'the synopsis')

    def test_a_damaged_book_is_told(self):
        self.app.quit()
        book = self.world.cli('book', 'import', '--sample').stdout.strip()
        data = self.world.cli_json('book', 'backup', book)['path']
        path = Path(data).parents[2] / 'books' / book / 'book.db'
        # Where long texts are: what the binder needs is read before anybody looks for damage.
        with sqlite3.connect(path) as file:
            pages = [page for page, in file.execute("SELECT pageno FROM dbstat WHERE name = 'texts' AND pagetype = 'overflow'")]
            file.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        file.close()
        with open(path, 'r+b') as file:
            for page in pages[20::5]:
                file.seek(4096 * (page - 1))
                file.write(b'x' * 4096)
        self.world.forget_session()
        self.app = self.world.start_app()
        self.app.wait_text('Pride and Prejudice')
        self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{book}'")
        self.app.wait_text('Damaged')

    def test_nothing_is_lost_to_sleep(self):
        """The machine says that it sleeps, and then its battery is empty."""
        self.app.quit()
        bus = self.world.start('login', sys.executable, LOGIN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        address = bus.stdout.readline().strip()
        self.app = self.world.start_app(environment={'DBUS_SYSTEM_BUS_ADDRESS': address})
        self.app.wait_text('The Salt Road')
        self.app.click(self.app.find('text', 'Text'))
        self.app.key('ctrl+End')
        self.app.type(FIRST)
        print('sleep', file=bus.stdin, flush=True)
        time.sleep(0.4)
        self.app.kill()
        self.assertEqual(self.stored(), FIRST)

    def test_a_lost_book_comes_back(self):
        self.write(FIRST)
        self.app.quit()
        self.world.cli('book', 'delete', self.book)
        data = self.world.cli_json('book', 'backups', self.book)['backups'][0]['path']
        shutil.rmtree(Path(data).parents[2] / 'books' / self.book)
        self.app = self.world.start_app()
        self.app.find('button', 'Open the Sample Book')
        self.app.key('F10')
        self.app.find('menu')
        self.app.key('b')
        self.app.find('dialog', 'Restore a Book')
        self.app.click(self.app.find('list item', re.compile('^The Salt Road')))
        self.app.find('text', 'Text')
        wait_until(lambda: FIRST in self.page(), 15, 'the text on the page')


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
