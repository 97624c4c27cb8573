#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a writer does in a text beside typing: finding, replacing, and being alone with it."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tour import BOOKS  # noqa: E402
from world import Unavailable, World, wait_until  # noqa: E402
import taptest  # noqa: E402

SIZE = (1280, 800)
WINDOW = '/com/humanizer/BookStudio/window/1'


class Find(unittest.TestCase):
    def setUp(self):
        try:
            self.world = World()
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)
        self.book = self.world.cli('book', 'import', BOOKS / 'the-salt-road.md').stdout.strip()
        self.start()
        self.app.resize(*SIZE)
        self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{self.book}'")
        self.app.wait_text('^The letter came')
        wait_until(lambda: self.app.focus_is_in('text'), 10, 'the text to have the focus')

    def start(self):
        self.app = self.world.start_app()

    def page(self):
        return self.app.text(self.app.find('text', 'Text'))

    def action(self, name):
        """As another program does it."""
        answer = self.world.run('gdbus', 'call', '--session', '--dest', 'com.humanizer.BookStudio', '--object-path', WINDOW,
                                '--method', 'org.gtk.Actions.Activate', name, '[]', '{}')
        self.assertEqual(answer.returncode, 0, answer.stderr)

    def state(self, name):
        return self.world.run('gdbus', 'call', '--session', '--dest', 'com.humanizer.BookStudio', '--object-path', WINDOW,
                              '--method', 'org.gtk.Actions.Describe', name).stdout

    def selected(self):
        node = self.app.find('text', 'Text')
        text = self.app._atspi.Text
        if text.get_n_selections(node) == 0:
            return ''
        selection = text.get_selection(node, 0)
        return text.get_text(node, selection.start_offset, selection.end_offset)

    def test_find(self):
        app = self.app
        app.key('ctrl+f')
        app.type('a right to it, said')
        app.wait_text('^1 of 1$')
        # What is typed goes to the bar, from the first letter on.
        self.assertEqual(app.text(app.find('entry', 'Find in this text')), 'a right to it, said')
        app.key('ctrl+a')
        app.type('the')
        # The search goes on from there.
        app.wait_text('^4 of 5$')
        app.key('Return')
        app.wait_text('^5 of 5$')
        app.key('Return')
        app.wait_text('^1 of 5, from the start$')
        app.key('shift+Return')
        app.wait_text('^5 of 5, from the end$')
        app.key('ctrl+g')
        app.wait_text('^1 of 5, from the start$')
        app.key('Escape')
        app.wait_gone('entry', 'Find in this text')
        wait_until(lambda: self.selected() == 'The', 10, 'what was found to be selected')
        # The keys are the text's again.
        app.type('A')
        wait_until(lambda: self.page().startswith('A letter came'), 10, 'what was typed')
        app.key('ctrl+shift+f')
        app.find('entry', 'Search titles')
        self.assertEqual(app.quit(), 0)

    def test_replace(self):
        app = self.app
        before = self.page()
        app.key('ctrl+h')
        app.type('nobody')
        app.wait_text('^1 of 2$')
        app.key('Tab')
        self.action('find-next')
        app.wait_text('^2 of 2$')
        app.click(app.find('text', 'Replace with'))
        app.type('no one')
        app.press('button', 'Replace All')
        app.wait_text('^2 replaced$')
        wait_until(lambda: '**no one** disagreed, and no one went' in self.page(), 10, 'both to be replaced')
        app.press('button', 'Undo')
        wait_until(lambda: self.page() == before, 10, 'both to be taken back')
        app.key('Escape')
        app.wait_gone('entry', 'Find in this text')
        self.assertEqual(app.quit(), 0)

    def test_focus_mode(self):
        app = self.app
        app.find('list', 'Binder')
        app.key('F8')
        app.wait_gone('list', 'Binder')
        app.wait_gone('toggle button', 'Inspector')
        self.assertIn('<true>', self.state('focus-mode'))
        # The keys get to the menu, and back.
        app.key('F10')
        app.find('menu')
        app.key('Escape')
        app.wait_gone('menu')
        app.click(app.find('text', 'Text'))
        app.wait_gone('toggle button', 'Main Menu')
        self.world.run('xdotool', 'mousemove', '--window', app.window, 400, 10)
        app.find('toggle button', 'Inspector')
        self.world.run('xdotool', 'mousemove', '--window', app.window, 400, 500)
        app.wait_gone('toggle button', 'Inspector')
        # It is as it was left.
        self.assertEqual(app.quit(), 0)
        self.start()
        app = self.app
        app.wait_text('^The letter came')
        self.assertFalse(app.find_all('list', 'Binder'))
        wait_until(lambda: app.focus_is_in('text'), 10, 'the text to have the focus')
        app.key('Escape')
        app.find('list', 'Binder')
        app.find('toggle button', 'Inspector')
        self.assertIn('<false>', self.state('focus-mode'))
        self.action('typewriter-line')
        wait_until(lambda: '<true>' in self.state('typewriter-line'), 10, 'the typewriter')
        self.assertEqual(app.quit(), 0)

    def test_escape(self):
        """One Escape too many does not put the book away."""
        app = self.app
        app.key('Escape', 'Escape')
        app.type('Z')
        wait_until(lambda: self.page().startswith('ZThe letter'), 10, 'the text to be there still')
        self.assertEqual(app.quit(), 0)


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
