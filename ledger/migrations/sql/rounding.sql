-- Whether the books round halves to the even neighbour: the setting `rounding`, which is fixed by the
-- first entry. Asked only where there is a half to round. With its owner's rights, since the views of
-- `reporting` round too and their readers may see nothing but those views.
CREATE FUNCTION creditops_rounds_half_even() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT coalesce((
    SELECT p.value = '"HALF_EVEN"'::jsonb FROM lib_policysetting AS p
    WHERE p.scope = 'books' AND p.name = 'rounding' ORDER BY p.version DESC LIMIT 1
  ), false)
$$;

-- The value released after r of a cost layer's q credits that cost c, in minor units (M4): c x r / q,
-- halves rounded as the books have it. The product passes bigint, so it is computed as numeric; amounts
-- are stored as bigint only. Not declared STRICT, which would keep a CASE from being inlined (15 times as
-- slow). creditops/lib/money.py has the same function, a test compares them.
CREATE OR REPLACE FUNCTION creditops_released(cost bigint, quantity bigint, r bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (sign(r::numeric) * CASE
    WHEN mod(2 * cost::numeric * abs(r), 2 * quantity::numeric) = quantity
     AND mod(div(cost::numeric * abs(r), quantity::numeric), 2) = 0
     AND creditops_rounds_half_even()
    THEN div(cost::numeric * abs(r), quantity::numeric)
    ELSE div(2 * cost::numeric * abs(r) + quantity, 2 * quantity::numeric)
  END)::bigint
$$;
