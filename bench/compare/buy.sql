\set n :n + 1
\set serial :first + :client_id * 10000000 + :n
\set sku case when :skus = 0 then 0 else 1 + mod(:serial, :skus) end
SELECT buy('sku-' || lpad(:sku::text, 4, '0'), 'b-' || :serial, 1, 2, '8e03978e-40d5-43e8-bc93-' || :serial);
