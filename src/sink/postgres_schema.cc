#include "sink/postgres_schema.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace doorbuster {
namespace {

// The server cuts longer names without a word, and two of them would be one.
constexpr std::size_t kNameBytesMax = 63;

// A basket is confirmed as a whole, an order of one SKU as a whole or in part: of each line is confirmed what
// the order has, and no more than the line.
// Ids of orders are compared and sorted by their bytes, whatever the language of the database is.
constexpr std::array<std::string_view, 12> kVersion1 = {
    R"(CREATE TABLE {}.schema_version (
         version integer PRIMARY KEY,
         migrated_at timestamptz NOT NULL DEFAULT now()))",
    R"(CREATE TABLE {}.sinks (
         sink text PRIMARY KEY,
         folder text NOT NULL,
         epoch bigint NOT NULL,
         sequence bigint NOT NULL,
         updated_at timestamptz NOT NULL DEFAULT now()))",
    R"(CREATE TABLE {}.events (
         folder text COLLATE "C" NOT NULL,
         epoch bigint NOT NULL,
         sequence bigint NOT NULL,
         id text COLLATE "C" NOT NULL,
         type text NOT NULL,
         time timestamptz NOT NULL,
         tenant text NOT NULL,
         subject text COLLATE "C",
         data jsonb NOT NULL,
         PRIMARY KEY (sequence, epoch, folder)))",
    R"(CREATE TABLE {}.orders (
         order_id text COLLATE "C" PRIMARY KEY,
         tenant text NOT NULL,
         campaign text NOT NULL,
         status text NOT NULL CHECK (status IN
           ('held', 'waiting', 'confirmed', 'cancelled', 'expired', 'left_line', 'returned')),
         buyer text NOT NULL,
         reference text,
         channel text,
         region text,
         segment text,
         currency text NOT NULL,
         quantity integer NOT NULL,
         unit_price bigint,
         total bigint NOT NULL,
         confirmed_quantity integer NOT NULL DEFAULT 0,
         returned_quantity integer NOT NULL DEFAULT 0,
         payment_reference text,
         refund_due boolean NOT NULL DEFAULT false,
         expires_at timestamptz,
         created_at timestamptz NOT NULL,
         updated_at timestamptz NOT NULL,
         epoch bigint NOT NULL,
         sequence bigint NOT NULL) WITH (fillfactor = 80))",
    R"(CREATE TABLE {}.order_lines (
         order_id text COLLATE "C" NOT NULL,
         sku text NOT NULL,
         quantity integer NOT NULL,
         unit_price bigint NOT NULL,
         returned_quantity integer NOT NULL DEFAULT 0,
         PRIMARY KEY (order_id, sku)))",
    R"(CREATE VIEW {}.units AS
         SELECT o.tenant, o.campaign, l.sku,
           coalesce(sum(l.quantity) FILTER (WHERE o.status = 'held'), 0) AS held,
           sum(least(l.quantity, o.confirmed_quantity)) AS confirmed,
           sum(l.returned_quantity) AS returned
         FROM {}.order_lines l JOIN {}.orders o USING (order_id)
         GROUP BY o.tenant, o.campaign, l.sku)",
    "CREATE INDEX events_subject ON {}.events (subject)",
    "CREATE INDEX orders_buyer ON {}.orders (buyer)",
    "CREATE INDEX orders_campaign_status ON {}.orders (campaign, status)",
    "CREATE INDEX orders_reference ON {}.orders (reference) WHERE reference IS NOT NULL",
    R"(COMMENT ON TABLE {}.sinks IS 'the place through which each sink has applied its events')",
    R"(COMMENT ON TABLE {}.orders IS 'what has become of each order; money in minor units')",
};
// The statements that make version n out of the one before stand at n - 1.
constexpr std::array<std::span<const std::string_view>, kPostgresSchemaVersion> kMigrations = {kVersion1};

constexpr std::string_view kMark =
    "UPDATE {}.sinks SET epoch = $1::bigint, sequence = $2::bigint, updated_at = now()"
    " WHERE sink = $3::text AND folder = $4::text AND epoch = $5::bigint AND sequence = $6::bigint";

