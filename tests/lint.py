#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the files of the project rather than what they do."""

import ast
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

sys.dont_write_bytecode = True
import taptest  # noqa: E402

SOURCE = Path(__file__).resolve().parent.parent
FACES = ('src/app', 'src/cli')
TOOLKIT = re.compile(r'^\s*#\s*include\s*<(gtk|gdk|gsk|adwaita|gtksourceview|libspelling)[/.\w-]*>', re.MULTILINE)
# N_ only marks a sentence for the faces to translate.
TRANSLATION = re.compile(r'(?<![\w.])(_|C_|Q_|ngettext|gettext)\s*\(\s*"|glib/gi18n')
MARKED = re.compile(r'(?<![\w.])(_|N_|C_|Q_|NC_|ngettext)\s*\(\s*"')

# Written in pieces, so that this file does not hold what it looks for. A path
# of one machine, or the server of a package registry, belongs into no file.
FOREIGN = re.compile('|'.join([
    r'(?<![\w.~-])/' + r'work/', r'(?<![\w.~-])/' + r'root/',
    r'deb\.' + r'debian\.org', r'registry\.' + r'npmjs\.org', r'pypi\.' + r'org', r'crates\.' + r'io',
]))


@cache
def files():
    """The tracked files and those that are about to be."""
    command = ['git', '-c', 'safe.directory=*', 'ls-files', '-z', '-c', '-o', '--exclude-standard']
    try:
        listing = subprocess.run(command, cwd=SOURCE, capture_output=True, check=True).stdout
        names = [os.fsdecode(name) for name in listing.split(b'\0') if name]
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(SOURCE)) for path in SOURCE.rglob('*')
                 if path.is_file() and not path.relative_to(SOURCE).parts[0].startswith(('_build', '.git'))]
    return sorted(name for name in set(names) if (SOURCE / name).is_file())


@cache
def read(name):
    """The text of a file; empty for pictures and other bytes."""
    data = (SOURCE / name).read_bytes()
    if b'\0' in data:
        return ''
    return data.decode(errors='replace')


def is_script(name, interpreter, suffix):
    return name.endswith(suffix) or (read(name).startswith('#!') and interpreter in read(name).split('\n', 1)[0])


def sources(*folders):
    return [name for name in files() if name.endswith(('.c', '.h')) and name.startswith(folders)]


