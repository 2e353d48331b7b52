-- What doorbuster does for a buy, as a Redis script: one atomic step, the same checks in the same order.
-- KEYS: the kept order of this idempotency key, the SKU's stock, the buyer's units, the stream of orders
-- ARGV: sku, buyer, quantity, limit per buyer, unit price
local kept = redis.call('GET', KEYS[1])
if kept then
  return kept
end
local quantity = tonumber(ARGV[3])
local bought = tonumber(redis.call('GET', KEYS[3]) or 0)
if bought + quantity > tonumber(ARGV[4]) then
  return redis.error_reply('LIMIT_REACHED')
end
if tonumber(redis.call('GET', KEYS[2]) or 0) < quantity then
  return redis.error_reply('SOLD_OUT')
end
redis.call('DECRBY', KEYS[2], quantity)
redis.call('INCRBY', KEYS[3], quantity)
local order = redis.call('XADD', KEYS[4], '*', 'sku', ARGV[1], 'buyer', ARGV[2], 'quantity', ARGV[3],
                         'unit_price', ARGV[5])
redis.call('SET', KEYS[1], order, 'EX', 86400)
return order