constexpr std::string_view kEvents = R"(
  INSERT INTO {}.events (folder, epoch, sequence, id, type, time, tenant, subject, data)
  SELECT $1::text, e.epoch, e.sequence, e.id, e.type, e.time, e.tenant, e.subject, e.data::jsonb
  FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
              $9::text[]) AS e (epoch, sequence, id, type, time, tenant, subject, data)
  ON CONFLICT (sequence, epoch, folder) DO NOTHING)";

constexpr std::string_view kOrders = R"(
  INSERT INTO {}.orders (order_id, tenant, campaign, status, buyer, reference, channel, region, segment,
                         currency, quantity, unit_price, total, confirmed_quantity, expires_at, created_at,
                         updated_at, epoch, sequence)
  SELECT e.order_id, e.tenant, e.campaign, e.status, e.buyer, e.reference, e.channel, e.region, e.segment,
         e.currency, e.quantity, e.unit_price, e.total,
         CASE WHEN e.status = 'confirmed' THEN e.quantity ELSE 0 END, e.expires_at, e.time, e.time, e.epoch,
         e.sequence
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
              $14::timestamptz[], $15::timestamptz[], $16::bigint[], $17::bigint[])
       AS e (order_id, tenant, campaign, status, buyer, reference, channel, region, segment, currency,
             quantity, unit_price, total, expires_at, time, epoch, sequence)
  ON CONFLICT (order_id) DO NOTHING)";

constexpr std::string_view kLines = R"(
  INSERT INTO {}.order_lines (order_id, sku, quantity, unit_price)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
  ON CONFLICT (order_id, sku) DO NOTHING)";

// A basket's lines run out one after the other, and after the whole was cancelled nothing does.
constexpr std::string_view kChanges = R"(
  WITH changed AS (
    UPDATE {}.orders o SET
      status = CASE e.what
        WHEN 'confirmed' THEN 'confirmed'
        WHEN 'offered' THEN 'held'
        WHEN 'cancelled' THEN 'cancelled'
        WHEN 'left_line' THEN 'left_line'
        WHEN 'expired' THEN CASE WHEN o.status = 'held' THEN 'expired' ELSE o.status END
        WHEN 'returned' THEN
          CASE WHEN o.returned_quantity + e.quantity >= o.confirmed_quantity THEN 'returned'
               ELSE o.status END
        ELSE o.status END,
      confirmed_quantity = CASE WHEN e.what = 'confirmed' THEN e.quantity ELSE o.confirmed_quantity END,
      returned_quantity = o.returned_quantity + CASE WHEN e.what = 'returned' THEN e.quantity ELSE 0 END,
      payment_reference = coalesce(e.payment_reference, o.payment_reference),
      refund_due = o.refund_due OR e.what = 'refund_due',
      expires_at = coalesce(e.expires_at, o.expires_at),
      updated_at = e.time, epoch = e.epoch, sequence = e.sequence
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[],
                $7::timestamptz[], $8::bigint[], $9::bigint[])
         AS e (order_id, what, sku, quantity, payment_reference, expires_at, time, epoch, sequence)
    WHERE o.order_id = e.order_id AND (o.epoch, o.sequence) < (e.epoch, e.sequence)
    RETURNING o.order_id, e.what, e.sku, e.quantity)
  UPDATE {}.order_lines l SET returned_quantity = l.returned_quantity + c.quantity
  FROM changed c
  WHERE c.what = 'returned' AND l.order_id = c.order_id AND (c.sku IS NULL OR l.sku = c.sku))";

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted + '"';
}

tl::unexpected<Error> failed(const PostgresTrouble& trouble) {
  return fail(ErrorKind::runtime, describe(trouble));
}

std::string_view help_with(std::string_view sqlstate) {
  if (sqlstate == "42501") {
    return "the user of the connection must be allowed to create the sink's schema, or to write in it";
  }
  if (sqlstate == "42P07") return "give the sink a schema of its own";
  if (sqlstate.starts_with("42")) return "are the tables in the sink's schema as this program has made them?";
  if (sqlstate == "25006") return "the server only reads: connect to the primary";
  if (sqlstate == "53100") return "make room on the disk of the database";
  if (sqlstate == "53300") return "the server has no connection left for it";
  if (sqlstate == "55P03") return "somebody else has locked the tables";
  if (sqlstate == "57014") return "the server took too long, or somebody has cancelled the statement";
  return {};
}

}  // namespace

