#!/usr/bin/env python3
"""Runs the example of docs/formats/audience-token.md: audience_token_document_test.py ROOT DOORBUSTER"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

DOORBUSTER = sys.argv.pop()
DOCUMENT = (pathlib.Path(sys.argv.pop()) / "docs/formats/audience-token.md").read_text(encoding="utf-8")
SECRETS = ["the secret of this week", "the secret of last week"]
CONFIGURATION = {"server": {"audience_tokens": {"secrets": SECRETS}}, "campaigns": []}


def documented_function():
    """audience_token() as a reader copies it."""
    names = {"base64": base64, "hashlib": hashlib, "hmac": hmac, "json": json}
    exec(re.search(r"```python\n(.*?)```", DOCUMENT, re.S).group(1), names)
    return names["audience_token"]


def claims_of(token):
    payload = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def sign(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "shop.json"
        file.write_text(json.dumps(CONFIGURATION))
        command = [DOORBUSTER, "token", "--config", str(file), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Example(unittest.TestCase):
    def test_it_makes_the_token_that_stands_below_it(self):
        call = re.search(r"`(audience_token\([^`]*\))` is", DOCUMENT).group(1)
        made = eval(call, {"audience_token": documented_function()})
        self.assertIn(f"\n{made}\n", DOCUMENT)

    def test_it_makes_what_the_program_makes_byte_for_byte(self):
        names = {"buyer": "b-829301", "campaign": "black-friday", "region": "DE", "segment": "gold@2",
                 "channel": "app"}
        for said in [{}, {"region": "DE"}, {"buyer": "b:1", "channel": "web"}, names]:
            with self.subTest(said=said):
                before = int(time.time())
                printed = sign(*(f"--{name}={value}" for name, value in said.items()), "--seconds=90")
                claims = claims_of(printed)
                self.assertTrue(before <= claims["exp"] - 90 <= time.time())
                self.assertEqual({name: claims[name] for name in claims if name != "exp"}, said)
                self.assertEqual(printed, documented_function()(SECRETS[0], **claims) + "\n")

    def test_it_is_as_short_as_it_is_said_to_be(self):
        self.assertLessEqual(len(re.search(r"```python\n(.*?)```", DOCUMENT, re.S).group(1).splitlines()), 6)


if __name__ == "__main__":
    unittest.main()
