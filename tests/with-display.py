#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a GTK test program on a display, a bus and a home folder of its own.

Usage: with-display.py PROGRAM [ARGUMENT…]
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent / 'ui'))
from world import Unavailable, World  # noqa: E402

SKIPPED = 77
# GTK keeps its accessible objects in the process, for the test to ask about.
FIXED = {'GTK_A11Y': 'test', 'GSETTINGS_BACKEND': 'memory'}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with World(keyring='absent') as world:
            return subprocess.run(sys.argv[1:], env={**os.environ, **world.environment, **FIXED},
                                  check=False).returncode
    except Unavailable as error:
        print(f'1..0 # SKIP {error}')
        return SKIPPED


if __name__ == '__main__':
    sys.exit(main())
