#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The companion service, started and paired by the command line.

Usage: test-service.py BOOK-STUDIO-CLI [TEST…]
"""

import base64
import json
import os
import signal
import sys
import urllib.error
import urllib.request

from clitest import CliCase, taptest


class ServiceCase(CliCase):
    def setUp(self):
        super().setUp()
        self.environment['BOOK_STUDIO_JWT_KEY'] = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip('=')

    def serve(self, *arguments):
        """Starts the service; returns its process and the one line it printed."""
        process = self.start_cli('serve', '--listen', '127.0.0.1:0', *arguments)
        line = process.stdout.readline().decode()
        self.assertTrue(line.endswith('\n'), process.stderr.read() if not line else line)
        return process, json.loads(line)

    def ask(self, url, path, data=None, token=None):
        headers = {'Content-Type': 'application/json'}
        if token is not None:
            headers['Authorization'] = f'Bearer {token}'
        request = urllib.request.Request(url + path, json.dumps(data).encode() if data is not None else None, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None


class Serve(ServiceCase):
    def test_one_line_then_health(self):
        process, line = self.serve()
        self.assertEqual(set(line), {'listening'})
        self.assertRegex(line['listening'], r'^http://127\.0\.0\.1:\d+$')
        self.assertEqual(self.ask(line['listening'], '/health')[0], 200)
        process.terminate()
        status, output, error = self.finish(process)
        self.assertEqual((status, output, error), (0, '', ''))

    def test_both_signals_end_it_well(self):
        for sent in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(sent):
                process, _ = self.serve()
                process.send_signal(sent)
                self.assertEqual(self.finish(process)[0], 0)

    def test_a_device_is_paired_seen_and_shut_out(self):
        book = self.new_book()
        process, line = self.serve('--pair')
        self.assertRegex(line['pairing_code'], r'^\d{8}$')
        url = line['listening']
        self.assertEqual(self.ask(url, '/api/books')[0], 401)
        status, paired = self.ask(url, '/api/auth/pair', {'code': line['pairing_code'], 'device_name': 'A phone'})
        self.assertEqual(status, 200)
        token = paired['access_token']
        status, books = self.ask(url, '/api/books', token=token)
        self.assertEqual(status, 200)
        self.assertIn(book, json.dumps(books))

        [device] = self.json('device', 'list')['devices']
        self.assertEqual((device['name'], device['revoked']), ('A phone', False))
        self.assertIn('A phone', self.ok('device', 'list'))
        self.ok('device', 'revoke', device['id'])
        self.assertEqual(self.ask(url, '/api/books', token=token)[0], 401)
        self.assertEqual(self.ask(url, '/api/auth/pair', {'code': line['pairing_code'], 'device_name': 'x'})[0], 401)
        process.terminate()
        self.assertEqual(self.finish(process)[0], 0)

    def test_a_code_of_another_process(self):
        _, line = self.serve()
        code = self.ok('device', 'pair').strip()
        self.assertRegex(code, r'^\d{8}$')
        self.assertEqual(self.ask(line['listening'], '/api/auth/pair', {'code': code, 'device_name': 'x'})[0], 200)
        self.assertRegex(self.json('device', 'pair')['pairing_code'], r'^\d{8}$')

    def test_no_signing_key(self):
        for value in (None, 'short', 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg'):
            with self.subTest(value):
                del self.environment['BOOK_STUDIO_JWT_KEY']
                if value is not None:
                    self.environment['BOOK_STUDIO_JWT_KEY'] = value
                error = self.refused('serve', '--listen', '127.0.0.1:0')
                self.environment['BOOK_STUDIO_JWT_KEY'] = ''
        self.assertNotIn('AAECAw', error)

    def test_the_network_is_refused(self):
        for address in ('0.0.0.0:0', '[::]:0', '192.0.2.1:80', 'nonsense', '127.0.0.1:99999', ''):
            with self.subTest(address):
                self.refused('serve', '--listen', address)

    def test_a_port_that_is_taken(self):
        _, line = self.serve()
        self.refused('serve', '--listen', line['listening'].removeprefix('http://'))

    def test_an_unknown_device(self):
        self.refused('device', 'revoke', 'ffffffff')
        self.assertEqual(self.json('device', 'list'), {'devices': []})


class Keyring(ServiceCase):
    def test_the_signing_key_is_kept(self):
        del self.environment['BOOK_STUDIO_JWT_KEY']
        self.start_bus()
        self.start_ready()
        process, line = self.serve('--pair')
        token = self.ask(line['listening'], '/api/auth/pair',
                         {'code': line['pairing_code'], 'device_name': 'x'})[1]['access_token']
        process.terminate()
        self.assertEqual(self.finish(process)[0], 0)
        _, line = self.serve()
        self.assertEqual(self.ask(line['listening'], '/api/books', token=token)[0], 200)


if __name__ == '__main__':
    taptest.main(sys.argv[2:])