std::string describe(const PostgresTrouble& trouble) {
  if (trouble.sqlstate.empty()) return trouble.message;
  std::string text =
      "the PostgreSQL server says: " + trouble.message + " (SQLSTATE " + trouble.sqlstate + ")";
  if (const std::string_view help = help_with(trouble.sqlstate); !help.empty()) {
    text += "; ";
    text += help;
  }
  return text;
}

PostgresSchema::PostgresSchema(std::string name) : name_(std::move(name)), quoted_(quoted_name(name_)) {}

Status PostgresSchema::check_name() const {
  const bool is_one = !name_.empty() && name_.size() <= kNameBytesMax && !name_.starts_with("pg_") &&
                      name_.find('\0') == std::string::npos;
  if (is_one) return {};
  return fail(ErrorKind::configuration,
              "the schema's name must have 1 to 63 bytes and must not begin with \"pg_\"");
}

std::string PostgresSchema::in(std::string_view sql) const {
  std::string text(sql);
  for (auto at = text.find("{}"); at != std::string::npos; at = text.find("{}", at + quoted_.size())) {
    text.replace(at, 2, quoted_);
  }
  return text;
}

Result<int> PostgresSchema::version(PostgresConnection& connection, const PostgresPatience& patience) const {
  connection.add("SELECT to_regclass($1::text)", {{quoted_ + ".schema_version"}});
  auto answers = connection.exchange(patience);
  if (answers.trouble) return failed(*answers.trouble);
  if (answers.text(0, 0, 0).empty()) return 0;
  connection.add(in("SELECT coalesce(max(version), 0) FROM {}.schema_version"));
  answers = connection.exchange(patience);
  if (answers.trouble) return failed(*answers.trouble);
  const std::string text = answers.text(0, 0, 0);
  int version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  if (version <= kPostgresSchemaVersion) return version;
  return fail(ErrorKind::configuration, "the schema " + quoted_ + " has version " + text +
                                            ", and this program knows " +
                                            std::to_string(kPostgresSchemaVersion) +
                                            " at most: run a newer program, or give the sink another schema");
}

Status PostgresSchema::bring_up_to_date(PostgresConnection& connection,
                                        const PostgresPatience& patience) const {
  auto there = version(connection, patience);
  if (!there) return tl::unexpected(there.error());
  if (*there == kPostgresSchemaVersion) return {};
  connection.add("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  connection.add("SELECT pg_advisory_xact_lock(hashtextextended('doorbuster schema ' || $1::text, 0))",
                 {{name_}});
  connection.add("SELECT to_regnamespace($1::text)", {{quoted_}});
  const auto begun = connection.exchange(patience);
  if (begun.trouble) return failed(*begun.trouble);
  // Whoever had the lock may have done it.
  there = version(connection, patience);
  if (!there) return tl::unexpected(there.error());
  // The right to create a schema is asked for by the server even where there is one already.
  if (begun.text(2, 0, 0).empty()) connection.add(in("CREATE SCHEMA {}"));
  for (int next = *there; next < kPostgresSchemaVersion; ++next) {
    for (const std::string_view sql : kMigrations[static_cast<std::size_t>(next)]) connection.add(in(sql));
    connection.add(in("INSERT INTO {}.schema_version (version) VALUES ($1::integer)"),
                   {{std::to_string(next + 1)}});
  }
  connection.add("COMMIT");
  const auto made = connection.exchange(patience);
  if (made.trouble) return failed(*made.trouble);
  return {};
}

Status PostgresSchema::prepare(PostgresConnection& connection, const PostgresPatience& patience) const {
  connection.prepare(postgres_statement::kMark, in(kMark));
  connection.prepare(postgres_statement::kEvents, in(kEvents));
  connection.prepare(postgres_statement::kOrders, in(kOrders));
  connection.prepare(postgres_statement::kLines, in(kLines));
  connection.prepare(postgres_statement::kChanges, in(kChanges));
  const auto prepared = connection.exchange(patience);
  if (prepared.trouble) return failed(*prepared.trouble);
  return {};
}

}  // namespace doorbuster
