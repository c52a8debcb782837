#if !__has_include(<sqlite3.h>)
#error "SQLite's headers are missing: apt-get install libsqlite3-dev"
#endif
#include <sqlite3.h>

/// Sets a connection up for a file from elsewhere. Swift can't call functions with variable arguments.
static inline void csqlite_distrust_contents(sqlite3 *connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}
