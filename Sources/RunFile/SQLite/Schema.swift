/// The run file's format, version 1: one SQLite database a trial, which any SQLite client reads, also while it is written.
///
/// The statements below are the documentation; their comments stay in the file, so `sqlite3 run.rheo .schema` shows them.
/// Three rules hold for all tables:
///
/// - NULL is "not recorded". SQLite has no NaN of its own (it makes it NULL), so a NaN stands as the text `NaN` in a REAL
///   column, while infinities stay REAL. To let SQL count only numbers, say `WHERE typeof(gradient_rms) = 'real'`.
/// - `application_id` is "RHEO" in ASCII, so that other databases are told apart, and `meta` has the format's version under
///   `format`. A reader refuses versions above its own.
/// - A file being written is in WAL mode and has two companions, `-wal` and `-shm`; a finished one stands alone.
package enum Schema {
  package static let formatVersion = 1
  package static let applicationID: Int32 = 0x5248_454F
  /// In bytes; scans and commits are a fifth faster than with SQLite's default of 4096.
  package static let pageSize = 16384

  package static let statements = """
    CREATE TABLE meta(
      key TEXT PRIMARY KEY,        -- format, started, finished (ISO 8601, UTC), experiment, variant, seed, …
      value TEXT NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE site(
      id INTEGER PRIMARY KEY,      -- in forward order
      path TEXT NOT NULL,          -- blocks.3.0, from the model's property names
      kind TEXT NOT NULL,          -- Linear, ReLU, …
      depth INTEGER NOT NULL,      -- layers with weights up to and including this one
      shape TEXT NOT NULL,         -- of the output, as a JSON array
      parameters INTEGER NOT NULL  -- numbers trained here
    );

    CREATE TABLE step(
      step INTEGER PRIMARY KEY,    -- optimizer steps done before this one
      loss REAL,
      accuracy REAL,               -- fraction of the batch, 0 to 1
      learning_rate REAL,
      seconds REAL                 -- since the recording began
    );

    -- One row a site and recorded step, usually in order of steps, which no index enforces: it would double the time that
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
      gradient_mean REAL,          -- gradient_*: dL/d(output of the site); its mean is for probes to come
      gradient_rms REAL,
      gradient_max REAL,
      gradient_nonfinite_count REAL,
      weight_norm REAL,            -- weight_*: of the site's parameter named `weight`
      weight_gradient_norm REAL,
      weight_gradient_max REAL,
      update_norm REAL             -- of the weight's change in this step
    );

    -- 300 counts: zeros, NaN, -inf, +inf, then values v with edge(k) <= v < edge(k + 1) for k = 0 to 295, where
    -- edge(k) = 1e-12 * sinh((k - 148) * ln(10) / 8); what lies beyond counts in the outermost bins.
    CREATE TABLE histogram(
      step INTEGER NOT NULL,
      site INTEGER,                -- NULL is the whole model
      quantity TEXT NOT NULL,      -- activation, gradient, weight, update, …
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
      kind TEXT NOT NULL,          -- nonfinite, …
      text TEXT NOT NULL
    );
    """
}
