#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Providers, keys, roles, calls and their cost through the command line, with
the scripted provider and real keyrings.

Usage: test-models.py BOOK-STUDIO-CLI BKS-SCRIPTED-PROVIDER [TEST…]
"""

import base64
import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib

from modeltest import KEY, PROVIDER, ModelCase, taptest


class Complete(ModelCase):
    def setUp(self):
        super().setUp()
        self.start_provider(key=KEY)
        self.add_provider(self.url)

    def test_events_of_a_stream(self):
        events = self.events('Once', '--model', 'fake:demo-writer')
        kinds = [event['event'] for event in events]
        self.assertEqual((kinds[0], kinds[-2:]), ('attempt', ['usage', 'done']))
        self.assertEqual((events[0]['provider'], events[0]['model'], events[0]['n']), ('fake', 'demo-writer', 1))
        self.assertGreater(kinds.count('text'), 5)
        self.assertEqual(set(kinds), {'attempt', 'text', 'usage', 'done'})
        usage = events[-2]
        self.assertGreater(usage['output'], 0)
        self.assertIsInstance(usage['estimated'], bool)
        self.assertTrue(usage['cost_usd'] is None or float(usage['cost_usd']) >= 0)
        self.assertEqual((events[-1]['provider'], events[-1]['finish_reason']), ('fake', 'stop'))
        [request] = self.completions()
        self.assertTrue(request['authorized'])
        self.assertTrue(request['body']['stream'])

    def test_whole(self):
        events = self.events('Once', '--model', 'fake:demo-writer', '--whole')
        self.assertEqual([event['event'] for event in events], ['attempt', 'text', 'usage', 'done'])
        # In one piece for the caller; from the provider piece by piece, so that a stall is noticed.
        self.assertTrue(self.completions()[0]['body']['stream'])

    def test_the_answer_alone(self):
        streamed = self.ok('complete', 'Once', '--model', 'fake:demo-writer')
        self.assertGreater(len(streamed.split()), 20)
        self.assertTrue(streamed.endswith('\n'))
        document = self.json('complete', 'Once', '--model', 'fake:demo-writer')
        self.assertGreater(len(document['text'].split()), 20)
        self.assertEqual(document['provider'], 'fake')
        self.assertEqual(set(document), {'text', 'provider', 'model', 'finish_reason', 'usage'})

    def test_what_is_sent(self):
        self.ok('complete', '-', '--targets', 'fake:demo-writer', '--system', 'Be brief.', '--max-tokens', '7',
                '--temperature', '0.5', text='Ünlike “quotes” 🌊')
        body = self.completions()[0]['body']
        self.assertEqual([(message['role'], message['content']) for message in body['messages']],
                         [('system', 'Be brief.'), ('user', 'Ünlike “quotes” 🌊')])
        self.assertEqual(body['temperature'], 0.5)
        self.assertIn(7, (body.get('max_tokens'), body.get('max_completion_tokens')))

    def test_a_prompt_from_standard_input(self):
        self.ok('complete', '--model', 'fake:demo-writer', text='From a pipe')
        self.assertEqual(self.completions()[0]['body']['messages'][-1]['content'], 'From a pipe')

    def test_a_role(self):
        self.ok('role', 'set', 'quick', 'fake:demo-writer')
        shown = {role['role']: role['targets'] for role in self.json('role', 'show')['roles']}
        self.assertEqual(shown['quick'], [{'provider': 'fake', 'model': 'demo-writer'}])
        self.assertIn('fake:demo-writer', self.ok('role', 'show', 'quick'))
        self.assertEqual(self.events('Once', '--role', 'quick')[0]['model'], 'demo-writer')

    def test_an_unknown_provider(self):
        self.refused('role', 'set', 'quick', 'nobody:model')
        self.refused('complete', 'x', '--targets', 'nobody:model')

    def test_usage(self):
        book = self.new_book()
        for _ in range(2):
            self.ok('complete', 'Once', '--model', 'fake:demo-writer', '--book', book)
        usage = self.json('usage')
        self.assertEqual((usage['calls'], len(usage['rows'])), (2, 2))
        self.assertGreater(usage['output'], 20)
        self.assertEqual({row['book'] for row in usage['rows']}, {book})
        self.assertEqual({row['outcome'] for row in usage['rows']}, {'ok'})
        for by in ('day', 'month', 'provider', 'model', 'book'):
            rows = self.json('usage', '--by', by)['rows']
            self.assertEqual([row['calls'] for row in rows], [2], by)
        self.assertEqual(json.loads(self.ok('usage', '--export', 'json')), usage)
        rows = list(csv.DictReader(io.StringIO(self.ok('usage', '--export', 'csv'))))
        self.assertEqual([row['provider'] for row in rows], ['fake', 'fake'])
        self.assertEqual(self.json('usage', '--since', '2999-01-01')['calls'], 0)
        self.assertEqual(self.json('usage', '--since', '2020-01-01')['calls'], 2)
        self.assertIn('total', self.ok('usage'))

    def test_nothing_spent(self):
        usage = self.json('usage')
        self.assertEqual((usage['rows'], usage['calls'], usage['unknown_costs']), ([], 0, 0))
        self.assertEqual((usage['input'], usage['output'], usage['cost_usd']), (0, 0, '0'))

    def test_a_local_only_book_stays_here(self):
        book = self.new_book()
        self.ok('book', 'set', book, 'local-only', 'on')
        self.ok('provider', 'add', 'far', '--protocol', 'openai', '--base-url', 'https://example.invalid/v1')
        self.environment['BOOK_STUDIO_KEY_FAR'] = KEY
        events = self.events('x', '--model', 'far:model', '--book', book, status=1)
        self.assertEqual(events[-1]['class'], 'FORBIDDEN')
        self.events('x', '--model', 'fake:demo-writer', '--book', book)

    def test_local_ollama_is_free(self):
        self.ok('provider', 'set', 'ollama', 'base-url', self.start_provider())
        self.ok('complete', 'Once', '--model', 'ollama:demo-writer')
        [row] = self.json('usage')['rows']
        self.assertEqual((row['provider'], row['cost_usd'], row['outcome']), ('ollama', '0', 'ok'))

    def test_the_key_is_nowhere(self):
        outputs = [self.ok('complete', 'Once', '--model', 'fake:demo-writer', '--events'), self.ok('provider', 'list'),
                   self.ok('provider', 'list', '--json'), self.ok('usage', '--json'),
                   self.ok('provider', 'test', 'fake'), self.ok('provider', 'models', 'fake')]
        self.assert_kept_secret(*outputs)

    def test_the_key_leaves_the_environment(self):
        self.start_provider('--delay-ms', '100')
        self.ok('provider', 'set', 'fake', 'base-url', self.url + '/v1')
        process = self.start_cli('complete', 'Once', '--model', 'fake:demo-writer')
        taptest.wait_until(lambda: self.completions(), what='the call')
        with open(f'/proc/{process.pid}/environ', 'rb') as file:
            self.assertNotIn(KEY.encode(), file.read())
        with open(f'/proc/{process.pid}/cmdline', 'rb') as file:
            self.assertNotIn(KEY.encode(), file.read())


class Providers(ModelCase):
    def provider(self, name):
        return next(entry for entry in self.json('provider', 'list')['providers'] if entry['id'] == name)

    def test_presets(self):
        names = {entry['id'] for entry in self.json('provider', 'list')['providers']}
        self.assertLessEqual({'ollama', 'openai', 'anthropic', 'openrouter', 'together', 'groq', 'mistral', 'deepseek',
                              'gemini', 'xai', 'lmstudio', 'llamacpp'}, names)
        self.assertFalse(self.provider('openai')['has_key'])
        self.assertEqual(self.provider('ollama')['state'], 'ready')

    def test_add_set_remove(self):
        self.assertEqual(self.ok('provider', 'add', 'mine', '--protocol', 'openai', '--base-url',
                                 'http://127.0.0.1:9/v1/chat/completions'), 'mine\n')
        self.assertEqual(self.provider('mine')['base_url'].rstrip('/'), 'http://127.0.0.1:9/v1')
        self.refused('provider', 'add', 'mine', '--protocol', 'openai', '--base-url', 'http://127.0.0.1:9/v1')
        self.ok('provider', 'set', 'mine', 'base-url', 'http://127.0.0.1:10/v1')
        self.assertIn(':10/', self.provider('mine')['base_url'] + '/')
        self.ok('provider', 'remove', 'mine')
        self.assertNotIn('mine', [entry['id'] for entry in self.json('provider', 'list')['providers']])
        self.refused('provider', 'remove', 'openai')
        self.refused('provider', 'remove', 'mine')

    def test_what_a_person_calls_it(self):
        self.assertEqual(self.ok('provider', 'add', 'My Scripted Server', '--protocol', 'openai', '--base-url',
                                 'http://127.0.0.1:9/v1'), 'my-scripted-server\n')
        self.assertEqual(self.provider('my-scripted-server')['name'], 'My Scripted Server')
        self.assertEqual(self.ok('provider', 'set', 'my-scripted-server', 'name', 'Études'), 'Études\n')
        self.assertEqual(self.provider('my-scripted-server')['name'], 'Études')
        for name in ('', '1st', '…', 'a:b', 'a/b', 'x' * 100, 'two\nlines'):
            with self.subTest(name):
                self.refused('provider', 'add', name, '--protocol', 'openai', '--base-url', 'http://127.0.0.1:9/v1')
        # Removed, and added again: nothing of the old one is left.
        self.ok('provider', 'remove', 'my-scripted-server')
        self.ok('provider', 'add', 'my-scripted-server', '--protocol', 'openai', '--base-url', 'http://127.0.0.1:9/v1')
        self.assertEqual(self.provider('my-scripted-server')['name'], 'my-scripted-server')

    def test_addresses_are_understood(self):
        understood = 'https://api.example.org/v1'
        for typed in ('https://api.example.org/v1', 'https://api.example.org/v1/', 'https://api.example.org',
                      'api.example.org', 'https://api.example.org/v1/v1', 'https://api.example.org/v1/chat/completions',
                      'https://api.example.org/v1/chat/completions/', 'https://api.example.org/v1/responses',
                      'https://api.example.org/v1/embeddings', 'https://api.example.org//v1//models',
                      ' HTTPS://API.example.org:443/v1 '):
            with self.subTest(typed):
                self.assertEqual(self.ok('provider', 'set', 'openai', 'base-url', typed), understood + '\n')
                self.assertEqual(self.provider('openai')['base_url'], understood)

    def test_bad_settings(self):
        self.wrong('provider', 'set', 'openai', 'colour', 'red')
        self.refused('provider', 'set', 'openai', 'account-id', 'x')
        self.refused('provider', 'set', 'nobody', 'name', 'x')
        self.refused('provider', 'set', 'anthropic', 'api-version', '1999-01-01')
        self.ok('provider', 'set', 'anthropic', 'api-version', '2026-10-21')

    def test_bad_addresses(self):
        for url in ('', 'two words', 'file:///etc/passwd', 'ftp://x/', 'http://', 'https://user:pass@example.org/v1'):
            with self.subTest(url):
                self.refused('provider', 'add', 'mine', '--protocol', 'openai', '--base-url', url)
                self.assertNotIn('mine', self.ok('provider', 'list'))
        self.refused('provider', 'add', 'mine', '--protocol', 'gopher', '--base-url', 'http://127.0.0.1:9')

    def test_it_works(self):
        self.start_provider(key=KEY)
        self.add_provider(self.url)
        self.assertRegex(self.ok('provider', 'test', 'fake'),
                         r'^Key accepted; credit unknown until first use \(\d+ ms\)\.\n$')
        verdict = self.json('provider', 'test', 'fake')
        self.assertEqual((verdict['ok'], verdict['verdict'], verdict['credit_usd']),
                         (True, 'Key accepted; credit unknown until first use', None))
        models = [model['id'] for model in self.json('provider', 'models', 'fake')['models']]
        self.assertGreater(len(models), 0)
        self.assertEqual(self.ok('provider', 'models', 'fake').splitlines(), models)
        self.assertEqual(self.provider('fake')['state'], 'ready')
        self.assertTrue(self.provider('fake')['has_key'])


    def test_what_models_can(self):
        self.start_provider(script=[{'path': '/v1/models', 'json': {'data': [
            {'id': 'a/b', 'context_length': 9000, 'pricing': {'prompt': '0.000002', 'completion': '0.00001'},
             'architecture': {'input_modalities': ['text', 'image'], 'output_modalities': ['text']},
             'supported_parameters': ['tools', 'reasoning']}, {'id': 'c'}]}}])
        self.ok('provider', 'set', 'openrouter', 'base-url', self.url + '/v1')
        self.environment['BOOK_STUDIO_KEY_OPENROUTER'] = KEY
        self.assertEqual(self.json('provider', 'models', 'openrouter')['models'], [
            {'id': 'a/b', 'provider': 'openrouter', 'window': 9000, 'input_usd_per_million': '2',
             'output_usd_per_million': '10', 'abilities': ['text', 'reasoning', 'tools', 'vision']},
            {'id': 'c', 'provider': 'openrouter', 'window': None, 'input_usd_per_million': None,
             'output_usd_per_million': None, 'abilities': ['text']}])

    def test_counting_tokens(self):
        self.environment['BOOK_STUDIO_KEY_ANTHROPIC'] = KEY
        self.start_provider(script=[{'path': '/v1/messages/count_tokens', 'json': {'input_tokens': 2095}},
                                    {'path': '/v1/messages/count_tokens', 'status': 401, 'json': {
                                        'type': 'error', 'error': {'type': 'authentication_error', 'message': 'invalid'}}}])
        self.ok('provider', 'set', 'anthropic', 'base-url', self.url)
        self.assertEqual(self.ok('provider', 'count', 'anthropic', 'claude-x', text='Night fell.'), '2095\n')
        self.assertEqual(self.requests()[-1]['body']['messages'], [{'role': 'user', 'content': 'Night fell.'}])
        self.assertRegex(self.refused('provider', 'count', 'anthropic', 'claude-x', text='x'), 'does not accept the key')
        # Who does not count is not asked.
        self.ok('provider', 'set', 'ollama', 'base-url', self.url)
        asked = len(self.requests())
        self.assertEqual(self.json('provider', 'count', 'ollama', 'm', text='word ' * 100), {'tokens': 125, 'estimated': True})
        self.assertEqual(len(self.requests()), asked)

    def test_verdicts(self):
        self.environment['BOOK_STUDIO_KEY_OPENROUTER'] = self.environment['BOOK_STUDIO_KEY_OPENAI'] = KEY
        self.start_provider(script=[{'path': '/v1/key', 'json': {'data': {'limit': 5, 'limit_remaining': 3.25}}}])
        self.ok('provider', 'set', 'openrouter', 'base-url', self.url + '/v1')
        self.assertRegex(self.ok('provider', 'test', 'openrouter'),
                         r'^Key accepted; left to spend: \$3\.25 \(\d+ ms\)\.\n$')
        self.assertRegex(self.ok('provider', 'test', 'openrouter'), r'^Key accepted; credit unknown')
        self.start_provider(script=[{'path': '/v1/models', 'status': 403, 'json': {'error': {
            'message': 'You have insufficient permissions for this operation. Missing scopes: api.model.read.'}}}])
        self.ok('provider', 'set', 'openai', 'base-url', self.url + '/v1')
        self.assertRegex(self.ok('provider', 'test', 'openai'), r'^Key accepted, but it may not list models')
        self.ok('provider', 'set', 'ollama', 'base-url', self.url)
        self.assertRegex(self.ok('provider', 'test', 'ollama'), r'^It answers and needs no key \(\d+ ms\)\.\n$')


class Troubles(ModelCase):
    """What "provider test" says to a writer: one sentence with the cause and the next step."""

    def setUp(self):
        super().setUp()
        for name in ('OPENAI', 'OPENROUTER', 'TOGETHER', 'FAKE'):
            self.environment['BOOK_STUDIO_KEY_' + name] = KEY

    def sentence(self, provider, verb='test'):
        line = self.refused('provider', verb, provider)
        self.assert_kept_secret(line)
        self.assertNotIn('\x1b', line)
        # One sentence: nothing but a quotation ends inside it.
        said = line[len('book-studio-cli: '):-1]
        outside = said.split('“')[0] + ''.join(part.split('”', 1)[-1] for part in said.split('“')[1:])
        self.assertNotRegex(outside, r'[.!?] ', said)
        return said

    def answers(self, status, document=None, path='/v1/models', provider='openai', **reply):
        if document is not None:
            reply['json'] = document
        self.start_provider(script=[{'path': path, 'status': status, **reply}])
        self.ok('provider', 'set', provider, 'base-url', self.url + '/v1')
        return self.sentence(provider)

    def test_a_wrong_key(self):
        said = self.answers(401, {'error': {'message': f'Incorrect API key provided: {KEY}. See the site.',
                                            'code': 'invalid_api_key'}})
        self.assertEqual(said, 'OpenAI does not accept the key: enter it again with “book-studio-cli provider set-key openai”, '
                               'or make a new one at https://platform.openai.com/api-keys '
                               '(HTTP 401: “Incorrect API key provided: [hidden]. See the site.”).')

    def test_no_key(self):
        del self.environment['BOOK_STUDIO_KEY_OPENAI']
        self.assertRegex(self.sentence('openai'), 'no keyring with a key for OpenAI: start one .* BOOK_STUDIO_KEY_OPENAI')

    def test_nobody_there(self):
        self.ok('provider', 'set', 'ollama', 'base-url', 'http://127.0.0.1:1')
        self.assertEqual(self.sentence('ollama'),
                         'Ollama does not answer at http://127.0.0.1:1: start it, or correct the address with '
                         '“book-studio-cli provider set ollama base-url ADDRESS”.')

    def test_no_network(self):
        self.ok('provider', 'add', 'Fake', '--protocol', 'openai', '--base-url', 'http://nowhere.invalid/v1')
        self.assertRegex(self.sentence('fake'), '^Fake cannot be reached .*nowhere.invalid.*: check your network connection, '
                                                'or correct the address')

    def test_a_wrong_address(self):
        for status, reply in ((404, {'type': 'text/html', 'steps': [{'text': '<html>Not here</html>'}]}),
                              (200, {'type': 'text/html', 'steps': [{'text': '<html>Welcome</html>'}]}),
                              (200, {'json': {'hello': 'world'}}), (301, {'headers': {'Location': 'http://127.0.0.1:1/'}})):
            with self.subTest(status=status, reply=reply):
                said = self.answers(status, **reply)
                self.assertRegex(said, f'^What answers at {self.url}/v1 is not the service of OpenAI: correct the address with ')
                self.assertNotIn('html', said)

    def test_no_credit(self):
        self.assertRegex(self.answers(402, {'error': {'message': 'Insufficient credits'}}),
                         '^OpenAI has no credit left for this key, .*: add credit there, or use another provider')
        self.assertRegex(self.answers(200, {'data': {'limit_remaining': 0}}, '/v1/key', 'openrouter'),
                         '^OpenRouter has no credit left for this key')

    def test_a_key_that_may_not(self):
        self.assertRegex(self.answers(403, {'error': {'message': 'Country not supported'}}),
                         '^OpenAI knows the key but does not let it do this: change .*“Country not supported”')

    def test_a_name_that_ollama_does_not_know(self):
        self.start_provider(script=[{'path': '/api/version', 'status': 403}])
        self.ok('provider', 'set', 'ollama', 'base-url', self.url)
        self.assertRegex(self.sentence('ollama'),
                         f'^Ollama takes no calls under the name in {self.url}: start it with OLLAMA_HOST=0.0.0.0, or give ')

    def test_too_many_requests(self):
        self.assertRegex(self.answers(429, {'error': {'message': 'Slow'}}, headers={'Retry-After': '7'}),
                         '^OpenAI takes no more requests for the moment: try again in 7 seconds')
        self.assertRegex(self.answers(429, {'error': {'message': 'Slow'}}), 'try again in a minute')

    def test_a_fault_over_there(self):
        self.assertRegex(self.answers(500, {'error': {'message': 'Oops'}}), '^OpenAI has a fault of its own: try again in a few minutes')
        self.assertRegex(self.answers(503, {'error': {'message': 'Busy'}}), '^OpenAI is overloaded: try again in a few minutes')

    def test_a_long_and_hostile_message(self):
        said = self.answers(401, {'error': {'message': 'No\x1b[2J\n' + 'word ' * 2000}})
        self.assertLess(len(said), 600)

    def test_listing_models(self):
        self.answers(401, {'error': {'message': 'Wrong'}})
        self.start_provider(script=[{'path': '/v1/models', 'status': 401, 'json': {'error': {'message': 'Wrong'}}}])
        self.ok('provider', 'set', 'openai', 'base-url', self.url + '/v1')
        self.assertRegex(self.sentence('openai', 'models'), '^OpenAI does not accept the key')

    def test_nobody_of_that_name(self):
        self.assertIn('nobody', self.refused('provider', 'test', 'nobody'))


class Failures(ModelCase):
    def fails(self, klass, *arguments):
        """A call that fails in a way a person can read, and in events."""
        events = self.events('Once', '--model', 'fake:demo-writer', *arguments, status=1)
        self.assertEqual(events[-1]['event'], 'error')
        self.assertEqual(events[-1]['class'], klass, events[-1])
        self.assertGreater(len(events[-1]['message']), 10)
        self.assertEqual(self.json('usage')['rows'][0]['outcome'], klass)
        return events

    def test_a_wrong_key(self):
        self.start_provider(key='another')
        self.add_provider(self.url)
        events = self.fails('AUTH')
        self.assertEqual((events[1]['event'], events[1]['status'], events[1]['provider']), ('failed', 401, 'fake'))
        self.assertEqual(events[2]['event'], 'usage')
        self.assertEqual(events[-1]['trail'][0]['class'], 'AUTH')
        error = self.refused('complete', 'Once', '--model', 'fake:demo-writer')
        self.refused('provider', 'test', 'fake')
        self.assert_kept_secret(error, json.dumps(events))

    def test_a_wrong_address(self):
        self.add_provider('http://127.0.0.1:9')
        self.fails('TRANSPORT')
        self.refused('complete', 'Once', '--model', 'fake:demo-writer')
        self.refused('provider', 'test', 'fake')
        self.refused('provider', 'models', 'fake')

    def test_too_many_requests(self):
        self.start_provider(script=[{'path': '/v1/chat/completions', 'status': 429, 'headers': {'Retry-After': '2'},
                                     'json': {'error': {'message': 'Slow down', 'type': 'rate_limit_error'}},
                                     'times': 5}])
        self.add_provider(self.url)
        failed = self.fails('RATE')[1]
        self.assertEqual((failed['status'], failed['retry_after']), (429, 2))

    def test_a_cut_stream_keeps_what_came(self):
        delta = json.dumps({'choices': [{'index': 0, 'delta': {'content': 'The rain '}, 'finish_reason': None}]})
        self.start_provider(script=[{'path': '/v1/chat/completions', 'times': 3,
                                     'steps': [{'event': delta}, {'event': delta}, {'cut': True}]}])
        self.add_provider(self.url)
        events = self.fails('TRUNCATED')
        self.assertEqual([event['event'] for event in events], ['attempt', 'text', 'text', 'interrupted', 'usage', 'error'])
        self.assertEqual(events[-3]['partial_chars'], 18)
        self.assertTrue(events[-2]['estimated'])
        self.assertGreater(events[-2]['input'], 0)
        result = self.run_cli('complete', 'Once', '--model', 'fake:demo-writer')
        self.assertEqual((result.returncode, result.stdout.rstrip('\n')), (1, 'The rain The rain '))
        self.assert_one_line(result.stderr.lstrip('\n'))

    def test_a_message_with_escape_sequences(self):
        self.start_provider(script=[{'path': '/v1/chat/completions', 'status': 400, 'times': 3,
                                     'json': {'error': {'message': 'Bad \x1b[2J\nvalue ' + KEY}}}])
        self.add_provider(self.url)
        error = self.refused('complete', 'Once', '--model', 'fake:demo-writer')
        self.assertNotIn('\x1b', error)
        self.assert_kept_secret(error)

    def test_no_keyring_and_no_variable(self):
        events = self.events('x', '--model', 'openai:gpt-4o', status=1)
        self.assertEqual(events[-1]['class'], 'KEYRING_ABSENT')
        error = self.refused('provider', 'set-key', 'openai', text=KEY + '\n')
        self.assert_kept_secret(error)
        self.assertEqual(self.json('usage')['calls'], 0)

    def test_a_variable_for_another_address(self):
        self.start_provider()
        self.environment['BOOK_STUDIO_KEY_OPENAI'] = KEY
        self.ok('provider', 'set', 'openai', 'base-url', 'https://evil.invalid/v1')
        events = self.events('x', '--model', 'openai:gpt-4o', status=1)
        self.assertIn(events[-1]['class'], ('KEYRING_ABSENT', 'NO_KEY'))


class Failover(ModelCase):
    """Two providers on one server, told apart by their models."""

    def start_with(self, *replies):
        self.start_provider(script=[{'path': '/v1/chat/completions', **reply} for reply in replies])
        self.add_provider(self.url, 'first')
        self.add_provider(self.url, 'second')

    @staticmethod
    def piece(text):
        return {'event': json.dumps({'choices': [{'index': 0, 'delta': {'content': text}, 'finish_reason': None}]})}

    def kinds(self, events):
        return [event['event'] for event in events]

    def test_another_answers(self):
        self.start_with({'status': 401, 'json': {'error': {'message': 'No'}}})
        events = self.events('Once', '--targets', 'first:a,second:b')
        kinds = self.kinds(events)
        self.assertEqual(kinds[:4], ['attempt', 'failed', 'usage', 'attempt'])
        self.assertEqual((events[1]['provider'], events[1]['class'], events[1]['status']), ('first', 'AUTH', 401))
        self.assertEqual((events[3]['provider'], events[3]['model'], events[3]['n']), ('second', 'b', 2))
        self.assertEqual((kinds[-2:], events[-1]['provider']), (['usage', 'done'], 'second'))
        self.assertEqual([request['body']['model'] for request in self.completions()], ['a', 'b'])
        rows = self.json('usage')['rows']
        self.assertEqual(sorted(row['outcome'] for row in rows), ['AUTH', 'ok'])

    def test_it_is_said_who_answered(self):
        self.start_with({'status': 401, 'json': {'error': {'message': 'No'}}})
        result = self.run_cli('complete', 'Once', '--targets', 'first:a,second:b')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(len(result.stdout.split()), 20)
        self.assertIn('first:a', result.stderr)
        self.assertIn('AUTH', result.stderr)
        self.assertNotIn('first:a', result.stdout)

    def test_no_failover(self):
        self.start_with({'status': 401, 'json': {'error': {'message': 'No'}}})
        events = self.events('Once', '--targets', 'first:a,second:b', '--no-failover', status=1)
        self.assertEqual(events[-1]['class'], 'AUTH')
        self.assertEqual(len(self.completions()), 1)

    def test_the_order_of_a_role_follows_a_model(self):
        self.start_with({'status': 404, 'json': {'error': {'message': 'No', 'code': 'model_not_found'}}})
        self.ok('role', 'set', 'draft', 'second:b')
        events = self.events('Once', '--model', 'first:a')
        self.assertEqual((events[-1]['event'], events[-1]['provider']), ('done', 'second'))

    def test_the_trail_of_all(self):
        self.start_with({'status': 401, 'json': {'error': {'message': 'No'}}},
                        {'status': 402, 'json': {'error': {'message': 'No'}}})
        events = self.events('Once', '--targets', 'first:a,second:b', status=1)
        self.assertEqual(events[-1]['class'], 'AUTH')
        self.assertEqual([(step['provider'], step['class']) for step in events[-1]['trail']],
                         [('first', 'AUTH'), ('second', 'BILLING')])

    def test_a_cut_stream_is_not_passed_on(self):
        self.start_with({'steps': [self.piece('The rain '), {'cut': True}]})
        events = self.events('Once', '--targets', 'first:a,second:b', status=1)
        self.assertEqual(self.kinds(events), ['attempt', 'text', 'interrupted', 'usage', 'error'])
        self.assertEqual(len(self.completions()), 1)

    def test_a_cut_stream_is_replayed_for_a_whole_answer(self):
        self.start_with({'steps': [self.piece('What is lost '), {'cut': True}]})
        events = self.events('Once', '--targets', 'first:a,second:b', '--whole')
        self.assertEqual(self.kinds(events), ['attempt', 'failed', 'usage', 'restart', 'attempt', 'text', 'usage', 'done'])
        self.assertEqual(events[3]['n'], 2)
        self.assertNotIn('What is lost', events[5]['text'])

    def test_a_dead_key_is_left_alone_until_it_is_tested(self):
        self.start_with({'status': 401, 'json': {'error': {'message': 'No'}}})
        self.events('Once', '--targets', 'first:a', status=1)
        [dead] = [row for row in self.json('provider', 'health')['providers'] if row['id'] == 'first']
        self.assertEqual((dead['state'], dead['reason']), ('dead', 'AUTH'))
        self.assertIn('first', self.ok('provider', 'health'))
        self.events('Once', '--targets', 'first:a', status=1)
        self.assertEqual(len(self.completions()), 1)
        self.ok('provider', 'test', 'first')
        [tested] = [row for row in self.json('provider', 'health')['providers'] if row['id'] == 'first']
        self.assertEqual((tested['state'], tested['reason']), ('closed', None))
        self.ok('complete', 'Once', '--targets', 'first:a')

    def test_another_key_is_another_matter(self):
        self.start_with({'status': 401, 'json': {'error': {'message': 'No'}}})
        self.events('Once', '--targets', 'first:a', status=1)
        self.environment['BOOK_STUDIO_KEY_FIRST'] = KEY + 'anew'
        self.ok('complete', 'Once', '--targets', 'first:a')

    def test_nobody_too_dear_is_asked(self):
        self.start_with()
        self.ok('provider', 'set', 'openai', 'base-url', self.url + '/v1')
        events = self.events('Once', '--targets', 'openai:gpt-4o', '--max-cost', '0.000001', status=1)
        self.assertEqual((self.kinds(events), events[-1]['class']), (['error'], 'OVER_BUDGET'))
        self.assertEqual(self.completions(), [])
        self.wrong('complete', 'Once', '--targets', 'openai:gpt-4o', '--max-cost', 'much')


class Floods(ModelCase):
    """What a server sends without end takes no more than 64 MB of the whole program, and ends."""

    MOST_KIB = 64 * 1024

    def peak(self, *arguments):
        """Runs it; returns the most memory it had, in KiB, its exit status and standard error."""
        process = self.start_cli(*arguments)
        most = 0
        with open(f'/proc/{process.pid}/status') as status, tempfile.TemporaryFile() as output:
            # Not by wait4: that counts what this program had when it forked.
            reader = threading.Thread(target=lambda: output.write(process.stdout.read()))
            reader.start()
            while process.poll() is None:
                status.seek(0)
                [peak] = re.findall(r'VmHWM:\s+(\d+)', status.read()) or [0]
                most = max(most, int(peak))
                time.sleep(0.001)
            reader.join()
        return most, process.returncode, process.stderr.read().decode()

    def flood(self, arguments, *replies):
        usual, status, _ = self.peak('provider', 'list')
        self.assertEqual(status, 0)
        for reply in replies:
            self.start_provider(script=[{'times': 9, **reply}])
            self.ok('provider', 'set', 'fake', 'base-url', self.url + '/v1')
            most, status, error = self.peak(*arguments)
            self.assertEqual(status, 1, error)
            self.assert_one_line(error.lstrip('\n'))
            print(f'# {reply["type"]} {reply["steps"][-1].get("flood", "packed")[:40]!r}: {most - usual} KiB more: {error.strip()[:90]}')
            self.assertGreater(usual, 1024)
            self.assertLess(most - usual, self.MOST_KIB)

    def setUp(self):
        super().setUp()
        self.add_provider('http://127.0.0.1:9')

    def test_complete(self):
        def frame(times):
            return 'data: ' + json.dumps({'choices': [{'index': 0, 'delta': {'content': 'more ' * times}}]}) + '\n\n'

        bomb = zlib.compressobj(9, wbits=31)
        packed = bomb.compress(b': x\n' * (25 << 20)) + bomb.flush()
        sse, document = 'text/event-stream', 'application/json'
        for how in ((), ('--events',), ('--json',)):
            self.flood(('complete', 'Once', '--model', 'fake:m', *how),
                       {'type': sse, 'steps': [{'flood': frame(830000)}]},
                       {'type': sse, 'steps': [{'flood': frame(415000)}]},
                       {'type': sse, 'steps': [{'flood': frame(1) * 1000}]})
        self.flood(('complete', 'Once', '--model', 'fake:m'),
                   {'type': sse, 'steps': [{'flood': 'data: an endless line' * 1000}]},
                   {'type': sse, 'steps': [{'flood': 'data: an endless event\n' * 1000}]},
                   {'type': document, 'steps': [{'text': '{"choices":'}, {'flood': '[' * 10000}]},
                   {'type': document, 'steps': [{'text': '{"choices":"'}, {'flood': 'x' * 10000}]},
                   {'type': sse, 'headers': {'Content-Encoding': 'gzip'},
                    'steps': [{'base64': base64.b64encode(packed).decode()}]})

    def test_check_and_list(self):
        for verb in ('test', 'models'):
            self.flood(('provider', verb, 'fake'),
                       {'type': 'application/json', 'steps': [{'text': '{"data":['}, {'flood': '{"id":"m"},' * 1000}]},
                       {'type': 'application/json', 'steps': [{'text': '{"data":['}, {'flood': '[' * 10000}]},
                       {'type': 'application/json', 'status': 500, 'steps': [{'flood': '{"error":' * 1000}]},
                       {'type': 'text/html', 'steps': [{'flood': '<html>' * 1000}]})


class Stop(ModelCase):
    def setUp(self):
        super().setUp()
        self.start_provider('--delay-ms', '200')
        self.add_provider(self.url)

    def assert_stopped(self):
        taptest.wait_until(lambda: self.completions()[0]['closed_early'], 5, 'the socket to close')
        usage = self.json('usage')
        self.assertEqual([row['outcome'] for row in usage['rows']], ['CANCELLED'])

    def test_control_c(self):
        for sent in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(sent):
                process = self.start_cli('complete', 'Once', '--model', 'fake:demo-writer', '--events')
                process.stdout.readline()
                first = json.loads(process.stdout.readline())
                self.assertEqual(first['event'], 'text')
                process.send_signal(sent)
                began = time.monotonic()
                status, output, error = self.finish(process)
                self.assertLess(time.monotonic() - began, 3)
                self.assertEqual(status, 1)
                self.assert_one_line(error)
                events = self.check_events(output)
                self.assertEqual([event['event'] for event in events[-3:]], ['interrupted', 'usage', 'error'])
                self.assertEqual(events[-1]['class'], 'CANCELLED')
        taptest.wait_until(lambda: all(request['closed_early'] for request in self.completions()), 5, 'the sockets')
        self.assertEqual([row['outcome'] for row in self.json('usage')['rows']], ['CANCELLED'] * 2)

    def test_a_reader_that_left(self):
        process = self.start_cli('complete', 'Once', '--model', 'fake:demo-writer')
        process.stdout.read(1)
        process.stdout.close()
        self.assertEqual(process.wait(10), 1)
        self.assertEqual(taptest.own_lines(process.stderr.read().decode()), '')
        self.assert_stopped()

    def test_a_reader_that_is_stuck(self):
        """Ctrl+C works while the pipe is full and nobody reads it."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b'x' * 4096)
        except BlockingIOError:
            os.set_blocking(writing, True)
        process = subprocess.Popen(self.line('complete', 'Once', '--model', 'fake:demo-writer'), env=self.environment,
                                   stdout=writing, stderr=subprocess.PIPE)
        self.addCleanup(taptest.end, process)
        os.close(writing)
        taptest.wait_until(self.completions, what='the call')
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 1)
        self.assert_stopped()

    def test_waiting_for_standard_input(self):
        process = self.start_cli('complete', '-', '--model', 'fake:demo-writer', stdin=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 1)


