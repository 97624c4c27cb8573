# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to models through the command line, with the scripted provider.

A script is called with the program and the scripted provider.
"""

import json
import os
import subprocess
import sys
import tempfile
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
    'restart': {'event', 'n'},
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
