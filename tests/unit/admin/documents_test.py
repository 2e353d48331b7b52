#!/usr/bin/env python3
"""Holds the documents against the sources: documents_test.py ROOT

What is named in code must be named in the document for it, and the other way round, so that neither goes
stale alone. Each finding says what is missing where.
"""

import json
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
if len(sys.argv) > 1:
    ROOT = pathlib.Path(sys.argv.pop(1))

METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}
SUCCESSES = {"confirmed", "held", "waiting", "ok"}


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def outcome_codes():
    body = re.search(r"enum class Outcome[^{]*\{(.*?)\n\};", text("include/doorbuster/model/outcome.h"), re.S)
    lines = (line.split("//")[0] for line in body.group(1).splitlines())
    return re.findall(r"\w+", "\n".join(lines))


def codes_sent():
    """Refusals that some room gives: named in it, outside of the table that only describes them."""
    found = set()
    for room in ("admin", "catalog", "engine", "http", "runtime", "stream"):
        for file in sorted((ROOT / "src" / room).glob("*.cc")):
            if file.name != "reply_encoder.cc":
                found.update(re.findall(r"\bOutcome::(\w+)", file.read_text(encoding="utf-8")))
    return found - SUCCESSES


def members_written(path):
    """Names of JSON members in the literals of a source that writes replies."""
    source = text(path)
    return set(re.findall(r'\\"([a-z_]+)\\":', source) + re.findall(r'append_time\(\w+, "(\w+)"', source)
               + re.findall(r'\.(?:member|member_json|begin_object|begin_array)\(\s*"(\w+)"', source))


def members_defined(table):
    """What the table of a campaign's or an offer's members has."""
    source = text("src/catalog/definition_members.cc")
    body = re.search(rf"{table}\[\] = \{{(.*?)\n\}};", source, re.S)
    return set(re.findall(r'>\("(\w+)"', body.group(1)))


def members_taken(path, table):
    """The texts of an array of names that a decoder knows."""
    return set(re.findall(r'"(\w+)"', re.search(rf"{table} = \{{(.*?)\}};", text(path), re.S).group(1)))


def rows(document):
    return rows_of(text(document))


