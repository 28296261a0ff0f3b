"""The ledger's database functions and the triggers that keep its rows as they were written."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION ledger_open(
    p_team bigint, p_kind text, p_key text, p_resolves bigint, p_generation bigint, p_actor bigint, p_reason text,
    p_happened_at timestamptz, OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    known record;
BEGIN
    INSERT INTO generations_movement
        (team_id, kind, idempotency_key, resolves_id, generation_id, actor_id, reason, happened_at)
    VALUES (p_team, p_kind, p_key, p_resolves, p_generation, p_actor, p_reason, p_happened_at)
    -- On any conflict: the same settlement from two callers at once meets the hold's own uniqueness first.
    ON CONFLICT DO NOTHING
    RETURNING id INTO movement_id;
    is_new := movement_id IS NOT NULL;
    IF is_new THEN
        RETURN;
    END IF;
    SELECT m.id, m.team_id, m.kind, m.resolves_id, m.generation_id INTO known
    FROM generations_movement m WHERE m.idempotency_key = p_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Hold % was resolved under another key than %.', p_resolves, p_key USING ERRCODE = 'KS004';
    END IF;
    IF (known.team_id, known.kind) <> (p_team, p_kind)
       OR known.resolves_id IS DISTINCT FROM p_resolves OR known.generation_id IS DISTINCT FROM p_generation THEN
        RAISE EXCEPTION 'The key % belongs to movement %.', p_key, known.id USING ERRCODE = 'KS003';
    END IF;
    movement_id := known.id;
END $$;

-- A key stands for an amount too: taking another one from somewhere is a mistake of the caller. Where it goes may
-- differ: a grant that is repeated finds the shortfall covered.
CREATE FUNCTION ledger_check_same(p_movement bigint, p_accounts text[], p_amounts numeric[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT * FROM unnest(p_accounts, p_amounts) AS t(kind, amount) WHERE amount < 0) l
        FULL JOIN (SELECT a.kind, e.amount FROM generations_entry e
                   JOIN generations_ledgeraccount a ON a.id = e.account_id
                   WHERE e.movement_id = p_movement AND e.amount < 0) w
            ON w.kind = l.kind
        WHERE w.amount IS DISTINCT FROM l.amount
    ) THEN
        RAISE EXCEPTION 'Movement % has other amounts.', p_movement USING ERRCODE = 'KS003';
    END IF;
END $$;

CREATE FUNCTION ledger_refuse_for_want(p_team bigint, p_needed numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    has numeric;
BEGIN
    SELECT balance INTO has FROM generations_ledgeraccount WHERE team_id = p_team AND kind = 'available';
    RAISE EXCEPTION 'Not enough credits.' USING ERRCODE = 'KS001', DETAIL = p_needed || ' ' || coalesce(has, 0);
END $$;

-- Any movement but a hold.
CREATE FUNCTION ledger_post(
    p_team bigint, p_kind text, p_key text, p_accounts text[], p_amounts numeric[],
    p_resolves bigint, p_generation bigint, p_actor bigint, p_reason text, p_happened_at timestamptz,
    OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    leg record;
    after numeric;
BEGIN
    IF coalesce((SELECT sum(a) FROM unnest(p_amounts) a), 0) <> 0 OR coalesce(cardinality(p_amounts), 0) < 2 THEN
        RAISE EXCEPTION 'A movement needs two or more entries that sum to zero: %', p_amounts;
    END IF;
    SELECT o.movement_id, o.is_new INTO movement_id, is_new
    FROM ledger_open(p_team, p_kind, p_key, p_resolves, p_generation, p_actor, p_reason, p_happened_at) o;
    IF NOT is_new THEN
        PERFORM ledger_check_same(movement_id, p_accounts, p_amounts);
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM generations_ledgeraccount WHERE team_id = p_team) THEN
        PERFORM ledger_refuse_for_want(p_team, -(SELECT min(a) FROM unnest(p_amounts) a));
    END IF;
    -- Always in the order of the accounts' ids, so that no two movements wait for each other.
    FOR leg IN
        SELECT a.id, a.kind, l.amount
        FROM unnest(p_accounts, p_amounts) AS l(kind, amount)
        JOIN generations_ledgeraccount a ON a.team_id = p_team AND a.kind = l.kind
        ORDER BY a.id
    LOOP
        UPDATE generations_ledgeraccount SET balance = balance + leg.amount
        WHERE id = leg.id AND (leg.kind <> 'available' OR balance + leg.amount >= 0)
        RETURNING balance INTO after;
        IF NOT FOUND THEN
            PERFORM ledger_refuse_for_want(p_team, -leg.amount);
        END IF;
        INSERT INTO generations_entry (movement_id, account_id, amount, balance_after)
        VALUES (ledger_post.movement_id, leg.id, leg.amount, after);
    END LOOP;
END $$;

-- A hold: the movement that everybody waits for, so it is written out, with as few statements as it takes.
CREATE FUNCTION ledger_hold(
    p_team bigint, p_amount numeric, p_key text, p_generation bigint, p_actor bigint, p_happened_at timestamptz,
    OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    available record;
    held record;
    owed numeric;
BEGIN
    SELECT o.movement_id, o.is_new INTO movement_id, is_new
    FROM ledger_open(p_team, 'hold', p_key, NULL, p_generation, p_actor, '', p_happened_at) o;
    IF NOT is_new THEN
        PERFORM ledger_check_same(movement_id, ARRAY['available', 'held'], ARRAY[-p_amount, p_amount]);
        RETURN;
    END IF;
    -- The purse's lock would otherwise last as long as the disk takes. Who holds waits for the disk after COMMIT,
    -- without the lock (ledger.make_durable); whatever commits later is on disk only together with this.
    PERFORM set_config('synchronous_commit', 'off', true);
    -- `available` was made before `held`, so this is the order of the ids too.
    UPDATE generations_ledgeraccount SET balance = balance - p_amount
    WHERE team_id = p_team AND kind = 'available' AND balance >= p_amount
    RETURNING id, balance INTO available;
    IF NOT FOUND THEN
        PERFORM ledger_refuse_for_want(p_team, p_amount);
    END IF;
    UPDATE generations_ledgeraccount SET balance = balance + p_amount
    WHERE team_id = p_team AND kind = 'held'
    RETURNING id, balance INTO STRICT held;
    INSERT INTO generations_entry (movement_id, account_id, amount, balance_after)
    VALUES (ledger_hold.movement_id, available.id, -p_amount, available.balance),
           (ledger_hold.movement_id, held.id, p_amount, held.balance);
    -- Read after the team's row is locked: a shortfall booked before us is seen.
    SELECT balance INTO owed FROM generations_ledgeraccount WHERE team_id = p_team AND kind = 'shortfall';
    IF owed < 0 THEN
        RAISE EXCEPTION 'A shortfall is open.' USING ERRCODE = 'KS002', DETAIL = (-owed)::text;
    END IF;
END $$;

CREATE FUNCTION ledger_settle(
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
    WHERE m.generation_id = p_generation AND m.kind = 'hold';
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

TRIGGERS = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The books are written once: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER movement_is_immutable BEFORE UPDATE OR DELETE ON generations_movement
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_is_immutable BEFORE UPDATE OR DELETE ON generations_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER movement_is_not_truncated BEFORE TRUNCATE ON generations_movement
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_is_not_truncated BEFORE TRUNCATE ON generations_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE FUNCTION ledger_check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint;
    total numeric;
    sides integer;
BEGIN
    IF TG_TABLE_NAME = 'generations_entry' THEN
        wanted := NEW.movement_id;
    ELSE
        wanted := NEW.id;
    END IF;
    SELECT sum(amount), count(*) INTO total, sides FROM generations_entry WHERE movement_id = wanted;
    IF sides < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'Movement % has % entries that sum to %.', wanted, sides, total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER movement_is_balanced AFTER INSERT ON generations_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_movement();
CREATE CONSTRAINT TRIGGER entry_keeps_the_balance AFTER INSERT ON generations_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_movement();
"""

UNDO = """
DROP TRIGGER entry_keeps_the_balance ON generations_entry;
DROP TRIGGER movement_is_balanced ON generations_movement;
DROP TRIGGER entry_is_not_truncated ON generations_entry;
DROP TRIGGER movement_is_not_truncated ON generations_movement;
DROP TRIGGER entry_is_immutable ON generations_entry;
DROP TRIGGER movement_is_immutable ON generations_movement;
DROP FUNCTION ledger_check_movement();
DROP FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_settle(bigint, numeric, text, text, timestamptz);
DROP FUNCTION ledger_hold(bigint, numeric, text, bigint, bigint, timestamptz);
DROP FUNCTION ledger_post(bigint, text, text, text[], numeric[], bigint, bigint, bigint, text, timestamptz);
DROP FUNCTION ledger_refuse_for_want(bigint, numeric);
DROP FUNCTION ledger_check_same(bigint, text[], numeric[]);
DROP FUNCTION ledger_open(bigint, text, text, bigint, bigint, bigint, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("generations", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO)]
