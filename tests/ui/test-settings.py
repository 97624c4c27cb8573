#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, providers and money in a real window, with a real keyring and scripted
providers: what a person does there from the first key to the last cent."""

import re
import sys
import unittest
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tour_settings import close, go_back, open_preferences, open_usage, row  # noqa: E402
from world import Unavailable, World, wait_until  # noqa: E402
import taptest  # noqa: E402

KEY = 'sk-needle-93af1c7be0'


class Settings(unittest.TestCase):
    def enter(self, **options):
        try:
            self.world = World(**options)
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(self.world.close)

    def provider(self, name):
        providers = self.world.cli_json('provider', 'list')['providers']
        return next(provider for provider in providers if provider['id'] == name)

    def enter_key(self, key):
        self.app.click(self.app.find('text', re.compile('^API Key')))
        self.app.type(key)
        self.app.key('Return')

    def assert_key_is_nowhere(self, key=KEY):
        """In no file but the keyring's own."""
        for path in self.world.root.rglob('*'):
            if path.is_file() and not path.is_symlink() and 'keyrings' not in path.parts:
                self.assertNotIn(key.encode(), path.read_bytes(), path.name)

    # ------------------------------------------------------ writing -----

    def open_book(self):
        self.world.cli('book', 'import', '--sample')
        book = self.world.cli_json('book', 'list')['books'][0]['id']
        self.world.run('gapplication', 'action', 'com.humanizer.BookStudio', 'open-book', f"'{book}'")
        self.app.find('text', 'Text')

    def show_ai(self):
        if not self.app.find_all('button', 'Continue'):
            self.app.key('F9')
        self.app.find('button', 'Continue')

    def draft(self):
        """Has one written and puts it away."""
        self.app.click(self.app.find('text', 'Text'))
        self.app.key('ctrl+End')
        self.app.press('button', 'Continue')
        self.app.find('button', 'Insert', 60)

    def discard(self):
        self.app.press('button', 'Discard')
        self.app.wait_gone('button', 'Discard')


class Keys(Settings):
    def setUp(self):
        self.enter()
        for provider in ('openai', 'openrouter'):
            self.world.cli('provider', 'set', provider, 'base-url', self.world.start_provider(key=KEY))
        self.world.cli('provider', 'set-key', 'openrouter', input=KEY)
        self.app = self.world.start_app()

    def test_from_the_first_key_to_its_removal(self):
        self.add_key()
        self.open_book()
        self.show_ai()
        self.draft()
        self.discard()
        self.check_usage()
        self.reorder()
        self.fail_over()
        self.remove_and_undo()
        self.assert_key_is_nowhere()
        self.assertEqual(self.app.quit(), 0)

    def add_key(self):
        open_preferences(self.app)
        self.app.click(row(self.app, 'OpenAI'))
        self.enter_key(KEY)
        self.app.wait_text('API Key · stored')
        self.assertTrue(self.provider('openai')['has_key'])
        self.app.press('button', 'Test')
        self.app.wait_text('^Works')
        self.app.click(row(self.app, 'Drafting'))
        self.app.click(self.app.find('list item', re.compile('^demo-writer')))
        wait_until(lambda: self.order() == ['openai'], 15, 'the model to be the default')
        self.app.find('button', 'Test')
        close(self.app)

    def order(self):
        [role] = self.world.cli_json('role', 'show', 'draft')['roles']
        return [target['provider'] for target in role['targets']]

    def check_usage(self):
        usage = self.world.cli_json('usage')
        self.assertEqual(1, usage['calls'])
        open_usage(self.app)
        self.app.wait_text('^1 call$|· 1 call')
        self.app.find('label', 'demo-writer')
        self.app.keep_screenshot('settings-usage')
        self.read_chart()
        close(self.app)
        # The month stands in the menu, too, and leads here.
        self.app.key('F10')
        self.app.find('menu')
        self.app.keep_screenshot('settings-menu')
        self.app.key('u')  # its mnemonic
        self.app.find('dialog', 'Preferences')
        self.app.wait_text('^This Month')
        close(self.app)

    def read_chart(self):
        """As a screen reader does: the day under the focus is the chart's description."""
        today = datetime.now()
        chart = self.app.find('image', re.compile('^Cost by day and provider'))
        self.app.click(chart)
        self.app.key('End')
        wait_until(lambda: re.match(rf'{today.day} {today:%B}: \$0\.0.* · OpenAI \$0\.0', chart.get_description()),
                   15, 'today to be read')
        if today.day > 1:
            self.app.key('Left')
            wait_until(lambda: chart.get_description() == f'{today.day - 1} {today - timedelta(days=1):%B}: not used',
                       15, 'yesterday to be read')

    def reorder(self):
        open_preferences(self.app)
        self.app.click(row(self.app, 'Drafting'))
        self.app.press('button', 'Add Model…')
        self.app.click(self.app.find('entry', 'Search models'))
        self.app.type('openrouter:demo')
        self.app.click(self.app.find('list item', re.compile('^demo-writer, OpenRouter')))
        wait_until(lambda: self.order() == ['openai', 'openrouter'], 15, 'the second model')
        second = wait_until(lambda: next((node for node in self.app.find_all('list item')
                                          if any('OpenRouter' in (child.get_name() or '')
                                                 for child in self.app.walk(node))), None), 15, 'its row')
        self.app.click(second)
        self.app.key('alt+Up')
        wait_until(lambda: self.order() == ['openrouter', 'openai'], 15, 'the other order')
        self.app.keep_screenshot('settings-order')
        close(self.app)

    def fail_over(self):
        self.world.cli('provider', 'set-key', 'openrouter', input='sk-not-the-key')
        self.draft()
        self.app.wait_text('^OpenRouter did not answer: its key is not accepted. OpenAI stands in.')
        self.app.keep_screenshot('settings-failover')
        self.discard()
        open_preferences(self.app)
        self.app.wait_text('^Key refused')

    def remove_and_undo(self):
        self.app.click(row(self.app, 'OpenAI'))
        self.app.press('button', 'Remove Key')
        self.app.wait_text('Key removed')
        self.assertFalse(self.provider('openai')['has_key'])
        self.app.press('button', 'Undo')
        self.app.wait_text('API Key · stored')
        self.assertTrue(self.provider('openai')['has_key'])
        close(self.app)

    def test_what_is_no_key(self):
        self.world.cli('provider', 'remove', 'openai', check=False)
        open_preferences(self.app)
        self.app.click(row(self.app, 'Anthropic'))
        for text, cause in (('two words', 'contains a space'),
                            ('sk-proj-0123456789', 'looks like a key of OpenAI, not of Anthropic')):
            self.enter_key(text)
            self.app.find('alert', 'The Key Was Not Stored')
            self.app.wait_text(cause)
            self.app.press('button', 'Close')
            self.app.wait_gone('alert', 'The Key Was Not Stored')
        self.app.set_text('text', re.compile('^API Key'), 'x' * 10240)
        self.app.key('Return')
        self.app.find('alert', 'The Key Was Not Stored')
        self.app.wait_text('too long')
        self.app.press('button', 'Close')
        self.assertFalse(self.provider('anthropic')['has_key'])


