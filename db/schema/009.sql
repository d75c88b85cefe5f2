-- SPDX-License-Identifier: Apache-2.0
-- Schema version 9: what runs wanted of their boards' eFuses, were about to burn, and read back.

-- In the order in which it happened. An intent is on the disk before the burn command is sent.
CREATE TABLE run_security (
    run_id       INTEGER NOT NULL REFERENCES run,
    position     INTEGER NOT NULL,  -- from 1
    event        TEXT NOT NULL CHECK (event IN ('found', 'wanted', 'intended', 'observed', 'left', 'reached')),
    item         TEXT NOT NULL,     -- an eFuse field, a key's purpose, a block; of 'reached' the mode
    value        TEXT NOT NULL,     -- of 'observed' yes, no or unknown; of a block its words, lowest first, in hex
    recorded_utc TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

-- For people: one row per run and thing that was wanted, by the last attempt.
CREATE VIEW security AS
SELECT
    wish.run_id AS run,
    session.batch,
    coalesce(outcome.mac, intent.mac) AS mac,
    wish.item,
    wish.value AS wanted,
    (SELECT max(recorded_utc) FROM run_security AS i
     WHERE i.run_id = wish.run_id AND i.event = 'intended' AND i.item = wish.item) AS intended,
    coalesce((SELECT value FROM run_security AS o
              WHERE o.run_id = wish.run_id AND o.event = 'observed' AND o.item = wish.item
              ORDER BY position DESC LIMIT 1), 'unknown') AS observed
FROM run_security AS wish
JOIN run USING (run_id)
JOIN session USING (session_id)
LEFT JOIN outcome ON outcome.run_id = wish.run_id
LEFT JOIN intent ON intent.intent_id = (SELECT max(intent_id) FROM intent AS i WHERE i.run_id = wish.run_id)
WHERE wish.event = 'wanted'
    AND NOT EXISTS (SELECT 1 FROM run_security AS later WHERE later.run_id = wish.run_id
        AND later.event = 'wanted' AND later.item = wish.item AND later.position > wish.position);

-- Append only, as in version 1.
@append_only(run_security)
CREATE TRIGGER run_security_once BEFORE INSERT ON run_security
WHEN EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_security WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the security of the board is recorded already'); END;