def rows_of(markdown):
    """{first cell without backticks: other cells} of all Markdown tables."""
    table = {}
    for line in markdown.splitlines():
        cells = re.split(r"\s*\|\s*", line)[1:-1]
        if line.startswith("| `") and len(cells) > 1:
            table[cells[0].strip("`")] = cells[1:]
    return table


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.source = text("src/admin/openapi.json")
        cls.document = json.loads(cls.source)

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS & set(item):
                yield path, method, item[method]

    def walk(self, value):
        yield value
        for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield from self.walk(child)

    def resolve(self, reference):
        self.assertTrue(reference.startswith("#/"), reference)
        value = self.document
        for part in reference[2:].split("/"):
            self.assertIn(part, value, f"{reference} leads nowhere")
            value = value[part]
        return value

    def test_it_has_the_shape_of_openapi_3_1(self):
        self.assertRegex(self.document["openapi"], r"^3\.1\.\d+$")
        version = re.search(r"project\(doorbuster VERSION (\S+)", text("CMakeLists.txt")).group(1)
        self.assertEqual(self.document["info"]["version"], version)
        identities = []
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                identities.append(operation["operationId"])
                self.assertTrue(operation["responses"])
                named = set(re.findall(r"\{(\w+)\}", path))
                parameters = [self.resolve(p["$ref"]) if "$ref" in p else p
                              for p in operation.get("parameters", [])]
                self.assertEqual(named, {p["name"] for p in parameters if p["in"] == "path"})
                for status, response in operation["responses"].items():
                    response = self.resolve(response["$ref"]) if "$ref" in response else response
                    self.assertRegex(status, r"^[1-5]\d\d$")
                    self.assertTrue(response["description"])
        self.assertEqual(len(identities), len(set(identities)))

    def test_every_reference_leads_somewhere_and_every_component_is_used(self):
        references = {v["$ref"] for v in self.walk(self.document) if isinstance(v, dict) and "$ref" in v}
        for reference in references:
            self.resolve(reference)
        for kind, components in self.document["components"].items():
            if kind == "securitySchemes":  # named by "security", not referred to
                continue
            for name in components:
                self.assertIn(f"#/components/{kind}/{name}", references, "nobody refers to it")

    def test_it_names_every_route_of_both_listeners_and_no_other(self):
        literals = set()
        for file in ("src/http/public_handler.cc", "src/admin/admin_handler.cc"):
            literals.update(re.findall(r'"(/[a-z0-9_./{}-]*)"', text(file)))
        self.assertIn("/v1/buy", literals)
        # A literal that ends with a slash is the beginning of a path with one more, variable, part.
        routes = {re.sub(r"\{\w+\}|(?<=/)$", "{}", literal) for literal in literals}
        documented = {re.sub(r"\{\w+\}", "{}", path) for path in self.document["paths"]}
        self.assertEqual(routes, documented)

    def test_only_what_needs_no_key_is_said_to_need_none(self):
        rows = re.findall(r'\{Method::\w+, "(/[^"]+)",\s*Scope::open,',
                          text("src/admin/admin_handler.cc") + text("src/http/public_handler.cc"))
        named = {re.sub(r"\{\w+\}", "{}", path) for path, _, operation in self.operations()
                 if operation.get("security") == []}
        # More is told to a key there.
        self.assertEqual({re.sub(r"\{\w+\}", "{}", path) for path in rows} - {"/metrics"}, named)
        for path, _, operation in self.operations():
            if re.sub(r"\{\w+\}", "{}", path) not in named | {"/metrics"}:
                self.assertLessEqual({"401", "403"}, set(operation["responses"]), path)

    def test_it_names_the_method_of_every_route_of_the_admin_listener(self):
        table = re.findall(r'\{Method::(\w+), "(/[^"]+)"', text("src/admin/admin_handler.cc"))
        self.assertGreater(len(table), 10)
        documented = {(method, path) for path, method, operation in self.operations()
                      if "operating" in operation["tags"]}
        method_of = {"del": "delete"}  # a word that C++ keeps for itself
        self.assertEqual({(method_of.get(method, method), path) for method, path in table}, documented)

    def properties(self, *schemas):
        components = self.document["components"]["schemas"]
        return set().union(*(components[schema].get("properties", {}) for schema in schemas))

    def test_it_names_every_member_of_a_body_and_no_other(self):
        self.assertEqual(self.properties("Buy"), members_taken("src/http/buy_decoder.cc", "kNames"))
        for schema, table in {"Confirmation": "kConfirmNames", "Extension": "kExtendNames",
                              "Return": "kReturnNames"}.items():
            self.assertEqual(self.properties(schema), members_taken("src/http/order_decoder.cc", table))
        self.assertEqual(self.properties("Nothing"), set())
        changes = text("src/admin/change_body.cc")
        self.assertEqual(self.properties("Action", "CampaignExtension", "StockAdjustment"),
                         set(re.findall(r'\{"(\w+)",\s+Presence::', changes)))

    def test_it_names_every_member_of_a_reply_and_no_other(self):
        for path, schemas in {"src/http/order_replies.cc": ["Order", "Place"],
                              "src/http/reply_encoder.cc": ["Problem"]}.items():
            with self.subTest(path=path):
                self.assertEqual(members_written(path), self.properties(*schemas))
        self.assertEqual(members_written("src/http/campaign_routes.cc"),
                         self.properties("Campaign", "Offer") | {"campaigns"})

    def test_it_names_every_member_of_an_operator_s_view_and_no_other(self):
        window = members_written("src/catalog/definition_members.cc")
        self.assertEqual(window, {"starts_at", "ends_at"})
        campaign = members_defined("kCampaignMembers")
        offer = members_defined("kOfferMembers")
        self.assertGreater(len(campaign), 20)
        self.assertLessEqual(campaign, self.properties("CampaignStock"))
        self.assertLessEqual(offer - {"stock", "listed"}, self.properties("OfferStock"))
        occurrence = self.document["components"]["schemas"]["Occurrences"]["properties"]["occurrences"]
        written = members_written("src/admin/campaign_routes.cc") | campaign | offer | window | {"base_price"}
        self.assertEqual(written,
                         self.properties("CampaignStock", "OfferStock", "CampaignList", "CampaignSummary",
                                         "Occurrences") | set(occurrence["items"]["properties"]) | {"stock"})
        self.assertEqual(members_written("src/catalog/audit.cc"), self.properties("Difference") | {"more"})
        self.assertEqual(members_written("src/admin/audit_routes.cc") | {"differences", "more"},
                         self.properties("Audit", "AuditEntry"))
        self.assertEqual(members_written("src/admin/alert_routes.cc") | {"active", "history"},
                         self.properties("Alerts", "Alert"))
        self.assertEqual(members_written("src/admin/change_routes.cc") | {"changes", "more"},
                         self.properties("DryRun"))

    def test_it_names_every_member_of_an_item_and_no_other(self):
        item = members_defined("kItemMembers")
        self.assertGreater(len(item), 5)
        self.assertEqual(members_written("src/admin/catalog_routes.cc") | item,
                         self.properties("ItemMembers", "ItemList", "ItemView", "ItemOffer"))

    def test_it_names_every_word_of_a_change(self):
        kinds = re.findall(r'Source::(\w+), "(\w+)"', text("include/doorbuster/catalog/audit.h"))
        schemas = self.document["components"]["schemas"]
        self.assertEqual(schemas["ChangeAction"]["enum"], list(dict.fromkeys(action for _, action in kinds)))
        self.assertEqual(set(schemas["ChangeSource"]["enum"]), {source for source, _ in kinds})
        states = re.findall(r"CampaignState::(\w+)", re.search(
            r"kCampaignStates\[\] = \{(.*?)\}", text("include/doorbuster/catalog/catalog.h"), re.S).group(1))
        self.assertEqual(schemas["CampaignState"]["enum"], states)

    def test_it_names_every_kind_of_alert(self):
        body = re.search(r"enum class AlertKind[^{]*\{(.*?)\n\};",
                         text("include/doorbuster/model/alert.h"), re.S)
        kinds = re.findall(r"^  (\w+),", body.group(1), re.M)
        self.assertGreater(len(kinds), 4)
        self.assertEqual(self.document["components"]["schemas"]["AlertKind"]["enum"], kinds)
        chapter = text("docs/operating.md").split("\n## Alerts\n")[1].split("\n## ")[0]
        self.assertEqual(set(rows_of(chapter)), set(kinds))

    def test_it_names_every_word_of_an_order_s_status(self):
        schemas = self.document["components"]["schemas"]
        words = re.search(r"enum class OrderStatus[^{]*\{(.*?)\}", text("include/doorbuster/model/order.h"))
        statuses = set(re.findall(r"\w+", words.group(1)))
        self.assertEqual(set(schemas["OrderStatus"]["enum"]), statuses - {"waiting"})
        self.assertEqual(set(schemas["Problem"]["properties"]["order_status"]["enum"]), statuses)

    def test_it_names_every_refusal_that_is_sent_and_says_which_are_not(self):
        code = self.document["components"]["schemas"]["Code"]
        self.assertEqual(set(code["enum"]), codes_sent())
        reserved = set(outcome_codes()) - SUCCESSES - codes_sent()
        named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", code["description"]))
        self.assertEqual(named, reserved)

    def test_every_refusal_is_in_a_reply_with_its_own_status(self):
        table = re.findall(r'\{(\d{3}), "(?:/problems/[a-z-]+)?"', text("src/http/reply_encoder.cc"))
        status_of = dict(zip(outcome_codes(), table, strict=True))
        described = {}
        for _, _, operation in self.operations():
            for status, response in operation["responses"].items():
                response = self.resolve(response["$ref"]) if "$ref" in response else response
                for code in re.findall(r"`([a-z_]+)`", response["description"]):
                    if code in status_of:
                        described.setdefault(code, set()).add(status)
        for code in codes_sent():
            self.assertEqual(described.get(code), {status_of[code]}, code)

    def test_its_examples_of_refusals_are_what_the_server_writes(self):
        texts = re.findall(r'\{(\d{3}), "(/problems/[a-z-]+)", "([^"]*)"', text("src/http/reply_encoder.cc"))
        known = {path: (int(status), title) for status, path, title in texts}
        examples = [v for v in self.walk(self.document)
                    if isinstance(v, dict) and "code" in v and isinstance(v.get("title"), str)]
        self.assertGreater(len(examples), 5)
        for example in examples:
            self.assertEqual((example["status"], example["title"]), known[example["type"]])
            self.assertEqual(example["type"], "/problems/" + example["code"].replace("_", "-"))

    def test_it_can_be_compiled_in(self):
        self.assertNotIn(')OPENAPI"', self.source)
        self.assertIsNone(re.search(r"@[A-Za-z0-9/_.+-]+@", self.source), "CMake would replace it")
        self.assertLess(len(self.source.encode()), 128 * 1024)


