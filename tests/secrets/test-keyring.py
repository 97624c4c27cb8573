#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyring store with real keyrings: ready, locked, without a default
collection, without a daemon, without a bus, and one that does not answer.

Usage: test-keyring.py KEYRING-PROBE [TEST…]
"""

import os
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import taptest  # noqa: E402
from keyringtest import PASSWORD, KeyringCase  # noqa: E402

PROBE = sys.argv[1]
ORIGIN = 'https://api.openai.com:443'

# Takes the place of the desktop's password dialog and never answers.
MUTE_PROMPTER = '''
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
info = Gio.DBusNodeInfo.new_for_xml("""<node><interface name="org.gnome.keyring.internal.Prompter">
  <method name="BeginPrompting"><arg type="o" direction="in"/></method>
  <method name="PerformPrompt"><arg type="o" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="s" direction="in"/></method>
  <method name="StopPrompting"><arg type="o" direction="in"/></method>
</interface></node>""")
def call(connection, sender, path, interface, method, arguments, invocation):
    print(method, flush=True)
    if method != "BeginPrompting":
        invocation.return_value(None)
        return
    invocation.return_value(None)
    connection.call(sender, arguments.unpack()[0], "org.gnome.keyring.internal.Prompter.Callback",
                    "PromptReady", GLib.Variant("(sa{sv}s)", ("", {}, "")), None, 0, 2000, None, None)
bus.register_object("/org/gnome/keyring/Prompter", info.interfaces[0], call, None, None)
Gio.bus_own_name_on_connection(bus, "org.gnome.keyring.SystemPrompter", 0,
                               lambda *_: print("ready", flush=True), None)
GLib.MainLoop().run()
'''


class Keyring(KeyringCase):
    def start_locked(self):
        """A keyring with one key in it, as after a new log-in without a password."""
        daemon = self.start_ready()
        self.assertEqual(self.probe('store', 'openai', ORIGIN, secret='sk-1'), 'TRUE')
        taptest.end(daemon)
        taptest.wait_until(lambda: not self.has_owner('org.freedesktop.secrets'), what='the daemon to go')
        return self.start_daemon()

    def probe(self, *arguments, secret='', deadline=5000):
        result = subprocess.run([PROBE, str(deadline), *arguments], env=self.environment, input=secret,
                                capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(taptest.own_lines(result.stderr), '')
        return result.stdout.removesuffix('\n')

    def assert_refused(self, klass, message=''):
        for arguments in (('lookup',), ('store',), ('remove',)):
            answer = self.probe(*arguments, 'openai', ORIGIN, secret='sk-refused')
            self.assertTrue(answer.startswith(klass + ': '), f'{arguments}: {answer}')
            self.assertIn(message, answer)
            self.assertNotIn('sk-', answer)
            self.assertNotIn('GDBus.Error', answer)


class Ready(Keyring):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.daemon = self.start_ready()

    def test_keeps_a_key_for_its_origin(self):
        self.assertEqual(self.probe('state'), 'READY')
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'NULL')
        self.assertEqual(self.probe('store', 'openai', ORIGIN, secret='sk-old'), 'TRUE')
        self.assertEqual(self.probe('store', 'openai', ORIGIN, secret='sk-ünï'), 'TRUE')
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'sk-ünï')
        self.assertEqual(self.probe('lookup', 'openai', 'http://api.openai.com:443'), 'NULL')
        self.assertEqual(self.probe('lookup', 'openrouter', ORIGIN), 'NULL')
        self.assertEqual(self.probe('remove', 'openai', ORIGIN), 'TRUE')
        self.assertEqual(self.probe('remove', 'openai', ORIGIN), 'FALSE')
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'NULL')

    def test_survives_the_daemon(self):
        self.probe('store', 'openai', ORIGIN, secret='sk-1')
        taptest.end(self.daemon)
        taptest.wait_until(lambda: not self.has_owner('org.freedesktop.secrets'), what='the daemon to go')
        self.start_ready()
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'sk-1')

    def test_is_found_by_its_attributes_and_label(self):
        self.need('secret-tool')
        self.probe('store', 'openai', ORIGIN, secret='sk-1')
        found = subprocess.run(
            ['secret-tool', 'search', 'xdg:schema', 'com.humanizer.BookStudio.Key', 'purpose', 'provider',
             'owner', 'openai', 'origin', ORIGIN],
            env=self.environment, capture_output=True, text=True, timeout=10)
        self.assertIn('label = Book Studio: a test', found.stdout)

    def test_takes_no_key_of_another_program(self):
        self.need('secret-tool')
        subprocess.run(['secret-tool', 'store', '--label=other', 'purpose', 'provider', 'owner', 'openai',
                        'origin', ORIGIN], env=self.environment, input='stolen', text=True, timeout=10, check=True)
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'NULL')

    def test_a_silent_daemon_is_absent(self):
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.daemon.pid, signal.SIGCONT)
        began = time.monotonic()
        self.assertEqual(self.probe('state', deadline=500), 'ABSENT')
        self.assertIn('KEYRING_ABSENT', self.probe('lookup', 'openai', ORIGIN, deadline=500))
        self.assertLess(time.monotonic() - began, 5)

    def test_is_not_stored_in_the_clear(self):
        self.probe('store', 'openai', ORIGIN, secret='sk-needle')
        for directory, _, names in os.walk(self.home):
            for name in names:
                path = os.path.join(directory, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    with open(path, 'rb') as file:
                        self.assertNotIn(b'sk-needle', file.read(), path)


class Locked(Keyring):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_locked()

    def test_is_not_an_empty_one(self):
        self.assertEqual(self.probe('state'), 'LOCKED')
        self.assert_refused('KEYRING_LOCKED')

    def test_a_prompt_that_nobody_answers_ends(self):
        prompter = self.start(sys.executable, '-c', MUTE_PROMPTER, stdout=subprocess.PIPE, text=True)
        if prompter.stdout.readline().strip() != 'ready':
            self.skipTest('python3-gi is not installed')
        began = time.monotonic()
        answer = self.probe('store', 'openai', ORIGIN, secret='sk-2', deadline=1000)
        elapsed = time.monotonic() - began
        self.assertTrue(answer.startswith('KEYRING_LOCKED: '), answer)
        self.assertGreaterEqual(elapsed, 0.9, 'no prompt was shown')
        self.assertLess(elapsed, 5)
        self.assertEqual(prompter.stdout.readline().strip(), 'BeginPrompting')

    def test_a_lookup_never_prompts(self):
        prompter = self.start(sys.executable, '-c', MUTE_PROMPTER, stdout=subprocess.PIPE, text=True)
        if prompter.stdout.readline().strip() != 'ready':
            self.skipTest('python3-gi is not installed')
        self.assertEqual(self.probe('state'), 'LOCKED')
        self.assertIn('KEYRING_LOCKED', self.probe('lookup', 'openai', ORIGIN))
        taptest.end(prompter) if prompter.poll() is not None else prompter.terminate()
        self.assertEqual(prompter.stdout.read(), '')


class Absent(Keyring):
    def test_no_default_collection(self):
        self.start_bus()
        self.start_daemon()
        self.assertEqual(self.probe('state'), 'ABSENT')
        self.assert_refused('KEYRING_ABSENT', 'no default collection')

    def test_no_daemon(self):
        self.start_bus()
        self.assertEqual(self.probe('state'), 'ABSENT')
        self.assert_refused('KEYRING_ABSENT', 'org.freedesktop.secrets')

    def test_no_bus(self):
        self.assertEqual(self.probe('state'), 'ABSENT')
        self.assert_refused('KEYRING_ABSENT')

    def test_a_bus_that_is_gone(self):
        self.environment['DBUS_SESSION_BUS_ADDRESS'] = f'unix:path={self.home}/nowhere'
        self.assertEqual(self.probe('state'), 'ABSENT')
        self.assert_refused('KEYRING_ABSENT')


class File(Keyring):
    """The store of libsecret in a Flatpak, which needs no service."""

    def setUp(self):
        super().setUp()
        self.environment.update(SECRET_BACKEND='file', SECRET_FILE_TEST_PATH=f'{self.home}/test.keyring',
                                SECRET_FILE_TEST_PASSWORD=PASSWORD)

    def test_keeps_a_key(self):
        self.assertEqual(self.probe('state'), 'READY')
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'NULL')
        self.assertEqual(self.probe('store', 'openai', ORIGIN, secret='sk-file'), 'TRUE')
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'sk-file')
        self.assertEqual(self.probe('remove', 'openai', ORIGIN), 'TRUE')
        self.assertEqual(self.probe('lookup', 'openai', ORIGIN), 'NULL')

    def test_a_broken_file_is_no_empty_store(self):
        # libsecret (0.21.7) leaks what it read of a file that it refuses.
        self.environment['ASAN_OPTIONS'] = self.environment.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
        self.probe('store', 'openai', ORIGIN, secret='sk-file')
        with open(self.environment['SECRET_FILE_TEST_PATH'], 'wb') as file:
            file.write(b'no keyring')
        self.assertEqual(self.probe('state'), 'ABSENT')
        self.assert_refused('KEYRING_ABSENT')


if __name__ == '__main__':
    taptest.main(sys.argv[2:])
