-- What doorbuster does for a buy, as one PostgreSQL statement and so one transaction. The conditional UPDATE of the
-- stock comes last, so that a hot row is locked only for the insert before it and the commit.
CREATE TABLE offers (sku text PRIMARY KEY, available bigint NOT NULL, unit_price bigint NOT NULL);
CREATE TABLE buyer_units (sku text, buyer text, units bigint NOT NULL, PRIMARY KEY (sku, buyer));
CREATE TABLE orders (id bigserial, idempotency_key text PRIMARY KEY, sku text NOT NULL, buyer text NOT NULL,
                     quantity bigint NOT NULL);

CREATE FUNCTION buy(wanted_sku text, wanted_buyer text, wanted bigint, per_buyer bigint, key text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  kept bigint;
BEGIN
  SELECT id INTO kept FROM orders WHERE idempotency_key = key;
  IF FOUND THEN
    RETURN kept;
  END IF;
  INSERT INTO buyer_units AS b VALUES (wanted_sku, wanted_buyer, wanted)
    ON CONFLICT (sku, buyer) DO UPDATE SET units = b.units + wanted WHERE b.units + wanted <= per_buyer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'limit_reached';
  END IF;
  INSERT INTO orders (idempotency_key, sku, buyer, quantity) VALUES (key, wanted_sku, wanted_buyer, wanted)
    RETURNING id INTO kept;
  UPDATE offers SET available = available - wanted WHERE sku = wanted_sku AND available >= wanted;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'sold_out';
  END IF;
  RETURN kept;
END
$$;

-- The hot SKU is number 0, the spread ones 1 to 1000.
INSERT INTO offers SELECT 'sku-' || lpad(n::text, 4, '0'), 1000000000, 49900 FROM generate_series(0, 1000) n;
VACUUM ANALYZE offers;
