#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs every page into a folder with an index: light, dark, 360 px and Arabic.

Usage: shots.py [FOLDER]   (default: shots/ in the checkout)
"""

import html
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from world import SOURCE, World  # noqa: E402

LOOKS = {
    'light': {},
    'dark': {'dark': True},
    'narrow': {'size': (360, 720)},
    'arabic': {'language': 'ar_EG.UTF-8'},
}
SIZE = (1200, 800)
PAGE = '''<!DOCTYPE html>
<meta charset="utf-8"><title>Book Studio: every page</title>
<style>body {{ font: 14px sans-serif; margin: 2em }} figure {{ display: inline-block; margin: 1em }}
img {{ max-width: 560px; border: 1px solid #ccc }}</style>
<h1>Book Studio: every page</h1>
{}
'''


def photograph(folder, look, *, size=SIZE, language='C.UTF-8', dark=False):
    taken = []
    with World(dark=dark, language=language) as world:
        world.cli('book', 'import', '--sample')
        book = world.cli_json('book', 'list')['books'][0]['id']
        app = world.start_app()

        def shoot(page):
            app.settle(30)
            app.screenshot(folder / f'{look}-{page}.png')
            taken.append(f'{look}-{page}.png')

        app.resize(*size)
        shoot('library')
        app.key('ctrl+comma')
        shoot('preferences')
        app.key('Escape')
        world.cli('provider', 'add', 'scripted', '--protocol', 'openai', '--base-url',
                  world.start_provider('--demo'))
        world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{book}'")
        app.wait_text('Chapter 1')
        shoot('studio')
        app.quit()
    return taken


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / 'shots').resolve()
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for look, options in LOOKS.items():
        print(f'{look} …', file=sys.stderr, flush=True)
        names += photograph(folder, look, **options)
    figures = '\n'.join(f'<figure><img src="{html.escape(name)}" alt=""><figcaption>{html.escape(name)}</figcaption></figure>'
                        for name in names)
    (folder / 'index.html').write_text(PAGE.format(figures))
    print(folder / 'index.html')


if __name__ == '__main__':
    main()
