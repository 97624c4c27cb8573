#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer's way through the window, with a real keyring and a scripted
provider: a key, an import, a sentence, a draft taken in, an EPUB, a crash."""

import html
import re
import shutil
import sys
import time
import unittest
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import SOURCE, Unavailable, World, wait_until  # noqa: E402
import taptest  # noqa: E402

NOVEL = SOURCE / 'tests/data/austen/emma.txt'
KEY = 'sk-needle-4f1d9c07b2'
TYPED = 'She closed the book and looked out at the rain.'
TYPED_LATER = 'It had not stopped since Sunday.'
# What the six novels are allowed to differ by: headings and front matter.
WORDS_ASTRAY = 400


def squeeze(text):
    return ' '.join(text.split())


class Journey(unittest.TestCase):
    def setUp(self):
        try:
            self.world = World()
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)
        self.novel = self.world.home / 'Emma.txt'
        shutil.copy(NOVEL, self.novel)
        self.address = self.world.start_provider(key=KEY)
        self.app = self.world.start_app()

    def test_a_novel_from_import_to_epub_and_through_a_crash(self):
        self.add_provider()
        self.import_novel()
        self.write(TYPED)
        draft = self.take_in_a_draft()
        self.check_usage()
        self.export(draft)
        self.write(TYPED_LATER)
        self.assert_key_is_nowhere()
        self.crash()
        self.assert_text_is_there(draft)
        self.assert_key_is_nowhere()
        self.leave()

    def test_another_book_from_outside(self):
        """While one is open: by the session's bus, as a shell's search does."""
        books = [self.world.cli('book', 'new', title).stdout.strip() for title in ('The Salt Road', 'Field Notes')]
        for book, title in zip(books, ('The Salt Road', 'Field Notes')):
            self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{book}'", check=True)
            self.app.find('list', 'Binder')
            self.app.wait_text(title)
        self.app.press('button', 'Back')
        self.app.find('button', 'Import…')
        self.assertEqual(self.app.quit(), 0)

    # ------------------------------------------------------- steps -----

    def add_provider(self):
        self.app.key('ctrl+comma')
        self.app.find('dialog', 'Preferences')
        self.app.press('button', 'Add Provider…')
        self.app.set_text('text', 'Name', 'Scripted')
        self.app.set_text('text', 'Address', self.address)
        self.app.press('button', 'Add')
        self.app.click(self.app.find('text', re.compile('^API Key')))
        self.app.type(KEY)
        self.app.key('Return')
        wait_until(self.has_key, 15, 'the key to be in the keyring')
        self.app.press('button', 'Test')
        self.app.wait_text('demo-writer|[Ww]orks|[Aa]nswers')
        self.app.keep_screenshot('journey-1-provider')
        self.app.key('Escape')  # from the provider's page to the list
        self.app.find('button', 'Add Provider…')
        self.close_preferences()

    def close_preferences(self):
        """By Escape; one that comes while a toast is shown only sends the toast away."""
        def gone():
            self.app.key('Escape')
            time.sleep(0.5)
            return not self.app.find_all('dialog', 'Preferences')

        wait_until(gone, 15, 'the preferences to close')

    def has_key(self):
        providers = self.world.cli_json('provider', 'list')['providers']
        return any(provider['id'] == 'scripted' and provider['has_key'] for provider in providers)

    def import_novel(self):
        self.app.press('button', 'Import…')
        self.app.choose_file('Import Texts', self.novel, 'Import')
        self.app.find('list', 'Binder')
        self.app.find('text', 'Text')
        book = self.world.cli_json('book', 'list')['books'][0]
        self.book = book['id']
        self.assertAlmostEqual(book['words'], len(NOVEL.read_text().split()), delta=WORDS_ASTRAY)

    def write(self, sentence):
        self.app.click(self.app.find('text', 'Text'))
        self.app.key('ctrl+End')
        self.app.key('Return')
        self.app.type(sentence)
        wait_until(lambda: sentence in self.page(), 15, 'the sentence on the page')
        self.app.wait_text('^Saved')
        wait_until(lambda: sentence in self.stored_text(), 15, 'the sentence in the library')

    def page(self):
        return squeeze(self.app.text(self.app.find('text', 'Text')))

    def stored_text(self):
        """The first chapter, as another process reads it."""
        nodes = self.world.cli_json('book', 'show', self.book)['nodes']
        chapter = next(node for node in nodes if node['kind'] == 'chapter')
        return squeeze(self.world.cli_json('node', 'show', f"{self.book}/{chapter['id']}")['text'])

    def take_in_a_draft(self):
        before = self.page()
        self.app.press('button', 'Continue')
        self.app.find('button', 'Insert', 60)
        self.assertEqual(before, self.page(), 'a draft stays beside the text until it is inserted')
        draft = squeeze(max((label.get_name() for label in self.app.find_all('label')), key=len))
        self.assertGreater(len(draft.split()), 20)
        self.app.keep_screenshot('journey-2-draft')
        self.app.press('button', 'Insert')
        wait_until(lambda: draft in self.page(), 15, 'the draft on the page')
        wait_until(lambda: draft in self.stored_text(), 15, 'the draft in the library')
        return draft

    def check_usage(self):
        usage = self.world.cli_json('usage')
        self.assertEqual(1, usage['calls'])
        row = usage['rows'][0]
        self.assertEqual(('scripted', 'ok', self.book), (row['provider'], row['outcome'], row['book']))
        self.assertGreater(row['input'], 100)
        self.assertGreater(row['output'], 20)
        self.assertRegex(row['cost_usd'], r'^0\.0\d*[1-9]$')

    def export(self, draft):
        epub = self.world.home / 'Emma.epub'
        self.app.key('F10')
        time.sleep(0.5)
        self.app.key('e')  # its mnemonic
        self.app.choose_file('Export Book', epub, 'Export')
        wait_until(epub.exists, 30, 'the EPUB')
        self.app.wait_text('^Exported as Emma.epub')
        with zipfile.ZipFile(epub) as archive:
            self.assertEqual('mimetype', archive.namelist()[0])
            pages = squeeze(' '.join(html.unescape(re.sub('<[^>]*>', ' ', archive.read(name).decode()))
                                     for name in archive.namelist() if name.endswith('.xhtml')))
        self.assertIn(TYPED, pages)
        self.assertIn(draft, pages)

    def crash(self):
        self.app.kill()
        self.app = self.world.start_app()

    def assert_text_is_there(self, draft):
        """In the window that was started after the crash, where it was before, and for the command line."""
        self.app.find('text', 'Text')
        for words in (TYPED, draft, TYPED_LATER):
            wait_until(lambda words=words: words in self.page(), 15, f'“{words[:40]}…” on the page')
            self.assertIn(words, self.stored_text())
        self.app.keep_screenshot('journey-3-after-the-crash')

    def leave(self):
        """Who went back to the library before leaving finds the library."""
        self.app.press('button', 'Back')
        self.app.find('table cell', re.compile('^(EMMA|Emma)'))
        self.assertEqual(self.app.quit(), 0)
        self.app = self.world.start_app()
        self.app.find('table cell', re.compile('^(EMMA|Emma)'))
        self.assertEqual(self.app.quit(), 0)

    # ------------------------------------------------------ secrets -----

    def assert_key_is_nowhere(self):
        """In no file of the person but the keyring's own, in no log, argument or environment."""
        needle = KEY.encode()
        for path in self.world.root.rglob('*'):
            if path.is_file() and not path.is_symlink() and 'keyrings' not in path.parts:
                self.assertNotIn(needle, path.read_bytes(), path.name)
        for process in Path('/proc').iterdir():
            for name in ('cmdline', 'environ'):
                try:
                    self.assertNotIn(needle, (process / name).read_bytes(), f'{process.name}/{name}')
                except OSError:
                    continue  # It ended, or is no process.


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
