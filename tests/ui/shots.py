#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs every page and dialog into a folder with an index: light, dark, 360 px and Arabic.

Usage: shots.py [FOLDER] [LOOK…]   (default: shots/ in the checkout, every look)
"""

import html
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tour_settings  # noqa: E402
from tour import NARROW_SIZE as NARROW, stops  # noqa: E402
from world import SOURCE, World  # noqa: E402

LOOKS = {
    'light': {},
    'dark': {'dark': True},
    'narrow': {'size': NARROW},
    'arabic': {'language': 'ar_EG.UTF-8'},
    'contrast': {'high_contrast': True},
    'large': {'text_scale': 2.0},
}
SIZE = (1280, 800)
PAGE = '''<!DOCTYPE html>
<meta charset="utf-8"><title>Book Studio: every page</title>
<meta name="color-scheme" content="light dark">
<style>body {{ font: 14px sans-serif; margin: 2em }} figure {{ display: inline-block; margin: 1em; vertical-align: top }}
img {{ max-width: 560px; border: 1px solid #8888 }}</style>
<h1>Book Studio: every page</h1>
{}
'''


def photograph(folder, look, *, size=SIZE, text_scale=1.0, **options):
    names = []
    with World(text_scale=text_scale, **options) as world:
        for stop in stops(world, size, text_scale):
            name = f'{look}-{stop.name}.png'
            stop.app.screenshot(folder / name, stop.toplevel)
            names.append((stop.name, name))
    return names + photograph_strangers(folder, look, size, text_scale=text_scale, **options)


def photograph_strangers(folder, look, size, **options):
    """Those who have set up nothing yet, or whose keyring cannot be used."""
    names = []
    for keyring in ('locked', 'absent'):
        with World(keyring=keyring, **options) as world:
            book = keyring == 'absent' and world.cli_json('book', 'import', '--sample')['id']
            app = world.start_app()
            app.resize(*size)
            app.stand_at_edge()

            def stop(name, _):
                app.settle(10)
                app.screenshot(folder / f'{look}-{name}.png')
                names.append((name, f'{look}-{name}.png'))

            for _ in tour_settings.keyring_stops(app, lambda name, root, state=keyring: stop(f'{name}-{state}', root)):
                pass
            if book:
                world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{book}'")
                app.find('text', 'Text')
                for _ in tour_settings.welcome_stops(app, stop):
                    pass
            app.quit()
    return names


def write_index(folder, taken):
    """A heading a page, its looks side by side."""
    pages = dict.fromkeys(page for names in taken.values() for page, _ in names)
    sections = []
    for page in pages:
        figures = [f'<figure><a href="{html.escape(name)}"><img src="{html.escape(name)}" alt=""></a>'
                   f'<figcaption>{html.escape(look)}</figcaption></figure>'
                   for look, names in taken.items() for known, name in names if known == page]
        sections.append(f'<h2>{html.escape(page)}</h2>\n' + '\n'.join(figures))
    (folder / 'index.html').write_text(PAGE.format('\n'.join(sections)))


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / 'shots').resolve()
    folder.mkdir(parents=True, exist_ok=True)
    taken = {}
    for look in sys.argv[2:] or LOOKS:
        print(f'{look} …', file=sys.stderr, flush=True)
        taken[look] = photograph(folder, look, **LOOKS[look])
    write_index(folder, taken)
    print(folder / 'index.html')


if __name__ == '__main__':
    main()
