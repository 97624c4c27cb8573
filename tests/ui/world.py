# SPDX-License-Identifier: GPL-3.0-or-later
"""A throwaway desktop for one person: display, session bus, accessibility,
keyring, home folder — and what a test does in it.

    with World(keyring='unlocked') as world:
        url = world.start_provider()
        app = world.start_app()
        app.press('button', 'New Book')
        app.type('Emma')

Everything lives in one temporary folder and is ended by its process id, also
what the bus started. Every wait has a deadline. The display and the bus are
made once a process, because the accessibility library knows one bus for ever;
homes, keyrings and programs are those of one world, one world at a time.
"""

import atexit
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from taptest import clean_environment, end, wait_until  # noqa: E402

SOURCE = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get('BKS_BUILD_DIR') or SOURCE / '_build')
APPLICATION_ID = 'com.humanizer.BookStudio'
KEYRING_PASSWORD = 'a throwaway keyring'

# Larger than any window that a test wants.
SCREEN = '2000x1400x24'
START_SECONDS = 30
FIND_SECONDS = 15
PR_SET_CHILD_SUBREAPER = 36

# Only the accessibility bus may be started by the session: whatever else this
# machine has installed (portals, a keyring) is not part of the world.
BUS_CONFIGURATION = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={runtime}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
'''

DESKTOP_SETTINGS = '''[org/gnome/desktop/interface]
color-scheme='{color_scheme}'
toolkit-accessibility=true
enable-animations=false
cursor-blink=false

