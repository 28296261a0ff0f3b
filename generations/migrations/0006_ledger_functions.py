"""The functions that write the books, and the triggers that keep them as they were written.

What a hold costs everybody else is the time for which it locks the team's purse. So it is one function, one row for the
purse, one statement for all budgets, and nothing that could be done before or after.
"""

from django.db import migrations

FUNCTIONS = """
-- The movement that a key belongs to, or NULL; a key that stands for something else is a mistake of the caller.
CREATE FUNCTION ledger_find(
    p_team bigint, p_kind text, p_key text, p_amount numeric, p_generation bigint, p_resolves bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known record;
BEGIN
    SELECT m.id, m.team_id, m.kind, m.amount, m.generation_id, m.resolves_id INTO known
    FROM generations_movement m WHERE m.idempotency_key = p_key;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF (known.team_id, known.kind, known.amount) <> (p_team, p_kind, p_amount)
       OR known.generation_id IS DISTINCT FROM p_generation OR known.resolves_id IS DISTINCT FROM p_resolves THEN
        RAISE EXCEPTION 'The key % belongs to movement %.', p_key, known.id USING ERRCODE = 'KS003';
    END IF;
    RETURN known.id;
END $$;

-- Why the purse did not give: something is due first, an old shortfall, or too little.
CREATE FUNCTION ledger_refuse(p_team bigint, p_needed numeric, p_happened_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    purse record;
BEGIN
    SELECT available, shortfall, lots_due_at INTO purse FROM generations_purse WHERE team_id = p_team;
    IF purse.lots_due_at <= p_happened_at THEN
        RAISE EXCEPTION 'Credits have expired.' USING ERRCODE = 'KS005';
    END IF;
    IF purse.shortfall < 0 THEN
        RAISE EXCEPTION 'A shortfall is open.' USING ERRCODE = 'KS002', DETAIL = (-purse.shortfall)::text;
    END IF;
    RAISE EXCEPTION 'Not enough credits.'
        USING ERRCODE = 'KS001', DETAIL = p_needed || ' ' || coalesce(purse.available, 0);
END $$;

CREATE FUNCTION ledger_hold(
    p_team bigint, p_amount numeric, p_key text, p_generation bigint, p_actor bigint, p_happened_at timestamptz,
    p_scopes text[], OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    purse record;
    budgets record;
BEGIN
    -- The purse's lock would otherwise last as long as the disk takes. Who holds waits for the disk after COMMIT,
    -- without the lock (ledger.make_durable); whatever commits later is on disk only together with this.
    SET LOCAL synchronous_commit = off;
    UPDATE generations_purse SET available = available - p_amount, held = held + p_amount
    WHERE team_id = p_team AND available >= p_amount AND shortfall = 0
          AND (lots_due_at IS NULL OR lots_due_at > p_happened_at)
    RETURNING available, held INTO purse;
    IF NOT FOUND THEN
        movement_id := ledger_find(p_team, 'hold', p_key, p_amount, p_generation, NULL);
        is_new := false;
        IF movement_id IS NULL THEN
            PERFORM ledger_refuse(p_team, p_amount, p_happened_at);
        END IF;
        RETURN;
    END IF;
    -- Only under the purse's lock: then no two holds of a team can wait for each other here.
    WITH counted AS (
        UPDATE generations_budgetperiod SET held = held + p_amount
        WHERE team_id = p_team AND is_current AND scope_key = ANY(p_scopes)
        RETURNING id, base_credits + rolled_credits + raised_credits - held - spent - overrun AS spare, changes_at
    )
    SELECT array_agg(id ORDER BY id) AS ids, min(changes_at) AS changes_at, min(spare) AS spare,
           string_agg(id || ' ' || (spare + p_amount), ' ' ORDER BY spare, id) FILTER (WHERE spare < 0) AS over
    INTO budgets FROM counted;
    IF coalesce(budgets.changes_at > p_happened_at, true) AND coalesce(budgets.spare >= 0, true) THEN
        INSERT INTO generations_movement
            (team_id, kind, amount, idempotency_key, generation_id, periods, actor_id, reason, happened_at)
        VALUES (p_team, 'hold', p_amount, p_key, p_generation, budgets.ids, p_actor, '', p_happened_at)
        ON CONFLICT DO NOTHING
        RETURNING id INTO movement_id;
    END IF;
    is_new := movement_id IS NOT NULL;
    IF is_new THEN
        INSERT INTO generations_entry (movement_id, account, amount, balance_after)
        VALUES (ledger_hold.movement_id, 'available', -p_amount, purse.available),
               (ledger_hold.movement_id, 'held', p_amount, purse.held);
        RETURN;
    END IF;
    UPDATE generations_purse SET available = available + p_amount, held = held - p_amount WHERE team_id = p_team;
    UPDATE generations_budgetperiod SET held = held - p_amount WHERE id = ANY(budgets.ids);
    movement_id := ledger_find(p_team, 'hold', p_key, p_amount, p_generation, NULL);
    IF movement_id IS NULL AND budgets.changes_at <= p_happened_at THEN
        RAISE EXCEPTION 'A budget period is over.' USING ERRCODE = 'KS005';
    ELSIF movement_id IS NULL THEN
        RAISE EXCEPTION 'A budget is too small.' USING ERRCODE = 'KS006', DETAIL = p_amount || ' ' || budgets.over;
    END IF;
END $$;

CREATE FUNCTION ledger_settle(
    p_generation bigint, p_charged numeric, p_key text, p_reason text, p_happened_at timestamptz,
    OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    held record;
    purse record;
    taken numeric;
    kind text;
    was_held boolean;
BEGIN
    SET LOCAL synchronous_commit = off;
    SELECT m.id, m.team_id, m.amount, m.periods INTO STRICT held
    FROM generations_movement m
    WHERE m.generation_id = p_generation AND m.kind = 'hold' ORDER BY m.id DESC LIMIT 1;
    taken := least(p_charged, held.amount);
    kind := CASE WHEN taken > 0 THEN 'capture' ELSE 'release' END;
    UPDATE generations_purse p
    SET held = p.held - held.amount, spent = p.spent + taken, available = p.available + held.amount - taken
    WHERE p.team_id = held.team_id AND p.held >= held.amount
    RETURNING p.held, p.spent, p.available INTO purse;
    was_held := FOUND;
    IF was_held THEN
        INSERT INTO generations_movement
            (team_id, kind, amount, idempotency_key, resolves_id, generation_id, periods, reason, happened_at)
        VALUES (held.team_id, kind, held.amount, p_key, held.id, p_generation, held.periods, p_reason, p_happened_at)
        -- On any conflict: the same settlement from two callers at once meets the hold's own uniqueness first.
        ON CONFLICT DO NOTHING
        RETURNING id INTO movement_id;
    END IF;
    is_new := movement_id IS NOT NULL;
    IF is_new THEN
        UPDATE generations_budgetperiod b SET held = b.held - held.amount, spent = b.spent + taken
        WHERE b.id = ANY(held.periods);
        INSERT INTO generations_entry (movement_id, account, amount, balance_after)
        SELECT ledger_settle.movement_id, v.account, v.amount, v.after
        FROM (VALUES ('held', -held.amount, purse.held), ('spent', taken, purse.spent),
                     ('available', held.amount - taken, purse.available)) AS v(account, amount, after)
        WHERE v.amount <> 0;
        RETURN;
    END IF;
    IF was_held THEN
        UPDATE generations_purse p
        SET held = p.held + held.amount, spent = p.spent - taken, available = p.available - held.amount + taken
        WHERE p.team_id = held.team_id;
    END IF;
    movement_id := ledger_find(held.team_id, kind, p_key, held.amount, p_generation, held.id);
    IF movement_id IS NULL THEN
        RAISE EXCEPTION 'Hold % was resolved under another key than %.', held.id, p_key USING ERRCODE = 'KS004';
    END IF;
    IF taken <> coalesce((SELECT e.amount FROM generations_entry e
                          WHERE e.movement_id = ledger_settle.movement_id AND e.account = 'spent'), 0) THEN
        RAISE EXCEPTION 'The key % belongs to movement %.', p_key, movement_id USING ERRCODE = 'KS003';
    END IF;
END $$;

-- Any other movement. `p_counts` says which counter of the periods takes `p_counted`: 'spent', 'overrun', or none.
CREATE FUNCTION ledger_post(
    p_team bigint, p_kind text, p_key text, p_accounts text[], p_amounts numeric[], p_reverses bigint,
    p_generation bigint, p_periods bigint[], p_counts text, p_counted numeric, p_actor bigint, p_reason text,
    p_happened_at timestamptz, OUT movement_id bigint, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    moved record;
    purse record;
    total numeric := (SELECT sum(a) FROM unnest(p_amounts) a WHERE a > 0);
BEGIN
    IF coalesce((SELECT sum(a) FROM unnest(p_amounts) a), 0) <> 0 OR coalesce(cardinality(p_amounts), 0) < 2 THEN
        RAISE EXCEPTION 'A movement needs two or more entries that sum to zero: %', p_amounts;
    END IF;
    SELECT coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS available,
           coalesce(sum(amount) FILTER (WHERE account = 'held'), 0) AS held,
           coalesce(sum(amount) FILTER (WHERE account = 'spent'), 0) AS spent,
           coalesce(sum(amount) FILTER (WHERE account = 'shortfall'), 0) AS shortfall,
           coalesce(sum(amount) FILTER (WHERE account = 'granted'), 0) AS granted,
           coalesce(sum(amount) FILTER (WHERE account = 'purchased'), 0) AS purchased,
           coalesce(sum(amount) FILTER (WHERE account = 'expired'), 0) AS expired
    INTO moved FROM unnest(p_accounts, p_amounts) AS l(account, amount);
    -- Locked first: what this reads of the key stays true until COMMIT.
    PERFORM 1 FROM generations_purse WHERE team_id = p_team FOR UPDATE;
    movement_id := ledger_find(p_team, p_kind, p_key, total, p_generation, NULL);
    is_new := movement_id IS NULL;
    IF NOT is_new THEN
        RETURN;
    END IF;
    UPDATE generations_purse p
    SET available = p.available + moved.available, held = p.held + moved.held, spent = p.spent + moved.spent,
        shortfall = p.shortfall + moved.shortfall, granted = p.granted + moved.granted,
        purchased = p.purchased + moved.purchased, expired = p.expired + moved.expired
    WHERE p.team_id = p_team AND (moved.available >= 0 OR p.available + moved.available >= 0)
    RETURNING p.* INTO purse;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Not enough credits.' USING ERRCODE = 'KS001', DETAIL = abs(moved.available) || ' '
            || coalesce((SELECT available FROM generations_purse WHERE team_id = p_team), 0);
    END IF;
    INSERT INTO generations_movement
        (team_id, kind, amount, idempotency_key, reverses_id, generation_id, periods, actor_id, reason, happened_at)
    VALUES (p_team, p_kind, total, p_key, p_reverses, p_generation, p_periods, p_actor, p_reason, p_happened_at)
    ON CONFLICT DO NOTHING
    RETURNING id INTO movement_id;
    is_new := movement_id IS NOT NULL;
    IF NOT is_new THEN
        RAISE EXCEPTION 'Movement % was reversed before.', p_reverses USING ERRCODE = 'KS007';
    END IF;
    UPDATE generations_budgetperiod b
    SET spent = b.spent + CASE WHEN p_counts = 'spent' THEN p_counted ELSE 0 END,
        overrun = b.overrun + CASE WHEN p_counts = 'overrun' THEN p_counted ELSE 0 END
    WHERE b.id = ANY(p_periods);
    INSERT INTO generations_entry (movement_id, account, amount, balance_after)
    SELECT ledger_post.movement_id, l.account, l.amount,
           CASE l.account WHEN 'available' THEN purse.available WHEN 'held' THEN purse.held
                          WHEN 'spent' THEN purse.spent WHEN 'shortfall' THEN purse.shortfall
                          WHEN 'granted' THEN purse.granted WHEN 'purchased' THEN purse.purchased
                          WHEN 'expired' THEN purse.expired END
    FROM unnest(p_accounts, p_amounts) AS l(account, amount);
END $$;

-- The same in one round trip, for callers that have no transaction: committed, unlocked, then on disk.
CREATE PROCEDURE ledger_hold_alone(
    p_team bigint, p_amount numeric, p_key text, p_generation bigint, p_actor bigint, p_happened_at timestamptz,
    p_scopes text[], INOUT movement_id bigint, INOUT is_new boolean
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT h.movement_id, h.is_new INTO movement_id, is_new
    FROM ledger_hold(p_team, p_amount, p_key, p_generation, p_actor, p_happened_at, p_scopes) h;
    COMMIT;
    PERFORM pg_logical_emit_message(true, 'kling_site', 'hold');
END $$;

CREATE PROCEDURE ledger_settle_alone(
    p_generation bigint, p_charged numeric, p_key text, p_reason text, p_happened_at timestamptz,
    INOUT movement_id bigint, INOUT is_new boolean
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.movement_id, s.is_new INTO movement_id, is_new
    FROM ledger_settle(p_generation, p_charged, p_key, p_reason, p_happened_at) s;
    COMMIT;
    PERFORM pg_logical_emit_message(true, 'kling_site', 'settle');
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
CREATE TRIGGER raise_is_immutable BEFORE UPDATE OR DELETE ON generations_budgetraise
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
-- Entries name their account by its team's purse.
CREATE TRIGGER purse_stays BEFORE DELETE ON generations_purse
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER movement_is_not_truncated BEFORE TRUNCATE ON generations_movement
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_is_not_truncated BEFORE TRUNCATE ON generations_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER raise_is_not_truncated BEFORE TRUNCATE ON generations_budgetraise
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER purse_is_not_truncated BEFORE TRUNCATE ON generations_purse
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Checked once for each statement: the entries that it brings sum to zero for every movement that they belong to.
CREATE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT movement_id, sum(amount) AS total, count(*) AS sides INTO wrong
    FROM brought GROUP BY movement_id HAVING sum(amount) <> 0 OR count(*) < 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Movement % gets % entries that sum to %.', wrong.movement_id, wrong.sides, wrong.total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER entries_keep_the_balance AFTER INSERT ON generations_entry
    REFERENCING NEW TABLE AS brought FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries();

CREATE FUNCTION ledger_check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM generations_entry WHERE movement_id = NEW.id) THEN
        RAISE EXCEPTION 'Movement % has no entries.', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER movement_has_entries AFTER INSERT ON generations_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_movement();

-- Rows that change all the time keep room on their page, so that a change touches no index.
ALTER TABLE generations_purse SET (fillfactor = 20);
ALTER TABLE generations_budgetperiod SET (fillfactor = 40);
"""

