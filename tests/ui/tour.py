# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page and dialog of the window, one after the other, as a person gets there.

`stops(world)` is a generator: at each stop it stands still and yields a `Stop`,
so that one can photograph or examine what is on the screen. A new page is a new
stop here: then it is in `./dev shots` and under the tests of every page.
"""

import re
import time

import tour_settings
from world import SOURCE, wait_until

BOOKS = SOURCE / 'tests/data/books'
SHELF = [('Nine Small Debts', 'Ana Duarte'), ('Letters to a Lighthouse', 'Tomé Reis'), ('Field Notes', '')]
PLANS = {'Part One': 'done', 'The Letter': 'done', 'The Harbour at Night': 'draft', 'Low Water': 'revised', 'Part Two': 'todo'}
SYNOPSIS = 'Ines counts the boats that come home without lamps. One is missing. She asks Tomé for his, and packs bread.'
SIZE = (1280, 800)
# 360 pixels of content, with the frame that a window has where there is no manager.
NARROW_SIZE = (370, 720)
# Up to this the binder is a page of its own.
NARROW = 860
SHEET = 560
# Where the inspector covers the page until it is asked for.
INSPECTOR_BESIDE = 1080


class Stop:
    """A page at rest. `root` is what it is about: the window, or the dialog in front of it."""

    def __init__(self, app, name, root=None, *, toplevel=None, foreign=False):
        self.app = app
        self.name = name
        self.root = root
        self.toplevel = toplevel  # the X window, if it is one of its own
        self.foreign = foreign    # drawn by the toolkit alone, in a window that it sizes

    def __repr__(self):
        return self.name


class Tour:
    def __init__(self, world, size=SIZE, scale=1.0):
        self.world = world
        self.size = size
        # Breakpoints are told in sizes of text.
        self.width = size[0] / scale
        self.app = None

    # ------------------------------------------------------ helpers -----

    def start(self, *arguments):
        self.app = self.world.start_app(*arguments)
        self.app.resize(*self.size)
        self.app.stand_at_edge()
        self.app.settle(10)

    def stop(self, name, root=None, **options):
        self.app.park_pointer()
        self.app.settle(10)
        return Stop(self.app, name, root, **options)

    def action(self, name, *target):
        self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', name, *target)

    def dialog(self, name=None, role='dialog'):
        return self.app.find(role, name)

    def close_dialogs(self):
        """By Escape, as often as there is something to close (a toast takes one too)."""
        def gone():
            if not self.app.find_all('dialog') and not self.app.find_all('alert'):
                return True
            self.app.key('Escape')
            time.sleep(0.2)
            return False

        wait_until(gone, 15, 'the dialogs to close')

    def popup(self, name, *keys):
        """A menu: Escape leaves it."""
        self.app.key(*keys)
        yield self.stop(name, self.app.find('menu'))
        self.app.key('Escape')

    def furnish(self):
        cli = self.world.cli
        book = cli('book', 'import', BOOKS / 'the-salt-road.md').stdout.strip()
        self.plan(book)
        for title, author in SHELF:
            other = cli('book', 'new', title).stdout.strip()
            if author:
                cli('book', 'set', other, 'author', author)
        cli('book', 'import', '--sample')
        tour_settings.prepare(self.world)
        tour_settings.write_month(self.world)
        return book

    def plan(self, book):
        """How far each chapter is."""
        nodes = {node['title']: f"{book}/{node['id']}" for node in self.world.cli_json('node', 'list', book)['nodes']}
        for title, status in PLANS.items():
            self.world.cli('node', 'set', nodes[title], 'status', status)
        self.world.cli('node', 'set', nodes['The Harbour at Night'], 'target-words', '400')
        self.world.cli('book', 'set', book, 'daily-goal', '800')
        self.world.cli('node', 'set', nodes['The Harbour at Night'], 'synopsis', input=SYNOPSIS)

    # --------------------------------------------------------- tour -----

    def stops(self):
        self.start()
        self.app.find('button', 'Open the Sample Book')
        yield self.stop('library-empty')
        self.app.quit()
        self.book = self.furnish()
        self.start()
        self.app.wait_text('Field Notes')
        yield from self.library()
        yield from self.preferences()
        yield from self.about()
        yield from self.studio()
        self.app.quit()
        yield from self.trouble()

    def library(self):
        app = self.app
        yield self.stop('library')
        yield from self.popup('library-menu', 'F10')
        app.key('F10')
        app.find('menu')
        app.key('b')
        app.wait_text('Backups')
        yield self.stop('restore-book', self.dialog('Restore a Book'))
        self.close_dialogs()
        app.key('ctrl+f')
        app.type('no such book')
        app.wait_text('No Book Found')
        yield self.stop('library-nothing-found')
        app.key('Escape')
        app.find('table', 'Books')
        app.key('ctrl+n')
        yield self.stop('new-book', self.dialog('New Book'))
        self.close_dialogs()
        app.tab_to('table cell')
        yield from self.popup('library-book-menu', 'shift+F10')
        app.tab_to('table cell')
        app.key('Delete')
        app.wait_text('Moved to the trash')
        yield self.stop('library-toast')
        app.press('button', 'Undo')
        app.wait_gone('button', 'Undo')

    def preferences(self):
        app = self.app
        yield from tour_settings.stops(app, self.stop)
        app.key('ctrl+comma')
        dialog = self.dialog('Preferences')
        app.press(*app.find_any('page tab', name='Writing'))
        app.wait_text('Typeface')
        yield self.stop('preferences-writing', dialog)
        self.close_dialogs()

    def about(self):
        app = self.app
        app.key('F1')
        yield self.stop('help', self.dialog('Help'))
        self.close_dialogs()
        self.action('about')
        dialog = self.dialog('About')
        yield self.stop('about', dialog)
        self.close_dialogs()
        before = app.windows()
        app.key('ctrl+question')
        toplevel = wait_until(lambda: next(iter(set(app.windows()) - set(before)), None), 10, 'the shortcuts')
        self.world.run('xdotool', 'windowfocus', '--sync', toplevel)
        yield self.stop('shortcuts', app.find_toplevel(toplevel), toplevel=toplevel, foreign=True)
        app.key('Escape')
        wait_until(lambda: toplevel not in app.windows(), 10, 'the shortcuts to close')
        app.focus()

    def studio(self):
        app, world = self.app, self.world
        world.cli('provider', 'add', 'scripted', '--protocol', 'openai', '--base-url', world.start_provider('--demo'))
        self.action('open-book', f"'{self.book}'")
        app.wait_text('^The letter came')
        if self.width <= INSPECTOR_BESIDE:
            yield self.stop('studio-page')
        yield from self.go_to_harbour()
        yield from self.inspector()
        yield from self.popup('studio-menu', 'F10')
        yield from self.find()
        yield from self.focus_mode()
        app.key('alt+Return')
        yield self.stop('book-details', self.dialog('Book Details'))
        self.close_dialogs()

    def go_to_harbour(self):
        """The binder, which is a page of its own where it is narrow."""
        app = self.app
        if self.width <= NARROW:
            app.key('alt+Right' if self.world.right_to_left else 'alt+Left')
        app.find('list', 'Binder')
        app.click(next(node for node in app.find_all('list item', re.compile('^The Harbour at Night'))))
        app.wait_text('^The boats came in')
        if self.width > NARROW:
            yield self.stop('studio')
        else:
            yield self.stop('studio-narrow')
            app.key('alt+Right' if self.world.right_to_left else 'alt+Left')
        app.find('list', 'Binder')
        if self.width <= NARROW:
            yield self.stop('binder')
        app.press('toggle button', 'Search Titles')
        wait_until(lambda: any(app.has_focus(node) for node in app.find_all('entry', 'Search titles')), 10, 'the entry')
        app.type('low')
        app.wait_text('Low Water')
        wait_until(lambda: not app.find_all('list item', re.compile('^Inland')), 10, 'the binder to be searched')
        yield self.stop('binder-search')
        app.key('Escape')
        app.wait_gone('entry', 'Search titles')
        app.find('list item', re.compile('^Inland'))
        app.tab_to('list item')
        yield from self.popup('binder-menu', 'shift+F10')
        if self.width <= NARROW:
            app.tab_to('list item')
            app.key('Return')
            app.find('text', 'Text')

    def inspector(self):
        app = self.app
        if not app.find_all('button', 'Continue'):
            app.key('F9')
        app.find('button', 'Continue')
        app.press(*app.find_any('page tab', name='Scene'))
        app.wait_text('Reading Time')
        yield self.stop('inspector-scene')
        yield from self.history()
        app.press(*app.find_any('page tab', name='AI'))
        app.find('button', 'Continue')
        yield self.stop('inspector-ai')
        if self.width <= INSPECTOR_BESIDE:
            app.key('F9')
        app.click(app.find('text', 'Text'))
        app.key('ctrl+End')
        if self.width <= INSPECTOR_BESIDE:
            app.key('F9')
        app.press('button', 'Continue')
        app.find('button', 'Insert', 60)
        yield self.stop('inspector-draft')
        app.press('button', 'Discard')
        app.wait_gone('button', 'Discard')
        if self.width <= INSPECTOR_BESIDE:
            app.key('F9')
            app.wait_gone('button', 'Continue')

    def find(self):
        app = self.app
        app.click(app.find('text', 'Text'))
        app.key('ctrl+Home', 'ctrl+h')
        app.find('entry', 'Find in this text')
        app.type('the')
        app.wait_text(r'^1 of \d+$')
        app.key('shift+Return')
        app.wait_text('from the end$')
        yield self.stop('studio-find')
        app.key('Escape')
        app.wait_gone('entry', 'Find in this text')

    def focus_mode(self):
        app = self.app
        app.key('F8')
        app.wait_gone('toggle button', 'Inspector')
        yield self.stop('studio-focus-mode')
        app.key('Escape')
        app.find('toggle button', 'Inspector')

    def history(self):
        app = self.app
        node = next(n for n in self.world.cli_json('node', 'list', self.book)['nodes'] if n['title'].startswith('The Harbour'))
        name = f"{self.book}/{node['id']}"
        text = self.world.cli_json('node', 'show', name)['text']
        # The command line hands it to the window.
        self.world.cli('node', 'edit', name, input=text.replace('boats', 'fishing boats', 1))
        self.world.cli('snapshot', 'add', name, 'For the editor')
        app.press(*app.find_any('page tab', name='History'))
        app.find('list', 'Earlier Texts')
        app.wait_text('For the editor')
        yield self.stop('inspector-history')
        app.click(app.find_all('list item', re.compile('before another program'))[0])
        dialog = self.dialog('Changes Since')
        app.find('button', 'Bring Back')
        app.wait_text('passage put in')
        yield self.stop('history-compare', dialog)
        self.close_dialogs()

    def trouble(self):
        """What a person sees when something is wrong."""
        world = self.world
        empty = world.home / 'Empty.txt'
        empty.write_text('')
        world.forget_session()
        self.start(empty)
        yield self.stop('alert', self.dialog(role='alert'))
        self.close_dialogs()
        self.app.quit()


def stops(world, size=SIZE, scale=1.0):
    return Tour(world, size, scale).stops()
