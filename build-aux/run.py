#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts Book Studio for `./dev run`: in the session, or on its own.

With a display it becomes the application. Without one it starts the companion
service, which needs a keyring for its signing key, on a bus and a keyring of
its own. With --shot the window is drawn on a virtual display.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'tests/ui'))
from world import World  # noqa: E402

DEMONSTRATION = 'Demonstration: a throwaway library; answers are scripted'
# What is the person's own, also where the bus and the keyring are not.
OWN_FOLDERS = ('HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME')


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog='./dev run')
    parser.add_argument('--demo', action='store_true')
    parser.add_argument('--shot', metavar='FILE.png')
    parser.add_argument('--size', metavar='WxH', default='1280x800')
    parser.add_argument('--dark', action='store_true')
    arguments, own = sys.argv[1:], []
    if '--' in arguments:
        split = arguments.index('--')
        arguments, own = arguments[:split], arguments[split + 1:]
    options = parser.parse_args(arguments)
    options.arguments = own
    size = re.fullmatch(r'(\d{3,4})x(\d{3,4})', options.size)
    if not size:
        parser.error(f"--size is WIDTHxHEIGHT, for example 1280x800, not '{options.size}'")
    options.size = int(size[1]), int(size[2])
    return options


def furnish_demonstration(world):
    """The sample book and a provider that costs nothing, in a library that will vanish."""
    world.data_dir = world.root / 'library'
    world.cli('book', 'import', '--sample')
    url = world.start_provider('--demo')
    world.cli('provider', 'add', 'demonstration', '--protocol', 'openai', '--base-url', url)
    return ['--label', DEMONSTRATION]


def keep_own_folders(world):
    """The library is the person's; only the bus, the keyring and the settings are not."""
    for name in OWN_FOLDERS:
        if name in os.environ:
            world.environment[name] = os.environ[name]
        else:
            world.environment.pop(name, None)


def shoot(options):
    with World(dark=options.dark) as world:
        arguments = list(options.arguments)
        if options.demo:
            arguments += furnish_demonstration(world)
        else:
            keep_own_folders(world)
        app = world.start_app(*arguments)
        app.resize(*options.size)
        app.settle()
        app.screenshot(os.path.abspath(options.shot))
    say(f'Wrote {options.shot}')
    return 0


def run_demonstration(options):
    """In the person's session, but with a bus of its own: a running Book Studio is not disturbed."""
    with World(display=False) as world:
        arguments = furnish_demonstration(world)
        environment = dict(os.environ)
        environment['DBUS_SESSION_BUS_ADDRESS'] = world.environment['DBUS_SESSION_BUS_ADDRESS']
        environment['ADW_DISABLE_PORTAL'] = '1'
        environment['GDK_DEBUG'] = 'no-portals'
        say(DEMONSTRATION)
        return subprocess.run(['book-studio', '--data-dir', str(world.data_dir), *arguments, *options.arguments],
                              env=environment, check=False).returncode


def serve(options):
    say('There is no display here (neither WAYLAND_DISPLAY nor DISPLAY is set): starting the companion\n'
        'service instead, with a keyring of its own that is thrown away at the end. The window can be\n'
        "photographed: './dev run --demo --shot window.png'.")
    with World(display=False) as world:
        if options.demo:
            furnish_demonstration(world)
            say(DEMONSTRATION)
        else:
            keep_own_folders(world)
        server = world.start('service', 'book-studio-cli', *world.data_dir_arguments(), 'serve', '--pair',
                             *options.arguments, stdout=subprocess.PIPE, stderr=None, text=True)
        announce(server)
        return server.wait()


def announce(server):
    """Passes the service's lines on, and words the first one."""
    line = server.stdout.readline()
    try:
        answer = json.loads(line)
        print(line, end='', flush=True)
        say(f"\nListening on {answer['listening']}")
        if answer.get('pairing_code'):
            say(f"Pairing code: {answer['pairing_code']}")
        say('Ctrl+C ends it.')
    except (ValueError, KeyError, TypeError):
        print(line, end='', flush=True)
    for line in server.stdout:
        print(line, end='', flush=True)


def start(options):
    if options.shot:
        return shoot(options)
    if not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        return serve(options)
    if options.demo:
        return run_demonstration(options)
    os.execvp('book-studio', ['book-studio', *options.arguments])


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = parse_arguments()
    try:
        return start(options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (AssertionError, OSError) as error:
        say(f'dev: {error}')
        return 1


if __name__ == '__main__':
    sys.exit(main())
