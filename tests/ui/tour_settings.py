# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the preferences that are about keys, providers, models and
money, in each of their states, as a person gets there.

`stops(app, stop)` is a generator over an application at rest: it yields
`stop(name, root)` at each page, for whoever wants to photograph or examine it.
"""

import re
import time

from world import wait_until

KEY = 'sk-needle-7be2d04c91'


def prepare(world):
    """A person who has used it for three weeks: four providers, one of them refused."""
    address = world.start_provider(key=KEY)
    refused = world.start_provider(key='another key')
    for provider, url in (('anthropic', address), ('openrouter', address), ('openai', refused)):
        world.cli('provider', 'set', provider, 'base-url', url)
        world.cli('provider', 'set-key', provider, input=KEY)
    world.cli('provider', 'set', 'ollama', 'base-url', world.start_provider())
    world.cli('role', 'set', 'draft', 'anthropic:claude-haiku-4-5', 'openrouter:openai/gpt-5.2', 'ollama:demo-writer')


def open_preferences(app):
    app.key('ctrl+comma')
    return app.find('dialog', 'Preferences')


def go_back(app, page):
    app.key('Escape')
    app.wait_text(page)


def close(app):
    """By Escape, as often as there is something to close (a toast takes one too)."""
    def gone():
        if not app.find_all('dialog') and not app.find_all('alert'):
            return True
        app.key('Escape')
        time.sleep(0.2)
        return False

    wait_until(gone, 15, 'the dialogs to close')


def row(app, title, seconds=15):
    """The row with that title, which is a label in it."""
    def search():
        for node in app.find_all('list item'):
            if any(child.get_name() == title for child in app.walk(node)):
                return node
        return None

    return wait_until(search, seconds, f'the row {title!r}')


def stops(app, stop):
    yield from provider_stops(app, stop)
    yield from role_stops(app, stop)


def provider_stops(app, stop):
    dialog = open_preferences(app)
    app.wait_text('Ready')
    yield stop('preferences-providers', dialog)
    app.click(row(app, 'Anthropic'))
    app.wait_text('API Key · stored')
    yield stop('preferences-provider', dialog)
    app.press('button', 'Test')
    app.wait_text('Works')
    yield stop('preferences-provider-tested', dialog)
    app.click(row(app, 'Models'))
    app.find('list', 'Models')
    yield stop('preferences-models', dialog)
    go_back(app, 'Remove Key')
    app.press('button', 'Remove Key')
    app.wait_text('Key removed')
    yield stop('preferences-key-removed', dialog)
    app.press('button', 'Undo')
    app.wait_text('API Key · stored')
    go_back(app, 'Add Provider')
    app.click(row(app, 'OpenAI'))
    app.press('button', 'Test')
    app.wait_text('Check the API key')
    yield stop('preferences-provider-refused', dialog)
    go_back(app, 'Add Provider')
    app.wait_text('Key refused')
    yield stop('preferences-providers-refused', dialog)
    close(app)


def role_stops(app, stop):
    dialog = open_preferences(app)
    app.click(row(app, 'Drafting'))
    app.wait_text('claude-haiku-4-5')
    yield stop('preferences-role', dialog)
    app.press('button', 'Add Model…')
    app.find('list', 'Models')
    yield stop('preferences-choose-model', dialog)
    close(app)


def keyring_stops(app, stop):
    """In a world whose keyring is locked or absent."""
    dialog = open_preferences(app)
    app.wait_text('keyring')
    yield stop('preferences-providers', dialog)
    app.click(row(app, 'OpenAI'))
    app.wait_text(re.compile('^API Key').pattern)
    yield stop('preferences-provider', dialog)
    close(app)
