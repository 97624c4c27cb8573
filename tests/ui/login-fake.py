#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A system bus with a logind that only says when the machine goes to sleep:
prints its address; a line on standard input is a sleep that begins."""

import sys

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402


def main():
    bus = Gio.TestDBus.new(Gio.TestDBusFlags.NONE)
    bus.up()
    connection = Gio.DBusConnection.new_for_address_sync(
        bus.get_bus_address(),
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName',
                         GLib.Variant('(su)', ('org.freedesktop.login1', 0)), None, Gio.DBusCallFlags.NONE, -1, None)
    print(bus.get_bus_address(), flush=True)
    for _ in sys.stdin:
        connection.emit_signal(None, '/org/freedesktop/login1', 'org.freedesktop.login1.Manager', 'PrepareForSleep',
                               GLib.Variant('(b)', (True,)))
        connection.flush_sync(None)
    bus.down()


if __name__ == '__main__':
    main()
