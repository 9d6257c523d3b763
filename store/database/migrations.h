/* Private to the store: the history of the schema, an ordered table of migrations. */
#ifndef MLVICX_STORE_MIGRATIONS_H
#define MLVICX_STORE_MIGRATIONS_H

/** One migration: the statements that lead from the version before to this one. */
struct migration {
    int version;
    const char *sql;
};

/** All of them, in order; `*count` filled. */
const struct migration *schema_migrations(int *count);

#endif
