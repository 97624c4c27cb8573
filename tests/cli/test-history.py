#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line keeps: revisions, snapshots, undo, the trash, backups,
the check of a damaged file.

Usage: test-history.py BOOK-STUDIO-CLI [TEST…]
"""

import glob
import os
import shutil
import sqlite3
import sys

from clitest import DATA, UUID, CliCase, taptest


class Revisions(CliCase):
    def test_edit_keeps_the_text_before(self):
        chapter = self.new_chapter(self.new_book(), text='The first text.')
        self.ok('node', 'edit', chapter, text='The second text.')
        listed = self.json('node', 'revisions', chapter)
        self.assertEqual(listed['current'], 3)
        self.assertEqual([(r['revision'], r['cause']) for r in listed['revisions']], [(2, 'replace'), (1, 'replace')])
        self.assertEqual(self.ok('node', 'show', chapter, '--revision', '2'), 'The first text.\n')
        self.assertEqual(len(self.ok('node', 'revisions', chapter).splitlines()), 2)

    def test_restore_and_back(self):
        chapter = self.new_chapter(self.new_book(), text='The first text.')
        self.ok('node', 'edit', chapter, text='The second text.')
        self.ok('node', 'restore', chapter, '2')
        self.assertEqual(self.ok('node', 'show', chapter), 'The first text.\n')
        self.ok('node', 'restore', chapter, '3')
        self.assertEqual(self.ok('node', 'show', chapter), 'The second text.\n')

    def test_compare(self):
        chapter = self.new_chapter(self.new_book(), text='The wind was cold.')
        self.ok('node', 'edit', chapter, text='The wind was bitter.')
        self.assertEqual(self.ok('node', 'compare', chapter, '2'), 'The wind was [-cold-]{+bitter+}.\n')
        compared = self.json('node', 'compare', chapter, '2', 'current')
        self.assertFalse(compared['same'])
        self.assertEqual([(s['kind'], s['text']) for s in compared['spans']],
                         [('equal', 'The wind was '), ('deleted', 'cold'), ('inserted', 'bitter'), ('equal', '.')])
        self.assertTrue(self.json('node', 'compare', chapter, '2', '2')['same'])

    def test_where_words_came_from(self):
        path = self.write('tale.md', '# One\n\nFour words are here.\n')
        book = self.ok('book', 'import', path).strip()
        [node] = self.json('node', 'list', book)['nodes']
        name = f"{book}/{node['id']}"
        shown = self.json('node', 'show', name)
        self.assertEqual([(p['start'], p['end'], p['origin']) for p in shown['provenance']],
                         [(0, len(shown['text'].encode()), 'imported')])
        self.ok('node', 'edit', name, text='Four good words are here. And more.')
        disclosed = self.json('book', 'disclosure', book)
        self.assertEqual(disclosed['words'], {'typed': 0, 'pasted': 3, 'imported': 4, 'ai-inserted': 0, 'ai-edited': 0})
        self.assertEqual(disclosed['nodes'][0]['words'], disclosed['words'])
        self.assertIn('imported', self.ok('book', 'disclosure', book))
        # An earlier text comes back with its own.
        self.ok('node', 'restore', name, '1')
        self.assertEqual(self.json('book', 'disclosure', book)['words']['imported'], 4)

    def test_keep(self):
        chapter = self.new_chapter(self.new_book(), text='Kept.')
        self.ok('node', 'keep', chapter)
        self.ok('node', 'keep', chapter)
        self.assertEqual([r['cause'] for r in self.json('node', 'revisions', chapter)['revisions']], ['asked', 'replace'])

    def test_refusals(self):
        chapter = self.new_chapter(self.new_book(), text='One.')
        self.refused('node', 'restore', chapter, '77')
        self.refused('node', 'show', chapter, '--revision', '77')
        self.wrong('node', 'restore', chapter, 'yesterday')
        self.wrong('node', 'compare', chapter)
        self.assertEqual(self.ok('node', 'show', chapter), 'One.\n')

    def test_snapshots(self):
        book = self.new_book()
        one, two = self.new_chapter(book, 'One', 'First.'), self.new_chapter(book, 'Two', 'Second.')
        whole = self.ok('snapshot', 'add', book, 'For the editor').strip()
        self.assertRegex(whole, UUID)
        part = self.json('snapshot', 'add', one, 'Chapter one')['id']
        listed = self.json('snapshot', 'list', book)['snapshots']
        self.assertEqual([(s['id'], s['name'], s['texts']) for s in listed],
                         [(part, 'Chapter one', 1), (whole, 'For the editor', 3)])
        self.ok('node', 'edit', one, text='Changed.')
        self.ok('node', 'edit', two, text='Changed, too.')
        self.assertEqual(self.json('snapshot', 'restore', book, whole), {'changed': 2})
        self.assertEqual([self.ok('node', 'show', node) for node in (one, two)], ['First.\n', 'Second.\n'])
        self.refused('snapshot', 'restore', book, 'ffff')
        self.refused('snapshot', 'add', book, ' ')


class Structure(CliCase):
    def test_undo_in_other_runs(self):
        book = self.new_book()
        chapter = self.new_chapter(book, 'Gone', 'Twenty words.')
        node = chapter.split('/')[1]
        self.ok('node', 'rename', chapter, 'Still here')
        self.ok('node', 'delete', chapter)
        self.assertEqual(self.ok('book', 'undo', book), 'trash  Still here\n')
        self.assertEqual(self.json('book', 'undo', book), {'kind': 'rename', 'title': 'Gone'})
        titles = {n['id']: n['title'] for n in self.json('node', 'list', book)['nodes']}
        self.assertEqual(titles[node], 'Gone')
        self.ok('book', 'redo', book)
        titles = {n['id']: n['title'] for n in self.json('node', 'list', book)['nodes']}
        self.assertEqual(titles[node], 'Still here')
        history = self.json('book', 'history', book)['commands']
        self.assertEqual([(c['kind'], c['undone']) for c in history], [('trash', True), ('rename', False), ('add', False)])
        self.assertEqual(self.ok('node', 'show', chapter), 'Twenty words.\n')

    def test_nothing_to_undo(self):
        book = self.new_book()
        self.refused('book', 'undo', book)
        self.refused('book', 'redo', book)

    def test_trash(self):
        book = self.new_book()
        chapter = self.new_chapter(book, 'One', 'Some words here.')
        self.ok('node', 'delete', chapter)
        listed = self.json('trash', 'list', book)['nodes']
        self.assertEqual([(f"{n['book']}/{n['id']}", n['title'], n['words']) for n in listed], [(chapter, 'One', 3)])
        self.assertIn(chapter, self.ok('trash', 'list'))
        self.ok('trash', 'restore', chapter)
        self.assertEqual(self.json('trash', 'list', book)['nodes'], [])
        self.assertEqual(self.ok('node', 'show', chapter), 'Some words here.\n')
        self.ok('node', 'delete', chapter)
        self.assertEqual(self.json('trash', 'empty', book), {'deleted': 1})
        self.refused('trash', 'restore', chapter)
        self.refused('node', 'show', chapter)

    def test_trashed_books_are_listed(self):
        book = self.new_book('Put away')
        self.ok('book', 'delete', book)
        self.assertEqual([b['title'] for b in self.json('trash', 'list')['books']], ['Put away'])

    def test_events(self):
        book = self.new_book()
        chapter = self.new_chapter(book, 'One', 'Words.')
        events = self.json('book', 'events', book)['events']
        self.assertEqual([e['seq'] for e in events], list(range(1, len(events) + 1)))
        self.assertEqual([e['type'] for e in events], ['book.created', 'chapter.created', 'chapter.text'])
        self.ok('node', 'rename', chapter, 'Two')
        later = self.json('book', 'events', book, '--since', str(events[-1]['seq']))['events']
        self.assertEqual([e['type'] for e in later], ['chapter.renamed'])


class Backups(CliCase):
    def novel(self):
        return self.ok('book', 'import', sorted(glob.glob(os.path.join(DATA, 'austen', '*.txt')))[0]).strip()

    def database(self, book):
        return os.path.join(self.library, 'books', book, 'book.db')

    def test_backup_and_restore(self):
        book = self.new_book('The Mill')
        chapter = self.new_chapter(book, 'One', 'In the backup.')
        made = self.json('book', 'backup', book)
        self.assertEqual((made['book'], made['words'], made['shrunk']), (book, 3, False))
        self.ok('node', 'edit', chapter, text='Written later.')
        copy = self.ok('book', 'restore', made['path']).strip()
        self.assertNotEqual(copy, book)
        self.assertEqual(self.ok('node', 'show', f"{copy}/{chapter.split('/')[1]}"), 'In the backup.\n')
        self.assertEqual(self.ok('node', 'show', chapter), 'Written later.\n')
        self.assertEqual(self.ok('book', 'restore', made['path'], '--node', chapter.split('/')[1]).strip(),
                         chapter.split('/')[1])
        self.assertEqual(self.ok('node', 'show', chapter), 'In the backup.\n')
        self.ok('node', 'edit', chapter, text='Written still later.')
        before = self.json('book', 'events', book)['events'][-1]['seq']
        self.assertEqual(self.ok('book', 'restore', made['path'], '--replace').strip(), book)
        self.assertEqual(self.ok('node', 'show', chapter), 'In the backup.\n')
        # Who counts events must not see a number twice.
        self.assertGreater(self.json('book', 'events', book)['events'][-1]['seq'], before)

    def test_every_change_is_backed_up(self):
        book = self.new_book()
        self.new_chapter(book, 'One', 'Some words.')
        self.assertGreaterEqual(len(self.json('book', 'backups', book)['backups']), 2)
        self.assertIn('.db', self.ok('book', 'backups', book))

    def test_backup_to_a_file(self):
        book = self.new_book()
        path = os.path.join(self.files, 'mill.db')
        self.assertEqual(self.ok('book', 'backup', book, '-o', path).strip(), path)
        shutil.rmtree(os.path.join(self.library))
        self.assertEqual(self.ok('book', 'restore', path).strip(), book)
        self.assertEqual(self.json('book', 'show', book)['title'], 'The Mill')

    def test_lost_book(self):
        book = self.new_book()
        chapter = self.new_chapter(book, 'One', 'Precious.')
        shutil.rmtree(os.path.join(self.library, 'books', book))
        newest = self.json('book', 'backups', book)['backups'][0]['path']
        self.assertEqual(self.ok('book', 'restore', newest).strip(), book)
        self.assertEqual(self.ok('node', 'show', chapter), 'Precious.\n')

    def test_shrunken_book_is_said(self):
        book = self.novel()
        words = self.json('book', 'backup', book)['words']
        for node in self.json('node', 'list', book)['nodes']:
            if node['words'] > 0:
                self.ok('node', 'edit', f"{book}/{node['id']}", text='')
        self.assertIn('--accept-smaller', self.ok('book', 'backup', book))
        whole = [b for b in self.json('book', 'backups', book)['backups'] if not b['shrunk']]
        self.assertEqual(max(b['words'] for b in whole), words)
        self.assertFalse(self.json('book', 'backup', book, '--accept-smaller')['shrunk'])

    def test_not_a_backup(self):
        path = self.write('letter.txt', 'Dear publisher')
        self.refused('book', 'restore', path)
        self.refused('book', 'restore', os.path.join(self.files, 'none.db'))
        self.wrong('book', 'restore', path, '--node', 'x', '--replace')
        self.assertEqual(self.json('book', 'list'), {'books': []})

    def damage(self, book):
        with open(self.database(book), 'r+b') as file:
            size = os.path.getsize(self.database(book))
            for at in range(4096 * 6, size, 4096 * 5):
                file.seek(at)
                file.write(os.urandom(4096))

    def test_check_and_repair(self):
        book = self.novel()
        before = {n['id']: n['words'] for n in self.json('node', 'list', book)['nodes']}
        self.assertIn('sound', self.ok('book', 'check', book))
        self.ok('book', 'backup', book)
        self.damage(book)
        checked = self.run_cli('book', 'check', book)
        self.assertEqual(checked.returncode, 1)
        self.assertIn('--repair', checked.stderr)
        repaired = self.json('book', 'check', book, '--repair')
        self.assertTrue(repaired['repaired'])
        self.assertEqual(repaired['lost'], 0)
        self.assertTrue(os.path.exists(repaired['damaged_file']))
        self.assertTrue(self.json('book', 'check', book)['sound'])
        self.assertEqual({n['id']: n['words'] for n in self.json('node', 'list', book)['nodes']}, before)

    def test_older_schema_is_copied_before(self):
        book = self.new_book()
        path = self.database(book)
        with sqlite3.connect(path) as file:
            file.executescript('DROP TABLE snapshot_items; DROP TABLE snapshots; DROP TABLE commands; DROP TABLE revisions;'
                               'DROP INDEX texts_facts; ALTER TABLE texts DROP COLUMN provenance;'
                               'ALTER TABLE texts DROP COLUMN kept_at; ALTER TABLE texts DROP COLUMN changed_words;'
                               'ALTER TABLE nodes DROP COLUMN status; ALTER TABLE nodes DROP COLUMN synopsis;'
                               'ALTER TABLE nodes DROP COLUMN target_words; ALTER TABLE book DROP COLUMN daily_goal;'
                               'DROP TABLE days;'
                               'PRAGMA user_version=1; PRAGMA wal_checkpoint(TRUNCATE);')
        file.close()
        self.ok('book', 'set', book, 'title', 'Migrated')
        backups = self.json('book', 'backups', book)['backups']
        versions = []
        for backup in backups:
            with sqlite3.connect(backup['path']) as file:
                versions.append(file.execute('PRAGMA user_version').fetchone()[0])
            file.close()
        self.assertEqual(versions, [3, 1])
        self.assertEqual(backups[1]['title'], 'The Mill')


class Folders(CliCase):
    def test_a_folder_that_is_synchronised(self):
        book = self.new_book()
        with open(os.path.join(self.library, '.stfolder'), 'w', encoding='utf-8'):
            pass
        error = self.refused('book', 'set', book, 'title', 'x')
        self.assertIn('Syncthing', error)
        self.assertIn('instead', error)
        self.assertIn('Syncthing', self.refused('book', 'new', 'Another'))
        # It can still be read, and taken elsewhere.
        self.assertEqual(self.json('book', 'show', book)['title'], 'The Mill')
        self.ok('book', 'backup', book, '-o', os.path.join(self.files, 'mill.db'))


if __name__ == '__main__':
    taptest.main(sys.argv[2:])
