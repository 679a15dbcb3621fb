CREATE OR REPLACE FUNCTION creditops_released(cost bigint, quantity bigint, r bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (sign(r::numeric) * div(2 * cost::numeric * abs(r) + quantity, 2 * quantity::numeric))::bigint
$$;
DROP FUNCTION creditops_rounds_half_even();
