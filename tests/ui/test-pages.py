#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page and dialog of the real window, as another program on the accessibility bus finds it.

A class for each way the window can be: 360 pixels wide, with text of twice the
size, from right to left. Positions are those of tests/app/test-layout.c: GTK
4.18 publishes them without the padding around a widget, while sizes are right.
"""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tour import NARROW_SIZE, SIZE, stops  # noqa: E402
from world import Unavailable, World  # noqa: E402
import taptest  # noqa: E402

# What a person uses has to say what it is. (Items of menus are the toolkit's: GTK 4.18 tells no name of them.)
CONTROLS = {
    'button', 'check box', 'combo box', 'entry', 'link', 'list', 'list item', 'page tab', 'page tab list',
    'password text', 'progress bar', 'radio button', 'slider', 'spin button', 'switch', 'table', 'table cell', 'text',
    'toggle button', 'tree', 'tree item',
}
# The toolkit's own, which it leaves without a name: rows and lists that it makes inside of its widgets.
NAMELESS_IN = {
    'combo box': {'list', 'list item', 'button', 'toggle button'},
    'spin button': {'text'},
    'dialog': {'list', 'page tab list'},
    'frame': {'page tab list'},
}
# Fewer at a stop, and the tour looks at the wrong thing.
LEAST_SEEN = 4


class Seen:
    """What one accessible object says of itself; asked once."""

    def __init__(self, app, node, parents):
        self.role = node.get_role_name()
        self.name = (node.get_name() or '').strip()
        states = node.get_state_set()
        self.showing = states.contains(app._atspi.StateType.SHOWING)
        box = node.get_component_iface()
        extents = box.get_extents(app._atspi.CoordType.WINDOW) if box else None
        self.width = extents.width if extents else 0
        self.height = extents.height if extents else 0
        self.parents = parents

    def __repr__(self):
        return f"{self.role} {self.name!r} in {' / '.join(self.parents[-4:])}"


def look(app, root):
    """Everything in sight below `root`, in the order in which it is read."""
    seen = []

    def visit(node, parents):
        try:
            here = Seen(app, node, parents)
            if not here.showing:
                return
            seen.append(here)
            for index in range(node.get_child_count()):
                child = node.get_child_at_index(index)
                if child is not None:
                    visit(child, (*parents, here.role))
        except app._atspi_error():
            pass  # It left the screen while we looked.

    root.clear_cache()
    visit(root, ())
    return seen


def find_nameless(seen):
    return [one for one in seen if one.role in CONTROLS and not one.name and
            not any(one.role in NAMELESS_IN.get(parent, ()) for parent in one.parents)]


def find_misfits(seen, width):
    """Labels that are wider than the window, or have no room at all."""
    return [one for one in seen if one.role == 'label' and one.name and
            (one.width > width or one.width <= 0 or one.height <= 0)]


class Pages:
    options = {}
    size = SIZE
    scale = 1.0

    def setUp(self):
        try:
            self.world = World(text_scale=self.scale, **self.options)
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)

    def test_every_page(self):
        faults, pages = [], []
        for stop in stops(self.world, self.size, self.scale):
            root = stop.root or stop.app.find('frame')
            seen = look(stop.app, root)
            self.assertGreater(len(seen), LEAST_SEEN, f'{stop}: nothing to see there')
            faults += [f'{stop}: without a name: {one}' for one in find_nameless(seen)]
            if not stop.foreign:
                faults += [f'{stop}: does not fit: {one}' for one in find_misfits(seen, self.size[0])]
                width = int(stop.app.geometry().partition('x')[0])
                if width > self.size[0]:
                    faults.append(f'{stop}: the window grew to {width} pixels')
            pages.append(stop.name)
        print('#', len(pages), 'pages:', ', '.join(pages), flush=True)
        self.assertGreater(len(pages), 20, pages)
        self.assertFalse(faults, '\n' + '\n'.join(faults))


class Narrow(Pages, unittest.TestCase):
    size = NARROW_SIZE


class Large(Pages, unittest.TestCase):
    scale = 2.0


class Arabic(Pages, unittest.TestCase):
    options = {'language': 'ar_EG.UTF-8'}


class Checks(unittest.TestCase):
    """That faults are found."""

    @staticmethod
    def seen(role, name, width=10, height=10, parents=('frame', 'panel')):
        one = object.__new__(Seen)
        one.role, one.name, one.width, one.height, one.parents, one.showing = role, name, width, height, parents, True
        return one

    def test_faults_are_found(self):
        good, bad = self.seen('button', 'New'), self.seen('button', '')
        inner = self.seen('list', '', parents=('frame', 'combo box'))
        self.assertEqual(find_nameless([good, bad, inner]), [bad])
        wide, flat = self.seen('label', 'Wide', width=400), self.seen('label', 'Flat', height=0)
        self.assertEqual(find_misfits([self.seen('label', 'Good'), wide, flat], 360), [wide, flat])


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
