#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Providers, keys, roles, calls and their cost through the command line, with
the scripted provider and real keyrings.

Usage: test-models.py BOOK-STUDIO-CLI BKS-SCRIPTED-PROVIDER [TEST…]
"""

import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from clitest import CliCase, taptest

PROVIDER = os.path.abspath(sys.argv[2])
KEY = 'sk-test-needle-4f2a9c81d7e3b605aa17'
EVENT_MEMBERS = {
    'attempt': {'event', 'provider', 'model', 'n'},
    'text': {'event', 'text'},
    'reasoning': {'event', 'text'},
    'failed': {'event', 'provider', 'class', 'status', 'retry_after'},
    'interrupted': {'event', 'class', 'partial_chars'},
    'usage': {'event', 'input', 'cache_read', 'cache_write', 'output', 'reasoning', 'cost_usd', 'estimated'},
    'done': {'event', 'provider', 'model', 'finish_reason'},
    'error': {'event', 'class', 'message', 'trail'},
}


class ModelCase(CliCase):
    def start_provider(self, *arguments, key=None, script=None):
        """Starts the scripted provider; returns its address."""
        if script is not None:
            arguments += ('--script', self.write_script({'replies': script}))
        if key is not None:
            arguments += ('--key-stdin',)
        process = self.start(PROVIDER, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if key is not None:
            process.stdin.write(key + '\n')
        process.stdin.close()
        self.url = json.loads(process.stdout.readline())['listening']
        return self.url

    def write_script(self, script):
        """Not in the person's home, which is searched for the key."""
        file = tempfile.NamedTemporaryFile('w', suffix='.json')
        self.addCleanup(file.close)
        json.dump(script, file)
        file.flush()
        return file.name

    def requests(self):
        with urllib.request.urlopen(self.url + '/control/requests', timeout=10) as answer:
            return json.load(answer)['requests']

    def completions(self):
        return [request for request in self.requests() if request['path'].endswith('/chat/completions')]

    def add_provider(self, url, name='fake'):
        self.ok('provider', 'add', name, '--protocol', 'openai', '--base-url', url + '/v1')
        self.environment['BOOK_STUDIO_KEY_' + name.upper()] = KEY

    def events(self, *arguments, status=0, **options):
        result = self.run_cli('complete', *arguments, '--events', **options)
        self.assertEqual(result.returncode, status, result.stderr)
        return self.check_events(result.stdout)

    def check_events(self, output):
        events = [json.loads(line) for line in output.splitlines()]
        for event in events:
            self.assertEqual(set(event), EVENT_MEMBERS[event['event']], event)
        return events

    def assert_kept_secret(self, *outputs):
        for output in outputs:
            self.assertNotIn(KEY, output)
        self.assertEqual(self.files_with(KEY.encode()), [])


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
        self.assertFalse(self.completions()[0]['body'].get('stream', False))

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
        self.assertEqual(self.json('usage'), {'rows': [], 'input': 0, 'output': 0, 'cost_usd': '0', 'calls': 0,
                                              'unknown_costs': 0})

    def test_a_local_only_book_stays_here(self):
        book = self.new_book()
        self.ok('book', 'set', book, 'local-only', 'on')
        self.ok('provider', 'add', 'far', '--protocol', 'openai', '--base-url', 'https://example.invalid/v1')
        self.environment['BOOK_STUDIO_KEY_FAR'] = KEY
        events = self.events('x', '--model', 'far:model', '--book', book, status=1)
        self.assertEqual(events[-1]['class'], 'FORBIDDEN')
        self.events('x', '--model', 'fake:demo-writer', '--book', book)

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
        self.assertLessEqual({'ollama', 'openai', 'openrouter', 'together'}, names)
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

    def test_bad_addresses(self):
        for url in ('', 'two words', 'file:///etc/passwd', 'ftp://x/', 'http://', 'https://user:pass@example.org/v1'):
            with self.subTest(url):
                self.refused('provider', 'add', 'mine', '--protocol', 'openai', '--base-url', url)
                self.assertNotIn('mine', self.ok('provider', 'list'))
        self.refused('provider', 'add', 'mine', '--protocol', 'gopher', '--base-url', 'http://127.0.0.1:9')

    def test_it_works(self):
        self.start_provider(key=KEY)
        self.add_provider(self.url)
        self.assertRegex(self.ok('provider', 'test', 'fake'), r'\d+ ms')
        self.assertIs(self.json('provider', 'test', 'fake')['ok'], True)
        models = [model['id'] for model in self.json('provider', 'models', 'fake')['models']]
        self.assertGreater(len(models), 0)
        self.assertEqual(self.ok('provider', 'models', 'fake').splitlines(), models)
        self.assertEqual(self.provider('fake')['state'], 'ready')
        self.assertTrue(self.provider('fake')['has_key'])


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
        self.assertEqual([event['event'] for event in events], ['attempt', 'text', 'text', 'interrupted', 'error'])
        self.assertEqual(events[-2]['partial_chars'], 18)
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
                self.assertEqual([event['event'] for event in events[-2:]], ['interrupted', 'error'])
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