[org/gnome/desktop/a11y/interface]
high-contrast={high_contrast}
'''

# As GNOME has it; on a bare display GTK would take the fonts and buttons of nobody's desktop.
TOOLKIT_SETTINGS = '''[Settings]
gtk-font-name=Cantarell 11
gtk-decoration-layout=appmenu:close
'''
# Where X keeps the size of text for programs that ask no desktop.
DPI = 96
XA_RESOURCE_MANAGER, XA_STRING, PROP_MODE_REPLACE = 23, 31, 0


class Unavailable(AssertionError):
    """A program that the world is made of is not installed here."""


class Household:
    """Processes that share a folder, an environment and an end."""

    def __init__(self, prefix):
        self._processes = []
        self.root = Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get('BKS_SCRATCH')))
        self.home = self.root / 'home'
        self.logs = self.root / 'logs'
        self.home.mkdir()
        self.logs.mkdir()
        self.environment = clean_environment(str(self.home), GIO_USE_VFS='local')

    def close(self):
        """Ends everything, youngest first, and removes the folder."""
        for process in reversed(self._processes):
            end(process)
        self._processes.clear()
        end_orphans(self.home)
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self, name, *command, environment=None, **options):
        """Starts a program of this world; its output goes to a log of that name."""
        log = open(self.logs / f'{name}.log', 'ab')
        options.setdefault('stdout', log)
        options.setdefault('stderr', log)
        options.setdefault('stdin', subprocess.DEVNULL)
        try:
            process = subprocess.Popen([str(part) for part in command], cwd=self.home,
                                       env={**self.environment, **(environment or {})}, **options)
        except FileNotFoundError as error:
            raise Unavailable(f'{command[0]} is not installed') from error
        finally:
            log.close()
        self._processes.append(process)
        return process

    def end(self, process):
        end(process)
        self._processes.remove(process)

    def kill(self, process):
        """As a power cut would: SIGKILL, nothing saved."""
        process.kill()
        process.wait()
        self._processes.remove(process)

    def run(self, *command, seconds=60, **options):
        return subprocess.run([str(part) for part in command], cwd=self.home, env=self.environment,
                              timeout=seconds, capture_output=True, text=True, **options)

    def read_log(self, name):
        path = self.logs / f'{name}.log'
        return path.read_text(errors='replace') if path.exists() else ''


class Desktop(Household):
    """The session bus and, once somebody needs it, the display."""

    current = None

    @classmethod
    def get(cls):
        if cls.current is None:
            adopt_orphans()
            cls.current = cls()
            atexit.register(cls.current.close)
            # Atspi in this process reads it when it is first used.
            os.environ['DBUS_SESSION_BUS_ADDRESS'] = cls.current.address
        return cls.current

    def __init__(self):
        super().__init__('book-studio-desktop-')
        self.display = None
        self.address = self._start_bus()

    def _start_bus(self):
        services = self.root / 'services'
        services.mkdir()
        for directory in ('/usr/share', '/usr/local/share'):
            service = Path(directory, 'dbus-1/services/org.a11y.Bus.service')
            if service.exists():
                shutil.copy(service, services)
        configuration = self.root / 'bus.conf'
        configuration.write_text(BUS_CONFIGURATION.format(runtime=self.home / 'run', services=services))
        bus = self.start('dbus', 'dbus-daemon', f'--config-file={configuration}', '--nofork',
                         '--print-address', stdout=subprocess.PIPE, text=True)
        return read_line(bus, 'dbus-daemon')

    def need_display(self):
        if self.display is None:
            server = self.start('xvfb', 'Xvfb', '-displayfd', '1', '-screen', '0', SCREEN,
                                '-nolisten', 'tcp', '-noreset',
                                stdout=subprocess.PIPE, text=True)
            self.display = ':' + read_line(server, 'Xvfb')
            os.environ['DISPLAY'] = self.display
        return self.display


class World(Household):
    """One person's home and keyring ('unlocked', 'locked' or 'absent') on the desktop."""

    def __init__(self, *, display=True, keyring='unlocked', dark=False, high_contrast=False,
                 text_scale=1.0, language='C.UTF-8', data_dir=None):
        super().__init__('book-studio-world-')
        self.data_dir = data_dir
        self.right_to_left = language.startswith(('ar', 'he', 'fa'))
        try:
            self._furnish(display, language)
            self._write_settings(dark, high_contrast, text_scale)
            if keyring != 'absent':
                self._start_keyring(locked=keyring == 'locked')
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _furnish(self, display, language):
        desktop = Desktop.get()
        self.environment.update(
            LANG=language,
            PATH=f"{BUILD / 'src/app'}:{BUILD / 'src/cli'}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            DBUS_SESSION_BUS_ADDRESS=desktop.address,
            XDG_CONFIG_HOME=str(self.home / '.config'),
            XDG_DATA_HOME=str(self.home / '.local/share'),
            XDG_STATE_HOME=str(self.home / '.local/state'),
            XDG_CACHE_HOME=str(self.home / '.cache'),
            XDG_DATA_DIRS=f"{SOURCE / 'data'}:{os.environ.get('XDG_DATA_DIRS') or '/usr/local/share:/usr/share'}",
            GSETTINGS_SCHEMA_DIR=str(BUILD / 'data'),
            GSETTINGS_BACKEND='keyfile',
            GDK_BACKEND='x11',
            GSK_RENDERER='cairo',
            GTK_A11Y='atspi',
            ADW_DISABLE_PORTAL='1',
            GDK_DEBUG='no-portals',
            GIO_USE_NETWORK_MONITOR='base',
        )
        if display:
            self.environment['DISPLAY'] = desktop.need_display()

    def _write_settings(self, dark, high_contrast, text_scale):
        settings = self.home / '.config/glib-2.0/settings'
        settings.mkdir(parents=True)
        (settings / 'keyfile').write_text(DESKTOP_SETTINGS.format(
            color_scheme='prefer-dark' if dark else 'default',
            high_contrast=str(high_contrast).lower()))
        toolkit = self.home / '.config/gtk-4.0'
        toolkit.mkdir()
        (toolkit / 'settings.ini').write_text(TOOLKIT_SETTINGS)
        if 'DISPLAY' in self.environment:
            set_dpi(self.environment['DISPLAY'], round(DPI * text_scale))

    # ----------------------------------------------------- keyring -----

    def _start_keyring(self, locked):
        daemon = self.start_keyring_daemon(unlock=True)
        if locked:
            # The first unlock made the keyring; a new daemon finds it locked.
            self.end(daemon)
            wait_until(lambda: not self.has_owner('org.freedesktop.secrets'), what='the keyring to end')
            self.start_keyring_daemon(unlock=False)

    def start_keyring_daemon(self, unlock):
        options = ['--unlock'] if unlock else []
        daemon = self.start('keyring', 'gnome-keyring-daemon', '--foreground', '--components=secrets',
                            *options, stdin=subprocess.PIPE)
        if unlock:
            daemon.stdin.write(KEYRING_PASSWORD.encode())
        daemon.stdin.close()
        wait_until(lambda: self.has_owner('org.freedesktop.secrets'), START_SECONDS, 'the keyring')
        return daemon

    def has_owner(self, name):
        answer = self.run('gdbus', 'call', '--session', '--dest', 'org.freedesktop.DBus',
                          '--object-path', '/', '--method', 'org.freedesktop.DBus.NameHasOwner', name)
        return 'true' in answer.stdout

    # ------------------------------------------------ our programs -----

    def forget_session(self):
        """The next start comes up in the library."""
        (self.data_dir or self.home / '.local/share/book-studio').joinpath('places.ini').unlink(missing_ok=True)

    def data_dir_arguments(self):
        return ['--data-dir', self.data_dir] if self.data_dir else []

    def cli(self, *arguments, check=True, **options):
        """Runs the command line and returns what subprocess.run does."""
        result = self.run('book-studio-cli', *self.data_dir_arguments(), *arguments, **options)
        if check and result.returncode != 0:
            raise AssertionError(f"book-studio-cli {' '.join(map(str, arguments))}: "
                                 f'exit {result.returncode}: {result.stderr.strip()}')
        return result

    def cli_json(self, *arguments, **options):
        return json.loads(self.cli('--json', *arguments, **options).stdout)

    def start_provider(self, *arguments, key=None):
        """Starts the scripted provider, which then wants `key`, and returns its address."""
        if key is not None:
            arguments += ('--key-stdin',)
        server = self.start('provider', BUILD / 'tests/fakes/bks-scripted-provider', *arguments,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with server.stdin:
            server.stdin.write(f'{key or ""}\n')
        return json.loads(read_line(server, 'the scripted provider'))['listening']

    def start_app(self, *arguments, environment=None):
        """Starts the application and waits until its window is drawn."""
        process = self.start('book-studio', 'book-studio', *self.data_dir_arguments(), *arguments,
                             environment=environment)
        app = App(self, process)
        app.wait_for_window()
        return app


class App:
    """A running application, driven as a person does: by what is on the screen."""

    def __init__(self, world, process):
        self.world = world
        self.process = process
        self.window = None
        self._atspi = load_atspi()

    # ------------------------------------------------------- window -----

    def _poll(self):
        status = self.process.poll()
        if status is not None:
            raise AssertionError(f"book-studio ended with {status}:\n{self.world.read_log('book-studio')}")

    def wait_for_window(self, seconds=START_SECONDS):
        def search():
            self._poll()
            found = self.world.run('xdotool', 'search', '--onlyvisible', '--pid', self.process.pid).stdout.split()
            return found[0] if found else None

        self.window = wait_until(search, seconds, 'the window')
        wait_until(self._is_drawn, seconds, 'the window to be drawn')
        self.focus()

    def _is_drawn(self):
        """True once the window shows more than one colour."""
        self._poll()
        answer = self.world.run('import', '-window', self.window, '-depth', '8', '-format', '%k', 'info:-')
        return answer.returncode == 0 and int(answer.stdout or '0') > 8

    def focus(self):
        self.world.run('xdotool', 'windowfocus', '--sync', self.window)

    def resize(self, width, height):
        self.world.run('xdotool', 'windowsize', '--sync', self.window, width, height)

    def stand_at_edge(self):
        """At the edge of the screen a menu turns inwards, and all of it is in the picture."""
        width = int(self.geometry().split('x')[0])
        at = 0 if self.world.right_to_left else int(SCREEN.split('x')[0]) - width
        self.world.run('xdotool', 'windowmove', '--sync', self.window, at, 0)

    def settle(self, seconds=5.0):
        """Waits until two pictures in a row are the same."""
        last = [None]

        def same():
            picture = self.world.run('import', '-window', self.window, '-format', '%#', 'info:-').stdout
            was, last[0] = last[0], picture
            return picture and was == picture

        wait_until(same, seconds, 'the window to come to rest')

    def park_pointer(self):
        """Out of the window: nothing is hovered, no tooltip shown."""
        self.world.run('xdotool', 'mousemove', 1990, 1390)

    def screenshot(self, path, toplevel=None):
        """Photographs the window, with the menus over it, into a PNG file."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        result = self.world.run('import', '-window', 'root', '-crop', self.geometry(toplevel), '+repage', path)
        if result.returncode != 0:
            raise AssertionError(f'no picture: {result.stderr}')

    def geometry(self, toplevel=None):
        """Of the window on the screen, as ImageMagick writes it: 1280x800+0+0."""
        values = dict(line.split('=') for line in
                      self.world.run('xdotool', 'getwindowgeometry', '--shell', toplevel or self.window).stdout.split())
        return f"{values['WIDTH']}x{values['HEIGHT']}+{values['X']}+{values['Y']}"

    def windows(self):
        """The X windows of the application that are in sight."""
        return self.world.run('xdotool', 'search', '--onlyvisible', '--pid', self.process.pid).stdout.split()

    def keep_screenshot(self, name):
        """Keeps a picture where BKS_SCREENSHOT_DIR asks for them."""
        directory = os.environ.get('BKS_SCREENSHOT_DIR')
        if directory:
            self.screenshot(Path(directory) / f'{name}.png')

    # ----------------------------------------------- accessibility -----

    def _application(self):
        desktop = self._atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(index)
            if application is not None and application.get_process_id() == self.process.pid:
                return application
        return None

    def walk(self, top=None):
        """Every accessible object on the screen, or below `top`, from the top."""
        top = top or self._application()
        if top is None:
            return
        top.clear_cache()
        pending = [top]
        while pending:
            node = pending.pop(0)
            yield node
            try:
                pending.extend(child for child in
                               (node.get_child_at_index(i) for i in range(node.get_child_count())) if child)
            except self._atspi_error():
                continue  # It left the screen while we looked.

    @staticmethod
    def _atspi_error():
        from gi.repository import GLib
        return GLib.Error

    def find_all(self, role, name=None, *, showing=True):
        """Those of that role whose name is `name` or matches that pattern."""
        found = []
        for node in self.walk():
            try:
                if node.get_role_name() != role or not matches(name, node.get_name()):
                    continue
                if showing and not node.get_state_set().contains(self._atspi.StateType.SHOWING):
                    continue
                found.append(node)
            except self._atspi_error():
                continue
        return found

    def find(self, role, name=None, seconds=FIND_SECONDS):
        def search():
            self._poll()
            found = self.find_all(role, name)
            return found[0] if found else None

        try:
            return wait_until(search, seconds, f'{role} {name!r}')
        except AssertionError as error:
            raise AssertionError(f'{error}; on the screen:\n{self.describe()}') from None

    def find_any(self, *roles, name):
        """Role and name of the first that is there: what a switcher's buttons are differs between toolkits."""
        def search():
            return next(((role, name) for role in roles if self.find_all(role, name)), None)

        return wait_until(search, FIND_SECONDS, f'{roles} {name!r}')

    def find_toplevel(self, window):
        """The accessible window that is as large as that X window."""
        width, height = map(int, re.match(r'(\d+)x(\d+)', self.geometry(window)).groups())

        def search():
            application = self._application()
            for index in range(application.get_child_count()):
                child = application.get_child_at_index(index)
                box = child.get_component_iface().get_extents(self._atspi.CoordType.WINDOW)
                if abs(box.width - width) < 60 and abs(box.height - height) < 60:
                    return child
            return None

        return wait_until(search, FIND_SECONDS, 'the window to be told of')

    def names_below(self, top):
        """The names of everything in `top`."""
        return [node.get_name() for node in self.walk(top)]

    def has_focus(self, node):
        return node.get_state_set().contains(self._atspi.StateType.FOCUSED)

    def focus_is_in(self, role):
        """Whether what has the focus is, or stands in, something of that role."""
        for node in self.walk():
            try:
                if self.has_focus(node):
                    while node is not None:
                        if node.get_role_name() == role:
                            return True
                        node = node.get_parent()
                    return False
            except self._atspi_error():
                continue
        return False

    def tab_to(self, role, seconds=FIND_SECONDS):
        """Presses Tab until something of that role has the focus."""
        def reached():
            if self.focus_is_in(role):
                return True
            self.key('Tab')
            time.sleep(0.1)
            return False

        wait_until(reached, seconds, f'the focus to come to a {role}')

    def wait_gone(self, role, name=None, seconds=FIND_SECONDS):
        wait_until(lambda: not self.find_all(role, name), seconds, f'{role} {name!r} to go')

    def wait_text(self, pattern, seconds=FIND_SECONDS):
        """Waits for a name or text anywhere on the screen."""
        def search():
            self._poll()
            return next((node for node in self.walk() if self._shows(node, pattern)), None)

        try:
            return wait_until(search, seconds, f'text {pattern!r}')
        except AssertionError as error:
            raise AssertionError(f'{error}; on the screen:\n{self.describe()}') from None

    def _shows(self, node, pattern):
        try:
            if not node.get_state_set().contains(self._atspi.StateType.SHOWING):
                return False
            return bool(re.search(pattern, node.get_name() or '') or re.search(pattern, self.text(node)))
        except self._atspi_error():
            return False

    def describe(self):
        """What a screen reader finds, for a failure's message."""
        lines = []
        for node in self.walk():
            try:
                if node.get_name() and node.get_state_set().contains(self._atspi.StateType.SHOWING):
                    lines.append(f'  {node.get_role_name()}: {node.get_name()[:80]}')
            except self._atspi_error():
                continue
        return '\n'.join(lines)

    def text(self, node):
        """The whole text of an entry, a label or the editor."""
        text = node.get_text_iface() if hasattr(node, 'get_text_iface') else None
        if text is None:
            return ''
        return self._atspi.Text.get_text(text, 0, self._atspi.Text.get_character_count(text))

    def press(self, role, name=None, seconds=FIND_SECONDS):
        """Presses what is found, once it may be pressed: by its action, or else with the pointer."""
        def act():
            node = self.find(role, name, seconds)
            if not node.get_state_set().contains(self._atspi.StateType.SENSITIVE):
                return False
            try:
                self._activate(node)
            except self._atspi_error():
                return False  # It was replaced while we looked.
            return True

        wait_until(act, seconds, f'{role} {name!r} to be pressed')

    def _activate(self, node):
        action = node.get_action_iface()
        names = [action.get_action_name(i) for i in range(action.get_n_actions())] if action else []
        for wanted in ('click', 'activate', 'press'):
            if wanted in names:
                action.do_action(names.index(wanted))
                return
        self.click(node)

    def set_text(self, role, name, text):
        """Replaces the text of an entry, as a paste would."""
        node = self.find(role, name)
        node.get_editable_text_iface().set_text_contents(text)
        return node

    def choose_file(self, title, path, button):
        """Answers the toolkit's file dialog of that title by a whole path."""
        dialog = self.find('dialog', title)
        if not self._entries(dialog):
            self.key('ctrl+l')  # Where one opens files, the path is hidden at first.
        entry = wait_until(lambda: next(iter(self._entries(dialog)), None), FIND_SECONDS, 'the path to be asked')
        entry.get_editable_text_iface().set_text_contents(str(path))
        wait_until(lambda: self.text(entry) == str(path), FIND_SECONDS, 'the path to stand there')
        self.press('button', button)
        self.wait_gone('dialog', title)

    def _entries(self, top):
        return [node for node in self.walk(top)
                if node.get_role_name() == 'text' and node.get_state_set().contains(self._atspi.StateType.SHOWING)]

    def type(self, text):
        """Types into what has the focus."""
        self.world.run('xdotool', 'type', '--delay', '8', '--', text, check=True)

    def key(self, *names):
        """Presses keys, for example 'ctrl+s'."""
        self.world.run('xdotool', 'key', '--', *names, check=True)

    def _box(self, node):
        """Left, top, right, bottom in the window; a client-side shadow shifts what GTK says."""
        frame = node.get_application().get_child_at_index(0)
        box, origin = (each.get_component_iface().get_extents(self._atspi.CoordType.WINDOW)
                       for each in (node, frame))
        x, y = box.x - origin.x, box.y - origin.y
        return x, y, x + box.width, y + box.height

    def _clip(self, node):
        """The part of the window in which `node` could be seen: what the panes around it leave."""
        clip = self._box(node.get_application().get_child_at_index(0))
        while node is not None:
            if node.get_role_name() == 'scroll pane':
                box = self._box(node)
                clip = max(clip[0], box[0]), max(clip[1], box[1]), min(clip[2], box[2]), min(clip[3], box[3])
            node = node.get_parent()
        return clip

    def _pointer(self, x, y, *buttons):
        clicks = [part for button in buttons for part in ('click', button)]
        self.world.run('xdotool', 'mousemove', '--window', self.window, x, y, *clicks, check=True)

    def scroll_to(self, node, seconds=FIND_SECONDS):
        """Turns the wheel until the middle of `node` is in sight, and returns that point."""
        def in_sight():
            box, clip = self._box(node), self._clip(node)
            x, y = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
            if clip[1] <= y < clip[3]:
                return x, y
            self._pointer((clip[0] + clip[2]) // 2, (clip[1] + clip[3]) // 2, 5 if y >= clip[3] else 4)
            return None

        return wait_until(in_sight, seconds, f'{node.get_name()!r} to be in sight')

    def click(self, node, button=1):
        """Clicks into the middle of what was found, scrolling to it first."""
        self._pointer(*self.scroll_to(node), button)

    # --------------------------------------------------------- end -----

    def kill(self):
        self.world.kill(self.process)

    def quit(self, seconds=20):
        """Closes the window as its user does and waits for the process to end."""
        self.key('ctrl+q')
        wait_until(lambda: self.process.poll() is not None, seconds, 'book-studio to end')
        return self.process.returncode


def matches(wanted, name):
    if wanted is None:
        return True
    if isinstance(wanted, re.Pattern):
        return bool(wanted.search(name or ''))
    return name == wanted


def load_atspi():
    try:
        import gi
        gi.require_version('Atspi', '2.0')
        from gi.repository import Atspi
    except (ImportError, ValueError) as error:
        raise Unavailable('python3-gi or gir1.2-atspi-2.0 is not installed') from error
    # Their replacements are younger than the oldest Atspi supported.
    warnings.filterwarnings('ignore', category=DeprecationWarning, module=__name__)
    Atspi.init()
    Atspi.set_timeout(5000, 15000)
    return Atspi


def read_line(process, what, seconds=START_SECONDS):
    """The first line that a server prints, which says that it is ready."""
    def expired(*_):
        raise AssertionError(f'{what} said nothing for {seconds} s')

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(seconds)
    try:
        line = process.stdout.readline().strip()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    if not line:
        raise AssertionError(f'{what} ended before it was ready')
    return line


def set_dpi(display, dpi):
    """Sets the resolution of text on that X display, for programs that start from now on."""
    xlib = ctypes.CDLL('libX11.so.6')
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
    xlib.XDefaultRootWindow.restype = ctypes.c_ulong
    xlib.XChangeProperty.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_int,
                                     ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    xlib.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = xlib.XOpenDisplay(display.encode())
    if not connection:
        raise AssertionError(f'the display {display} does not answer')
    resources = f'Xft.dpi:\t{dpi}\n'.encode()
    xlib.XChangeProperty(connection, xlib.XDefaultRootWindow(connection), XA_RESOURCE_MANAGER, XA_STRING, 8,
                         PROP_MODE_REPLACE, resources, len(resources))
    xlib.XCloseDisplay(connection)


def adopt_orphans():
    """Makes what the bus started, and left, children of this process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children():
    tasks = Path(f'/proc/{os.getpid()}/task')
    return [int(pid) for task in tasks.iterdir() for pid in (task / 'children').read_text().split()]


def lives_in(pid, home):
    try:
        return f'HOME={home}\0'.encode() in Path(f'/proc/{pid}/environ').read_bytes()
    except OSError:
        return False


def end_orphans(home, seconds=5.0):
    """Ends, by their ids, the adopted processes of the world that lives in `home`."""
    deadline = time.monotonic() + seconds
    while True:
        left = [pid for pid in children() if lives_in(pid, home)]
        if not left or time.monotonic() > deadline:
            return
        patient = time.monotonic() < deadline - seconds / 2
        for pid in left:
            os.kill(pid, signal.SIGTERM if patient else signal.SIGKILL)
        time.sleep(0.05)
        for pid in left:
            os.waitpid(pid, os.WNOHANG)
