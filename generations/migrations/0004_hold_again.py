"""A take that moves to another route is held for anew: settling it resolves the newest of its holds."""

from django.db import migrations

NEWEST = "m.kind = 'hold' ORDER BY m.id DESC LIMIT 1;"
ONLY = "m.kind = 'hold';"

SETTLE = """
CREATE OR REPLACE FUNCTION ledger_settle(
    p_generation bigint, p_charged numeric, p_key text, p_reason text, p_happened_at timestamptz,
    OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    held record;
    taken numeric;
BEGIN
    SELECT m.id, m.team_id, e.amount INTO STRICT held
    FROM generations_movement m
    JOIN generations_entry e ON e.movement_id = m.id AND e.amount > 0
    WHERE m.generation_id = p_generation AND {which}
    taken := least(p_charged, held.amount);
    SELECT p.movement_id, p.is_new INTO movement_id, is_new
    FROM ledger_post(
        held.team_id,
        CASE WHEN taken > 0 THEN 'capture' ELSE 'release' END,
        p_key,
        CASE WHEN taken = 0 THEN ARRAY['held', 'available']
             WHEN taken = held.amount THEN ARRAY['held', 'spent']
             ELSE ARRAY['held', 'spent', 'available'] END,
        CASE WHEN taken = 0 THEN ARRAY[-held.amount, held.amount]
             WHEN taken = held.amount THEN ARRAY[-held.amount, taken]
             ELSE ARRAY[-held.amount, taken, held.amount - taken] END,
        held.id, p_generation, NULL, p_reason, p_happened_at
    ) p;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("generations", "0003_every_route")]

    operations = [migrations.RunSQL(SETTLE.format(which=NEWEST), SETTLE.format(which=ONLY))]
