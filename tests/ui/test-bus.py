#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""com.humanizer.BookStudio.Ai1, called over a real session bus by another
program: keys go in and never come out, and only if the person says so."""

import os
import re
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import APPLICATION_ID, App, Unavailable, World, wait_until  # noqa: E402
import taptest  # noqa: E402

try:
    from gi.repository import Gio, GLib
except ImportError:
    Gio = None

KEY = 'sk-needle-5a0c83e1d4'
INTERFACE = f'{APPLICATION_ID}.Ai1'
PATH = '/com/humanizer/BookStudio/Ai1'
METHODS = {'GetProviders', 'GetModels', 'GetUsage', 'GetHealth', 'GetPlan', 'SetApiKey', 'RemoveKey', 'ValidateKey'}
# As long as a slow machine needs; a person may take longer.
PATIENCE_MS = 60000


class Caller:
    """Another program: a connection of its own."""

    def __init__(self, address):
        flags = Gio.DBusConnectionFlags
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.said = []

    def call(self, method, signature='()', *arguments, interface=INTERFACE):
        answer = self.connection.call_sync(APPLICATION_ID, PATH, interface, method, GLib.Variant(signature, arguments),
                                           None, Gio.DBusCallFlags.NO_AUTO_START, PATIENCE_MS, None)
        self.said.append(answer.print_(False))
        return answer.unpack()

    def start(self, method, signature, *arguments):
        """Calls, and goes on: the person has to answer first."""
        pending = Pending()
        self.connection.call(APPLICATION_ID, PATH, INTERFACE, method, GLib.Variant(signature, arguments), None,
                             Gio.DBusCallFlags.NO_AUTO_START, PATIENCE_MS, None, pending.finish)
        self.connection.flush_sync(None)
        return pending

    def leave(self):
        self.connection.close_sync(None)


class Pending:
    def __init__(self):
        self.done = False
        self.error = None

    def finish(self, connection, result):
        try:
            connection.call_finish(result)
        except GLib.Error as error:
            self.error = error
        self.done = True

    def wait(self):
        def turn():
            GLib.MainContext.default().iteration(False)
            return self.done

        wait_until(turn, PATIENCE_MS / 1000, 'the answer')
        return class_of(self.error) if self.error else None


def class_of(error):
    return (Gio.DBusError.get_remote_error(error) or str(error)).removeprefix(f'{INTERFACE}.Error.')


class Bus(unittest.TestCase):
    def setUp(self):
        if Gio is None:
            self.skipTest('python3-gi is not installed')
        try:
            self.world = World()
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)
        self.address = self.world.start_provider(key=KEY)
        self.world.cli('provider', 'set', 'openai', 'base-url', self.address)
        self.caller = self.new_caller()

    def new_caller(self):
        return Caller(self.world.environment['DBUS_SESSION_BUS_ADDRESS'])

    def refused(self, *call):
        with self.assertRaises(GLib.Error) as caught:
            self.caller.call(*call)
        return class_of(caught.exception)

    def provider(self):
        [providers] = self.caller.call('GetProviders')
        return next(provider for provider in providers if provider['id'] == 'openai')

    def set_key(self, app, answer='Set Key'):
        pending = self.caller.start('SetApiKey', '(ss)', 'openai', KEY)
        app.find('alert', re.compile('Set the Key of OpenAI'))
        # The file that runs, whatever it calls itself.
        app.wait_text(re.escape(os.path.realpath('/proc/self/exe')))
        self.assertFalse(any(KEY in (node.get_name() or '') for node in app.walk()), 'a key is never shown')
        if app.window:
            app.keep_screenshot('bus-set-key')
        app.press('button', answer)
        return pending.wait()

    def test_every_method(self):
        app = self.world.start_app()
        [xml] = self.caller.call('Introspect', interface='org.freedesktop.DBus.Introspectable')
        described = Gio.DBusNodeInfo.new_for_xml(xml).lookup_interface(INTERFACE)
        self.assertEqual({method.name for method in described.methods}, METHODS)
        [providers] = self.caller.call('GetProviders')
        self.assertLessEqual({'ollama', 'openai', 'anthropic', 'openrouter', 'together'},
                             {provider['id'] for provider in providers})
        self.assertFalse(self.provider()['has-key'])
        self.assertEqual(self.refused('GetModels', '(s)', 'nobody'), 'NOT_FOUND')
        self.assertEqual(self.refused('SetApiKey', '(ss)', 'nobody', KEY), 'NOT_FOUND')
        self.assertEqual(self.refused('GetUsage', '(xs)', 0, 'weather'), 'INVALID_ARGUMENT')

        self.assertEqual(self.set_key(app, 'Refuse'), 'FORBIDDEN')
        self.assertFalse(self.provider()['has-key'])
        self.assertIsNone(self.set_key(app))
        self.assertEqual((self.provider()['state'], self.provider()['has-key']), ('ready', True))
        self.assertEqual(self.caller.call('ValidateKey', '(s)', 'openai')[:2], (True, ''))
        self.assertEqual(self.refused('ValidateKey', '(s)', 'openai'), 'TOO_MANY_REQUESTS')
        [models] = self.caller.call('GetModels', '(s)', 'openai')
        self.assertIn('demo-writer', {model['id'] for model in models})

        self.assertEqual(self.caller.call('GetUsage', '(xs)', 0, 'provider'), ([],))
        self.world.cli('complete', '--model', 'openai:gpt-4.1-mini', 'Rain')
        [[row]] = self.caller.call('GetUsage', '(xs)', 0, 'provider')
        usage = self.world.cli_json('usage')
        self.assertEqual((row['label'], row['calls'], row['cost-usd']), ('openai', 1, usage['cost_usd']))

        self.assertEqual(self.caller.call('GetHealth'), ([],))
        self.world.cli('budget', 'set', '--month', '2.50')
        [plan] = self.caller.call('GetPlan')
        self.assertEqual((plan['source'], plan['tier'], plan['limit-usd']), ('own-keys', 'self-managed', '2.5'))
        self.assertEqual((plan['used-usd'], plan['used-transformations']), (usage['cost_usd'], 0))
        self.assertNotIn('limit-tokens', plan)

        pending = self.caller.start('RemoveKey', '(s)', 'openai')
        # Who asks is named, by the program that its process runs.
        app.find('alert', re.compile('Remove the Key of OpenAI'))
        app.wait_text(re.escape(os.path.realpath(sys.executable)))
        app.press('button', 'Remove Key')
        self.assertIsNone(pending.wait())
        self.assertFalse(self.provider()['has-key'])
        self.assertFalse([answer for answer in self.caller.said if KEY in answer], 'a key never comes out')
        self.assertEqual(app.quit(), 0)

    def test_health_of_a_refused_key(self):
        app = self.world.start_app()
        self.assertIsNone(self.set_key(app))
        self.world.cli('provider', 'set-key', 'openai', input='sk-another-key')
        valid, failure, verdict = self.caller.call('ValidateKey', '(s)', 'openai')
        self.assertEqual((valid, failure), (False, 'AUTH'))
        self.assertRegex(verdict, 'key')
        [[circuit]] = self.caller.call('GetHealth')
        self.assertEqual({name: circuit[name] for name in ('provider', 'model', 'state', 'reason')},
                         {'provider': 'openai', 'model': '', 'state': 'dead', 'reason': 'AUTH'})

    def test_one_question_at_a_time_and_for_who_is_there(self):
        app = self.world.start_app()
        other = self.new_caller()
        pending = other.start('SetApiKey', '(ss)', 'openai', KEY)
        app.find('alert', re.compile('Set the Key of OpenAI'))
        self.assertEqual(self.refused('RemoveKey', '(s)', 'openai'), 'BUSY')
        other.leave()
        app.wait_gone('alert', re.compile('Set the Key of OpenAI'))
        self.assertTrue(pending.wait())
        self.assertFalse(self.provider()['has-key'])

    def test_without_a_window(self):
        process = self.world.start('book-studio', 'book-studio', '--gapplication-service')
        wait_until(lambda: self.world.has_owner(APPLICATION_ID), 30, 'the service')
        self.assertIsNone(self.set_key(App(self.world, process)))
        providers = self.world.cli_json('provider', 'list')['providers']
        self.assertTrue(next(provider for provider in providers if provider['id'] == 'openai')['has_key'])
        # Nobody needs it any longer.
        wait_until(lambda: process.poll() is not None, 30, 'the service to end')


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