class Keys(ModelCase):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.daemon = self.start_ready()
        self.start_provider(key=KEY)
        self.ok('provider', 'add', 'fake', '--protocol', 'openai', '--base-url', self.url + '/v1')

    def provider(self, name='fake'):
        return next(entry for entry in self.json('provider', 'list')['providers'] if entry['id'] == name)

    def test_a_provider_without_a_key(self):
        self.assertEqual((self.provider('openai')['has_key'], self.provider('openai')['state']), (False, 'no-key'))
        events = self.events('x', '--model', 'openai:gpt-4o', status=1)
        self.assertEqual(events[-1]['class'], 'NO_KEY')

    def test_a_key_comes_and_goes(self):
        self.assertFalse(self.provider()['has_key'])
        self.assertEqual(self.ok('provider', 'set-key', 'fake', text=f'  {KEY}\n'), '')
        self.assertEqual((self.provider()['has_key'], self.provider()['state']), (True, 'ready'))
        outputs = [self.ok('provider', 'test', 'fake'),
                   self.ok('complete', 'Once', '--model', 'fake:demo-writer', '--events')]
        self.assertTrue(self.completions()[0]['authorized'])
        self.assert_kept_secret(*outputs)
        self.ok('provider', 'remove-key', 'fake')
        self.assertFalse(self.provider()['has_key'])
        self.refused('complete', 'Once', '--model', 'fake:demo-writer')
        self.assertIn('no key', self.ok('provider', 'remove-key', 'fake'))

    def test_a_key_is_for_its_origin(self):
        self.ok('provider', 'set-key', 'fake', text=KEY)
        self.ok('provider', 'set', 'fake', 'base-url', 'http://127.0.0.1:9/v1')
        self.assertFalse(self.provider()['has_key'])
        self.ok('provider', 'set', 'fake', 'base-url', self.url + '/v1')
        self.assertTrue(self.provider()['has_key'])

    def test_another_server_sees_no_key(self):
        """Neither after the address was changed, nor when the first server leads on to the other."""
        self.ok('provider', 'set-key', 'fake', text=KEY)
        first = self.url
        second = self.start_provider()
        self.ok('provider', 'set', 'fake', 'base-url', second + '/v1')
        self.run_cli('provider', 'test', 'fake')
        self.run_cli('provider', 'models', 'fake')
        self.run_cli('complete', 'Once', '--model', 'fake:demo-writer')
        third = self.start_provider(script=[{'status': 307, 'headers': {'Location': second + '/v1/models'}, 'times': 3}])
        self.ok('provider', 'add', 'leading', '--protocol', 'openai', '--base-url', third + '/v1')
        self.ok('provider', 'set-key', 'leading', text=KEY)
        self.refused('provider', 'test', 'leading')
        self.refused('complete', 'Once', '--model', 'leading:demo-writer')
        self.assertTrue(self.requests())
        self.url = second
        for request in self.requests():
            self.assertNotIn('authorization', request['headers'], request['path'])
            self.assertNotIn(KEY, json.dumps(request))
        self.ok('provider', 'set', 'fake', 'base-url', first + '/v1')
        self.assertRegex(self.ok('provider', 'test', 'fake'), '^Key accepted')

    def test_a_key_may_not_travel_unencrypted(self):
        self.ok('provider', 'add', 'lan', '--protocol', 'openai', '--base-url', 'http://192.0.2.1:8000/v1')
        self.assertRegex(self.refused('provider', 'set-key', 'lan', text=KEY), 'unencrypted.*https://')
        self.assertFalse(self.provider('lan')['has_key'])

    def test_bad_keys(self):
        for key in ('', '\n', 'two\nlines', 'with space', 'x' * 20000, 'ctrl\x07'):
            with self.subTest(key[:10]):
                error = self.refused('provider', 'set-key', 'fake', text=key)
                self.assertNotIn('two', error)
        self.assertFalse(self.provider()['has_key'])

    def test_a_locked_keyring(self):
        self.ok('provider', 'set-key', 'fake', text=KEY)
        taptest.end(self.daemon)
        taptest.wait_until(lambda: not self.has_owner('org.freedesktop.secrets'), what='the daemon to go')
        self.start_daemon()
        self.assertEqual(self.provider('openai')['state'], 'keyring-locked')
        events = self.events('Once', '--model', 'openai:gpt-4o', status=1)
        self.assertEqual(events[-1]['class'], 'KEYRING_LOCKED')
        error = self.refused('provider', 'set-key', 'fake', text=KEY)
        self.assert_kept_secret(error)

    def test_typed_on_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(self.line()[0], self.line('provider', 'set-key', 'fake'), self.environment)
        shown = b''
        try:
            self.assertIn(b':', shown := self.read_terminal(terminal, b'API key for fake: '))
            os.write(terminal, KEY.encode() + b'\n')
            shown += self.read_terminal(terminal, None)
        finally:
            os.close(terminal)
            _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, shown)
        self.assertNotIn(KEY.encode(), shown)
        self.assertTrue(self.provider()['has_key'])

    def read_terminal(self, terminal, until):
        data = b''
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and (until is None or until not in data):
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    part = os.read(terminal, 4096)
                except OSError:
                    return data
                if not part:
                    return data
                data += part
        return data


if __name__ == '__main__':
    taptest.main(sys.argv[3:])
