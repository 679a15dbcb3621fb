-- The value released after r of a cost layer's q credits that cost c, in minor units (M4): c x r / q,
-- halves rounded as the books have it. Where the product fits into a bigint, and it is no half, it is computed
-- in that: five times as fast. Else as numeric; amounts are stored as bigint only. Not declared STRICT, which
-- would keep a CASE from being inlined (15 times as slow). creditops/lib/money.py has the same function, a
-- test compares them.
CREATE OR REPLACE FUNCTION creditops_released(cost bigint, quantity bigint, r bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN cost BETWEEN 0 AND 4000000000 AND r BETWEEN -1000000000 AND 1000000000
     AND quantity <= 1000000000000000000
    THEN CASE
      WHEN 2 * cost * abs(r) % (2 * quantity) <> quantity
      THEN sign(r)::bigint * ((2 * cost * abs(r) + quantity) / (2 * quantity))
      ELSE sign(r)::bigint * (cost * abs(r) / quantity + CASE
        WHEN cost * abs(r) / quantity % 2 = 0 AND creditops_rounds_half_even() THEN 0 ELSE 1 END)
    END
    ELSE (sign(r::numeric) * CASE
      WHEN mod(2 * cost::numeric * abs(r), 2 * quantity::numeric) = quantity
       AND mod(div(cost::numeric * abs(r), quantity::numeric), 2) = 0
       AND creditops_rounds_half_even()
      THEN div(cost::numeric * abs(r), quantity::numeric)
      ELSE div(2 * cost::numeric * abs(r) + quantity, 2 * quantity::numeric)
    END)::bigint
  END
$$;
