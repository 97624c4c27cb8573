#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns an extract of LiteLLM's price table into data/model-prices.json.

Usage: import-model-prices.py EXTRACT.json > data/model-prices.json

Vendor prefixes are stripped once, prices become decimal strings, and a missing
or zero price is left out (unknown) unless the model's id says that it is free.
"""
import json
import re
import sys
from decimal import Decimal

PREFIXES = {'together_ai': 'together_ai/', 'cloudflare': 'cloudflare/', 'openrouter': 'openrouter/', 'ollama': 'ollama/'}
PROVIDERS = {'together_ai': 'together'}
BUCKETS = (('input', 'input_cost_per_token'), ('output', 'output_cost_per_token'),
           ('cache_read', 'cache_read_input_token_cost'), ('cache_write', 'cache_creation_input_token_cost'))
FRONTIER = Decimal('0.000008')  # US dollars an output token


def decimal(number):
    return format(Decimal(repr(number)).normalize(), 'f')


def is_free(provider, model):
    if provider == 'ollama':
        return '-cloud' not in model
    return model.endswith((':free', '-Free')) or (provider == 'openrouter' and model in ('free', 'openrouter/free'))


def prices(entry):
    row = {name: decimal(entry[key]) for name, key in BUCKETS if entry.get(key)}
    hour = entry.get('cache_creation_input_token_cost_above_1hr')
    if hour:
        row['cache_write_1h'] = decimal(hour)
    above = sorted({int(m.group(1)) for key in entry for m in [re.search(r'_above_(\d+)k_tokens$', key)] if m})
    if above:
        suffix = f'_above_{above[0]}k_tokens'
        row['long'] = {'above': above[0] * 1000,
                       **{name: decimal(entry[key + suffix]) for name, key in BUCKETS if entry.get(key + suffix)}}
    return row


def convert(key, entry):
    prefix = PREFIXES.get(entry['provider'], '')
    provider = PROVIDERS.get(entry['provider'], entry['provider'])
    model = key[len(prefix):] if prefix and key.startswith(prefix) else key
    row = {'provider': provider, 'model': model}
    if is_free(provider, model):
        row.update(input='0', output='0')
    elif entry.get('input_cost_per_token') and provider != 'ollama':
        row.update(prices(entry))
        if Decimal(row.get('output', '0')) >= FRONTIER:
            row['frontier'] = True
    if entry.get('max_input_tokens'):
        row['window'] = int(entry['max_input_tokens'])
    if entry.get('max_output_tokens'):
        row['max_output'] = int(entry['max_output_tokens'])
    return row


def main():
    with open(sys.argv[1], encoding='utf-8') as extract:
        table = json.load(extract)
    rows = sorted((convert(key, entry) for key, entry in table['models'].items()),
                  key=lambda row: (row['provider'], row['model']))
    head = {'_source': table['_source'], 'as_of': table['_source']['as_of'],
            'unit': 'US dollars a token, as decimal strings; no price: unknown'}
    text = json.dumps(head, indent=1)[:-2]
    print(text + ',\n "models": [\n' + ',\n'.join('  ' + json.dumps(row) for row in rows) + '\n ]\n}')


if __name__ == '__main__':
    main()
