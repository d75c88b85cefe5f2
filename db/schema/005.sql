-- SPDX-License-Identifier: Apache-2.0
-- Indexes for asking after one unit: by the MAC of a run that has not ended, by its serial number.

CREATE INDEX intent_by_mac ON intent (mac);
CREATE INDEX run_value_serial ON run_value (value) WHERE kind = 'unit' AND name = 'serial';
