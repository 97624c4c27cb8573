#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window comes back as it was left, and the keys and the pointer do in it what a writer expects."""

import re
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tour import BOOKS  # noqa: E402
from world import Unavailable, World, wait_until  # noqa: E402
import taptest  # noqa: E402

SIZE = (1000, 700)


class Window(unittest.TestCase):
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

    def start(self):
        self.app = self.world.start_app()

    def page(self):
        return self.app.text(self.app.find('text', 'Text'))

    def test_comes_back_as_it_was_left(self):
        app = self.app
        app.click(app.find('list item', re.compile('^Low Water')))
        app.wait_text('^At low water')
        self.assertEqual(app.quit(), 0)
        self.start()
        app = self.app
        app.wait_text('^At low water')
        self.assertEqual(app.geometry(), f'{SIZE[0]}x{SIZE[1]}+0+0')
        # One writes on at once, and goes back to the shelf by the key.
        wait_until(lambda: app.focus_is_in('text'), 10, 'the text to have the focus')
        app.type('Then ')
        wait_until(lambda: 'Then ' in self.page(), 10, 'what was typed')
        app.find('button', 'Back')
        app.key('alt+Left')
        app.find('table', 'Books')
        self.assertEqual(app.quit(), 0)
        self.start()
        self.app.find('table', 'Books')

    def test_pointer_and_keys_on_the_page(self):
        app = self.app
        # Behind a line whose marks are out of sight, and in it.
        app.click(app.find('text', 'Text'))
        app.key('End')
        app.key('Home', 'Right', 'Right')
        wait_until(lambda: app.focus_is_in('text'), 10, 'the text to have the focus')
        app.key('ctrl+Home', 'shift+End', 'ctrl+b')
        wait_until(lambda: self.page().startswith('**The letter came'), 10, 'bold')
        app.key('ctrl+z')
        wait_until(lambda: self.page().startswith('The letter came'), 10, 'bold to be taken back')
        # A gap between paragraphs is no place to stand: Down goes over it, Backspace takes it as a whole.
        app.key('ctrl+Home', 'Down', 'Down', 'Home', 'BackSpace')
        wait_until(lambda: 'it was for.*She has a right to it*' in self.page(), 10, 'the paragraphs to be one')
        self.assertEqual(app.quit(), 0)

    def test_a_node_is_dragged_and_put_back(self):
        app, world = self.app, self.world

        def order():
            nodes = world.cli_json('book', 'show', self.book)['nodes']
            return [node['title'] for node in nodes if node['kind'] == 'chapter']

        before = order()
        inland, water = (app.find('list item', re.compile(name)) for name in ('^Inland', '^Low Water'))
        x, start = app.scroll_to(inland)
        end = app.scroll_to(water)[1]
        self.assertLess(end, start)

        def pointer(*command):
            world.run('xdotool', *command, check=True)

        pointer('mousemove', '--window', app.window, x, start, 'mousedown', 1)
        # As a hand does it: X tells of a drag by what the pointer passes.
        for step in range(1, 11):
            pointer('mousemove', '--window', app.window, x, start + (end - start) * step // 10)
            time.sleep(0.1)
        pointer('mouseup', 1)
        wait_until(lambda: order() != before, 15, 'the chapter to be moved')
        self.assertNotEqual(order()[-1], 'Inland')
        app.press('button', 'Undo')
        wait_until(lambda: order() == before, 15, 'the move to be taken back')
        self.assertEqual(app.quit(), 0)


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