def emitted_metrics():
    sources = "".join(text(f"src/admin/{name}.cc")
                      for name in ("metrics", "checkpoint_metrics", "process_metrics", "sink_metrics"))
    return set(re.findall(r'"((?:doorbuster|process)_[a-z0-9_]+)"', sources))


class Operating(unittest.TestCase):
    document = "docs/operating.md"

    def test_it_names_the_scope_of_every_route_of_both_listeners(self):
        chapter = text(self.document).split("\n## Who may do what\n")[1].split("\n## ")[0]
        told = {(method, path, scope)
                for method, path, scope in re.findall(r"^\| `([A-Z]+) (/\S+)` \| (\w+)", chapter, re.M)}
        method_of = {"del": "DELETE"}
        rows = re.findall(r'\{Method::(\w+), "(/[^"]+)",\s*Scope::(\w+),',
                          text("src/http/public_handler.cc") + text("src/admin/admin_handler.cc"))
        self.assertGreater(len(rows), 25)
        self.assertEqual(told, {(method_of.get(method, method.upper()), path, scope)
                                for method, path, scope in rows})

    def test_it_names_every_metric_family_and_no_other(self):
        emitted = emitted_metrics()
        self.assertGreater(len(emitted), 30)
        described = {name for name in rows(self.document) if re.match(r"(doorbuster|process)_", name)}
        self.assertEqual(emitted, described)

    def test_it_names_every_key_of_the_server_with_the_same_default(self):
        chapter = text("config/README.md").split("\n## `server`\n")[1].split("\n## ")[0]
        reference, described = rows_of(chapter), rows(self.document)
        self.assertGreater(len(reference), 15)
        for key in reference:
            with self.subTest(key=key):
                self.assertIn(key, described)
                default, reload = reference[key][-2:]
                self.assertEqual(described[key][-2], default)
                first_word = re.compile(r"\w+")
                self.assertEqual(first_word.match(described[key][-1])[0], first_word.match(reload)[0])


class Architecture(unittest.TestCase):
    document = "docs/ARCHITECTURE.md"

    def test_it_names_every_bound(self):
        bounds = re.findall(r"inline constexpr \S+ (k\w+)", text("include/doorbuster/base/limits.h"))
        self.assertGreater(len(bounds), 25)
        for bound in bounds:
            self.assertIn(f"`{bound}`", text(self.document))

    def test_it_names_every_room(self):
        for room in re.findall(r"^([a-z]+):", text("cmake/layers.txt"), re.M):
            self.assertIn(f"| `{room}` |", text(self.document))

    def test_its_metrics_exist(self):
        emitted = emitted_metrics()
        for name in re.findall(r"`((?:doorbuster|process)_[a-z0-9_]+)", text(self.document)):
            self.assertIn(name, emitted)


if __name__ == "__main__":
    unittest.main()