class Lint(unittest.TestCase):
    def need(self, program):
        if shutil.which(program) is None:
            self.skipTest(f'{program} is not installed')

    def assert_none(self, found, message):
        if found:
            self.fail(f'{message}:\n' + '\n'.join(found))

    def test_every_file_names_its_licence(self):
        self.need('reuse')
        result = subprocess.run(['reuse', 'lint', '--quiet'], cwd=SOURCE, capture_output=True, text=True)
        if result.returncode != 0:
            result = subprocess.run(['reuse', 'lint'], cwd=SOURCE, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_only_the_application_sees_the_toolkit(self):
        found = [name for name in sources('src/', 'tests/')
                 if not name.startswith(('src/app/', 'tests/app/')) and TOOLKIT.search(read(name))]
        self.assert_none(found, 'these include GTK or what stands on it')

    def test_only_the_faces_word_messages(self):
        found = [name for name in sources('src/')
                 if not name.startswith(FACES) and TRANSLATION.search(read(name))]
        self.assert_none(found, 'these translate, which is for app and cli')

    def test_no_file_knows_a_machine(self):
        found = [f'{name}:{number}: {line.strip()[:100]}' for name in files() if not name.startswith('LICENSES/')
                 for number, line in enumerate(read(name).splitlines(), 1) if FOREIGN.search(line)]
        self.assert_none(found, "a path of one machine or a registry's server")

    def test_shell_scripts_are_sound(self):
        found = []
        for name in files():
            if is_script(name, 'bash', '.sh'):
                result = subprocess.run(['bash', '-n', SOURCE / name], capture_output=True, text=True)
                found += result.stderr.splitlines()
        self.assert_none(found, 'syntax errors')

    def test_python_scripts_are_sound(self):
        found = []
        for name in files():
            if is_script(name, 'python', '.py'):
                try:
                    ast.parse(read(name), name)
                except SyntaxError as error:
                    found.append(f'{name}:{error.lineno}: {error.msg}')
        self.assert_none(found, 'syntax errors')

    def test_every_shortcut_is_told(self):
        """The keys that the code binds are those of the shortcuts window."""
        modifiers = {'GDK_CONTROL_MASK': '<Control>', 'GDK_ALT_MASK': '<Alt>', 'GDK_SHIFT_MASK': '<Shift>'}
        bound = set()
        for name in sources('src/app/'):
            for key, mask in re.findall(r'add_binding_action \(widget_class, GDK_KEY_(\w+), ([\w |]+),', read(name)):
                bound.add(''.join(modifiers[part] for part in re.findall(r'GDK_\w+_MASK', mask)) + key)
            bound.update(re.findall(r'\{ "[\w.-]+", \{ "([^"]+)" \} \}', read(name)))
        overlay = ElementTree.fromstring(read('src/app/help-overlay.ui'))
        told = {accelerator for node in overlay.iter('property') if node.get('name') == 'accelerator'
                for accelerator in node.text.split()}
        self.assertGreater(len(bound), 20)
        self.assert_none(sorted(bound - told), 'keys that the shortcuts window does not tell')

    def test_xml_is_well_formed(self):
        found = []
        for name in files():
            if name.endswith(('.ui', '.xml', '.svg', '.xml.in')):
                try:
                    ElementTree.fromstring(read(name))
                except ElementTree.ParseError as error:
                    found.append(f'{name}: {error}')
        self.assert_none(found, 'not well-formed')

    def test_icons_can_be_drawn(self):
        try:
            import gi
            gi.require_version('GdkPixbuf', '2.0')
            from gi.repository import GdkPixbuf, GLib
        except (ImportError, ValueError):
            self.skipTest('python3-gi is not installed')
        found = []
        for name in files():
            if name.startswith('data/icons/') and name.endswith('.svg'):
                try:
                    picture = GdkPixbuf.Pixbuf.new_from_file_at_size(str(SOURCE / name), 64, 64)
                except GLib.Error as error:
                    found.append(f'{name}: {error.message}')
                    continue
                if not any(picture.get_pixels()):
                    found.append(f'{name}: is empty')
        self.assert_none(found, 'not to be drawn')

    def test_translators_see_every_string(self):
        listed = [line for line in read('po/POTFILES.in').splitlines() if line and not line.startswith('#')]
        wanted = [name for name in files() if is_translated(name)]
        self.assert_none(sorted(set(wanted) - set(listed)),
                         'missing in po/POTFILES.in (tests/lint.py --write-potfiles)')
        self.assert_none(sorted(set(listed) - set(wanted)), 'no longer to be translated, but in po/POTFILES.in')
        self.assertEqual(listed, sorted(listed), 'po/POTFILES.in is to be sorted')

    def test_files_end_with_a_line(self):
        found = [name for name in files() if not name.startswith(('LICENSES/', 'data/sample/', 'tests/data/'))
                 and read(name) and not read(name).endswith('\n')]
        self.assert_none(found, 'no newline at the end')

    def test_no_line_ends_with_blanks(self):
        found = [f'{name}:{number}' for name in files()
                 if name.endswith(('.c', '.h', '.py', '.ui', '.build', '.md')) or is_script(name, 'bash', '.sh')
                 for number, line in enumerate(read(name).split('\n'), 1) if line != line.rstrip()]
        self.assert_none(found, 'blanks at the end of a line')


def is_translated(name):
    if name.startswith('data/'):
        return name.endswith(('.desktop.in', '.metainfo.xml.in', '.gschema.xml'))
    if name.startswith('src/'):
        return (name.endswith('.c') and bool(MARKED.search(read(name)))
                or name.endswith('.ui') and 'translatable="yes"' in read(name))
    return False


def write_potfiles():
    """Writes po/POTFILES.in anew, from what there is."""
    names = sorted(name for name in files() if is_translated(name))
    (SOURCE / 'po/POTFILES.in').write_text('\n'.join(names) + '\n')


if __name__ == '__main__':
    if sys.argv[1:] == ['--write-potfiles']:
        write_potfiles()
    else:
        taptest.main(sys.argv[1:])
