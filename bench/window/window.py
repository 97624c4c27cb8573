#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""First paint and memory of the library and the studio window, beside a bare
AdwApplicationWindow with a bare GtkSourceView in the same run, and the frames of
a binder of 670 rows that is scrolled from end to end.

Processor times are those of the main thread: what it would take if nobody else
used the machine.

Usage: window.py PROBE [ROUNDS]
"""

import json
import statistics
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / 'tests/ui'))
from world import World  # noqa: E402

ROUNDS = 9
BOOKS = 12
WORDS = 1_000_000
ROWS = 670
CHAPTERS_A_PART = 20
# Above the bare window.
PAINT_MS = 150
MEMORY_MIB = 80
FRAME_MS = 33.4  # two refreshes of 16.7


def read_prose():
    """Six novels' paragraphs, without headings."""
    novels = sorted((SOURCE / 'tests/data/austen').glob('*.txt')) + [SOURCE / 'data/sample/pride-and-prejudice.txt']
    return [' '.join(paragraph.split()) for novel in novels
            for paragraph in novel.read_text(encoding='utf-8').split('\n\n') if len(paragraph.split()) > 12]


def write_long_book(path):
    """A million words in 670 rows of parts and chapters."""
    prose, at = read_prose(), 0
    parts = -(-ROWS // (CHAPTERS_A_PART + 1))
    chapters = ROWS - parts
    with open(path, 'w', encoding='utf-8') as book:
        book.write('# A Long Book\n\n')
        for chapter in range(chapters):
            if chapter % CHAPTERS_A_PART == 0:
                book.write(f'## Part {chapter // CHAPTERS_A_PART + 1}\n\n')
            book.write(f'### Chapter {chapter + 1}\n\n')
            words = 0
            while words < WORDS / chapters:
                book.write(prose[at] + '\n\n')
                words += len(prose[at].split())
                at = (at + 1) % len(prose)


def furnish(world):
    """The long book, which was open when the program was left, and a shelf of others."""
    novel = world.home / 'long.md'
    write_long_book(novel)
    world.cli('book', 'import', novel)
    book = world.cli_json('book', 'list')['books'][0]
    nodes = len(world.cli_json('book', 'show', book['id'])['nodes'])
    print(f"the book: {book['words']:,} words, {nodes} rows in the binder")
    for number in range(BOOKS - 1):
        world.cli('book', 'new', f'Volume {number + 1}')
    (world.data_dir / 'places.ini').write_text(f"[session]\nbook={book['id']}\n")
    return book['id']


class Bench:
    def __init__(self, world, probe):
        self.world = world
        self.probe = probe

    def run(self, mode, *arguments):
        result = self.world.run(self.probe, mode, time.monotonic_ns() // 1000, *arguments, seconds=90)
        if result.returncode != 0:
            raise AssertionError(f'{mode}: exit {result.returncode}: {result.stderr}')
        return json.loads(result.stdout.splitlines()[-1])


def median(rows, name):
    return statistics.median(row[name] for row in rows)


def show(name, rows, bare, limits=True):
    paint, memory = median(rows, 'content_ms'), median(rows, 'resident_kib') / 1024
    cpu = median(rows, 'cpu_ms')
    line = (f"{name:<8} first paint {paint:6.0f} ms (least {min(row['content_ms'] for row in rows):.0f},"
            f" processor {cpu:.0f})"
            f"   memory {memory:6.1f} MiB (own {median(rows, 'anonymous_kib') / 1024:.1f})")
    if limits:
        paint -= median(bare, 'content_ms')
        memory -= median(bare, 'resident_kib') / 1024
        cpu -= median(bare, 'cpu_ms')
        line += (f'   above bare: {paint:+.0f} ms (aim {PAINT_MS}: {verdict(paint, PAINT_MS)}; processor {cpu:+.0f}),'
                 f' {memory:+.1f} MiB (aim {MEMORY_MIB}: {verdict(memory, MEMORY_MIB)})')
    print(line)


def verdict(value, limit):
    return 'met' if value <= limit else 'MISSED'


def measure_windows(bench, rounds):
    """Taken in turn, so that what else the machine does touches all alike."""
    places = bench.world.data_dir / 'places.ini'
    restored = places.read_text()
    taken = {'bare': [], 'library': [], 'studio': []}
    for number in range(rounds + 1):
        bare = bench.run('bare')
        places.unlink(missing_ok=True)
        library = bench.run('library', bench.world.data_dir)
        places.write_text(restored)
        studio = bench.run('studio', bench.world.data_dir)
        if number > 0:  # the first round warms the caches
            for mode, row in (('bare', bare), ('library', library), ('studio', studio)):
                taken[mode].append(row)
    show('bare', taken['bare'], None, limits=False)
    show('library', taken['library'], taken['bare'])
    show('studio', taken['studio'], taken['bare'])


def measure_binder(bench, rounds):
    longest, works, frames, over = [], [], 0, 0
    for _ in range(rounds):
        taken = bench.run('binder', bench.world.data_dir)
        ends = taken['ends_ms']
        steps = [later - sooner for sooner, later in zip(ends, ends[1:])]
        longest.append(max(steps))
        works += taken['works_ms']
        frames += len(steps)
        over += sum(step > FRAME_MS for step in steps)
    works.sort()
    print(f'binder   {frames} frames in {rounds} runs: longest {max(longest):.1f} ms'
          f' (each run: {", ".join(f"{step:.0f}" for step in longest)}), {over} over {FRAME_MS:.0f} ms'
          f' ({verdict(max(longest), FRAME_MS)});'
          f' processor time a frame p50 {works[len(works) // 2]:.1f}, p99 {works[len(works) * 99 // 100]:.1f},'
          f' most {works[-1]:.1f} ms')


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with World(keyring='absent') as world:
        world.data_dir = world.root / 'library'
        furnish(world)
        bench = Bench(world, Path(sys.argv[1]).resolve())
        measure_windows(bench, rounds)
        measure_binder(bench, max(3, rounds // 3))


if __name__ == '__main__':
    main()