UNDO = """
DROP TRIGGER movement_has_entries ON generations_movement;
DROP TRIGGER entries_keep_the_balance ON generations_entry;
DROP TRIGGER purse_is_not_truncated ON generations_purse;
DROP TRIGGER raise_is_not_truncated ON generations_budgetraise;
DROP TRIGGER entry_is_not_truncated ON generations_entry;
DROP TRIGGER movement_is_not_truncated ON generations_movement;
DROP TRIGGER purse_stays ON generations_purse;
DROP TRIGGER raise_is_immutable ON generations_budgetraise;
DROP TRIGGER entry_is_immutable ON generations_entry;
DROP TRIGGER movement_is_immutable ON generations_movement;
DROP FUNCTION ledger_check_movement();
DROP FUNCTION ledger_check_entries();
DROP FUNCTION ledger_refuse_change();
DROP PROCEDURE ledger_settle_alone(bigint, numeric, text, text, timestamptz, bigint, boolean);
DROP PROCEDURE ledger_hold_alone(bigint, numeric, text, bigint, bigint, timestamptz, text[], bigint, boolean);
DROP FUNCTION ledger_post(
    bigint, text, text, text[], numeric[], bigint, bigint, bigint[], text, numeric, bigint, text, timestamptz);
DROP FUNCTION ledger_settle(bigint, numeric, text, text, timestamptz);
DROP FUNCTION ledger_hold(bigint, numeric, text, bigint, bigint, timestamptz, text[]);
DROP FUNCTION ledger_refuse(bigint, numeric, timestamptz);
DROP FUNCTION ledger_find(bigint, text, text, numeric, bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("generations", "0005_purses_and_budgets")]

    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO)]
