# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the preferences that are about keys, providers, models and
money, in each of their states, as a person gets there.

`stops(app, stop)` is a generator over an application at rest: it yields
`stop(name, root)` at each page, for whoever wants to photograph or examine it.
"""

import random
import re
import sqlite3
import time
import uuid
from datetime import datetime, timedelta

from world import wait_until

KEY = 'sk-needle-7be2d04c91'
PICO = 10 ** 12
USED = [('anthropic', 'claude-haiku-4-5', 0.11), ('openrouter', 'openai/gpt-5.2', 0.07),
        ('together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', 0.05), ('ollama', 'demo-writer', 0)]


def prepare(world):
    """A person who has used it for three weeks: four providers, one of them refused."""
    address = world.start_provider(key=KEY)
    refused = world.start_provider(key='another key')
    for provider, url in (('anthropic', address), ('openrouter', address), ('openai', refused)):
        world.cli('provider', 'set', provider, 'base-url', url)
        world.cli('provider', 'set-key', provider, input=KEY)
    world.cli('provider', 'set', 'ollama', 'base-url', world.start_provider())
    world.cli('role', 'set', 'draft', 'anthropic:claude-haiku-4-5', 'openrouter:openai/gpt-5.2', 'ollama:demo-writer')


def write_month(world, days=None, book=''):
    """A month of calls in the ledger, the same in every run; the first days of a month are given some before today."""
    library = sqlite3.connect(next(world.home.rglob('library.db')))
    now = datetime.now()
    dice = random.Random(7)
    for day in range(1, (days or now.day) + 1):
        at = min(now - timedelta(seconds=1), now.replace(day=day, hour=9, minute=30, second=0, microsecond=0))
        for provider, model, dollars in USED:
            calls = dice.randint(1, 3) if dice.random() < 0.8 else 0
            for call in range(calls):
                cost = int(dollars * dice.uniform(0.3, 1) * PICO / calls)
                library.execute(
                    'INSERT INTO usage (id, at, provider, model_asked, book_id, input, output, estimated, cost,'
                    " cost_source, total_ms, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 'table', 2100, 'ok')",
                    (str(uuid.UUID(int=dice.getrandbits(128))), int(at.timestamp() * 1000) + call, provider, model,
                     book or None, dice.randint(800, 2400), dice.randint(200, 700), cost))
    library.commit()
    library.close()


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
    yield from usage_stops(app, stop)


def open_usage(app):
    dialog = open_preferences(app)
    app.press(*app.find_any('page tab', name='Usage'))
    return dialog


def usage_stops(app, stop):
    """In a world with a month behind it."""
    dialog = open_usage(app)
    app.wait_text('This Month')
    yield stop('preferences-usage', dialog)
    app.press('radio button', 'Table')
    app.wait_text('^Tokens$')
    yield stop('preferences-usage-table', dialog)
    app.press('radio button', 'Chart')
    app.press('button', 'Set a Limit…')
    yield stop('preferences-limit', app.find('dialog', 'Set a Limit'))
    # Ten dollars are offered.
    app.press('button', 'Set')
    app.wait_text('Monthly Limit')
    yield stop('preferences-usage-limit', dialog)
    app.press('button', 'Set a Price…')
    yield stop('preferences-price', app.find('dialog', 'Set a Price'))
    app.key('Escape')
    app.wait_gone('dialog', 'Set a Price')
    close(app)


def provider_stops(app, stop):
    dialog = open_preferences(app)
    app.wait_text('Ready')
    yield stop('preferences-providers', dialog)
    app.press('button', 'Add Provider…')
    yield stop('preferences-add-provider', app.find('dialog', 'Add Provider'))
    app.key('Escape')
    app.wait_gone('dialog', 'Add Provider')
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
    yield stop('preferences-keyring', dialog)
    app.click(row(app, 'OpenAI'))
    app.wait_text('^API Key')
    yield stop('preferences-provider-keyring', dialog)
    close(app)


def welcome_stops(app, stop):
    """In the book of a person who has set up nothing."""
    if not app.find_all('button', 'Later'):
        app.key('F9')
    app.find('button', 'Bring Your Own Key')
    yield stop('inspector-welcome', None)
    app.press('button', 'Use a Local Model')
    app.wait_text('No Local Model Yet')
    yield stop('local-model', app.find('dialog', 'Local Model'))
    close(app)
