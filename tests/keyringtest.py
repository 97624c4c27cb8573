# SPDX-License-Identifier: GPL-3.0-or-later
"""A throwaway home with a bus and a real keyring daemon, or without them, for
tests that drive programs which keep secrets. All of it is ended by pid.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

import taptest

PASSWORD = 'correct horse'

# No service folders: nothing starts a daemon that this test would not know of.
BUS_CONFIGURATION = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
'''


class KeyringCase(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix='home-')
        self.addCleanup(shutil.rmtree, self.home, True)
        self.environment = taptest.clean_environment(self.home)

    def need(self, *programs):
        for program in programs:
            if shutil.which(program) is None:
                self.skipTest(f'{program} is not installed')

    def start(self, *command, **options):
        process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL, **options)
        self.addCleanup(taptest.end, process)
        return process

    def start_bus(self):
        self.need('dbus-daemon')
        directory = os.path.join(self.home, 'bus')
        os.mkdir(directory)
        configuration = os.path.join(self.home, 'bus.conf')
        with open(configuration, 'w') as file:
            file.write(BUS_CONFIGURATION.format(directory=directory))
        bus = self.start('dbus-daemon', f'--config-file={configuration}', '--nofork', '--print-address',
                         stdout=subprocess.PIPE, text=True)
        self.environment['DBUS_SESSION_BUS_ADDRESS'] = bus.stdout.readline().strip()

    def has_owner(self, name):
        answer = subprocess.run(
            ['gdbus', 'call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/',
             '--method', 'org.freedesktop.DBus.NameHasOwner', name],
            env=self.environment, capture_output=True, text=True, timeout=10)
        return 'true' in answer.stdout

    def start_daemon(self, *options, password=None):
        self.need('gnome-keyring-daemon')
        daemon = self.start('gnome-keyring-daemon', '--foreground', '--components=secrets', *options,
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        if password is not None:
            daemon.stdin.write(password.encode())
        daemon.stdin.close()
        taptest.wait_until(lambda: self.has_owner('org.freedesktop.secrets'), what='the keyring daemon')
        return daemon

    def start_ready(self):
        return self.start_daemon('--unlock', password=PASSWORD)
