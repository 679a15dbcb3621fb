-- The value released after r of a cost layer's q credits that cost c, in minor units (M4): c x r / q
-- rounded half away from zero. The product passes bigint, so it is computed as numeric; amounts are
-- stored as bigint only. creditops/lib/money.py has the same function, a test compares them.
CREATE FUNCTION creditops_released(cost bigint, quantity bigint, r bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (sign(r::numeric) * div(2 * cost::numeric * abs(r) + quantity, 2 * quantity::numeric))::bigint
$$;
