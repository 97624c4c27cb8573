#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets, prices, plans and the usage ledger through the command line.

Usage: test-money.py BOOK-STUDIO-CLI BKS-SCRIPTED-PROVIDER [TEST…]
"""

import csv
import io
import json
import os
import signal
import sqlite3
import sys
from decimal import Decimal

from modeltest import ModelCase, taptest

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'data')
MODEL = 'fake:demo-writer'


class MoneyCase(ModelCase):
    def setUp(self):
        super().setUp()
        self.start_provider()
        self.add_provider(self.url)

    def price(self, input_usd='1', output_usd='10'):
        self.ok('price', 'set', MODEL, '--input', input_usd, '--output', output_usd)

    def budget(self, scope='global', period='month', name=None):
        return next(budget for budget in self.json('budget', 'show')['budgets']
                    if (budget['scope'], budget['period'], budget['name']) == (scope, period, name))

    def complete(self, *arguments, model=MODEL):
        return self.ok('complete', 'Once', '--model', model, '--max-tokens', '100', *arguments)

    def query(self, sql, *arguments):
        database = sqlite3.connect(os.path.join(self.library, 'library.db'))
        try:
            with database:
                return database.execute(sql, arguments).fetchall()
        finally:
            database.close()


class Budgets(MoneyCase):
    def test_unused_and_unlimited_are_not_zero(self):
        budget = self.budget()
        self.assertEqual((budget['limit_usd'], budget['soft_usd'], budget['used_usd'], budget['calls']), (None, None, None, 0))
        text = self.ok('budget', 'show')
        self.assertIn('unlimited', text)
        self.assertIn('unused', text)
        self.ok('budget', 'set', '--month', '0')
        self.assertEqual(self.budget()['limit_usd'], '0')
        self.assertIn('$0.00', self.ok('budget', 'show'))
        self.ok('budget', 'set', '--month', 'none')
        self.assertIsNone(self.budget()['limit_usd'])

    def test_set_one_leaves_the_others(self):
        self.ok('budget', 'set', '--day', '1.25', '--month', '20', '--soft', '15')
        self.ok('budget', 'set', '--provider', 'openai', '--day', '0.5', '--soft', '0.4')
        self.ok('budget', 'set', '--day', '2')
        self.assertEqual((self.budget(period='day')['limit_usd'], self.budget(period='day')['soft_usd']), ('2', None))
        self.assertEqual((self.budget()['limit_usd'], self.budget()['soft_usd']), ('20', '15'))
        openai = self.budget('provider', 'day', 'openai')
        self.assertEqual((openai['limit_usd'], openai['soft_usd']), ('0.5', '0.4'))

    def test_a_call_that_would_pass_it(self):
        self.price()
        self.ok('budget', 'set', '--month', '0.0001')
        events = self.events('Once', '--model', MODEL, '--max-tokens', '100', status=1)
        self.assertEqual(events[-1]['class'], 'OVER_BUDGET')
        error = self.refused('complete', 'Once', '--model', MODEL, '--max-tokens', '100')
        self.assertRegex(error, r'budget: of \$0\.0001, .*costs up to \$0\.00\d+\. Raise the budget, or use a model on this machine\.$')
        self.assertEqual((self.completions(), self.json('usage')['calls']), ([], 0))
        self.ok('budget', 'set', '--month', '1')
        self.complete()
        budget = self.budget()
        self.assertEqual(budget['used_usd'], self.json('usage')['cost_usd'])
        self.assertEqual((budget['reserved_usd'], budget['calls']), ('0', 1))

    def test_warnings(self):
        """Each once in a month, on standard error, beside the answer."""
        self.price('0', '1000')
        self.ok('budget', 'set', '--month', '100', '--soft', '0.0001')
        first = self.run_cli('complete', 'Once', '--model', MODEL, '--max-tokens', '100')
        self.assertEqual(first.returncode, 0)
        self.assertRegex(first.stderr, r"^book-studio-cli: Budget: of the month's \$0\.0001 for everything, .* is spent \(100 percent\)\.$")
        self.complete()

    def test_a_price_that_was_too_low(self):
        """What the provider says it cost is more than could be: it is noted, and the budget is closed."""
        usage = json.dumps({'choices': [], 'usage': {'prompt_tokens': 9, 'completion_tokens': 1000}})
        delta = json.dumps({'choices': [{'index': 0, 'delta': {'content': 'Rain'}, 'finish_reason': 'stop'}]})
        self.start_provider(script=[{'path': '/v1/chat/completions', 'times': 5,
                                     'steps': [{'event': delta}, {'event': usage}, {'event': '[DONE]'}]}])
        self.ok('provider', 'set', 'fake', 'base-url', self.url + '/v1')
        self.price()
        self.ok('budget', 'set', '--month', '100')
        result = self.run_cli('complete', 'Once', '--model', MODEL, '--max-tokens', '10')
        self.assertIn('A call cost more than it could by the known prices', result.stderr)
        self.assertTrue(self.budget()['closed'])
        self.assertEqual(self.budget()['used_usd'], self.json('usage')['cost_usd'])
        self.assertIn('closed', self.refused('complete', 'Once', '--model', MODEL, '--max-tokens', '10'))
        self.ok('budget', 'set', '--month', '100')
        self.assertFalse(self.budget()['closed'])

    def test_of_a_book(self):
        self.price()
        book, other = self.new_book(), self.new_book('Another')
        self.ok('budget', 'set', '--book', book, '--day', '0')
        self.refused('complete', 'Once', '--model', MODEL, '--max-tokens', '100', '--book', book)
        self.complete('--book', other)
        self.assertEqual(self.budget('book', 'day', book)['used_usd'], None)

    def test_an_unknown_price(self):
        """Of a model that is in no list."""
        delta = json.dumps({'model': 'mystery', 'choices': [{'index': 0, 'delta': {'content': 'Rain'}, 'finish_reason': 'stop'}]})
        self.start_provider(script=[{'path': '/v1/chat/completions', 'steps': [{'event': delta}, {'event': '[DONE]'}], 'times': 5}])
        self.ok('provider', 'set', 'fake', 'base-url', self.url + '/v1')
        self.complete(model='fake:mystery')
        self.assertEqual((self.json('usage')['cost_usd'], self.json('usage')['unknown_costs']), (None, 1))
        self.ok('budget', 'set', '--month', '100')
        self.assertEqual((self.budget()['used_usd'], self.budget()['unknown_costs']), ('0', 1))
        error = self.refused('complete', 'Once', '--model', 'fake:mystery')
        self.assertRegex(error, 'price of the model is not known.*Say what the model costs')
        self.ok('price', 'set', 'fake:mystery', '--input', '1', '--output', '1')
        self.complete(model='fake:mystery')

    def test_wrong_usage(self):
        for arguments in ([], ['--day', 'x'], ['--day', '-1'], ['--month', ''], ['--day', '1', '--book', 'a', '--provider', 'b']):
            with self.subTest(arguments):
                self.wrong('budget', 'set', *arguments)
        for arguments in (['--book', 'nothing'], ['--provider', 'nobody'], ['--device', 'nobody']):
            with self.subTest(arguments):
                self.refused('budget', 'set', '--day', '1', *arguments)


class Ledger(MoneyCase):
    def test_a_program_that_was_killed(self):
        """Its call is counted by estimate and marked, and what was set aside for it is free again."""
        self.start_provider('--delay-ms', '200')
        self.ok('provider', 'set', 'fake', 'base-url', self.url + '/v1')
        self.price()
        self.ok('budget', 'set', '--month', '1')
        process = self.start_cli('complete', 'Once', '--model', MODEL, '--max-tokens', '100', '--events')
        process.stdout.readline()
        process.stdout.readline()
        self.assertNotEqual(self.budget()['reserved_usd'], '0')
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        usage = self.json('usage')
        row = usage['rows'][0]
        self.assertEqual((usage['orphans'], row['outcome'], row['estimated'], row['cost_source']), (1, 'ORPHAN', 1, 'estimate'))
        # 100 tokens at $10 a million, and "Once" at $1.
        self.assertEqual(Decimal(row['cost_usd']), Decimal('0.001001'))
        self.assertEqual((self.budget()['reserved_usd'], self.budget()['used_usd']), ('0', row['cost_usd']))
        self.assertEqual(os.listdir(os.path.join(self.library, 'instances')), [])
        self.assertIn('counted by estimate', self.ok('usage'))

    def test_sums_agree(self):
        self.price()
        book = self.new_book()
        self.complete()
        self.complete('--book', book)
        total = Decimal(self.json('usage')['cost_usd'])
        self.assertGreater(total, 0)
        for by in ('day', 'month', 'provider', 'model', 'book', 'device'):
            with self.subTest(by):
                sums = self.json('usage', '--by', by)
                self.assertEqual(sum(Decimal(row['cost_usd']) for row in sums['rows']), total)
                self.assertEqual((sums['calls'], Decimal(sums['cost_usd'])), (2, total))
        for period in ('day', 'month'):
            self.assertEqual(Decimal(self.budget(period=period)['used_usd']), total)

    def test_projection(self):
        self.price()
        self.complete()
        usage = self.json('usage')
        projection, cost = usage['projection'], Decimal(usage['cost_usd'])
        self.assertEqual(Decimal(projection['month_so_far_usd']), cost)
        self.assertEqual(Decimal(projection['last_7_days_usd']), cost)
        expected = cost + cost * projection['days_left'] / 7
        self.assertAlmostEqual(Decimal(projection['month_usd']), expected, 11)
        # What was spent before this month, and eight days ago, is not in it.
        self.query('UPDATE usage SET at = at - 40 * 86400000')
        projection = self.json('usage')['projection']
        self.assertEqual((projection['month_so_far_usd'], projection['month_usd']), ('0', '0'))

    def test_rows(self):
        self.price()
        self.complete()
        row = self.json('usage')['rows'][0]
        self.assertEqual((row['attempt'], row['cost_source'], row['estimated'], row['orphans']), (1, 'own', 0, 0))
        self.assertRegex(row['request'], '^[0-9a-f-]{36}$')
        lines = list(csv.DictReader(io.StringIO(self.ok('usage', '--export', 'csv'))))
        self.assertEqual(lines[0]['cost_usd'], row['cost_usd'])
        self.assertEqual(lines[0]['request'], row['request'])
        self.assertEqual(json.loads(self.ok('usage', '--export', 'json'))['rows'], [row])


class Prices(MoneyCase):
    def show(self, model='openai:gpt-4o'):
        return self.json('price', 'show', model)

    def test_own_price(self):
        self.assertEqual(self.show(MODEL)['source'], 'unknown')
        self.price('0.3', '1.25')
        shown = self.show(MODEL)
        self.assertEqual((shown['input_usd_per_million'], shown['output_usd_per_million'], shown['source']), ('0.3', '1.25', 'own'))
        self.ok('price', 'set', MODEL, '--input', 'none', '--output', 'none')
        self.assertEqual(self.show(MODEL)['source'], 'unknown')
        for arguments in ([MODEL], [MODEL, '--input', '1'], [MODEL, '--input', '1', '--output', 'x'], [MODEL, '--input', '-1', '--output', '1']):
            with self.subTest(arguments):
                self.wrong('price', 'set', *arguments)

    def test_old_prices_say_so(self):
        shown = self.show()
        self.assertEqual((shown['source'], shown['as_of'], shown['undated']), ('table', '2026-08-01', False))
        self.assertIn('Prices as of 2026-08-01', self.ok('price', 'show', 'openai:gpt-4o'))
        self.assertTrue(self.show('openai:gpt-4o-2031-01-31')['undated'])

    def table(self, change=None):
        """The shipped table, as LiteLLM writes it."""
        with open(os.path.join(DATA, 'model-prices.json'), encoding='utf-8') as file:
            rows = json.load(file)['models']
        names = {'together': 'together_ai'}
        members = {'input': 'input_cost_per_token', 'output': 'output_cost_per_token',
                   'cache_read': 'cache_read_input_token_cost', 'cache_write': 'cache_creation_input_token_cost'}
        table = {'sample_spec': {'mode': 'one of', 'litellm_provider': 'one of'}}
        for row in rows:
            provider = names.get(row['provider'], row['provider'])
            entry = {'litellm_provider': provider, 'mode': 'chat'}
            for ours, theirs in members.items():
                if ours in row:
                    entry[theirs] = float(row[ours])
            if 'cache_write_1h' in row:
                entry['cache_creation_input_token_cost_above_1hr'] = float(row['cache_write_1h'])
            for ours, theirs in members.items():
                if ours in row.get('long', {}):
                    entry[f"{theirs}_above_{row['long']['above'] // 1000}k_tokens"] = float(row['long'][ours])
            prefix = '' if provider in ('openai', 'anthropic') else provider + '/'
            table[prefix + row['model']] = entry
        if change is not None:
            change(table)
        return table

    def serve(self, table, status=200):
        text = table if isinstance(table, str) else json.dumps(table)
        self.start_provider(script=[{'path': '/prices.json', 'status': status, 'type': 'application/json',
                                     'steps': [{'text': text}]}] * 3)
        return self.url + '/prices.json'

    def test_nothing_new(self):
        result = self.json('price', 'update', '--from', self.serve(self.table()))
        self.assertEqual(result['changes'], [])
        self.assertNotEqual(result['as_of'], '2026-08-01')
        self.assertFalse(self.show()['old'])

    def test_an_update(self):
        def change(table):
            table['gpt-4o']['input_cost_per_token'] = 2e-06
            table['gpt-99'] = {'litellm_provider': 'openai', 'mode': 'chat', 'input_cost_per_token': 1e-05, 'output_cost_per_token': 9e-06}
            table['embedding-1'] = {'litellm_provider': 'openai', 'mode': 'embedding', 'input_cost_per_token': 1e-05}
        address = self.serve(self.table(change))
        result = self.json('price', 'update', '--dry-run', '--from', address)
        self.assertEqual([(entry['model'], entry['change']) for entry in result['changes']],
                         [('openai:gpt-4o', 'price'), ('openai:gpt-99', 'new')])
        self.assertEqual(self.show()['input_usd_per_million'], '2.5')
        self.assertRegex(self.ok('price', 'update', '--from', address), r'openai:gpt-4o +\$2\.5 / \$10 → \$2 / \$10')
        self.assertEqual(self.show()['input_usd_per_million'], '2')
        self.assertTrue(self.show('openai:gpt-99')['frontier'])
        self.ok('price', 'set', 'openai:gpt-4o', '--input', '7', '--output', '7')
        self.assertEqual((self.show()['source'], self.show()['input_usd_per_million']), ('own', '7'))

    def test_a_table_that_is_not_to_be_believed(self):
        """The last good one stays."""
        def cheaper(table):
            table['gpt-4o']['input_cost_per_token'] = 2e-06

        def negative(table):
            table['gpt-4o']['output_cost_per_token'] = -1e-06

        def jump(table):
            table['gpt-4o']['input_cost_per_token'] = 2.5e-04

        def shrink(table):
            del table['gpt-4o']

        self.ok('price', 'update', '--from', self.serve(self.table(cheaper)))
        for bad, words in ((self.table(negative), 'negative'), (self.table(jump), 'hundredfold'), (self.table(shrink), 'models'),
                           ({}, 'no table'), ('{"models":[]}', 'no table'), ('[]', ''), ('{"models":[{}],"as_of":"x"}', ''), ('nonsense', '')):
            with self.subTest(words):
                self.assertIn(words, self.refused('price', 'update', '--from', self.serve(bad)))
                self.assertEqual(self.show()['input_usd_per_million'], '2')
        self.assertIn('HTTP 404', self.refused('price', 'update', '--from', self.serve('{}', status=404)))
        self.assertIn('HTTPS', self.refused('price', 'update', '--from', 'http://prices.invalid/table.json'))
        self.assertEqual(self.show()['input_usd_per_million'], '2')


class Plans(MoneyCase):
    def add_device(self, tier='free'):
        self.ok('device', 'list')
        self.query('INSERT INTO devices (id, user_id, name, role, tier, paired_at) VALUES (?, ?, ?, ?, ?, 1)',
                   'device-1', 'user', 'A phone', 'owner', tier)

    def test_own_keys(self):
        plan = self.json('plan', 'show')
        self.assertEqual((plan['source'], plan['tier']), ('own-keys', 'self-managed'))
        self.assertEqual(plan['limits'], {'transformations': None, 'tokens': None, 'cost_usd': None})
        self.assertEqual((plan['used']['transformations'], plan['used']['cost_usd']), (0, None))
        self.assertGreater(plan['resets_at'], 1_600_000_000_000)
        self.ok('budget', 'set', '--month', '20')
        self.assertEqual(self.json('plan', 'show')['limits']['cost_usd'], '20')
        self.assertIn('Self-managed', self.ok('plan', 'show'))

    def test_a_companion(self):
        self.add_device()
        self.ok('device', 'tier', 'device', 'member')
        plan = self.json('plan', 'show', '--device', 'device-1')
        self.assertEqual((plan['source'], plan['tier'], plan['frontier']), ('device', 'member', False))
        self.assertEqual(plan['limits'], {'transformations': 50, 'tokens': 100000, 'cost_usd': '5'})
        self.assertEqual(plan['providers'], ['together', 'cloudflare', 'openrouter'])
        self.assertIn('member', self.ok('plan', 'show', '--device', 'device-1'))
        self.assertIn('free, member, pro, premium, admin', self.refused('device', 'tier', 'device-1', 'gold'))
        self.refused('device', 'tier', 'nobody', 'pro')
        self.ok('budget', 'set', '--device', 'device-1', '--day', '0.10')
        self.assertEqual(self.budget('device', 'day', 'device-1')['limit_usd'], '0.1')

    def test_a_call_of_a_companion(self):
        """Refused before anything leaves this machine; what stays on it is allowed."""
        self.add_device()
        self.environment['BOOK_STUDIO_KEY_OPENAI'] = 'sk-test'
        events = self.events('Once', '--model', 'openai:gpt-4o', '--device', 'device-1', status=1)
        self.assertEqual(events[-1]['class'], 'TIER')
        error = self.refused('complete', 'Once', '--model', 'openai:gpt-4o', '--device', 'device-1')
        self.assertIn('The tier “free” does not have this provider. Use a model on this machine', error)
        self.assertEqual(self.json('usage')['calls'], 0)
        self.price()
        self.complete('--device', 'device-1')
        self.assertEqual(self.json('usage', '--by', 'device')['rows'][0]['label'], 'device-1')
        used = self.json('plan', 'show', '--device', 'device-1')['used']
        self.assertEqual((used['transformations'], used['tokens']), (0, 0))


if __name__ == '__main__':
    taptest.main(sys.argv[3:])