class Keyring(Settings):
    def refuse_key(self):
        self.app.click(row(self.app, 'OpenAI'))
        self.enter_key(KEY)
        self.app.find('alert', 'The Key Was Not Stored')
        self.app.press('button', 'Close')
        self.app.wait_gone('alert', 'The Key Was Not Stored')
        self.assert_key_is_nowhere()

    def test_locked(self):
        self.enter(keyring='locked')
        self.app = self.world.start_app()
        open_preferences(self.app)
        self.app.wait_text('^The keyring is locked')
        self.app.wait_text('^Keyring locked$')
        self.refuse_key()
        # Nobody here can ask for its password.
        self.app.press('button', 'Unlock…')
        self.app.find('alert', 'The Keyring Was Not Unlocked')
        self.app.press('button', 'Close')
        self.assertEqual(self.provider('openai')['state'], 'keyring-locked')

    def test_absent(self):
        self.enter(keyring='absent')
        self.app = self.world.start_app()
        open_preferences(self.app)
        self.app.wait_text('^No keyring is running')
        self.refuse_key()
        go_back(self.app, 'Add Provider')
        self.world.start_keyring_daemon(unlock=True)
        self.app.press('button', 'Try Again')
        self.app.wait_text('^No key$')
        self.app.click(row(self.app, 'OpenAI'))
        self.enter_key(KEY)
        self.app.wait_text('API Key · stored')
        self.assert_key_is_nowhere()


class Money(Settings):
    def setUp(self):
        self.enter()
        self.world.cli('provider', 'set', 'openai', 'base-url', self.world.start_provider())
        self.world.cli('provider', 'set-key', 'openai', input=KEY)
        self.world.cli('role', 'set', 'draft', 'openai:demo-writer')
        self.app = self.world.start_app()
        self.open_book()
        self.show_ai()

    def test_a_limit_that_is_reached_and_raised(self):
        self.draft()
        self.discard()
        spent = Decimal(self.world.cli_json('usage')['cost_usd'])
        self.assertGreater(spent, 0)
        # Half as much again: a word when it is reached, and nothing more.
        self.world.cli('budget', 'set', '--soft', str(spent * Decimal('1.5')))
        self.draft()
        self.app.wait_text('limit is reached')
        self.discard()
        # Now it stops: the window says why, and what to do.
        self.world.cli('budget', 'set', '--month', str(spent * 2))
        self.app.press('button', 'Continue')
        self.app.wait_text('Your text is safe')
        self.app.wait_text('limit|budget')
        self.app.keep_screenshot('settings-limit-reached')
        self.assertEqual(2, self.world.cli_json('usage')['calls'])
        self.raise_limit()
        self.draft()
        self.discard()
        self.assertEqual(3, self.world.cli_json('usage')['calls'])

    def raise_limit(self):
        open_usage(self.app)
        self.app.click(row(self.app, 'Monthly Limit'))
        self.app.find('dialog', 'Monthly Limit')
        self.app.key('ctrl+a')
        self.app.type('5.00')
        self.app.press('button', 'Set')
        self.app.wait_gone('dialog', 'Monthly Limit')
        self.app.wait_text(r'of \$5\.00')
        [limit] = [budget['limit_usd'] for budget in self.world.cli_json('budget', 'show')['budgets']
                   if budget['scope'] == 'global' and budget['period'] == 'month']
        self.assertEqual(Decimal('5'), Decimal(limit))
        close(self.app)

    def test_export(self):
        self.draft()
        self.discard()
        path = self.world.home / 'usage.csv'
        open_usage(self.app)
        self.app.press('toggle button', 'Export')
        self.app.find('menu', 'Export')
        self.app.key('t')  # its mnemonic
        self.app.choose_file('Export Usage', path, 'Export')
        self.app.wait_text('^Exported as usage.csv')
        self.assertEqual(self.world.cli('usage', '--export', 'csv').stdout, path.read_text())


if __name__ == '__main__':
    taptest.main(sys.argv[1:])
