"""The run file's format, version 2. The statements are those of ``Sources/RunFile/SQLite/Schema.swift``; a test compares both."""

FORMAT = 2
APPLICATION_ID = 0x5248454F
PAGE_SIZE = 16384

LAYER_COLUMNS = (
    "activation_mean", "activation_std", "activation_rms", "activation_min", "activation_max", "zero_fraction", "saturated_fraction",
    "nonfinite_count", "gradient_rms", "gradient_max", "gradient_nonfinite_count")
WEIGHT_COLUMNS = ("norm", "gradient_norm", "gradient_max", "update_norm")
SUMMARY_COLUMNS = (
    "steps", "recorded_steps", "sites", "layers", "parameters", "final_loss", "final_accuracy", "gradient_step", "gradient_axis",
    "gradient_points", "gradient_factor", "gradient_ratio", "nonfinite_step", "seconds")

STATEMENTS = """
-- NULL is "not recorded". SQLite has no NaN of its own, so a NaN is the text NaN in a REAL column; infinities are REAL.
CREATE TABLE meta(
  key TEXT PRIMARY KEY,        -- format, started, finished (ISO 8601, UTC), experiment, variant, seed, …
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE site(             -- one call of a module whose output is a tensor of its own
  id INTEGER PRIMARY KEY,      -- in the order of first calls
  path TEXT NOT NULL,          -- module, with the call in brackets from the second on: cell[1]
  module TEXT NOT NULL,        -- the module's path: blocks.3.0
  call INTEGER NOT NULL,       -- calls of the module before this one in the pass
  kind TEXT NOT NULL,          -- Linear, ReLU, …
  depth INTEGER NOT NULL,      -- layers on the longest path from the model's input, this site included
  is_layer INTEGER NOT NULL,   -- 1 where the module itself holds a weight of two or more dimensions
  shape TEXT NOT NULL          -- of the output, as a JSON array
);

CREATE TABLE parameter(        -- as it was at the first step; later changes are events
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,          -- blocks.3.0.weight
  shape TEXT NOT NULL,         -- as a JSON array
  site INTEGER,                -- first site of the module that holds it; NULL where that is no site
  optimizers TEXT NOT NULL,    -- those that hold it, as a JSON array of positions: [], [0], [0,1]
  frozen INTEGER NOT NULL      -- 1 where the optimizers that hold it leave it unchanged
);

CREATE TABLE step(
  step INTEGER PRIMARY KEY,    -- optimizer steps before this one
  loss REAL,
  accuracy REAL,               -- fraction of the batch, 0 to 1
  learning_rate REAL,
  seconds REAL                 -- since the recording began
);

-- One row per site and recorded step, usually in order of steps, which no index enforces: it would double the time that
-- writing takes. A fraction or a count is over all elements of the site's output.
CREATE TABLE layer(
  step INTEGER NOT NULL,
  site INTEGER NOT NULL,
  activation_mean REAL,
  activation_std REAL,
  activation_rms REAL,
  activation_min REAL,
  activation_max REAL,
  zero_fraction REAL,
  saturated_fraction REAL,
  nonfinite_count REAL,
  gradient_rms REAL,           -- gradient_*: dL/d(output of the site)
  gradient_max REAL,
  gradient_nonfinite_count REAL
);

-- One row per parameter of two or more dimensions and recorded step.
CREATE TABLE weight(
  step INTEGER NOT NULL,
  parameter INTEGER NOT NULL,
  norm REAL,                   -- before the step
  gradient_norm REAL,
  gradient_max REAL,
  update_norm REAL             -- of the change that the optimizer made in this step
);

CREATE TABLE scalar(
  step INTEGER NOT NULL,
  name TEXT NOT NULL,          -- validation_loss, …
  value REAL
);

CREATE TABLE fact(
  step INTEGER,                -- NULL is the whole run
  subject TEXT NOT NULL,       -- site, parameter, input, target, loss or model
  item TEXT,                   -- of a site its id, of a parameter its path
  name TEXT NOT NULL,
  type TEXT NOT NULL,          -- number, text or json
  value
);

-- 300 counts: zeros, NaN, -inf, +inf, then values v with edge(k) <= v < edge(k + 1) for k = 0 to 295, where
-- edge(k) = 1e-12 * sinh((k - 148) * ln(10) / 8); values beyond count in the outermost bins.
CREATE TABLE histogram(
  step INTEGER NOT NULL,
  site INTEGER,                -- NULL is the whole model
  quantity TEXT NOT NULL,      -- activation, gradient, weight, weight_gradient, …
  counts BLOB NOT NULL         -- LEB128 numbers: how many counts; then for each that is not 0, zeros before it, itself
);

CREATE TABLE measure(
  step INTEGER NOT NULL,
  site INTEGER,                -- NULL is the whole model
  name TEXT NOT NULL,          -- gradient_noise_scale, gradient_snr, similarity_to_final, dead_fraction, …
  value REAL
);

CREATE TABLE event(
  step INTEGER NOT NULL,
  site INTEGER,                -- NULL is the whole model
  kind TEXT NOT NULL,          -- nonfinite, skipped, …
  text TEXT NOT NULL
);

-- One row, written when the recording ends, so that a table over many runs reads one row of each.
CREATE TABLE summary(
  steps INTEGER NOT NULL,      -- rows of step
  recorded_steps INTEGER NOT NULL, -- steps that have rows of layer
  sites INTEGER NOT NULL,
  layers INTEGER NOT NULL,
  parameters INTEGER NOT NULL, -- elements of all parameters
  final_loss REAL,             -- mean over the last 20 rows of step, or all if there are fewer
  final_accuracy REAL,         -- the same of the accuracy
  gradient_step INTEGER,       -- the step of the gradient profile: the first that was taken
  gradient_axis TEXT,          -- depth, or calls of MODULE
  gradient_points INTEGER,
  gradient_factor REAL,        -- per layer, in the backward pass
  gradient_ratio REAL,         -- first point over last
  nonfinite_step INTEGER,      -- of the first event of a NaN or infinity
  seconds REAL
);
"""
