import type { Database, Options } from "better-sqlite3";
import BetterSqlite3 from "better-sqlite3";
import { StoreError } from "../types.ts";
import { checkWritable, openingError } from "./faults.ts";

/** "klst", so that `file state.db` and a reader know whose database this is. */
const applicationId = 0x6b6c7374;
const schemaVersion = 1;

/**
 * `sum` is the CRC-32 of the whole row: SQLite notices a damaged structure, but not a flipped bit in a value.
 * `revisions_superseding` is all that a compaction reads: which row superseded which, without the wide rows themselves.
 */
const schema = `
  CREATE TABLE revisions (
    rev INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    create_rev INTEGER NOT NULL,
    prev_rev INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  CREATE INDEX revisions_by_key ON revisions (key, rev);
  CREATE INDEX revisions_superseding ON revisions (rev, prev_rev, deleted) WHERE prev_rev > 0;
  CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO state VALUES ('compacted', 0), ('compaction_done', 0);
`;

export interface DatabaseOptions {
  /** A path, or ":memory:". */
  readonly file: string;
  /** The path of the SQLite addon, where it is not found by itself (a single-file program). */
  readonly nativeBinding?: string;
  /** The length of the write-ahead log, in pages of 4 KB, at which it goes into the database. Default 1,000; 0: never. */
  readonly checkpointPages?: number;
}

/** Throws StoreUnavailableError, or a StoreError when the file is somebody else's or from a newer kl. */
export function openDatabase(options: DatabaseOptions): Database {
  try {
    if (options.file !== ":memory:") checkWritable(options.file);
    return open(options);
  } catch (error) {
    throw openingError(error, options.file);
  }
}

function open({ file, nativeBinding, checkpointPages }: DatabaseOptions): Database {
  const options: Options = { timeout: 2000 };
  if (nativeBinding !== undefined) options.nativeBinding = nativeBinding;
  const database = new BetterSqlite3(file, options);
  try {
    // One process owns the file: what is decided in memory must not be overtaken by somebody else's write. It also spares
    // the shared memory file and its locks.
    database.pragma("locking_mode = EXCLUSIVE");
    // Not by its size: a first start that was killed leaves a page without a schema.
    const fresh = database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0;
    if (fresh) database.pragma("auto_vacuum = INCREMENTAL");
    database.pragma("journal_mode = WAL");
    // The build's default for WAL is NORMAL, which syncs at checkpoints only.
    database.pragma("synchronous = FULL");
    database.pragma("journal_size_limit = 67108864");
    database.pragma("cache_size = -8192");
    if (fresh) create(database);
    else check(database, file);
    if (checkpointPages !== undefined) database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function create(database: Database): void {
  database
    .transaction(() => {
      database.exec(schema);
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${schemaVersion}`);
    })
    .immediate();
}

function check(database: Database, file: string): void {
  // A write lock, so that a second owner is refused here and not at its first write.
  database.exec("BEGIN IMMEDIATE; COMMIT");
  if (database.pragma("application_id", { simple: true }) !== applicationId) {
    throw new StoreError(`${file} is not a database of kl's`);
  }
  const version = database.pragma("user_version", { simple: true });
  if (version !== schemaVersion) {
    throw new StoreError(
      `${file} has schema version ${String(version)}, this kl knows ${schemaVersion}: it was written by a newer kl, use that one`,
    );
  }
}
